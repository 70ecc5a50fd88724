/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two ways to start have in common: memory is mapped where it is, up to 4 GiB at least. */
#ifndef TINY_H
#define TINY_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

/* What the guest finds out about itself before tiny_main. */
struct tiny {
	enum gate { SYSCALL, VMCALL, VMMCALL } gate; /* how Xen is called */
	const char *command_line;
	shared_info_t *shared;
	struct xencons_interface *console;
	struct xenstore_domain_interface *store;
	evtchn_port_t console_port, store_port;
};

extern struct tiny tiny;

extern char shared_page[4096]; /* where shared_info comes to lie */
extern char stack[16384];

long hypercall(long number, long a, long b, long c);

void tiny_main(void) __attribute__((noreturn));

#define TEXT_(x) #x
#define TEXT(x)	 TEXT_(x)

/* A note for the loader (xen/elfnote.h), by number. */
#define NOTE(type, directive)                                     \
	__asm__(".pushsection .note.Xen, \"a\", @note\n"          \
		"	.balign 4\n	.long 4, 2f - 1f, " TEXT( \
			type) "\n	.asciz \"Xen\"\n"               \
			      "1:	" directive "\n2:	.balign 4\n.popsection\n")

#endif
