/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: nobody sends any but the program itself, and to itself.  One that is caught runs its
 * handler within raise(); the deadly ones do what they do to a program that does not catch them.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "unikernel/libc/result.h"

static _sig_func_ptr handlers[NSIG]; /* SIG_DFL is 0 */

_sig_func_ptr signal(int number, _sig_func_ptr handler)
{
	if (number <= 0 || number >= NSIG || number == SIGKILL || number == SIGSTOP) {
		errno = EINVAL;
		return SIG_ERR;
	}
	_sig_func_ptr old = handlers[number];
	handlers[number] = handler;
	return old;
}

int kill(pid_t pid, int number)
{
	if (pid != getpid() && pid != 0 && pid != -1)
		return result_int(-ESRCH);
	if (number == 0)
		return 0;
	if (number < 0 || number >= NSIG)
		return result_int(-EINVAL);
	if (handlers[number] == SIG_IGN)
		return 0;
	if (handlers[number] != SIG_DFL) {
		handlers[number](number);
		return 0;
	}
	switch (number) {
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGKILL:
		_exit(128 + number);
	case SIGABRT:
		abort();
	default:
		return result_int(-ENOSYS);
	}
}

int raise(int number)
{
	return kill(getpid(), number);
}
