/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: hypercall/ring.h, the arithmetic that every ring is used with.
 * Why:  an index is the other party's word; one wrong comparison and it owns the guest.
 * How:  around the wrap of 32 bits and around the bounds, and the notify rule against its
 *       definition, spelt out naively.
 */
#include "tests/unit/unit.h"

#include "hypercall/ring.h"

static const uint32_t starts[] = {0, 1, 31, 32, 0x7fffffff, 0x80000000, 0xffffffe0, 0xffffffff};

static void counts_across_the_wrap(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (uint32_t used = 0; used <= 32; used++) {
			const uint32_t cons = starts[i], prod = cons + used;

			assert_true(ring_valid(prod, cons, 32));
			assert_int_equal(ring_used(prod, cons), used);
			assert_int_equal(ring_free(prod, cons, 32), 32 - used);
		}
}

static void refuses_impossible_indices(void **state)
{
	static const uint32_t lies[] = {33, 64, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lies); j++) {
			assert_false(ring_valid(starts[i] + lies[j], starts[i], 32));
			assert_int_equal(ring_free(starts[i] + lies[j], starts[i], 32), 0);
		}
}

static void slots_and_pieces_stay_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (uint32_t want = 0; want <= 1024; want += 13) {
			const uint32_t slot = ring_slot(starts[i], 1024);
			const uint32_t piece = ring_piece(starts[i], want, 1024);

			assert_true(slot < 1024 && slot + piece <= 1024 && piece <= want);
			assert_true(want == 0 || piece > 0);
			assert_true(piece == want || slot + piece == 1024);
		}
}

/* Is `event` one of the indices old + 1 … new? */
static bool among(uint32_t old, uint32_t new, uint32_t event)
{
	for (uint32_t at = old; at != new; at++)
		if (at + 1 == event)
			return true;
	return false;
}

static void notifies_exactly_when_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (uint32_t made = 0; made <= 8; made++)
			for (uint32_t event = 0; event <= 20; event++) {
				const uint32_t old = starts[i], at = old - 6 + event;

				assert_int_equal(ring_must_notify(old, old + made, at),
						 among(old, old + made, at));
			}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(counts_across_the_wrap),
	cmocka_unit_test(refuses_impossible_indices),
	cmocka_unit_test(slots_and_pieces_stay_inside),
	cmocka_unit_test(notifies_exactly_when_asked),
};

UNIT_MAIN(tests)
