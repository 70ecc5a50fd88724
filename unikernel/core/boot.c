/* SPDX-License-Identifier: BSD-2-Clause */
/* From the machine that arch has prepared to main(). */
#include "unikernel/core/boot.h"

#include <string.h>

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/command_line.h"
#include "unikernel/core/console.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/format.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/vcpu.h"

struct boot_info boot_info;

static struct command_line command_line;

extern const struct init_entry init_table[], init_table_end[]; /* image.lds */
extern const char image_name[];				       /* symbols.sh */

extern int main(int argc, char **argv);
extern _Noreturn void exit(int status);

const char *boot_option(const char *name)
{
	return command_line_option(&command_line, name);
}

char **boot_environ(void)
{
	return command_line.environ;
}

void boot_options_read(void)
{
	static char text[BOOT_COMMAND_LINE_MAX];
	static char name[32];
	const char *level;

	memcpy(text, boot_info.command_line,
	       strnlen(boot_info.command_line, sizeof(text) - 1)); /* text ends in a NUL */
	command_line_parse(&command_line, text);
	format(name, sizeof(name), "%s", image_name);
	command_line.argv[0] = name;

	level = boot_option("log");
	if (level && !log_set_level(level))
		log_warn("lodger.log=%s: not one of error, warn, info, debug", level);
	if (command_line.ignored)
		log_warn("command line: %zu words too many are ignored", command_line.ignored);
}

static void subsystems_start(void)
{
	for (const struct init_entry *entry = init_table; entry < init_table_end; entry++) {
		int err = entry->fn();

		if (err)
			log_warn("%s: error %d", entry->name, -err);
	}
}

/* With the wall clock's time of the host's start, which makes points of the wall clock of them. */
static void stages_tell(void)
{
	const uint64_t host_start = time_wall_ns() - time_monotonic_ns();
	char stages[320];

	boot_stages_format(stages, sizeof(stages));
	log_info("boot: %s host-start=%llu mode=%s", stages, (unsigned long long)host_start,
		 boot_info.mode);
}

_Noreturn void boot(void)
{
	boot_stage_at("first-instruction", time_of_tsc(boot_info.first_tsc));
	boot_stage("memory");
	arch_sleep_init();
	thread_init(boot_stack, (size_t)(boot_stack_end - boot_stack));
	boot_options_read();
	subsystems_start();
	boot_stage("main");
	stages_tell();
	exit(main(command_line.argc, command_line.argv));
}
