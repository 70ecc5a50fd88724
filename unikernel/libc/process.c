/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one process: how it ends, its number, and that there will never be another.
 */
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unikernel/core/panic.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/thread.h"
#include "unikernel/libc/result.h"

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
	return 1;
}

pid_t getppid(void)
{
	return 0;
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
