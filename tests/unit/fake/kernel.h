/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the kernel under test, as much of it as a test wants. What is not started is not linked
 * either: a test of the heap has no xenstore.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/* Pages only: `mapped` at once, `lazy` when they are asked for. */
void fake_kernel_pages(size_t mapped, size_t lazy);

/*
 * All of core/: pages, time, console, threads, events. The caller's stack becomes the main thread's.
 * `command_line` may be NULL.
 */
void fake_kernel_start(const char *command_line);

/* What really starts a guest: boot(), with this for its main(). Ends the process with its result. */
void fake_kernel_boot(const char *command_line, int (*guest_main)(int argc, char **argv))
	__attribute__((noreturn));
extern int (*fake_guest_main)(int argc, char **argv); /* the seam's */

/* Runs the tables of init.h, as far as they are linked; the store must have been started before. */
void fake_kernel_init(void);

/*
 * The n-th allocation from now, of pages or heap, fails; 0: none. Only calls from another source
 * file than the allocator's own are counted.
 */
void fake_fail_allocation(unsigned long n);
bool fake_allocation_failed(void); /* there were as many */

/* Lets the guest's other threads and the others run until both rest, or that much time passed. */
void fake_kernel_run(unsigned long ns);

/*
 * The test passes if, from now on, the guest shuts down for that reason, and its console has shown
 * a line with that word; it fails if the test function returns.
 */
void fake_kernel_expect_end(int reason, const char *word);

/* And if that node then holds that value. */
void fake_kernel_expect_node(const char *path, const char *value);

/* The same for a page fault: the test passes when the next one happens. */
void fake_expect_fault(void);

#endif
