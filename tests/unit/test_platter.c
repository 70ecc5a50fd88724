/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the disk with a write cache that other tests cut the power of (fake/platter.h).
 * Why:  a cut that loses nothing finds nothing, and one that loses what was flushed finds what is
 *       not there.
 * How:  writes of one number each; what may be where after a cut follows from the numbers.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/platter.h"

#define SECTORS 64u
#define BYTES	(SECTORS * PLATTER_SECTOR)

static struct platter *disk;
static uint8_t buffer[BYTES];

static void put(unsigned sector, unsigned sectors, uint8_t value)
{
	memset(buffer, value, sizeof(buffer));
	platter_write(disk, sector * PLATTER_SECTOR, buffer, sectors * PLATTER_SECTOR);
}

static uint8_t get(unsigned sector)
{
	platter_read(disk, sector * PLATTER_SECTOR, buffer, PLATTER_SECTOR);
	return buffer[0];
}

static void flush(void)
{
	platter_flush(disk, platter_mark(disk));
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	disk = platter_make(BYTES);
	put(3, 2, 7);
	assert_int_equal(get(2), 0);
	assert_int_equal(get(3), 7);
	assert_int_equal(get(4), 7);
	flush();
	assert_int_equal(get(4), 7);
	platter_discard(disk, 4 * PLATTER_SECTOR, PLATTER_SECTOR);
	assert_int_equal(get(4), 0);
	/* Beyond the end. */
	put(SECTORS - 1, 4, 9);
	assert_int_equal(get(SECTORS - 1), 9);
	assert_int_equal(get(SECTORS), 0);
	platter_free(disk);
}

static void a_cut_spares_what_was_flushed(void **state)
{
	bool lost = false, kept = false, torn = false;

	(void)state;
	for (uint32_t seed = 0; seed < 500; seed++) {
		unsigned newer = 0;

		disk = platter_make(BYTES);
		put(0, SECTORS, 1);
		flush();
		put(8, 8, 2);
		platter_cut(disk, seed);
		for (unsigned i = 0; i < SECTORS; i++) {
			const uint8_t value = get(i);

			newer += value == 2;
			assert_true(value == 1 || (value == 2 && i >= 8 && i < 16));
		}
		lost |= newer == 0;
		kept |= newer == 8;
		torn |= newer > 0 && newer < 8;
		platter_free(disk);
	}
	assert_true(lost && kept && torn);
}

/* And not what was written later. */
static void a_flush_covers_what_was_done_when_it_was_asked_for(void **state)
{
	bool lost = false;

	(void)state;
	for (uint32_t seed = 0; seed < 100; seed++) {
		uint64_t mark;

		disk = platter_make(BYTES);
		put(1, 1, 1);
		mark = platter_mark(disk);
		put(2, 1, 2);
		platter_flush(disk, mark);
		assert_int_equal(platter_unflushed(disk), 1);
		platter_cut(disk, seed);
		assert_int_equal(get(1), 1);
		lost |= get(2) == 0;
		platter_free(disk);
	}
	assert_true(lost);
}

static void an_older_write_never_hides_a_later_one(void **state)
{
	bool old = false;

	(void)state;
	for (uint32_t seed = 0; seed < 500; seed++) {
		disk = platter_make(BYTES);
		put(5, 1, 1);
		put(5, 1, 2);
		memset(buffer, 3, PLATTER_SECTOR);
		platter_write_through(disk, 5 * PLATTER_SECTOR, buffer, PLATTER_SECTOR);
		assert_int_equal(get(5), 3);
		platter_cut(disk, seed);
		assert_int_equal(get(5), 3);
		/* Of those that are only cached the older may be what is left. */
		put(6, 1, 1);
		put(6, 1, 2);
		platter_cut(disk, seed);
		old |= get(6) == 1;
		/* But not of two cuts' worth. */
		put(6, 1, 4);
		flush();
		platter_cut(disk, seed);
		assert_int_equal(get(6), 4);
		platter_free(disk);
	}
	assert_true(old);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_was_written_is_read),
	cmocka_unit_test(a_cut_spares_what_was_flushed),
	cmocka_unit_test(a_flush_covers_what_was_done_when_it_was_asked_for),
	cmocka_unit_test(an_older_write_never_hides_a_later_one),
};

UNIT_MAIN(tests)
