/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to end. A program that returns from main or calls exit() ends in kernel_exit(): exit hooks
 * run (xenbus writes the status to xenstore), then SHUTDOWN_poweroff.
 */
#ifndef LODGER_CORE_SHUTDOWN_H
#define LODGER_CORE_SHUTDOWN_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/sched.h>

/* Lets the console's reader finish, then stops the domain. reason: SHUTDOWN_*. */
_Noreturn void kernel_shutdown(unsigned int reason);

/* The end of _exit(status). */
_Noreturn void kernel_exit(int status);

/* What kernel_exit() begins with, for whoever ends the domain in another orderly way: status -1. */
void exit_hooks_run(int status);

/*
 * fn(status) is called when the program ends, or the domain is shut down from outside (status -1), in
 * a thread; for whoever links it in (see init.h).
 */
typedef void (*exit_hook_t)(int status);

#define EXIT_HOOK(fn)                           \
	static const exit_hook_t exit_hook_##fn \
		__attribute__((used, section(".exit_hooks." #fn))) = (fn)

#endif
