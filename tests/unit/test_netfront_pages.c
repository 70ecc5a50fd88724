/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the pages that frames lie in: pieces of any shape, pages lent to the back end, pages taken by
 *       the client.
 * Why:  a page is shown to another domain as a whole, so whatever lies beside a frame is shown with it;
 *       and one that is given back too early, or never, is the guest's memory in other hands.
 * How:  secrets are put round everything that is lent, and all that is granted is searched for them,
 *       while the fake netback sees to it that what it has mapped neither changes nor goes.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

static struct fake_netuser user[1];

/* --- frames in pieces --- */

/* Frames in as many pieces, as far from the start of their pages, as a back end likes. */
static void a_frame_in_comes_in_any_pieces(void **state)
{
	static const struct {
		size_t piece;
		uint16_t offset;
	} shapes[] = {{0, 0}, {0, 256}, {0, 4000}, {1, 0}, {14, 0}, {100, 3996}, {1000, 64}};

	(void)state;
	netuser_boot(user, 1, NULL);
	for (unsigned reversed = 0; reversed < 2; reversed++)
		for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
			const size_t most = shapes[i].piece ? shapes[i].piece : 4096u;
			const size_t page = 4096u - shapes[i].offset;
			const size_t piece = most < page ? most : page;

			user->nb->rx_reversed = reversed;
			user->nb->rx_piece = piece;
			user->nb->rx_offset = shapes[i].offset;
			for (size_t pieces = 1; pieces <= NETFRONT_SLOTS_MAX; pieces++) {
				const size_t len = pieces * piece;
				struct fake_frame frame = fake_frame_to_cut(false, 60000);

				if (len < 14 || len > 60000)
					continue;
				frame.len = len;
				if (len <= 1514) {
					frame.gso_type = XEN_NETIF_GSO_TYPE_NONE;
					frame.gso_size = 0;
				}
				assert_frame_in(user, 0, &frame);
				assert_int_equal(user->last_pieces, pieces);
			}
		}
	assert_int_equal(netuser_stats(user).violations, 0);
}

/* --- pages that are lent --- */

static _Alignas(4096) uint8_t lent[17][4096];

/* The neighbours of what is sent, which nobody else may see. */
#define SECRET "a key of somebody's"

static uint8_t was[17][4096];

static bool secret_seen(void)
{
	for (grant_ref_t ref = 0; ref < FAKE_GRANTS; ref++) {
		const grant_entry_v1_t *entry = fake_gnttab_entry(ref);

		if (entry && (entry->flags & GTF_type_mask) != GTF_invalid &&
		    memmem(fake_memory_frame(entry->frame), FAKE_PAGE_SIZE, SECRET, sizeof(SECRET)))
			return true;
	}
	return false;
}

/* Whoever reads needs no more than that. */
static void assert_readonly(void)
{
	for (grant_ref_t ref = 0; ref < FAKE_GRANTS; ref++) {
		const grant_entry_v1_t *entry = fake_gnttab_entry(ref);

		if (entry && (entry->flags & GTF_type_mask) != GTF_invalid &&
		    (uintptr_t)entry->frame * FAKE_PAGE_SIZE - (uintptr_t)lent < sizeof(lent))
			assert_true(entry->flags & GTF_readonly);
	}
}

static void secrets_put(void)
{
	for (size_t i = 0; i < sizeof(lent); i += sizeof(SECRET))
		memcpy((uint8_t *)lent + i, SECRET,
		       sizeof(lent) - i < sizeof(SECRET) ? sizeof(lent) - i : sizeof(SECRET));
}

/* Where data begin and end in their pages, and whether the rest of the last page may be zeroed. */
static void what_is_lent_shows_no_neighbour(void **state)
{
	static const size_t at[] = {0, 1, 100, 2048, 4095},
			    len[] = {1500, 4095, 4096, 4097, 12000, 50000};
	unsigned times = 0;

	(void)state;
	netuser_boot(user, 1, NULL);
	user->nb->hold = true;
	for (size_t i = 0; i < ARRAY_SIZE(at) * ARRAY_SIZE(len) * 2; i++) {
		const bool slack = i % 2;
		const size_t from = at[i / 2 % ARRAY_SIZE(at)], data = len[i / 2 / ARRAY_SIZE(at)];
		const size_t sent = user->nb->frames_sent, back = user->sent;
		struct fake_frame frame = fake_frame_to_cut(i % 3, data);
		const size_t headers = frame.len - data;
		size_t end;
		int how;

		secrets_put();
		memcpy(was, lent, sizeof(was));
		how = netuser_lend(user, &frame, headers, lent[0] + from,
				   slack ? -(from + data) & 4095 : 0);
		assert_in_range(how, 0, 1);
		/* Nobody writes round it, but where the sender lets him. */
		assert_memory_equal(lent, was, from);
		end = from + data + (slack ? -(from + data) & 4095 : 0);
		assert_memory_equal((uint8_t *)lent + end, (uint8_t *)was + end, sizeof(was) - end);
		fake_kernel_run(TIME_MS);
		assert_int_equal(user->nb->frames_sent, sent + 1);
		assert_memory_equal(fake_netback_frame(user->nb, sent)->bytes, frame.bytes,
				    frame.len);
		assert_int_equal(fake_netback_frame(user->nb, sent)->len, frame.len);
		assert_false(secret_seen());
		assert_readonly();
		assert_int_equal(user->sent, back);
		fake_netback_release(user->nb);
		fake_kernel_run(TIME_S);
		assert_int_equal(user->sent, back + (unsigned)how);
		times += (unsigned)how;
		if (how)
			assert_ptr_equal(user->last_owner, user);
	}
	assert_true(times > 10);
	assert_int_equal(netuser_stats(user).violations, 0);
}

static void nothing_is_lent_when_that_is_switched_off(void **state)
{
	struct fake_frame frame = fake_frame_to_cut(false, 40000);

	(void)state;
	netuser_boot(user, 1, "lodger.net-off=lend");
	user->take = true;
	assert_int_equal(netuser_lend(user, &frame, 54, lent[0], 0), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->nb->frames_sent, 1);
	assert_int_equal(netuser_stats(user).tx_lent, 0);
	assert_frame_in(user, 0, &frame);
	assert_traffic(user);
	assert_int_equal(user->taken_count, 0);
}

/* A client that keeps pages gets no more when it has its share; frames still come. */
static void pages_that_are_taken_run_out_for_the_taker_alone(void **state)
{
	struct held before;

	(void)state;
	before = netuser_boot_one(user, NULL);
	user->take = true;
	for (unsigned i = 0; i < 3000; i++) {
		struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1000, false);

		assert_frame_in(user, 0, &frame);
	}
	assert_in_range(user->taken_count, 64, 2000);
	assert_true(netuser_stats(user).rx_nobuf > 500);
	assert_traffic(user);
	/* What it gives back it may have again. */
	for (unsigned i = 0; i < 5000; i++) {
		struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1000, false);

		netuser_free(user);
		assert_frame_in(user, 0, &frame);
		assert_int_equal(user->taken_count, 1);
	}
	user->take = false;
	netuser_free(user);
	assert_settles(user, before);
}

/* Nor what was in a page before the driver had it. */
static void a_new_page_shows_nothing(void **state)
{
	static void *pages[16384];
	size_t count = 0;

	(void)state;
	netuser_boot(user, 1, NULL);
	while ((pages[count] = page_alloc()) != NULL) {
		for (size_t i = 0; i + sizeof(SECRET) <= PAGE_SIZE; i += sizeof(SECRET))
			memcpy((uint8_t *)pages[count] + i, SECRET, sizeof(SECRET));
		count++;
	}
	assert_true(count > 4000);
	while (count)
		page_free(pages[--count]);
	(void)netuser_settle(user);
	assert_false(secret_seen());
	user->nb->stopped = true;
	for (unsigned i = 0; i < 300; i++) {
		struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 100, false);

		(void)netuser_send(user, &frame);
	}
	assert_false(secret_seen());
}

/* What the taker has written into its pages is not there when the back end has them again. */
static void what_a_taker_has_written_is_not_shown(void **state)
{
	(void)state;
	netuser_boot(user, 1, NULL);
	user->take = user->scrawl = true;
	for (size_t i = 0; i < sizeof(user->scrawled); i += sizeof(SECRET))
		memcpy(user->scrawled + i, SECRET,
		       sizeof(user->scrawled) - i < sizeof(SECRET) ? sizeof(user->scrawled) - i
								   : sizeof(SECRET));
	for (unsigned i = 0; i < 400; i++) {
		struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 600 + i % 800, false);

		user->nb->rx_offset = (uint16_t)(i * 7 % 2048);
		assert_frame_in(user, 0, &frame);
		if (i % 10 == 9)
			netuser_free(user);
	}
	assert_false(secret_seen());
	fake_backend_restart(&user->nb->backend);
	fake_kernel_run(TIME_MS);
	assert_reconnects(user);
	assert_false(secret_seen());
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_frame_in_comes_in_any_pieces),
	cmocka_unit_test(what_is_lent_shows_no_neighbour),
	cmocka_unit_test(nothing_is_lent_when_that_is_switched_off),
	cmocka_unit_test(a_new_page_shows_nothing),
	cmocka_unit_test(what_a_taker_has_written_is_not_shown),
	cmocka_unit_test(pages_that_are_taken_run_out_for_the_taker_alone),
};

UNIT_MAIN(tests)
