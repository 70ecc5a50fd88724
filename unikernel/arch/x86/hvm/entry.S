/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an HVM or PVH guest begins: in 32-bit protected mode without paging, flat segments,
 *
 *	PVH		ebx = physical address of struct hvm_start_info
 *			(xen/arch-x86/hvm/start_info.h)
 *	Multiboot	eax = 0x2badb002, ebx = physical address of its information structure
 *
 * and from there into 64-bit mode, which is there only with paging: three tables map the first GiB
 * by pages of 2 MiB, everything allowed. memory.c makes them what they shall be.
 */
#define PTE_TABLE	0x023		/* present, writable, accessed */
#define PTE_LARGE_RWX	0x0e3		/* … dirty, 2 MiB */
#define CHUNK		0x200000
#define ENTRIES		512

#define CR4		0x620		/* PAE, OSFXSR, OSXMMEXCPT */
#define CR0		0x80010033	/* PG, WP, NE, ET, MP, PE */
#define MSR_EFER	0xc0000080
#define EFER		0x900		/* NXE, LME */

	.section .text.entry, "ax"
	.code32
	.globl hvm_entry
	.type hvm_entry, @function
hvm_entry:
	cli
	cld
	mov	%eax, %esi			/* Multiboot's magic, or anything else */
	rdtsc
	mov	%eax, %edi			/* the time of the first instruction */
	mov	%edx, %ebp

	movl	$hvm_l3 + PTE_TABLE, hvm_l4
	movl	$hvm_l2 + PTE_TABLE, hvm_l3
	mov	$PTE_LARGE_RWX, %eax
	xor	%ecx, %ecx
1:	mov	%eax, hvm_l2(, %ecx, 8)
	add	$CHUNK, %eax
	inc	%ecx
	cmp	$ENTRIES, %ecx
	jb	1b

	mov	$CR4, %eax
	mov	%eax, %cr4
	mov	$hvm_l4, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER, %eax
	wrmsr
	mov	$CR0, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$0x08, $2f

	.code64
2:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$boot_stack_end, %rsp
	fninit
	mov	%ebp, %edx
	shl	$32, %rdx
	mov	%edi, %edi			/* zeroes the upper half */
	or	%rdi, %rdx
	mov	%esi, %edi
	mov	%ebx, %esi
	xor	%ebp, %ebp			/* a backtrace ends here */
	call	hvm_start
	ud2
	.size hvm_entry, . - hvm_entry

/* Writable: the processor marks the task state as busy. */
	.data
	.balign 8
	.globl hvm_gdt
hvm_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* code: ring 0, 64-bit */
	.quad	0x00cf93000000ffff		/* data */
	.quad	0, 0				/* task state */
gdt_pointer:
	.word	. - hvm_gdt - 1
	.long	hvm_gdt

	.section .bss.pages, "aw", @nobits
	.balign 4096
	.globl hvm_l4, hvm_l3, hvm_l2
hvm_l4:
	.zero	4096
hvm_l3:
	.zero	4096
hvm_l2:
	.zero	4096

	.section .note.GNU-stack, "", @progbits
