/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: requests, transactions, properties and watches of xenbus/.
 * Why:  xenstored is another program in another domain: slow, restarted, broken or hostile. Every
 *       caller must get its answer or an error in bounded time, and only its own.
 * How:  a fake xenstored on the real ring and wire; each hostile mode by changing, delaying or
 *       swallowing its messages, or by writing into the ring page. What is held is counted before
 *       and after.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/store.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/control.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

static size_t heap_objects(void)
{
	struct heap_stats now;

	heap_stats(&now);
	return now.objects;
}

static void start(void)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/test");
	fake_kernel_start("lodger.log=debug");
	fake_kernel_init();
	fake_kernel_run(TIME_S); /* control/shutdown is watched by now */
}

static void assert_node(const char *path, const char *value)
{
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(xenbus_read(XENBUS_NO_TX, path, &text, &len), 0);
	assert_string_equal(text, value);
	assert_int_equal(len, strlen(value));
	heap_free(text);
}

/* --- a well-behaved store --- */

static void nodes_are_read_and_written(void **state)
{
	size_t before;
	char *text;

	(void)state;
	start();
	before = heap_objects();
	assert_node("name", "guest");
	assert_node("/local/domain/7/name", "guest");
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/a", "%d-%s", 42, "x"), 0);
	assert_string_equal(fake_store_read("/local/domain/7/test/a"), "42-x");
	assert_node("test/a", "42-x");
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/empty", "%s", ""), 0);
	assert_node("test/empty", "");
	assert_int_equal(xenbus_mkdir(XENBUS_NO_TX, "test/dir"), 0);
	assert_int_equal(xenbus_rm(XENBUS_NO_TX, "test/a"), 0);
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "test/a", &text, NULL), -ENOENT);
	assert_null(text);
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "name", "other"), -EACCES);
	assert_int_equal(heap_objects(), before);
}

static void long_messages_go_through_the_small_ring(void **state)
{
	static char value[3000];
	size_t before;

	(void)state;
	start();
	before = heap_objects();
	for (size_t i = 0; i + 1 < sizeof(value); i++)
		value[i] = (char)('a' + i % 26);
	/* Many, so that they wrap the ring at every offset. */
	for (int round = 0; round < 40; round++) {
		assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/long", "%s", value + round * 7),
				 0);
		assert_node("test/long", value + round * 7);
	}
	assert_int_equal(heap_objects(), before);
}

static void what_cannot_be_sent_is_refused(void **state)
{
	static char value[XENSTORE_PAYLOAD_MAX + 2];
	char *text;

	(void)state;
	start();
	memset(value, 'x', sizeof(value) - 1);
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/a", "%s", value), -E2BIG);
	assert_int_equal(xenbus_read(XENBUS_NO_TX, value, &text, NULL), -E2BIG);
	assert_node("name", "guest");
}

static void values_may_hold_anything(void **state)
{
	static const char odd[] = {'a', 0, 'b', '\n', (char)0xff, 0};
	char *text;
	size_t len;

	(void)state;
	start();
	fake_store_write_bytes("/local/domain/7/test/odd", odd, sizeof(odd));
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "test/odd", &text, &len), 0);
	assert_int_equal(len, sizeof(odd));
	assert_memory_equal(text, odd, sizeof(odd));
	assert_int_equal(text[len], '\0');
	heap_free(text);
}

static void directories_are_listed(void **state)
{
	char **names;
	size_t before;

	(void)state;
	start();
	before = heap_objects();
	for (int i = 0; i < 100; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/local/domain/7/test/dir/%d", i);
		fake_store_write(path, "x");
	}
	assert_int_equal(xenbus_list(XENBUS_NO_TX, "test/dir", &names), 100);
	assert_string_equal(names[0], "0");
	assert_string_equal(names[99], "99");
	heap_free(names);
	assert_int_equal(xenbus_list(XENBUS_NO_TX, "test/dir/5", &names), 0);
	assert_null(names);
	assert_int_equal(xenbus_list(XENBUS_NO_TX, "test/none", &names), -ENOENT);
	assert_int_equal(heap_objects(), before);
}

static void properties_are_strict(void **state)
{
	static const char *const bad[] = {
		"", "x", "-1", "1x", " 1", "0x10", "18446744073709551616"};
	uint64_t value = 7;

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fake_store_write("/local/domain/7/test/n", "%s", bad[i]);
		assert_int_equal(xenbus_read_u64(XENBUS_NO_TX, "test", "n", &value), -EINVAL);
	}
	assert_int_equal(value, 7);
	fake_store_write_bytes("/local/domain/7/test/n", "12\0x", 4);
	assert_int_equal(xenbus_read_u64(XENBUS_NO_TX, "test", "n", &value), -EINVAL);
	fake_store_write("/local/domain/7/test/n", "18446744073709551615");
	assert_int_equal(xenbus_read_u64(XENBUS_NO_TX, "test", "n", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(xenbus_read_u64(XENBUS_NO_TX, "test", "none", &value), -ENOENT);
}

static void several_properties_cost_one_round_trip(void **state)
{
	struct xenbus_property got[] = {{.name = "a"}, {.name = "none", .value = 9}, {.name = "b"}};
	struct xenbus_property put[] = {{.name = "c", .value = 5}, {.name = "d", .text = "five"}};
	unsigned long sent;

	(void)state;
	start();
	fake_store_write("/local/domain/7/test/a", "1");
	fake_store_write("/local/domain/7/test/b", "2");
	sent = fake_hypercalls(__HYPERVISOR_sched_op);
	assert_int_equal(xenbus_read_all("test", got, ARRAY_SIZE(got)), 0);
	/* Slept once or twice in all, not once for each. */
	assert_in_range(fake_hypercalls(__HYPERVISOR_sched_op) - sent, 1, 2);
	assert_int_equal(got[0].value, 1);
	assert_int_equal(got[1].value, 9);
	assert_int_equal(got[1].error, -ENOENT);
	assert_int_equal(got[2].value, 2);
	assert_int_equal(xenbus_write_all("test", put, ARRAY_SIZE(put)), 0);
	assert_node("test/c", "5");
	assert_node("test/d", "five");
}

/* --- many callers --- */

static unsigned finished;

static void caller(void *arg)
{
	const int me = *(int *)arg;
	char path[32], expected[32];

	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "test/caller%d", me);
		snprintf(expected, sizeof(expected), "%d.%d", me, i);
		assert_int_equal(xenbus_write(XENBUS_NO_TX, path, "%s", expected), 0);
		assert_node(path, expected);
	}
	finished++;
}

static void callers_get_their_own_answers(void **state)
{
	static int names[40];
	size_t before;

	(void)state;
	start();
	before = heap_objects();
	for (int i = 0; i < 40; i++) {
		names[i] = i;
		assert_non_null(thread_create("caller", caller, &names[i], 0));
	}
	while (thread_count() > 3 && finished < 40)
		fake_kernel_run(TIME_MS);
	fake_kernel_run(TIME_MS);
	assert_int_equal(finished, 40);
	assert_int_equal(heap_objects(), before);
}

/* --- transactions --- */

static int transact_calls;

static int write_two(xenbus_tx_t tx, void *arg)
{
	transact_calls++;
	if (arg)
		return -EBUSY;
	assert_int_equal(xenbus_write(tx, "test/one", "1"), 0);
	assert_null(fake_store_read("/local/domain/7/test/one")); /* not before the end */
	return xenbus_write(tx, "test/two", "2");
}

static void transactions_commit_or_not_at_all(void **state)
{
	(void)state;
	start();
	assert_int_equal(xenbus_transact(write_two, NULL), 0);
	assert_node("test/two", "2");
	xenbus_rm(XENBUS_NO_TX, "test/one");
	assert_int_equal(xenbus_transact(write_two, "fail"), -EBUSY);
	assert_null(fake_store_read("/local/domain/7/test/one"));
	assert_int_equal(fake_store_transactions(), 0);
}

static void a_conflict_begins_anew(void **state)
{
	(void)state;
	start();
	fake_store_conflict(5);
	assert_int_equal(xenbus_transact(write_two, NULL), 0);
	assert_int_equal(transact_calls, 6);
	assert_int_equal(fake_store_transactions(), 0);
}

static void endless_conflict_ends(void **state)
{
	(void)state;
	start();
	fake_store_conflict(1000000);
	assert_int_equal(xenbus_transact(write_two, NULL), -EAGAIN);
	assert_in_range(transact_calls, 2, 1000);
	assert_int_equal(fake_store_transactions(), 0);
}

/* --- watches --- */

static unsigned events;

static void count_event(struct xenbus_watch *watch)
{
	(void)watch;
	events++;
}

static struct xenbus_watch watch = {.path = "test/w", .changed = count_event};

static void watches_fire_when_set_and_on_change(void **state)
{
	unsigned set_before;

	(void)state;
	start();
	set_before = fake_store_watches();
	assert_int_equal(xenbus_watch(&watch), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(events, 1);
	fake_store_write("/local/domain/7/test/w/below", "x");
	fake_kernel_run(TIME_MS);
	assert_true(events >= 2);
	events = 0;
	fake_store_write("/local/domain/7/test/wide", "x"); /* not below */
	fake_kernel_run(TIME_MS);
	assert_int_equal(events, 0);
	assert_int_equal(xenbus_unwatch(&watch), 0);
	fake_store_write("/local/domain/7/test/w", "y");
	fake_kernel_run(TIME_MS);
	assert_int_equal(events, 0);
	assert_int_equal(fake_store_watches(), set_before);
}

static unsigned other_events;

static void count_other(struct xenbus_watch *other)
{
	(void)other;
	other_events++;
}

/* Events of two watches in turns, many of them in one look at the ring: none may push out another. */
static void watches_do_not_swallow_each_others_events(void **state)
{
	static struct xenbus_watch other = {.path = "test/v", .changed = count_other};

	(void)state;
	start();
	assert_int_equal(xenbus_watch(&watch), 0);
	assert_int_equal(xenbus_watch(&other), 0);
	fake_kernel_run(TIME_MS);
	for (int round = 0; round < 200; round++) {
		events = other_events = 0;
		for (int i = 0; i < 1 + round % 7; i++) {
			fake_store_write("/local/domain/7/test/w", "%d", i);
			fake_store_write("/local/domain/7/test/v", "%d", i);
			fake_store_write("/local/domain/7/test/w", "%d", -i);
		}
		fake_kernel_run(TIME_MS);
		assert_true(events >= 1);
		assert_true(other_events >= 1);
	}
	assert_int_equal(xenbus_unwatch(&other), 0);
	assert_int_equal(xenbus_unwatch(&watch), 0);
}

static void a_storm_of_events_is_bounded(void **state)
{
	size_t before;

	(void)state;
	start();
	xenbus_watch(&watch);
	fake_kernel_run(TIME_MS);
	before = heap_objects();
	for (int i = 0; i < 5000; i++)
		fake_store_write("/local/domain/7/test/w", "%d", i);
	fake_kernel_run(TIME_S);
	assert_true(events >= 2);
	assert_int_equal(heap_objects(), before);
	assert_node("name", "guest");
}

static void events_of_nobody_are_dropped(void **state)
{
	static const char *const tokens[] = {"", "0", "1", "99999", "4294967297", "x", "-1"};

	(void)state;
	start();
	xenbus_watch(&watch);
	fake_kernel_run(TIME_MS);
	events = 0;
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		struct xsd_sockmsg header = {.type = XS_WATCH_EVENT};
		char payload[64] = "test/other";
		const size_t len = sizeof("test/other") + strlen(tokens[i]) + 1;

		strcpy(payload + sizeof("test/other"), tokens[i]);
		header.len = (uint32_t)len;
		fake_store_push(&header, sizeof(header));
		fake_store_push(payload, len);
	}
	/* Payloads that are not two strings. */
	for (uint32_t len = 0; len < 6; len++) {
		struct xsd_sockmsg header = {.type = XS_WATCH_EVENT, .len = len};

		fake_store_push(&header, sizeof(header));
		fake_store_push("abcdef", len);
	}
	fake_kernel_run(TIME_S);
	/* At most the one whose token happened to be ours. */
	assert_true(events <= 1);
	assert_node("name", "guest");
}

/* --- a hostile or broken store --- */

static void swallow(struct fake_message *message)
{
	if (message->header.type != XS_WATCH_EVENT)
		message->copies = 0;
}

static void silence_ends_in_a_timeout(void **state)
{
	struct xenbus_stats stats;
	uint64_t start_ns;
	size_t before;
	char *text;

	(void)state;
	start();
	before = heap_objects();
	fake_store_mangle = swallow;
	xenbus_timeout_set(2 * TIME_S);
	start_ns = time_monotonic_ns();
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -ETIMEDOUT);
	assert_null(text);
	assert_in_range(time_monotonic_ns() - start_ns, 2 * TIME_S, 3 * TIME_S);
	assert_int_equal(heap_objects(), before);
	/* And when it speaks again, all is well. */
	fake_store_mangle = NULL;
	assert_node("name", "guest");
	xenbus_stats(&stats);
	assert_int_equal(stats.timeouts, 1);
	assert_int_equal(stats.in_flight, 0);
}

static void delay(struct fake_message *message)
{
	if (message->header.type != XS_WATCH_EVENT)
		message->delay_ns = 3 * TIME_S;
}

static void a_late_reply_finds_nobody(void **state)
{
	struct xenbus_stats stats;
	size_t before;
	char *text;

	(void)state;
	start();
	before = heap_objects();
	xenbus_timeout_set(TIME_S);
	fake_store_mangle = delay;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -ETIMEDOUT);
	fake_store_mangle = NULL;
	assert_node("domid", "7");
	fake_kernel_run(5 * TIME_S); /* here it comes */
	assert_node("domid", "7");
	xenbus_stats(&stats);
	assert_int_equal(stats.strays, 1);
	assert_int_equal(heap_objects(), before);
}

static uint32_t id_offset;

static void wrong_id(struct fake_message *message)
{
	if (message->header.type != XS_WATCH_EVENT)
		message->header.req_id += id_offset;
}

static void a_reply_to_nobody_is_dropped(void **state)
{
	static const uint32_t offsets[] = {1, 1000, 0x80000000, UINT32_MAX};
	char *text;

	(void)state;
	start();
	xenbus_timeout_set(TIME_S);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		id_offset = offsets[i];
		fake_store_mangle = wrong_id;
		assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -ETIMEDOUT);
		fake_store_mangle = NULL;
		assert_node("name", "guest");
	}
}

static void twice(struct fake_message *message)
{
	message->copies = 3;
}

static void a_reply_given_three_times_counts_once(void **state)
{
	size_t before;

	(void)state;
	start();
	before = heap_objects();
	fake_store_mangle = twice;
	for (int i = 0; i < 20; i++)
		assert_node(i % 2 ? "name" : "domid", i % 2 ? "guest" : "7");
	assert_int_equal(heap_objects(), before);
}

static uint32_t forced_type;

static void wrong_type(struct fake_message *message)
{
	message->header.type = forced_type;
}

static void a_reply_of_another_type_is_an_error(void **state)
{
	char *text;

	(void)state;
	start();
	forced_type = XS_WRITE;
	fake_store_mangle = wrong_type;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EPROTO);
	fake_store_mangle = NULL;
	assert_node("name", "guest");
}

static const char *forced_error;

static void say_error(struct fake_message *message)
{
	if (message->header.type == XS_WATCH_EVENT)
		return;
	message->header.type = XS_ERROR;
	message->len = strlen(forced_error) + 1;
	message->header.len = (uint32_t)message->len;
	strcpy(message->payload, forced_error);
}

static void errors_have_names(void **state)
{
	static const struct {
		const char *name;
		int error;
	} cases[] = {{"EPERM", -EPERM}, {"EQUOTA", -EIO}, {"", -EIO}, {"ENOSPC", -ENOSPC}};
	char *text;

	(void)state;
	start();
	fake_store_mangle = say_error;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		forced_error = cases[i].name;
		assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), cases[i].error);
	}
}

static void cut_short(struct fake_message *message)
{
	if (message->len > 1)
		message->len--; /* the header goes on to say the whole length */
}

/* What follows is taken for the rest of it. Nothing good can come of that; nobody may hang. */
static void a_truncated_message_hangs_nobody(void **state)
{
	char *text;
	int error = 0;

	(void)state;
	start();
	xenbus_timeout_set(TIME_S);
	fake_store_mangle = cut_short;
	for (int i = 0; i < 20; i++) {
		error = xenbus_read(XENBUS_NO_TX, "name", &text, NULL);
		if (!error)
			heap_free(text);
	}
	assert_true(error < 0);
}

static void oversize(struct fake_message *message)
{
	message->header.len = XENSTORE_PAYLOAD_MAX + 1;
}

/* After an impossible message or index the ring is given up: at once for all, and said once. */
static void assert_given_up(void)
{
	uint64_t start_ns = time_monotonic_ns();
	char *text;

	for (int i = 0; i < 10; i++)
		assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	assert_true(time_monotonic_ns() - start_ns < TIME_S);
	assert_int_equal(fake_console_lines_with("not used any more"), 1);
}

static void an_oversized_message_ends_the_connection(void **state)
{
	char *text;

	(void)state;
	start();
	fake_store_mangle = oversize;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	assert_given_up();
}

static void garbage_ends_the_connection(void **state)
{
	uint8_t garbage[256];
	char *text;

	(void)state;
	start();
	memset(garbage, 0xee, sizeof(garbage));
	fake_store_push(garbage, sizeof(garbage));
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	assert_given_up();
}

static void an_impossible_reply_index_ends_the_connection(void **state)
{
	(void)state;
	start();
	fake_store_ring()->rsp_prod += 5000;
	fake_store_notify();
	fake_kernel_run(TIME_MS);
	assert_given_up();
}

static void an_impossible_request_index_ends_the_connection(void **state)
{
	char *text;

	(void)state;
	start();
	fake_store_ring()->req_cons += 1;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	assert_given_up();
}

/* Callers that wait while the connection breaks are answered as well. */
static void hopeful(void *arg)
{
	char *text;

	(void)arg;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	finished++;
}

static void waiting_callers_hear_of_the_end(void **state)
{
	(void)state;
	start();
	fake_store_mangle = swallow;
	for (int i = 0; i < 10; i++)
		thread_create("hopeful", hopeful, NULL, 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(finished, 0);
	fake_store_ring()->rsp_prod += 5000;
	fake_store_notify();
	fake_kernel_run(TIME_MS);
	assert_int_equal(finished, 10);
}

static char long_value[3000];

static void write_long(void *arg)
{
	(void)arg;
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/long", "%s", long_value), -ETIMEDOUT);
	finished++;
}

/*
 * A store that reads nothing: of a long message only a part is in the ring when its caller gives
 * up. The rest must follow when there is room, or everything after it would be out of step.
 */
static void half_a_message_is_completed_after_its_caller_is_gone(void **state)
{
	struct xenbus_stats stats;
	size_t before;
	char *text;

	(void)state;
	start();
	before = heap_objects();
	memset(long_value, 'l', sizeof(long_value) - 1);
	xenbus_timeout_set(TIME_S);
	fake_store_deaf = true;
	thread_create("writer", write_long, NULL, 0);
	fake_kernel_run(10 * TIME_MS);
	/* This one waits behind it, and is given up as well. */
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -ETIMEDOUT);
	fake_kernel_run(3 * TIME_S);
	assert_int_equal(finished, 1);
	fake_store_deaf = false;
	for (int i = 0; i < 5; i++)
		assert_node("name", "guest");
	assert_string_equal(fake_store_read("/local/domain/7/test/long"), long_value);
	assert_int_equal(heap_objects(), before);
	xenbus_stats(&stats);
	assert_int_equal(stats.in_flight, 0);
}

/* An answer to a question that has not been asked yet: ids can be guessed. */
static void an_answer_before_its_question_is_dropped(void **state)
{
	(void)state;
	start();
	memset(long_value, 'l', sizeof(long_value) - 1);
	xenbus_timeout_set(TIME_S);
	fake_store_deaf = true;
	thread_create("writer", write_long, NULL, 0);
	fake_kernel_run(TIME_MS);
	for (uint32_t id = 0; id < 100; id++) {
		const struct xsd_sockmsg header = {.type = XS_WRITE, .req_id = id, .len = 3};

		fake_store_push(&header, sizeof(header));
		fake_store_push("OK", 3);
	}
	fake_kernel_run(3 * TIME_S); /* the writer expects its timeout */
	assert_int_equal(finished, 1);
	fake_store_deaf = false;
	assert_node("name", "guest");
}

/* And when the ring breaks while half a message waits, nothing of it is left. */
static void half_a_message_goes_with_the_connection(void **state)
{
	size_t before;

	(void)state;
	start();
	before = heap_objects();
	memset(long_value, 'l', sizeof(long_value) - 1);
	xenbus_timeout_set(TIME_S);
	fake_store_deaf = true;
	thread_create("writer", write_long, NULL, 0);
	fake_kernel_run(3 * TIME_S);
	assert_int_equal(finished, 1);
	fake_store_ring()->rsp_prod += 5000;
	fake_store_notify();
	fake_kernel_run(TIME_MS);
	assert_int_equal(heap_objects(), before);
	assert_given_up();
}

/* Our own indices lie in the shared page too; what the store writes there moves nothing. */
static uint32_t real_cons;

static void write_nonsense_into_rsp_cons(struct fake_message *message)
{
	(void)message;
	real_cons = fake_store_ring()->rsp_cons;
	fake_store_ring()->rsp_cons = real_cons - 13;
}

static void our_own_indices_are_kept_privately(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 10; i++) {
		fake_store_mangle = write_nonsense_into_rsp_cons;
		assert_node("name", "guest");
		fake_store_mangle = NULL;
		/* Its true value was published with the next step. */
		assert_int_not_equal(fake_store_ring()->rsp_cons, real_cons - 13);
		assert_node("domid", "7");
	}
}

static void no_memory_is_an_error(void **state)
{
	static void *held[100000];
	size_t count = 0, size = 1 << 20;
	char *text;

	(void)state;
	start();
	/* All of it, in ever smaller pieces. */
	while (size >= 16)
		if ((held[count] = heap_alloc(size)))
			count++;
		else
			size /= 2;
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -ENOMEM);
	assert_int_equal(xenbus_write(XENBUS_NO_TX, "test/a", "x"), -ENOMEM);
	while (count)
		heap_free(held[--count]);
	assert_node("name", "guest");
}

static void without_a_store_every_call_says_so(void **state)
{
	char *text;

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_read(XENBUS_NO_TX, "name", &text, NULL), -EIO);
	assert_int_equal(xenbus_watch(&watch), -EIO);
}

/* --- control/shutdown --- */

static void shut_down(const char *word, int reason)
{
	start();
	fake_kernel_expect_end(reason, word);
	fake_store_write("/local/domain/7/control/shutdown", "%s", word);
	fake_kernel_run(TIME_S);
}

static void poweroff_is_honoured(void **state)
{
	(void)state;
	shut_down("poweroff", SHUTDOWN_poweroff);
}

static void halt_is_honoured(void **state)
{
	(void)state;
	shut_down("halt", SHUTDOWN_poweroff);
}

static void reboot_is_honoured(void **state)
{
	(void)state;
	shut_down("reboot", SHUTDOWN_reboot);
}

static void an_unknown_word_is_logged_and_no_more(void **state)
{
	static const char odd[] = {'s', '\n', 0x1b, '[', '2', 'J', 0, 'x'};

	(void)state;
	start();
	fake_store_write("/local/domain/7/control/shutdown", "crash-yourself");
	fake_kernel_run(TIME_S);
	assert_int_equal(fake_console_lines_with("crash-yourself"), 1);
	fake_store_write_bytes("/local/domain/7/control/shutdown", odd, sizeof(odd));
	fake_kernel_run(TIME_S);
	assert_null(strchr(fake_console_output(), 0x1b));
	assert_int_equal(fake_shutdown_reason(), -1);
}

static void the_exit_status_is_left_for_the_toolstack(void **state)
{
	(void)state;
	start();
	assert_int_equal(control_exit_status(42), 0);
	assert_string_equal(fake_store_read("/local/domain/7/data/lodger/exit-status"), "42");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nodes_are_read_and_written),
	cmocka_unit_test(long_messages_go_through_the_small_ring),
	cmocka_unit_test(what_cannot_be_sent_is_refused),
	cmocka_unit_test(values_may_hold_anything),
	cmocka_unit_test(directories_are_listed),
	cmocka_unit_test(properties_are_strict),
	cmocka_unit_test(several_properties_cost_one_round_trip),
	cmocka_unit_test(callers_get_their_own_answers),
	cmocka_unit_test(transactions_commit_or_not_at_all),
	cmocka_unit_test(a_conflict_begins_anew),
	cmocka_unit_test(endless_conflict_ends),
	cmocka_unit_test(watches_fire_when_set_and_on_change),
	cmocka_unit_test(watches_do_not_swallow_each_others_events),
	cmocka_unit_test(a_storm_of_events_is_bounded),
	cmocka_unit_test(events_of_nobody_are_dropped),
	cmocka_unit_test(silence_ends_in_a_timeout),
	cmocka_unit_test(a_late_reply_finds_nobody),
	cmocka_unit_test(a_reply_to_nobody_is_dropped),
	cmocka_unit_test(a_reply_given_three_times_counts_once),
	cmocka_unit_test(a_reply_of_another_type_is_an_error),
	cmocka_unit_test(errors_have_names),
	cmocka_unit_test(a_truncated_message_hangs_nobody),
	cmocka_unit_test(an_oversized_message_ends_the_connection),
	cmocka_unit_test(garbage_ends_the_connection),
	cmocka_unit_test(an_impossible_reply_index_ends_the_connection),
	cmocka_unit_test(an_impossible_request_index_ends_the_connection),
	cmocka_unit_test(waiting_callers_hear_of_the_end),
	cmocka_unit_test(half_a_message_is_completed_after_its_caller_is_gone),
	cmocka_unit_test(an_answer_before_its_question_is_dropped),
	cmocka_unit_test(half_a_message_goes_with_the_connection),
	cmocka_unit_test(our_own_indices_are_kept_privately),
	cmocka_unit_test(no_memory_is_an_error),
	cmocka_unit_test(without_a_store_every_call_says_so),
	cmocka_unit_test(poweroff_is_honoured),
	cmocka_unit_test(halt_is_honoured),
	cmocka_unit_test(reboot_is_honoured),
	cmocka_unit_test(an_unknown_word_is_logged_and_no_more),
	cmocka_unit_test(the_exit_status_is_left_for_the_toolstack),
};

UNIT_MAIN(tests)
