/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/string.c, memcpy and its family.
 * Why:  the compiler calls them everywhere; a wrong byte at one alignment is a bug in all code.
 * How:  the source is compiled here under other names, beside the host's functions, and both do the
 *       same to equal buffers: every length to 200, every overlap, every alignment of 16, with
 *       ASan's fences directly before and behind.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

void *our_memcpy(void *restrict, const void *restrict, size_t);
void *our_memmove(void *, const void *, size_t);
void *our_memset(void *, int, size_t);
int our_memcmp(const void *, const void *, size_t);
void *our_memchr(const void *, int, size_t);
size_t our_strlen(const char *);
size_t our_strnlen(const char *, size_t);
int our_strcmp(const char *, const char *);
int our_strncmp(const char *, const char *, size_t);
char *our_strchr(const char *, int);
char *our_strrchr(const char *, int);

#define memcpy	our_memcpy
#define memmove our_memmove
#define memset	our_memset
#define memcmp	our_memcmp
#define memchr	our_memchr
#define strlen	our_strlen
#define strnlen our_strnlen
#define strcmp	our_strcmp
#define strncmp our_strncmp
#define strchr	our_strchr
#define strrchr our_strrchr
#include "unikernel/core/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr

#define LONGEST 200

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* Exactly `len` bytes at that alignment, so that the byte behind the last is fenced. */
static unsigned char *aligned(void **block, size_t align, size_t len)
{
	*block = malloc(align + len + !(align + len));
	return (unsigned char *)*block + align;
}

static void fill(unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)unit_random();
}

static void copies(void **state)
{
	(void)state;
	for (size_t len = 0; len <= LONGEST; len++)
		for (size_t align = 0; align < 16; align++) {
			void *from_block, *to_block;
			unsigned char *from = aligned(&from_block, align, len);
			unsigned char *to = aligned(&to_block, 15 - align, len);

			fill(from, len);
			assert_ptr_equal(our_memcpy(to, from, len), to);
			assert_memory_equal(to, from, len);
			free(from_block);
			free(to_block);
		}
}

static void moves_with_every_overlap(void **state)
{
	static unsigned char ours[2 * LONGEST], theirs[2 * LONGEST];

	(void)state;
	for (size_t len = 0; len <= LONGEST; len += 1 + len / 40)
		for (size_t from = 0; from <= LONGEST; from += 1 + from / 20)
			for (size_t to = 0; to <= LONGEST; to += 1 + to / 20) {
				fill(ours, sizeof(ours));
				memcpy(theirs, ours, sizeof(ours));
				assert_ptr_equal(our_memmove(ours + to, ours + from, len),
						 ours + to);
				memmove(theirs + to, theirs + from, len);
				assert_int_equal(memcmp(ours, theirs, sizeof(ours)), 0);
			}
}

static void sets(void **state)
{
	(void)state;
	for (size_t len = 0; len <= LONGEST; len++)
		for (size_t align = 0; align < 16; align++) {
			void *block;
			unsigned char *to = aligned(&block, align, len);

			assert_ptr_equal(our_memset(to, 0x1a5, len), to);
			for (size_t i = 0; i < len; i++)
				assert_int_equal(to[i], 0xa5);
			free(block);
		}
}

static void compares(void **state)
{
	(void)state;
	for (size_t len = 0; len < 40; len++) {
		void *a_block, *b_block;
		unsigned char *a = aligned(&a_block, 1, len), *b = aligned(&b_block, 2, len);

		fill(a, len);
		memcpy(b, a, len);
		assert_int_equal(our_memcmp(a, b, len), 0);
		for (size_t i = 0; i < len; i++) {
			b[i] ^= 0x80;
			assert_int_equal(sign(our_memcmp(a, b, len)), sign(memcmp(a, b, len)));
			assert_ptr_equal(our_memchr(a, b[i], len), memchr(a, b[i], len));
			b[i] ^= 0x80;
		}
		free(a_block);
		free(b_block);
	}
}

static void strings(void **state)
{
	static const char *const texts[] = {"",	   "a",	   "b",	    "ab", "aa",
					    "abc", "\xff", "a\xff", "aba"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
			char *a = strdup(texts[i]), *b = strdup(texts[j]);

			assert_int_equal(our_strlen(a), strlen(a));
			assert_int_equal(sign(our_strcmp(a, b)), sign(strcmp(a, b)));
			for (size_t n = 0; n < 5; n++) {
				assert_int_equal(our_strnlen(a, n), strnlen(a, n));
				assert_int_equal(sign(our_strncmp(a, b, n)),
						 sign(strncmp(a, b, n)));
			}
			for (size_t at = 0; at <= strlen(b); at++) {
				assert_ptr_equal(our_strchr(a, b[at]), strchr(a, b[at]));
				assert_ptr_equal(our_strrchr(a, b[at]), strrchr(a, b[at]));
			}
			free(a);
			free(b);
		}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(copies),  cmocka_unit_test(moves_with_every_overlap),
	cmocka_unit_test(sets),	   cmocka_unit_test(compares),
	cmocka_unit_test(strings),
};

UNIT_MAIN(tests)
