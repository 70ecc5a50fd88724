/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: requests, transactions, watches and timeouts against a real xenstored.
 * Why:  everything else that a guest shares with its host begins here.
 * How:  works below data/lodger-test of the domain's own directory, which it may write.
 */
#include <errno.h>
#include <string.h>

#include "tests/guest/holdings.h"
#include "unikernel/core/time.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

#define DIR "data/lodger-test"

static bool holds(const char *path, const char *expected)
{
	char *value;
	size_t len;

	if (xenbus_read(XENBUS_NO_TX, path, &value, &len) != 0)
		return false;
	bool same = len == strlen(expected) && memcmp(value, expected, len) == 0;
	heap_free(value);
	return same;
}

static void test_nodes(void)
{
	uint64_t number = 0;
	char **names;

	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/a", "%s", "one") == 0);
	CHECK(holds(DIR "/a", "one"));
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/a", "%s", "") == 0);
	CHECK(holds(DIR "/a", ""));
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/n", "%u", 4294967295u) == 0);
	CHECK(xenbus_read_u64(XENBUS_NO_TX, DIR, "n", &number) == 0 && number == 4294967295u);
	CHECK(xenbus_read_u64(XENBUS_NO_TX, DIR, "a", &number) == -EINVAL);
	CHECK(xenbus_mkdir(XENBUS_NO_TX, DIR "/d/e") == 0);
	CHECK(xenbus_list(XENBUS_NO_TX, DIR "/d/e", &names) == 0 && names == NULL);
	CHECK(xenbus_rm(XENBUS_NO_TX, DIR "/w") == 0 && xenbus_rm(XENBUS_NO_TX, DIR "/other") == 0);
	int count = xenbus_list(XENBUS_NO_TX, DIR, &names);
	CHECK(count == 3);
	unsigned int found = 0;
	for (int i = 0; i < count; i++)
		found |= strlen(names[i]) == 1 ? 1u << (names[i][0] - 'a') : 0;
	CHECK(found == (1u << 0 | 1u << ('d' - 'a') | 1u << ('n' - 'a')));
	heap_free(names);
	CHECK(xenbus_rm(XENBUS_NO_TX, DIR) == 0);
	CHECK(xenbus_read_u64(XENBUS_NO_TX, DIR, "n", &number) == -ENOENT);
	CHECK(xenbus_write(XENBUS_NO_TX, "/local/domain/0/name", "%s", "mine") == -EACCES);
	CHECK(xenbus_read(XENBUS_NO_TX, "no//such", &(char *){NULL}, NULL) == -EINVAL);
}

/* Longer than the ring, so that each way it goes through in pieces. */
static void test_long(void)
{
	enum { LEN = 2000 };
	char *value = heap_alloc(LEN + 1);

	for (int i = 0; i < LEN; i++)
		value[i] = (char)('a' + i % 26);
	value[LEN] = '\0';
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/long", "%s", value) == 0);
	CHECK(holds(DIR "/long", value));
	heap_free(value);

	value = heap_alloc(5000 + 1);
	memset(value, 'x', 5000);
	value[5000] = '\0';
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/long", "%s", value) == -E2BIG);
	CHECK(xenbus_rm(XENBUS_NO_TX, value) == -E2BIG);
	heap_free(value);
}

static int increment(xenbus_tx_t tx, void *arg)
{
	int *calls = arg;
	uint64_t number;
	int error = xenbus_read_u64(tx, DIR, "counter", &number);

	/* The first time somebody else changes the node before we commit. */
	if (error == 0 && (*calls)++ == 0)
		error = xenbus_write(XENBUS_NO_TX, DIR "/counter", "%u", 10);
	if (error == 0)
		error = xenbus_write(tx, DIR "/counter", "%llu", (unsigned long long)number + 1);
	return error;
}

static void test_transactions(void)
{
	xenbus_tx_t tx = XENBUS_NO_TX;
	int calls = 0;

	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/counter", "%u", 1) == 0);
	CHECK(xenbus_tx_begin(&tx) == 0 && tx != XENBUS_NO_TX);
	CHECK(xenbus_write(tx, DIR "/counter", "%u", 2) == 0);
	CHECK(holds(DIR "/counter", "1"));
	CHECK(xenbus_tx_end(tx, false) == 0);
	CHECK(holds(DIR "/counter", "1"));
	CHECK(xenbus_tx_end(tx, true) == -ENOENT);

	CHECK(xenbus_transact(increment, &calls) == 0);
	CHECK(calls == 2);
	CHECK(holds(DIR "/counter", "11"));
}

static unsigned int changes;
static struct waitq changed = WAITQ_INIT;

static void on_change(struct xenbus_watch *watch)
{
	/* Blocking is allowed here; the node may be gone. */
	CHECK(watch->context == &changes);
	xenbus_rm(XENBUS_NO_TX, DIR "/none");
	changes++;
	waitq_wake_all(&changed);
}

static void test_watches(void)
{
	struct xenbus_watch watch = {.path = DIR "/w", .changed = on_change, .context = &changes};

	CHECK(xenbus_watch(&watch) == 0);
	CHECK(waitq_wait_until(&changed, changes == 1, time_in(20 * TIME_S)) == 0);
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/w/below", "%s", "x") == 0);
	CHECK(waitq_wait_until(&changed, changes == 2, time_in(20 * TIME_S)) == 0);
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/other", "%s", "x") == 0);
	CHECK(xenbus_unwatch(&watch) == 0);
	CHECK(xenbus_write(XENBUS_NO_TX, DIR "/w/below", "%s", "y") == 0);
	CHECK(holds(DIR "/w/below", "y"));
	CHECK(changes == 2);
}

static unsigned int running, wrong;
static struct waitq finished = WAITQ_INIT;

static void worker(void *arg)
{
	unsigned int self = (unsigned int)(uintptr_t)arg;
	char path[64], value[32];

	format(path, sizeof(path), DIR "/worker-%u", self);
	for (unsigned int i = 0; i < 40; i++) {
		format(value, sizeof(value), "%u/%u", self, i);
		if (xenbus_write(XENBUS_NO_TX, path, "%s", value) != 0 || !holds(path, value))
			wrong++;
	}
	running--;
	waitq_wake_all(&finished);
}

static void test_concurrency(void)
{
	enum { WORKERS = 8 };

	for (uintptr_t i = 0; i < WORKERS; i++)
		if (CHECK(thread_create("worker", worker, (void *)i, 0) != NULL))
			running++;
	CHECK(waitq_wait_until(&finished, running == 0, time_in(90 * TIME_S)) == 0);
	CHECK(wrong == 0);
}

/*
 * A request that nobody waited for must not disturb those after it. On a busy host the guest may not run
 * between asking and looking for the answer, and then find it there.
 */
static void test_timeouts(void)
{
	struct xenbus_stats before, after;
	unsigned int late = 0;

	xenbus_stats(&before);
	uint64_t usual = xenbus_timeout_set(0);
	for (unsigned int tries = 0; late < 2 && tries < 100; tries++) {
		char *value = NULL;
		int error = xenbus_read(XENBUS_NO_TX, late ? DIR "/long" : DIR "/counter", &value,
					NULL);

		CHECK(error == 0 || error == -ETIMEDOUT);
		late += error == -ETIMEDOUT;
		heap_free(value);
	}
	xenbus_timeout_set(usual);
	CHECK(late == 2);
	CHECK(holds(DIR "/counter", "11"));
	xenbus_stats(&after);
	CHECK(after.timeouts == before.timeouts + 2);
	CHECK(after.strays == before.strays + 2);
	CHECK(after.in_flight == 0);
}

static void test_pipeline(void)
{
	struct xenbus_property out[XENBUS_PROPERTIES_MAX + 1] = {0};
	struct xenbus_property in[] = {
		{.name = "p0"}, {.name = "p7"}, {.name = "p15"}, {.name = "none", .value = 77}};
	static const char *const name[] = {"p0", "p1", "p2",  "p3",  "p4",  "p5",  "p6",  "p7",
					   "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15"};

	enum { COUNT = sizeof(name) / sizeof(name[0]) };

	for (size_t i = 0; i < COUNT; i++)
		out[i] = (struct xenbus_property){.name = name[i], .value = 1000 + i};
	CHECK(xenbus_write_all(DIR, out, COUNT) == 0);
	CHECK(xenbus_read_all(DIR, in, 4) == 0);
	CHECK(in[0].value == 1000 && in[1].value == 1007 && in[2].value == 1015);
	CHECK(in[3].value == 77 && in[3].error == -ENOENT);
	CHECK(xenbus_write_all(DIR, out, XENBUS_PROPERTIES_MAX + 1) == -E2BIG);
}

int main(void)
{
	struct xenbus_stats stats;

	xenbus_rm(XENBUS_NO_TX, DIR);
	test_watches(); /* makes the thread that serves watches */
	thread_sleep_until(time_in(100 * TIME_MS));
	struct holdings before = holdings();
	test_nodes();
	test_long();
	test_transactions();
	test_concurrency();
	test_timeouts();
	test_pipeline();
	CHECK(xenbus_rm(XENBUS_NO_TX, DIR) == 0);
	thread_sleep_until(time_in(100 * TIME_MS));
	struct holdings after = holdings();
	holdings_compare(&before, &after);
	xenbus_stats(&stats);
	say("requests %llu, notifications %llu, watch events %llu\n",
	    (unsigned long long)stats.requests, (unsigned long long)stats.notifies,
	    (unsigned long long)stats.watch_events);
	return verdict("xenbus");
}
