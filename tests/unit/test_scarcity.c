/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: every place that asks for memory, a grant or a port, when it gets none.
 * Why:  errors that never happen are handled by code that never ran.
 * How:  as SQLite does: the same work again and again, and each time the next allocation (or
 *       hypercall) of it fails, once, until the work needs fewer than that. It may fail for it, but
 *       must leave nothing behind, and devices must be connected again soon after.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "blkfront/blkfront.h"
#include "tests/unit/fake/blkback.h"
#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

static struct fake_netuser user[1];
static struct fake_netback *nb;
static struct fake_blkback *bb;
static struct netfront *nf;
static struct blkfront *bf;

static void start(void)
{
	fake_store_start();
	fake_store_allow("/local/domain/7/test");
	bb = fake_blkback_start(51712, 2048, 512, false, true);
	netuser_boot(user, 1, "lodger.log=error");
	nb = user->nb;
	nf = user->nf;
	bf = blkfront_open(0);
	assert_non_null(bf);
}

static void assert_both_work(void)
{
	uint8_t data[1000];

	assert_traffic(user);
	assert_int_equal(blkfront_read(bf, 3, data, sizeof(data)), 0);
}

/* Both sides say so, and the drivers have noticed. */
static bool connected(void)
{
	struct netfront_info net;
	struct blkfront_info disk;

	netfront_info(nf, &net);
	blkfront_info(bf, &disk);
	return fake_backend_connected(&nb->backend) && fake_backend_connected(&bb->backend) &&
	       net.link && disk.connected;
}

static void reconnect(void)
{
	fake_backend_restart(&nb->backend);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	for (int i = 0; i < 90 && !connected(); i++)
		fake_kernel_run(TIME_S);
	if (!connected())
		print_message("%s", fake_console_output());
	assert_true(connected());
	fake_kernel_run(TIME_MS);
}

/* As it is after each connection, once used. */
static struct held settled(void)
{
	(void)netuser_settle(user);
	reconnect();
	assert_both_work();
	return held_now();
}

static void devices_connect_whichever_allocation_fails(void **state)
{
	struct held before;
	unsigned long n = 1;

	(void)state;
	start();
	before = settled();
	for (;; n += 1 + n / 50) {
		fake_fail_allocation(n);
		reconnect();
		if (!fake_allocation_failed())
			break;
		assert_both_work();
		assert_held(before);
	}
	fake_fail_allocation(0);
	assert_true(n > 100); /* there were so many, and each has failed */
}

/* Once in a while Xen refuses, too. */
static void devices_connect_although_xen_has_no_port_at_first(void **state)
{
	struct held before;

	(void)state;
	start();
	before = settled();
	for (unsigned long n = 1; n <= 3; n++) {
		fake_evtchn_refuse(n);
		reconnect();
		assert_both_work();
		assert_held(before);
	}
}

static grant_ref_t refs[FAKE_GRANTS];
static size_t ref_count;

static void grants_take(void *page)
{
	while (gnttab_grant(FAKE_DOM0, page, true, &refs[ref_count]) == 0)
		ref_count++;
}

static void grants_give(size_t left)
{
	while (ref_count > left)
		assert_int_equal(gnttab_end(refs[--ref_count]), 0);
}

/* All grants are gone: the devices wait, and connect when there are some again. */
static void devices_connect_when_there_are_grants_again(void **state)
{
	struct held before;
	void *page;

	(void)state;
	start();
	before = settled();
	page = page_alloc();
	grants_take(page);
	fake_backend_restart(&nb->backend);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_MS);
	/* What the devices gave back is taken as well. */
	grants_take(page);
	fake_kernel_run(60 * TIME_S);
	grants_give(0);
	page_free(page);
	fake_kernel_run(60 * TIME_S);
	assert_true(connected());
	assert_both_work();
	assert_int_equal(held_now().grants, before.grants);
}

static _Alignas(4096) uint8_t lent[64][4096];

static int lend(unsigned page)
{
	const struct fake_frame frame = fake_frame_to_cut(false, 4096);

	return netuser_lend(user, &frame, frame.len - 4096, lent[page % 64], 0);
}

/* A page that cannot be lent is copied: nobody waits for grants that may never come. */
static void frames_go_out_when_there_are_no_grants(void **state)
{
	struct fake_frame frame;
	size_t sent;
	void *page;

	(void)state;
	start();
	/* So many frames at once that enough pages to copy to have been granted. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(lend(i), 1);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->sent, 20);
	page = page_alloc();
	grants_take(page);
	sent = nb->frames_sent;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(lend(i), 0);
	fake_kernel_run(TIME_S);
	assert_int_equal(nb->frames_sent, sent + 10);
	/* One page of two could be, and one to copy to. */
	grants_give(ref_count - 2);
	frame = fake_frame_to_cut(false, 2 * 4096);
	assert_int_equal(netuser_lend(user, &frame, frame.len - 2 * 4096, lent[0], 0), 0);
	fake_kernel_run(TIME_S);
	assert_int_equal(nb->frames_sent, sent + 11);
	assert_int_equal(user->sent, 20);
	grants_give(0);
	page_free(page);
	assert_int_equal(lend(0), 1);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->sent, 21);
	assert_int_equal(netuser_stats(user).tx_dropped, 0);
}

/* There is room on the ring, but no page that could be shown: for Xen's reason, in one word. */
static void a_frame_that_cannot_be_copied_is_refused(void **state)
{
	const struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 100, false);
	void *page;
	int error;

	(void)state;
	start();
	page = page_alloc();
	grants_take(page);
	nb->stopped = true;
	do
		error = netuser_send(user, &frame);
	while (!error);
	assert_int_equal(error, -ENOMEM);
	nb->stopped = false;
	grants_give(0);
	page_free(page);
	assert_both_work();
}

/* The back end guesses a grant before it is shown it; Xen is called when the table is to grow. */
static grant_ref_t guessed;

static long guess(unsigned op, unsigned long command, unsigned long arg)
{
	int status;

	(void)command;
	(void)arg;
	if (op != __HYPERVISOR_grant_table_op || guessed)
		return 0;
	for (grant_ref_t ref = 0; ref < FAKE_GRANTS && !guessed; ref++)
		if (fake_gnttab_entry(ref) && (fake_gnttab_entry(ref)->flags & GTF_type_mask) &&
		    fake_gnttab_entry(ref)->frame == (uintptr_t)lent[0] / FAKE_PAGE_SIZE &&
		    fake_gnttab_map(FAKE_DOM0, ref, true, &status))
			guessed = ref;
	return 0;
}

static void a_page_that_was_to_be_lent_is_guessed(void **state)
{
	struct fake_frame frame;
	size_t sent;
	void *page;

	(void)state;
	start();
	fake_gnttab_frames_max = 2; /* which the guest has to ask Xen about */
	page = page_alloc();
	grants_take(page);
	grants_give(ref_count - 2);
	sent = nb->frames_sent;
	frame = fake_frame_to_cut(false, 2 * 4096);
	fake_hypercall_spy = guess;
	assert_int_equal(netuser_lend(user, &frame, frame.len - 2 * 4096, lent[0], 0), 1);
	fake_hypercall_spy = NULL;
	assert_true(guessed != 0);
	/* It is the owner's again when that is over, and not before. */
	fake_kernel_run(5 * TIME_S);
	assert_int_equal(user->sent, 0);
	assert_int_equal(nb->frames_sent, sent);
	assert_int_equal(netuser_stats(user).tx_dropped, 1);
	fake_gnttab_unmap(guessed, true);
	fake_kernel_run(2 * TIME_S);
	assert_int_equal(user->sent, 1);
	grants_give(0);
	page_free(page);
	assert_both_work();
}

/* All memory is gone, and the ring runs dry; what the client gives back goes there at once. */
static void frames_come_again_when_the_taker_gives_back(void **state)
{
	static void *pages[16384];
	struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1000, false);
	size_t count = 0, frames;

	(void)state;
	start();
	while ((pages[count] = page_alloc()) != NULL)
		count++;
	user->take = true;
	frames = user->frames;
	for (unsigned i = 0; i < 600; i++)
		fake_netback_give(nb, 0, &frame);
	fake_kernel_run(5 * TIME_S);
	assert_in_range(user->frames - frames, 32, 599);
	assert_true(user->taken_count > 0);
	while (user->frames < frames + 600) {
		const size_t before = user->frames;

		netuser_free(user);
		fake_kernel_run(TIME_MS);
		assert_true(user->frames > before);
	}
	/* Given back while there is no connection, too. */
	fake_backend_restart(&nb->backend);
	fake_kernel_run(1);
	netuser_free(user);
	while (count)
		page_free(pages[--count]);
	user->take = false;
	assert_reconnects(user);
	assert_both_work();
}

/* Nor when a back end keeps for ever whatever was lent to it, connection after connection. */
static void frames_go_out_when_all_that_was_lent_is_kept(void **state)
{
	size_t out = 0;

	(void)state;
	start();
	for (unsigned i = 0; i < 40; i++) {
		nb->hold = nb->keep = true;
		for (unsigned page = 0; page < 16; page++)
			out += lend(out % 64) == 1;
		fake_kernel_run(TIME_MS);
		fake_backend_restart(&nb->backend);
		nb->hold = nb->keep = false;
		fake_kernel_run(TIME_S);
		assert_reconnects(user);
	}
	assert_true(out >= 200);
	assert_int_equal(user->sent, 0);
	/* It goes on, by copying. */
	for (unsigned i = 0; i < 30; i++)
		assert_in_range(lend(0), 0, 1);
	fake_kernel_run(TIME_S);
	assert_traffic(user);
	fake_netback_let_go(nb);
	fake_kernel_run(5 * TIME_S);
	assert_true(user->sent >= out);
	assert_int_equal(held_now().parked, 0);
}

static void swallow(struct fake_message *message)
{
	message->copies = 0;
}

/* Begun at any moment of the handshake; what xenstored does not say is not taken for an answer. */
static void a_silence_of_the_store_costs_no_device(void **state)
{
	struct held before;

	(void)state;
	start();
	before = settled();
	for (uint64_t after_ns = TIME_US; after_ns < 100 * TIME_MS; after_ns *= 3) {
		fake_backend_restart(&nb->backend);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(after_ns);
		fake_store_mangle = swallow;
		fake_kernel_run(40 * TIME_S);
		fake_store_mangle = NULL;
		fake_kernel_run(60 * TIME_S);
		assert_true(connected());
		assert_both_work();
		assert_held(before);
	}
	/* And while all is well it disturbs nobody. */
	fake_store_mangle = swallow;
	fake_backend_state(&nb->backend, XenbusStateConnected);
	fake_kernel_run(40 * TIME_S);
	assert_both_work();
}

static void changed(struct xenbus_watch *watch)
{
	(void)watch;
}

static int write_one(xenbus_tx_t tx, void *arg)
{
	(void)arg;
	return xenbus_write(tx, "test/t", "1");
}

static void nothing(void *arg)
{
	(void)arg;
}

static void every_call_survives_every_failure(void **state)
{
	static struct xenbus_watch watch = {.path = "test/w", .changed = changed};
	struct held before;
	unsigned long n = 1;

	(void)state;
	start();
	fake_store_write("/local/domain/7/test/a", "1");
	(void)xenbus_watch(&watch);
	(void)xenbus_unwatch(&watch);
	before = held_now();
	for (;; n++) {
		struct xenbus_property properties[] = {{.name = "a"}, {.name = "b"}};
		struct thread *thread;
		uint8_t data[100];
		uint64_t number;
		char *text, **names;

		fake_fail_allocation(n);
		if (xenbus_read(XENBUS_NO_TX, "test/a", &text, NULL) == 0)
			heap_free(text);
		else
			assert_null(text);
		if (xenbus_list(XENBUS_NO_TX, "test", &names) > 0)
			heap_free(names);
		(void)xenbus_write(XENBUS_NO_TX, "test/b", "%d", 2);
		(void)xenbus_read_u64(XENBUS_NO_TX, "test", "a", &number);
		(void)xenbus_read_all("test", properties, 2);
		(void)xenbus_write_all("test", properties, 2);
		(void)xenbus_transact(write_one, NULL);
		if (xenbus_watch(&watch) == 0)
			(void)xenbus_unwatch(&watch);
		(void)blkfront_read(bf, 3, data, sizeof(data));
		(void)blkfront_write(bf, 3, data, sizeof(data));
		thread = thread_create("short", nothing, NULL, 0);
		fake_kernel_run(TIME_S);
		if (!fake_allocation_failed())
			break;
		assert_held(before);
		(void)thread;
	}
	fake_fail_allocation(0);
	assert_true(n > 15);
	assert_both_work();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(devices_connect_whichever_allocation_fails),
	cmocka_unit_test(devices_connect_although_xen_has_no_port_at_first),
	cmocka_unit_test(devices_connect_when_there_are_grants_again),
	cmocka_unit_test(frames_go_out_when_there_are_no_grants),
	cmocka_unit_test(a_frame_that_cannot_be_copied_is_refused),
	cmocka_unit_test(a_page_that_was_to_be_lent_is_guessed),
	cmocka_unit_test(frames_come_again_when_the_taker_gives_back),
	cmocka_unit_test(frames_go_out_when_all_that_was_lent_is_kept),
	cmocka_unit_test(a_silence_of_the_store_costs_no_device),
	cmocka_unit_test(every_call_survives_every_failure),
};

UNIT_MAIN(tests)
