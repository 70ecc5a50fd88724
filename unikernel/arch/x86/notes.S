/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the loaders of each mode know the image:
 *
 *	PV	libxenguest reads the ELF notes, maps the image and starts it at ENTRY, in 64-bit mode
 *	PVH	libxenguest puts it where its program headers say and starts it at PHYS32_ENTRY, in
 *		32-bit mode without paging
 *	HVM	firmware starts GRUB, which looks for a Multiboot header in the first 8 KiB of the file
 *		and starts it at the last of its words, in the same 32-bit mode
 */
#include <xen/elfnote.h>

/* --- ELF notes (xen/elfnote.h) ----------------------------------------------------------- */

.macro note type, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\value
2:	.balign 4
	.popsection
.endm

note XEN_ELFNOTE_GUEST_OS, .asciz "Lodger"
note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
note XEN_ELFNOTE_LOADER, .asciz "generic"
note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
note XEN_ELFNOTE_VIRT_BASE, .quad 0
note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
note XEN_ELFNOTE_ENTRY, .quad pv_entry
note XEN_ELFNOTE_PHYS32_ENTRY, .long hvm_entry

/* --- Multiboot ("Multiboot Specification version 0.6.96", 3.1) --------------------------- */

/*
 * With its own addresses (bit 16), for GRUB takes no 64-bit ELF otherwise: the file is loaded as
 * one piece, so every segment must lie as far from the first in the file as it does in memory
 * (unikernel/check.sh).
 */
#define MULTIBOOT_MAGIC		0x1badb002
#define MULTIBOOT_MEMORY	(1 << 1)	/* tell us of the memory */
#define MULTIBOOT_ADDRESSES	(1 << 16)
#define MULTIBOOT_FLAGS		(MULTIBOOT_MEMORY | MULTIBOOT_ADDRESSES)

	.section .text.entry, "ax"
	.balign 4
	.globl multiboot_header
multiboot_header:
	.long	MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long	multiboot_header
	.long	image_start
	.long	image_data_end			/* up to here from the file */
	.long	image_end			/* up to here zeros */
	.long	hvm_entry

	.section .note.GNU-stack, "", @progbits
