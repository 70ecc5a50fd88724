/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory and string functions that the compiler and the kernel call; they serve the program as
 * well. Copies go in 16-byte vectors that need not be aligned, a run's end by one vector that may
 * overlap the last. No non-temporal stores: what is copied is usually read next, by the device's
 * back end on another processor or by the program.
 *
 * Compiled with -fno-builtin and without loop idioms (unikernel.mk), or memcpy would call memcpy.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Pieces that may lie at any address and alias anything. */
typedef long long v16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t u64 __attribute__((aligned(1), may_alias));
typedef uint32_t u32 __attribute__((aligned(1), may_alias));
typedef uint16_t u16 __attribute__((aligned(1), may_alias));

/* n < 16: two pieces that overlap. Both are loaded before either is stored: moves may overlap too. */
static void copy_short(char *d, const char *s, size_t n)
{
	if (n >= 8) {
		uint64_t first = *(const u64 *)s, last = *(const u64 *)(s + n - 8);

		*(u64 *)d = first;
		*(u64 *)(d + n - 8) = last;
	} else if (n >= 4) {
		uint32_t first = *(const u32 *)s, last = *(const u32 *)(s + n - 4);

		*(u32 *)d = first;
		*(u32 *)(d + n - 4) = last;
	} else if (n >= 2) {
		uint16_t first = *(const u16 *)s, last = *(const u16 *)(s + n - 2);

		*(u16 *)d = first;
		*(u16 *)(d + n - 2) = last;
	} else if (n) {
		*d = *s;
	}
}

/* From here on the processor's own loop is quicker: it copies by cache lines. */
#define LONG 512

static void copy_up(char *d, const char *s, size_t n)
{
	v16 last = *(const v16 *)(s + n - 16);
	char *const last_at = d + n - 16;

	if (n >= LONG) {
		size_t words = n / 8;

		__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
		n = 0;
	}
	for (; n > 64; n -= 64, d += 64, s += 64) {
		v16 a = *(const v16 *)s, b = *(const v16 *)(s + 16);
		v16 c = *(const v16 *)(s + 32), e = *(const v16 *)(s + 48);

		*(v16 *)d = a;
		*(v16 *)(d + 16) = b;
		*(v16 *)(d + 32) = c;
		*(v16 *)(d + 48) = e;
	}
	for (; n > 16; n -= 16, d += 16, s += 16)
		*(v16 *)d = *(const v16 *)s;
	*(v16 *)last_at = last;
}

static void copy_down(char *d, const char *s, size_t n)
{
	v16 first = *(const v16 *)s;
	char *const first_at = d;

	for (d += n, s += n; n > 16; n -= 16) {
		d -= 16;
		s -= 16;
		*(v16 *)d = *(const v16 *)s;
	}
	*(v16 *)first_at = first;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	if (n < 16)
		copy_short(dst, src, n);
	else
		copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	if (n < 16)
		copy_short(dst, src, n);
	else if ((uintptr_t)dst - (uintptr_t)src >= n) /* dst below src, or beyond its end */
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	const uint64_t word = 0x0101010101010101u * (unsigned char)c;
	const v16 vector = {(long long)word, (long long)word};
	char *d = dst;

	if (n < 16) {
		while (n--)
			*d++ = (char)c;
		return dst;
	}
	*(v16 *)(d + n - 16) = vector;
	for (; n > 64; n -= 64, d += 64) {
		*(v16 *)d = vector;
		*(v16 *)(d + 16) = vector;
		*(v16 *)(d + 32) = vector;
		*(v16 *)(d + 48) = vector;
	}
	for (; n > 16; n -= 16, d += 16)
		*(v16 *)d = vector;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n >= 8 && *(const u64 *)p == *(const u64 *)q; n -= 8, p += 8, q += 8)
		;
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	while (n && *a && *a == *b)
		a++, b++, n--;
	return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)(uintptr_t)last;
}
