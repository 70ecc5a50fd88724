/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/shutdown.h"

#include "hypercall/hypercall.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/console.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"

extern const exit_hook_t exit_hooks[], exit_hooks_end[]; /* image.lds */

/*
 * Last words are worth more patience than others: on a busy dom0, xenconsoled has been seen not to
 * run for more than a second.
 */
#define LAST_WORDS_NS (5 * TIME_S)

void kernel_shutdown(unsigned int reason)
{
	console_flush(time_in(LAST_WORDS_NS));
	/*
	 * Powering the machine off is the work of a dom0 kernel with ACPI: if we are dom0 (a test
	 * without one), Xen would merely halt. Reboot is what it can do by itself.
	 */
	if (boot_info.dom0 && reason == SHUTDOWN_poweroff)
		reason = SHUTDOWN_reboot;
	for (;;)
		hypercall_sched_shutdown(reason);
}

void exit_hooks_run(int status)
{
	for (const exit_hook_t *hook = exit_hooks; hook < exit_hooks_end; hook++)
		(*hook)(status);
}

void kernel_exit(int status)
{
	log_debug("exit: status %d", status);
	exit_hooks_run(status);
	kernel_shutdown(SHUTDOWN_poweroff);
}
