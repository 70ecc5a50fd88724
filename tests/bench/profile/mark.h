/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks for a profile of the whole machine: instructions that do nothing but be seen by who looks at
 * what the processor executes (plugin.c). Anybody may make them, whatever runs below: a NOP with a
 * memory operand, which is not accessed, whose displacement is one of these numbers.
 */
#ifndef LODGER_TESTS_BENCH_PROFILE_MARK_H
#define LODGER_TESTS_BENCH_PROFILE_MARK_H

#define PROFILE_BEGIN 0x4c6f5001
#define PROFILE_END   0x4c6f5002

/* nopl MARK(%rax): these bytes, and the mark in four more. */
#define PROFILE_NOP	   0x0f, 0x1f, 0x80

#define PROFILE_MARK(mark) __asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long %c0" ::"i"(mark))

#endif
