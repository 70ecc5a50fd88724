/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest is told when it starts, the same in every mode, and what it remembers of its start.
 *
 * The command line (`extra=` of the domain's configuration) is split at blanks; "…" groups. Words
 * of the form lodger.NAME=VALUE (or lodger.NAME alone) are options for the kernel and taken out,
 * up to a word `--`, which is taken out as well. The rest is argv[1] and on.
 */
#ifndef LODGER_CORE_BOOT_H
#define LODGER_CORE_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>

struct xencons_interface;
struct xenstore_domain_interface;

/* Filled in by arch before the kernel starts. Pointers are NULL where the domain has none. */
struct boot_info {
	struct xencons_interface *console;
	evtchn_port_t console_port;
	struct xenstore_domain_interface *store;
	evtchn_port_t store_port;
	bool dom0;
	const char *mode;	  /* "PV" */
	const char *command_line; /* at most BOOT_COMMAND_LINE_MAX bytes with the NUL */
	uint64_t first_tsc;	  /* the processor's counter at the first instruction */
};

#define BOOT_COMMAND_LINE_MAX 1024

extern struct boot_info boot_info;

/* Takes the command line apart; for boot(). */
void boot_options_read(void);

/* The value of lodger.NAME ("" if it has none), or NULL if it is not given. The last one counts. */
const char *boot_option(const char *name);

/* lodger.env.NAME=VALUE as "NAME=VALUE" strings, ending in NULL: libc's environ. */
char **boot_environ(void);

/* Remembers that this stage was reached now. name: a literal without blanks. The first 16 count. */
void boot_stage(const char *name);
void boot_stage_at(const char *name, uint64_t at_ns);

/* "first-instruction=NS main=NS …", monotonic times; cut to size. */
void boot_stages_format(char *buf, size_t size);

/* For arch: with pages, shared_info and console_init() done, runs everything. */
_Noreturn void boot(void);

#endif
