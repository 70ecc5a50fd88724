/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words for memory that somebody else writes while we look at it: a ring shared with a back
 * end, Xen's time page, the event bitmaps. Nothing else in the tree uses a bare `volatile`.
 *
 *   access_once(x)        this load or store happens exactly once, in one piece
 *   load_acquire(p)       … and whatever I read after it is at least as new
 *   store_release(p, v)   … and whatever I wrote before it is visible first
 *   shared_mb()           what I wrote is visible before what I read next is fetched
 *   copy_once(dst, src)   take a private copy of a shared slot; the compiler may not go back
 *
 * How a ring uses them, ours being the producing side:
 *
 *     write the slots               consumer:  p = load_acquire(&ring->prod)
 *     store_release(&ring->prod,n)             copy_once(&private, slot)   check private, use it
 *     shared_mb()                              store_release(&ring->cons, …)
 *     look at ring->…_event         (Dekker: each writes its own word, then reads the other's;
 *                                    without the full barrier both may see the old one)
 *
 * On x86 only shared_mb() costs an instruction; the others tie the compiler's hands, and say to
 * the reader where the other party stands.
 */
#ifndef LODGER_HYPERCALL_SHARED_H
#define LODGER_HYPERCALL_SHARED_H

#include <string.h>

#define access_once(x)	    (*(volatile __typeof__(x) *)&(x))
#define load_acquire(p)	    __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define shared_mb()	    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define compiler_barrier()  __asm__ volatile("" ::: "memory")

/* dst and src are pointers to the same type; src is in shared memory, dst is not. */
#define copy_once(dst, src)                                                                     \
	do {                                                                                    \
		_Static_assert(sizeof(*(dst)) == sizeof(*(src)), "copy_once: different sizes"); \
		copy_once_bytes((dst), (src), sizeof(*(dst)));                                  \
	} while (0)

/*
 * The barrier on either side keeps the compiler from reading the source again later (a double
 * fetch: checked once, used with another value) and from using an older reading of it.
 */
static inline void copy_once_bytes(void *dst, const void *src, size_t len)
{
	compiler_barrier();
	memcpy(dst, src, len);
	compiler_barrier();
}

#endif
