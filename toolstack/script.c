/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toolstack/message.h"
#include "toolstack/script.h"
#include "toolstack/wait.h"

#define SCRIPT_SECONDS 60

/* In the child: never returns. */
static void become_script(const char *script, const char *kind, uint32_t domid, unsigned device,
			  bool online)
{
	bool vif = !strcmp(kind, "vif");
	char path[64], name[32];
	int null = open("/dev/null", O_RDONLY);

	setsid(); /* so that all of it can be ended together */
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO); /* our own stdout is for our own results */
	wait_reset_signals();
	snprintf(path, sizeof(path), "backend/%s/%u/%u", kind, domid, device);
	setenv("script", script, 1);
	setenv("XENBUS_TYPE", kind, 1);
	setenv("XENBUS_PATH", path, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	if (vif) {
		snprintf(name, sizeof(name), "vif%u.%u", domid, device);
		setenv("vif", name, 1);
		setenv("netdev", "", 1);
		execl(script, script, online ? "online" : "offline", "type_if=vif", (char *)NULL);
	} else {
		execl(script, script, online ? "add" : "remove", (char *)NULL);
	}
	_exit(127);
}

int script_run(const char *script, const char *kind, uint32_t domid, unsigned device, bool online)
{
	int status = 0, error, child_fd;
	pid_t child = fork();

	if (child < 0) {
		message_error("cannot start %s: %s", script, strerror(errno));
		return -errno;
	}
	if (!child)
		become_script(script, kind, domid, device, online);

	/* A descriptor of the child is readable once it has ended. */
	child_fd = (int)syscall(SYS_pidfd_open, child, 0);
	error = child_fd < 0 ? -errno : wait_fd(child_fd, POLLIN, time_after_s(SCRIPT_SECONDS));
	if (error) {
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
	}
	waitpid(child, &status, 0);
	if (child_fd >= 0)
		close(child_fd);
	if (error == -ECANCELED)
		return error;
	if (error == -ETIMEDOUT) {
		message_error("%s did not end within %d seconds", script, SCRIPT_SECONDS);
		return error;
	}
	if (!error && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		message_error("%s failed with status %d for %s %u of domain %u", script,
			      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
			      kind, device, domid);
		return -EIO;
	}
	return error;
}
