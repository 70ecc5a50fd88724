/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/stack_protector.h"

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/panic.h"

extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

uintptr_t __stack_chk_guard;

__attribute__((no_stack_protector)) void stack_protector_init(uint64_t seed)
{
	uint64_t random = 0;

	/*
	 * Without a generator the counter has to do: its low bits are what nobody knows. They are
	 * spread over the word by a multiplication (Knuth's golden-ratio constant).
	 */
	if (!arch_random(&random))
		random = (seed ^ arch_tsc() << 17) * 0x9e3779b97f4a7c15u;
	/* A zero byte first in memory: a string that runs over cannot carry the value on. */
	__stack_chk_guard = random & ~(uintptr_t)0xff;
}

_Noreturn void __stack_chk_fail(void)
{
	panic("a function wrote over the end of its array (stack protector)");
}
