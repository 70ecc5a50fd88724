/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "toolstack/console.h"
#include "toolstack/hypervisor.h"
#include "toolstack/identity.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/monitor.h"
#include "toolstack/outcome.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

#define LOG_DIRECTORY  "/var/log/xen"
#define ANSWER_SECONDS 10
/* How long whoever destroyed the domain has for clearing up, before the monitor does. */
#define DESTROYER_SECONDS 2
#define STACK_SIZE	  (256 * 1024)

static void drop_client(struct monitor *monitor, size_t index)
{
	close(monitor->clients[index]);
	monitor->clients[index] = monitor->clients[--monitor->client_count];
}

static void drop_creator(struct monitor *monitor)
{
	if (monitor->creator >= 0)
		close(monitor->creator);
	monitor->creator = -1;
}

/* A domain, paused, that others can find. After a failure nothing is left of it. */
static int bring_up(struct monitor *monitor)
{
	int error = domain_start(&monitor->domain);

	if (error)
		return error;
	monitor->listener = link_listen(monitor->domain.build.domid);
	if (monitor->listener < 0)
		message_warn("nobody will be able to wait for this domain: %s",
			     strerror(-monitor->listener));
	return 0;
}

/* Offers the console to the creator, waits until it is attached, and lets the domain run. */
static int offer_console(struct monitor *monitor)
{
	char path[CONSOLE_PATH_SIZE], answer[LINK_RECORD_SIZE];
	uint64_t gfn;
	int error;

	if (monitor->creator >= 0) {
		error = console_find(monitor->domain.xenstore, monitor->domain.build.domid, path,
				     &gfn);
		if (!error)
			error = link_say(monitor->creator, "tty %u %s %llu",
					 monitor->domain.build.domid, path,
					 (unsigned long long)gfn);
		if (!error)
			error = link_hear(monitor->creator, answer, time_after_s(ANSWER_SECONDS));
		if (error)
			return error;
	}
	return domain_unpause(&monitor->domain);
}

/*
 * Tells everybody, then waits until each has answered or hung up, so that a
 * console is read to its end while there is still a domain behind it. Who answers
 * stays connected: the end of this process tells that all is cleared away.
 */
static void tell_all(struct monitor *monitor, const char *record)
{
	uint64_t deadline = time_after_s(ANSWER_SECONDS);
	char answer[LINK_RECORD_SIZE];

	if (monitor->creator >= 0 && (link_say(monitor->creator, "%s", record) ||
				      link_hear(monitor->creator, answer, deadline)))
		drop_creator(monitor);
	for (size_t i = 0; i < monitor->client_count;) {
		if (link_say(monitor->clients[i], "%s", record))
			drop_client(monitor, i);
		else
			i++;
	}
	for (size_t i = 0; i < monitor->client_count;) {
		if (link_hear(monitor->clients[i], answer, deadline))
			drop_client(monitor, i);
		else
			i++;
	}
}

static void finish(struct monitor *monitor, const struct outcome *outcome)
{
	char record[LINK_RECORD_SIZE];

	outcome_format(outcome, record, sizeof(record));
	message_info("domain %u has %s", monitor->domain.build.domid, record);
	tell_all(monitor, record);
}

static void close_listener(struct monitor *monitor)
{
	if (monitor->listener >= 0)
		close(monitor->listener);
	monitor->listener = -1;
}

/* NAME-1, or the first number that is free. */
static void rename_old(struct monitor *monitor)
{
	struct xenstore *xenstore = monitor->domain.xenstore;
	char path[96], uuid[UUID_TEXT_SIZE];
	char *name = text_format("%s-%u", monitor->config->name, monitor->domain.build.domid);

	if (!name)
		return;
	text_from_uuid(uuid, monitor->config->uuid);
	snprintf(path, sizeof(path), "/local/domain/%u/name", monitor->domain.build.domid);
	xenstore_write(xenstore, XENSTORE_NO_TRANSACTION, path, name);
	snprintf(path, sizeof(path), "/vm/%s/name", uuid);
	xenstore_write(xenstore, XENSTORE_NO_TRANSACTION, path, name);
	message_info("domain %u is kept as %s", monitor->domain.build.domid, name);
	free(name);
	/* The old domain keeps its /vm directory: the new one needs another. */
	identity_uuid(monitor->config->uuid);
}

/* The next life: true if there is one. */
static bool restart(struct monitor *monitor, struct outcome *outcome, bool keep_old)
{
	char record[64];

	snprintf(record, sizeof(record), "restarting %s", outcome_name(outcome->reason));
	message_info("domain %u is %s", monitor->domain.build.domid, record);
	tell_all(monitor, record);
	close_listener(monitor);
	if (keep_old) {
		rename_old(monitor);
		domain_abandon(&monitor->domain);
	} else {
		domain_stop(&monitor->domain);
	}
	if (!bring_up(monitor)) {
		if (!offer_console(monitor)) {
			message_info("it lives on as domain %u", monitor->domain.build.domid);
			return true;
		}
		domain_stop(&monitor->domain);
	}
	finish(monitor, outcome);
	return false;
}

/* Somebody destroyed the domain, and is about to clear up: lets them, then does the rest. */
static void await_destroyer(struct monitor *monitor)
{
	struct xenstore *xenstore = monitor->domain.xenstore;
	uint64_t deadline = time_after_s(DESTROYER_SECONDS);
	char path[64], *value;
	int error;

	snprintf(path, sizeof(path), "/local/domain/%u", monitor->domain.build.domid);
	error = xenstore_watch(xenstore, path, path);
	while (!error) {
		error = xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &value);
		if (error)
			break;
		free(value);
		error = xenstore_event(xenstore, deadline, &value);
		if (!error)
			free(value);
	}
	xenstore_unwatch(xenstore, path, path);
}

static void read_status(struct monitor *monitor, struct outcome *outcome)
{
	char path[96], *value;

	snprintf(path, sizeof(path), "/local/domain/%u/data/lodger/exit-status",
		 monitor->domain.build.domid);
	if (xenstore_read(monitor->domain.xenstore, XENSTORE_NO_TRANSACTION, path, &value))
		value = NULL;
	outcome_set_status(outcome, value);
	free(value);
}

/* Looks at the domain. True while it is to be watched over. */
static bool attend(struct monitor *monitor)
{
	struct outcome outcome = {.reason = OUTCOME_DESTROYED};
	xc_domaininfo_t info;
	bool before, goes_on = false;
	int error = hypervisor_domain_info(monitor->domain.xch, monitor->domain.build.domid, &info);

	if (!error && !DOMAIN_DYING(&info)) {
		if (!DOMAIN_SHUTDOWN(&info))
			return true;
		outcome.reason = outcome_of_code(DOMAIN_SHUTDOWN_CODE(&info));
		if (outcome.reason == OUTCOME_SUSPEND)
			return true; /* `xl save' is at work */
	}
	/* From here to the end of the clearing up no signal comes between. */
	before = wait_shield(true);
	if (outcome.reason == OUTCOME_DESTROYED) {
		finish(monitor, &outcome);
		await_destroyer(monitor);
		domain_stop(&monitor->domain);
		wait_shield(before);
		return false;
	}
	read_status(monitor, &outcome);
	switch (outcome_action(outcome.reason, monitor->config)) {
	case ACTION_RESTART:
		goes_on = restart(monitor, &outcome, false);
		break;
	case ACTION_RENAME_RESTART:
		goes_on = restart(monitor, &outcome, true);
		break;
	case ACTION_PRESERVE:
		finish(monitor, &outcome);
		domain_abandon(&monitor->domain);
		break;
	default:
		finish(monitor, &outcome);
		domain_stop(&monitor->domain);
		break;
	}
	wait_shield(before);
	return goes_on;
}

static void accept_client(struct monitor *monitor)
{
	int fd = link_accept(monitor->listener);

	if (fd < 0)
		return;
	if (monitor->client_count == MONITOR_CLIENTS_MAX)
		close(fd);
	else
		monitor->clients[monitor->client_count++] = fd;
}

/* One sleep, and whatever ended it: 0, or -errno when there is nothing to wait for any more. */
static int sleep_once(struct monitor *monitor)
{
	struct pollfd fds[3 + MONITOR_CLIENTS_MAX];
	size_t clients = monitor->client_count;
	char record[LINK_RECORD_SIZE], *token;
	int error;

	fds[0] = (struct pollfd){.fd = xenstore_fd(monitor->domain.xenstore), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = monitor->listener, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = monitor->creator, .events = POLLIN};
	for (size_t i = 0; i < clients; i++)
		fds[3 + i] = (struct pollfd){.fd = monitor->clients[i], .events = POLLIN};

	error = wait_ready(fds, 3 + clients, TIME_FOREVER);
	if (error)
		return error;
	/* A client has nothing to say unasked: it has hung up, or is not one of ours. */
	for (size_t i = clients; i-- > 0;)
		if (fds[3 + i].revents)
			drop_client(monitor, i);
	if (fds[2].revents && link_hear(monitor->creator, record, 0))
		drop_creator(monitor);
	if (fds[1].revents)
		accept_client(monitor);
	while (fds[0].revents) {
		error = xenstore_event(monitor->domain.xenstore, 0, &token);
		if (error)
			return error == -ETIMEDOUT ? 0 : error;
		free(token);
	}
	return 0;
}

/* stderr becomes the log; nothing else of the terminal is kept. */
static void open_log(const char *name)
{
	char path[320];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), log;

	snprintf(path, sizeof(path), "%s/lodge-%s.log", LOG_DIRECTORY, name);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	if (log >= 0 || null >= 0)
		dup2(log >= 0 ? log : null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	if (log > STDERR_FILENO)
		close(log);
	message_set_dated(true);
	if (message_level() < MESSAGE_INFO)
		message_set_level(MESSAGE_INFO);
	if (chdir("/") < 0)
		message_warn("cannot leave the working directory: %s", strerror(errno));
}

/* What is left of the process after the domain has come up. */
static void watch_over(struct monitor *monitor)
{
	int error = 0;

	setsid();
	open_log(monitor->config->name);
	message_info("domain %u is %s", monitor->domain.build.domid, monitor->config->name);

	while (!error && attend(monitor))
		error = sleep_once(monitor);
	if (error == -ECANCELED)
		message_info("ended by signal %d; domain %u goes on without a monitor",
			     wait_signal(), monitor->domain.build.domid);
	else if (error)
		message_error("xenstored is gone (%s); domain %u goes on without a monitor",
			      strerror(-error), monitor->domain.build.domid);
}

int monitor_begin(struct monitor *monitor, struct config *config)
{
	int error;

	*monitor = (struct monitor){.config = config, .creator = -1, .listener = -1};
	error = domain_open(&monitor->domain, config);
	if (!error)
		error = bring_up(monitor);
	if (error)
		return error;
	error = xenstore_watch(monitor->domain.xenstore, "@releaseDomain", "release");
	if (error) {
		message_error("cannot watch over domain %u: %s", monitor->domain.build.domid,
			      strerror(-error));
		domain_stop(&monitor->domain);
	}
	return error;
}

void monitor_undo(struct monitor *monitor)
{
	close_listener(monitor);
	domain_stop(&monitor->domain);
	domain_close(&monitor->domain);
}

static int continue_in_place(void *argument)
{
	watch_over(argument);
	_exit(0);
}

/*
 * The monitor takes over this address space as it is, instead of a copy: the
 * copy would be a tenth of the time that a small domain takes to make. That is
 * safe because this process touches nothing of it any more: it ends at once.
 */
int monitor_leave_behind(struct monitor *monitor)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	fflush(stdout);
	if (stack != MAP_FAILED &&
	    clone(continue_in_place, stack + STACK_SIZE, CLONE_VM | SIGCHLD, monitor) > 0)
		_exit(0);
	message_error("cannot start the domain's monitor: %s", strerror(errno));
	return errno ? -errno : -EIO;
}

int monitor_fork(struct monitor *monitor, pid_t *pid)
{
	int fds[2], error = link_pair(fds);

	if (!error) {
		*pid = fork();
		if (*pid < 0) {
			error = -errno;
			close(fds[0]);
			close(fds[1]);
		}
	}
	if (error) {
		message_error("cannot start the domain's monitor: %s", strerror(-error));
		return error;
	}
	if (*pid) {
		close(fds[1]);
		return fds[0];
	}
	close(fds[0]);
	/* Signals of the terminal are for the creator, which then hangs up. */
	setsid();
	monitor->creator = fds[1];
	if (offer_console(monitor))
		monitor_undo(monitor);
	else
		watch_over(monitor);
	_exit(0);
}
