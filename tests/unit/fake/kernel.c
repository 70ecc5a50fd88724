/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake/kernel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake/store.h"
#include "tests/unit/unit.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/console.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/init.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/vcpu.h"

#define MAPPED 512
#define LAZY   8192

/* Nothing weaker than what real boot does, in the same order; but for main(), which is the test. */
extern const struct init_entry init_table[], init_table_end[];

static bool pages_there;
static int expected_reason;
static const char *expected_word;
static const char *expected_node, *expected_value;

void fake_kernel_pages(size_t mapped, size_t lazy)
{
	uint64_t first;

	if (pages_there)
		return;
	pages_there = true;
	(void)fake_shared_info();
	first = fake_memory_close();
	fake_memory_open(first, mapped);
	page_init(first + mapped + lazy, first, mapped);
	page_add_lazy(first + mapped, lazy);
}

static void machine_prepare(const char *command_line)
{
	boot_info = (struct boot_info){
		.console = fake_console_ring(),
		.console_port = fake_console_ring() ? fake_console_port() : 0,
		.store = fake_store_ring(),
		.store_port = fake_store_ring() ? fake_store_port() : 0,
		.mode = "unit test",
		.command_line = command_line ? command_line : "",
		.first_tsc = fake_clock_tsc(),
	};
	fake_kernel_pages(MAPPED, LAZY);
}

void fake_kernel_start(const char *command_line)
{
	static char stack_of_nobody[PAGE_SIZE];

	machine_prepare(command_line);
	thread_init(stack_of_nobody, sizeof(stack_of_nobody));
	arch_sleep_init();
	console_init();
	boot_options_read();
}

void fake_kernel_boot(const char *command_line, int (*guest_main)(int argc, char **argv))
{
	machine_prepare(command_line);
	fake_guest_main = guest_main;
	unit_end_expected = true;
	console_init();
	boot();
}

void fake_kernel_init(void)
{
	for (const struct init_entry *entry = init_table; entry < init_table_end; entry++) {
		int error = entry->fn();

		if (error)
			printf("%s: %d\n", entry->name, error);
	}
}

void fake_kernel_run(unsigned long ns)
{
	thread_sleep_until(time_in(ns));
}

static void ended(int reason)
{
	if (reason != expected_reason)
		printf("shut down with reason %d instead of %d\n", reason, expected_reason);
	else if (expected_word && !fake_console_lines_with(expected_word))
		printf("no line with \"%s\" on the console\n", expected_word);
	else if (expected_node && (!fake_store_read(expected_node) ||
				   strcmp(fake_store_read(expected_node), expected_value) != 0))
		printf("%s does not hold \"%s\"\n", expected_node, expected_value);
	else
		unit_end_expected = false;
	if (fake_console_ring())
		printf("%s", fake_console_output());
	exit(unit_end_expected);
}

void fake_kernel_expect_end(int reason, const char *word)
{
	expected_reason = reason;
	expected_word = word;
	unit_end_expected = true;
	fake_on_shutdown = ended;
}

void fake_kernel_expect_node(const char *path, const char *value)
{
	expected_node = path;
	expected_value = value;
}

static void faulted(int number)
{
	(void)number;
	exit(0);
}

void fake_expect_fault(void)
{
	static char stack[64 << 10];
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = faulted, .sa_flags = SA_ONSTACK};

	unit_end_expected = true;
	sigaltstack(&alternative, NULL);
	sigaction(SIGSEGV, &action, NULL);
}
