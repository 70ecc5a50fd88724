/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin of QEMU's that counts each instruction which the machine executes between marks (mark.h),
 * whoever executes it. Nothing is sampled, and nothing that runs there can tell the difference.
 *
 *   -plugin plugin.so,out=FILE
 *
 * At each end mark, FILE is written anew: "ADDRESS MACHINE INSTRUCTIONS" of each block of code that
 * was executed between the marks so far, the numbers in hexadecimal but for the last. MACHINE is its
 * address in the machine's memory: programs of two domains at one address are thereby told apart.
 */
#include "qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

#define BUCKETS (1u << 16)
/* Before there is paging, code of the firmware and of Xen is where its address says. */
#define UNPAGED_LOW  0x100000u
#define UNPAGED_HIGH 0x40000000u

struct block {
	struct block *next; /* of its bucket */
	uint64_t vaddr;
	uint64_t haddr; /* where QEMU has its memory */
	uint64_t now;	/* instructions, since the last begin mark or ever */
	uint64_t total; /* between marks */
};

static struct block *bucket[BUCKETS];
static uint64_t memory; /* where QEMU has the machine's; 0: not known yet */
static const char *out;

int qemu_plugin_version = 1;

static struct block *block_of(uint64_t vaddr, uint64_t haddr)
{
	const size_t hash = (vaddr * 0x9e3779b97f4a7c15u ^ haddr) >> 20 & (BUCKETS - 1);
	struct block *block = bucket[hash];

	while (block && (block->vaddr != vaddr || block->haddr != haddr))
		block = block->next;
	if (block)
		return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->vaddr = vaddr;
	block->haddr = haddr;
	block->next = bucket[hash];
	bucket[hash] = block;
	return block;
}

static void on_begin(unsigned int cpu, void *context)
{
	(void)cpu, (void)context;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *block = bucket[i]; block; block = block->next)
			block->now = 0;
}

static void on_end(unsigned int cpu, void *context)
{
	FILE *file = fopen(out, "we");

	(void)cpu, (void)context;
	if (!file)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *block = bucket[i]; block; block = block->next) {
			block->total += block->now;
			block->now = 0;
			if (block->total)
				fprintf(file, "%llx %llx %llu\n", (unsigned long long)block->vaddr,
					(unsigned long long)(block->haddr - memory),
					(unsigned long long)block->total);
		}
	fclose(file);
}

/* The mark that the instruction is, or 0. */
static uint32_t mark_of(const struct qemu_plugin_insn *insn)
{
	static const unsigned char nop[] = {PROFILE_NOP};
	const unsigned char *byte = qemu_plugin_insn_data(insn);
	uint32_t mark;

	if (qemu_plugin_insn_size(insn) != sizeof(nop) + sizeof(mark) ||
	    memcmp(byte, nop, sizeof(nop)) != 0)
		return 0;
	memcpy(&mark, byte + sizeof(nop), sizeof(mark));
	return mark;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	const size_t count = qemu_plugin_tb_n_insns(tb);
	const uint64_t vaddr = qemu_plugin_tb_vaddr(tb);
	const uint64_t haddr = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	struct block *block = block_of(vaddr, haddr);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->now,
						 count);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint32_t mark = mark_of(insn);

		if (mark == PROFILE_BEGIN)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_begin,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (mark == PROFILE_END)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_end, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
	}
	if (!memory && haddr && vaddr >= UNPAGED_LOW && vaddr < UNPAGED_HIGH)
		memory = haddr - vaddr;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fprintf(stderr, "plugin: out=FILE is wanted\n");
		return -1;
	}
	out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
