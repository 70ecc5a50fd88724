/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What plugin.c calls of QEMU's interface for TCG plugins, version 1 (QEMU 4.2 to 8.2), of which
 * Debian packages no header. A block is a piece of code without a jump into or out of it, which QEMU
 * translates as a whole.
 */
#ifndef LODGER_TESTS_BENCH_PROFILE_QEMU_PLUGIN_H
#define LODGER_TESTS_BENCH_PROFILE_QEMU_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;	 /* a block */
struct qemu_plugin_insn; /* an instruction of it */

/* To be defined by the plugin. */
extern PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 }; /* enum qemu_plugin_op */
enum { QEMU_PLUGIN_CB_NO_REGS = 0 };	 /* enum qemu_plugin_cb_flags */

/* cb is called of each block that is translated, before it is executed; again if QEMU forgets it. */
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id,
						      struct qemu_plugin_tb *tb));

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn); /* where QEMU has its memory */

/* From the translation: adds value to *to whenever the block begins to be executed. */
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *to,
					      uint64_t value);

/* Likewise: calls cb before the instruction is executed. */
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *context), int flags,
					    void *context);

#endif
