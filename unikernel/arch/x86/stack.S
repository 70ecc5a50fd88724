/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main thread's stack, on which boot runs already, and its guard page below it. 128 KiB of
 * bss: nothing in the file.
 */
	.section .bss.pages, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_end
boot_stack_guard:
	.zero	4096
boot_stack:
	.zero	128 * 1024
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
