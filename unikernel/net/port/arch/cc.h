/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lwIP wants to know about compiler, C library and platform.
 *
 * These headers are installed beside lwIP's own and read by all that includes <sys/socket.h>: they
 * include nothing of the kernel.
 */
#ifndef LODGER_NET_ARCH_CC_H
#define LODGER_NET_ARCH_CC_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <machine/endian.h>
#include <arch/checksum.h>

/* POSIX's types come from the C library's headers above; lwIP asks by macro whether they exist. */
#define iovec iovec
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif

#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

/* The bounded share of the heap that is the network's (unikernel/net/memory.c). */
void *net_malloc(size_t size);
void *net_calloc(size_t count, size_t size);
void net_free(void *block);
#define mem_clib_malloc net_malloc
#define mem_clib_calloc net_calloc
#define mem_clib_free	net_free

/* unikernel/net/random.c */
uint32_t net_random(void);
#define LWIP_RAND() net_random()

#define LWIP_CHKSUM net_checksum

/* unikernel/net/sys_arch.c.  lwIP's asserts state what it believes of itself: no way on from there. */
void net_assert_failed(const char *what, const char *file, int line) __attribute__((noreturn));
void net_assert_locked(void);
#define LWIP_PLATFORM_ASSERT(what) net_assert_failed(what, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(x) \
	do {                  \
	} while (0)

#endif
