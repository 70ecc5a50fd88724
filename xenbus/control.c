/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/control.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/thread.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

#define SHUTDOWN_NODE "control/shutdown"
#define STATUS_NODE   "data/lodger/exit-status"
#define STACK_SIZE    (16 * 1024)

static const struct {
	const char *word;
	unsigned int reason;
} reasons[] = {
	{"poweroff", SHUTDOWN_poweroff},
	{"halt", SHUTDOWN_poweroff},
	{"reboot", SHUTDOWN_reboot},
};

/*
 * Not in the bus's own thread, which the hooks may wait for: a file system that writes what it has
 * needs its disk, and that may need the bus.
 */
static void control_end(void *reason)
{
	exit_hooks_run(-1);
	kernel_shutdown(*(const unsigned int *)reason);
}

static void control_shutdown(struct xenbus_watch *watch)
{
	char *word;
	size_t len;

	/* Missing or empty: the first event of the watch, or our own acknowledgement. */
	if (xenbus_read(XENBUS_NO_TX, watch->path, &word, &len) != 0)
		return;
	for (size_t i = 0; len > 0 && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(word, reasons[i].word) != 0)
			continue;
		log_info("control/shutdown: %s", reasons[i].word);
		xenbus_write(XENBUS_NO_TX, watch->path, "%s", "");
		if (!thread_create("shutdown", control_end, (void *)(uintptr_t)&reasons[i].reason,
				   0))
			kernel_shutdown(reasons[i].reason);
		len = 0;
	}
	if (len > 0)
		log_warn("control/shutdown: \"%.32s\" is not known here", word);
	heap_free(word);
}

static struct xenbus_watch shutdown_watch = {
	.path = SHUTDOWN_NODE,
	.changed = control_shutdown,
};

/* In a thread of its own, which ends: the program need not wait for xenstored's answer. */
static void control_thread(void *arg)
{
	(void)arg;
	int error = xenbus_watch(&shutdown_watch);
	if (error != 0)
		log_warn("xenbus: %s cannot be watched (error %d)", SHUTDOWN_NODE, -error);
}

static int control_init(void)
{
	return thread_create("control", control_thread, NULL, STACK_SIZE) != NULL ? 0 : -ENOMEM;
}
INIT(INIT_DRIVER, control_init);

int control_exit_status(int status)
{
	return xenbus_write(XENBUS_NO_TX, STATUS_NODE, "%d", status);
}

static void control_exit(int status)
{
	/* Whoever shuts it down from outside asks for none. */
	int error = status < 0 ? 0 : control_exit_status(status);

	if (error != 0)
		log_warn("xenbus: %s cannot be written (error %d)", STATUS_NODE, -error);
}
EXIT_HOOK(control_exit);
