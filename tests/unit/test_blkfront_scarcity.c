/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ when it gets no memory, no grants, no port, at any point.
 * Why:  a program that has used up its memory writes it out to get some back: that must go on then,
 *       above all else. And errors that never happen are handled by code that never ran.
 * How:  as test_scarcity.c: the same work again and again, and each time the next allocation of it
 *       fails, once; then with everything taken away. Every request is done rightly, and nothing
 *       is left behind.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

#define ASKED 50u
#define LONG  (80u << 10)

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[ASKED][LONG + 4096];

/* --- what there is, all of it --- */

static void *pages[16384];
static size_t page_count;
static grant_ref_t refs[FAKE_GRANTS];
static size_t ref_count;

static void pages_take(void)
{
	while ((pages[page_count] = page_alloc()) != NULL)
		page_count++;
}

static void pages_give(void)
{
	while (page_count > 0)
		page_free(pages[--page_count]);
}

static void grants_take(void)
{
	while (gnttab_grant(FAKE_DOM0, data, true, &refs[ref_count]) == 0)
		ref_count++;
}

static void grants_give(void)
{
	while (ref_count > 0)
		assert_int_equal(gnttab_end(refs[--ref_count]), 0);
}

static struct held boot(void **state)
{
	struct held before;

	blkuser_boot(user, 1, *state);
	/* The grant table is as long now as it ever gets. */
	grants_take();
	grants_give();
	before = blkuser_settle(user);
	bb = user->bb;
	return before;
}

/* --- one thing is missing --- */

static size_t length(unsigned i)
{
	return i % 4 == 1 ? LONG : 4096 + i % 3 * 512;
}

static void ask(void)
{
	for (unsigned i = 0; i < ASKED; i++) {
		const size_t shift = i % 3 * 256;

		memset(data[i], (int)(i + 1), sizeof(data[i]));
		(void)blkuser_ask(user, i % 2 ? BLKFRONT_READ : BLKFRONT_WRITE, (8 + i) * 16384,
				  data[i] + shift, length(i));
	}
}

static void assert_reads(void)
{
	assert_int_equal(user->errors, 0);
	assert_int_equal(blkuser_stats(user).violations, 0);
	for (unsigned i = 1; i < ASKED; i += 2) {
		const uint64_t at = (8 + i) * 16384;

		/* Long reads see what others write meanwhile; short ones lie between. */
		if (length(i) < LONG)
			assert_memory_equal(data[i] + i % 3 * 256, bb->disk + at, length(i));
	}
}

static void requests_are_done_whichever_allocation_fails(void **state)
{
	const struct held before = boot(state);
	unsigned long n = 1;

	for (;; n++) {
		/* A new connection has few pages, and makes more for these. */
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		assert_disk_reconnects(user);
		fake_fail_allocation(n);
		ask();
		blkuser_wait(user);
		assert_reads();
		if (!fake_allocation_failed())
			break;
	}
	fake_fail_allocation(0);
	assert_true(n > 20);
	assert_disk_settles(user, before);
}

static void it_connects_whichever_allocation_fails(void **state)
{
	const struct held before = boot(state);
	unsigned long n = 1;

	for (;; n += 1 + n / 30) {
		fake_fail_allocation(n);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		assert_disk_reconnects(user);
		if (!fake_allocation_failed())
			break;
	}
	fake_fail_allocation(0);
	assert_true(n > 30);
	assert_disk_settles(user, before);
}

/* --- nothing at all --- */

static void requests_are_done_without_memory(void **state)
{
	const struct held before = boot(state);

	for (int round = 0; round < 3; round++) {
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		pages_take();
		ask();
		blkuser_wait(user);
		assert_reads();
		assert_int_equal(blkfront_flush(user->bf), 0);
		pages_give();
	}
	assert_disk_settles(user, before);
}

static void requests_are_done_without_grants(void **state)
{
	const struct held before = boot(state);

	for (int round = 0; round < 3; round++) {
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		grants_take();
		ask();
		blkuser_wait(user);
		assert_reads();
		grants_give();
	}
	assert_disk_settles(user, before);
}

/* Away, and then there is nothing to connect with: requests wait, and nothing is lost. */
static void it_connects_when_there_is_something_again(void **state)
{
	const struct held before = boot(state);

	for (int round = 0; round < 2; round++) {
		bb->hold = true;
		ask();
		fake_kernel_run(TIME_MS);
		fake_backend_restart(&bb->backend);
		/* What the device gives back on its way is taken as well. */
		for (int i = 0; i < 20; i++) {
			if (round == 0)
				pages_take();
			else
				grants_take();
			fake_kernel_run(100 * TIME_MS);
		}
		bb->hold = false;
		pages_give();
		grants_give();
		assert_disk_reconnects(user);
		assert_reads();
	}
	assert_disk_settles(user, before);
}

static void it_connects_although_xen_has_no_port_at_first(void **state)
{
	const struct held before = boot(state);

	for (unsigned long n = 1; n <= 3; n++) {
		fake_evtchn_refuse(n);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		assert_disk_reconnects(user);
	}
	fake_evtchn_refuse(0);
	assert_disk_settles(user, before);
}

/* A back end that keeps what it was lent, connection after connection: others go on. */
static void requests_are_done_when_all_that_was_lent_is_kept(void **state)
{
	static _Alignas(4096) uint8_t kept[20][16384];
	struct blkuser_request *request[20];
	unsigned held_up = 0;

	(void)boot(state);
	for (unsigned i = 0; i < ARRAY_SIZE(request); i++) {
		bb->keep = true;
		request[i] = blkuser_ask(user, i % 2 ? BLKFRONT_READ : BLKFRONT_WRITE, 131072,
					 kept[i], sizeof(kept[i]));
		fake_kernel_run(TIME_MS);
		bb->keep = false;
		held_up += request[i]->busy;
		for (int s = 0; s < 90 && !blkuser_info(user).connected; s++)
			fake_kernel_run(TIME_S);
		assert_int_equal(blkfront_read(user->bf, 100, data, 3000), 0);
	}
	fake_blkback_let_go(bb);
	blkuser_wait(user);
	assert_int_equal(held_now().parked, 0);
	assert_int_equal(held_up, blkuser_info(user).features.lend ? 20 : 0);
	assert_disk_works(user);
}

static const struct CMUnitTest tests[] = {
	BLKUSER_TESTS(requests_are_done_whichever_allocation_fails),
	BLKUSER_TESTS(it_connects_whichever_allocation_fails),
	BLKUSER_TESTS(requests_are_done_without_memory),
	BLKUSER_TESTS(requests_are_done_without_grants),
	BLKUSER_TESTS(it_connects_when_there_is_something_again),
	BLKUSER_TESTS(it_connects_although_xen_has_no_port_at_first),
	BLKUSER_TESTS(requests_are_done_when_all_that_was_lent_is_kept),
};

UNIT_MAIN(tests)
