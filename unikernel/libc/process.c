/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one process: how it ends, who it is, and that there will never be another.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/thread.h"
#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

#define PID 1

/* exit() has run the program's handlers and flushed stdio by now. */
void _exit(int status)
{
	kernel_exit(status & 0xff);
}

/* newlib's exit() ends with the destructors of objects, of which C has none. */
void _fini(void);
void _fini(void)
{
}

/* Ends in SHUTDOWN_crash with a backtrace. */
void abort(void)
{
	panic("abort() in thread %s", thread_current()->name);
}

pid_t getpid(void)
{
	return PID;
}

pid_t getppid(void)
{
	return 0;
}

uid_t getuid(void)
{
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

gid_t getgid(void)
{
	return 0;
}

gid_t getegid(void)
{
	return 0;
}

/* No signal can be caught, so the deadly ones do what they do to a program that does not. */
int kill(pid_t pid, int signal)
{
	if (pid != PID && pid != 0 && pid != -1)
		return result_int(-ESRCH);
	switch (signal) {
	case 0:
		return 0;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGKILL:
		_exit(128 + signal);
	case SIGABRT:
		abort();
	default:
		return result_int(signal < 0 || signal >= NSIG ? -EINVAL : -ENOSYS);
	}
}

int raise(int signal)
{
	return kill(PID, signal);
}

pid_t fork(void)
{
	return (pid_t)result(-ENOSYS);
}

pid_t vfork(void)
{
	return (pid_t)result(-ENOSYS);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path, (void)argv, (void)envp;
	return result_int(-ENOSYS);
}

int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

int execvp(const char *file, char *const argv[])
{
	return execve(file, argv, environ);
}

pid_t wait(int *status)
{
	return waitpid(-1, status, 0);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	(void)pid, (void)status, (void)options;
	return (pid_t)result(-ECHILD);
}

int pipe(int fds[2])
{
	(void)fds;
	return result_int(-ENOSYS);
}

unsigned int alarm(unsigned int seconds)
{
	(void)seconds;
	errno = ENOSYS;
	return 0;
}

int system(const char *command)
{
	/* Asked whether there is a shell: no. */
	return command ? result_int(-ENOSYS) : 0;
}

int getpagesize(void)
{
	return (int)PAGE_SIZE;
}

long sysconf(int name)
{
	struct page_stats pages;
	switch (name) {
	case _SC_PAGESIZE:
		return (long)PAGE_SIZE;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return 1;
	case _SC_PHYS_PAGES:
		page_stats(&pages);
		return (long)pages.total;
	case _SC_AVPHYS_PAGES:
		page_stats(&pages);
		return (long)(pages.total - pages.in_use);
	case _SC_CLK_TCK:
		return CLOCKS_PER_SEC;
	case _SC_OPEN_MAX:
		return FILE_MAX;
	default:
		return result(-EINVAL);
	}
}
