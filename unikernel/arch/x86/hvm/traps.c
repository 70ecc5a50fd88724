/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of an HVM or PVH guest: the processor delivers them by itself, where our own tables
 * say (AMD64 Architecture Programmer's Manual, vol. 2, 8). All are taken on a stack of their own
 * (IST 1), so that even the overflow of a thread's stack can be told by us.
 */
#include "unikernel/arch/x86/traps.h"

#include "unikernel/arch/x86/hvm/hvm.h"

#define EXCEPTION_STACK 1 /* IST 1 */
#define GATE_INTERRUPT	0x8e
#define STATE_AVAILABLE 0x89ull
#define VECTORS		(HVM_VECTOR_UPCALL + 1)

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

/* Long mode uses but the stacks of it; packed, for its 64-bit words lie at odd multiples of four. */
struct task_state {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1;
	uint64_t ist[7], reserved2; /* ist[0] is IST 1 */
	uint16_t reserved3, io_map;
} __attribute__((packed));

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

#define DECLARE(vector, name, error) extern void hvm_trap_##vector(void);
TRAPS(DECLARE)
extern void hvm_upcall(void);

static struct gate idt[VECTORS];
static struct task_state state;
static char exception_stack[16 << 10] __attribute__((aligned(16)));

static void gate_set(unsigned int vector, void (*handler)(void), uint8_t ist)
{
	const uintptr_t offset = (uintptr_t)handler;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)offset,
		.selector = HVM_GDT_CODE,
		.ist = ist,
		.type = GATE_INTERRUPT,
		.offset_middle = (uint16_t)(offset >> 16),
		.offset_high = (uint32_t)(offset >> 32),
	};
}

static void state_load(void)
{
	const uint64_t base = (uintptr_t)&state, limit = sizeof(state) - 1;
	const unsigned int index = HVM_GDT_STATE / sizeof(*hvm_gdt);
	const uint16_t selector = HVM_GDT_STATE;

	state.ist[EXCEPTION_STACK - 1] = (uintptr_t)exception_stack + sizeof(exception_stack);
	state.io_map = sizeof(state);
	hvm_gdt[index] =
		limit | (base & 0xffffff) << 16 | STATE_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
	hvm_gdt[index + 1] = base >> 32;
	__asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

void hvm_traps_init(void)
{
	const struct table_pointer pointer = {sizeof(idt) - 1, (uintptr_t)idt};

#define GATE(vector, name, error) gate_set(vector, hvm_trap_##vector, EXCEPTION_STACK);
	TRAPS(GATE)
	gate_set(HVM_VECTOR_UPCALL, hvm_upcall, 0);
	state_load();
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

uintptr_t hvm_fault_address(void)
{
	uintptr_t address;

	__asm__ volatile("mov %%cr2, %0" : "=r"(address));
	return address;
}
