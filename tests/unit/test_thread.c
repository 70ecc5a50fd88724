/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: threads, wait queues and timers (unikernel/core/{thread,schedule,waitq,timer}.c).
 * Why:  every blocking call is made of them; a lost wake-up is a hang that nobody can explain.
 * How:  real switches of stacks; the fake's clock jumps, so that hours of sleep take no time; the
 *       timers against a sorted model, randomly.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/timer.h"
#include "unikernel/core/waitq.h"

static char trace[64];

static void note(char c)
{
	const size_t len = strlen(trace);

	assert_true(len + 1 < sizeof(trace));
	trace[len] = c;
}

static void start(void)
{
	fake_console_start();
	fake_kernel_start(NULL);
}

static void three_notes(void *arg)
{
	for (int i = 0; i < 3; i++) {
		note(*(char *)arg);
		thread_yield();
	}
}

static void yield_takes_turns(void **state)
{
	(void)state;
	start();
	assert_non_null(thread_create("a", three_notes, "a", 0));
	assert_non_null(thread_create("b", three_notes, "b", 0));
	for (int i = 0; i < 5; i++) {
		note('m');
		thread_yield();
	}
	assert_string_equal(trace, "mabmabmabmm");
	assert_int_equal(thread_count(), 1);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void ended_threads_leave_nothing(void **state)
{
	struct page_stats before, after;
	struct heap_stats heap_before, heap_after;

	(void)state;
	start();
	page_stats(&before);
	heap_stats(&heap_before);
	for (int round = 0; round < 1000; round++) {
		assert_non_null(thread_create("short", nothing, NULL, 0));
		assert_non_null(thread_create("a name too long for its field", nothing, NULL, 1));
		thread_yield();
		thread_yield();
	}
	page_stats(&after);
	heap_stats(&heap_after);
	assert_int_equal(after.in_use, before.in_use);
	assert_int_equal(heap_after.objects, heap_before.objects);
}

static void no_memory_is_no_thread(void **state)
{
	(void)state;
	start();
	while (page_alloc())
		;
	assert_null(thread_create("none", nothing, NULL, 0));
	assert_int_equal(thread_count(), 1);
}

static uint64_t deep(unsigned depth)
{
	volatile char use[1000];

	use[0] = (char)depth;
	return depth ? deep(depth - 1) + (uint64_t)use[0] : 1;
}

static void dive(void *arg)
{
	(void)arg;
	deep(40); /* 40 KB and more of the 64 KiB */
	note('d');
}

static void stacks_are_as_large_as_promised(void **state)
{
	(void)state;
	start();
	thread_create("diver", dive, NULL, 256 << 10);
	thread_yield();
	assert_string_equal(trace, "d");
}

static void touch_guard(void *arg)
{
	(void)arg;
	*(volatile char *)(thread_current()->stack - 1) = 1;
}

/* The fault ends the process: the test expects it of a child. */
static void below_the_stack_is_a_guard(void **state)
{
	(void)state;
	start();
	thread_create("overflow", touch_guard, NULL, 0);
	fake_expect_fault();
	thread_yield();
	fail();
}

/* --- sleeping --- */

static void sleeper(void *arg)
{
	const uint64_t *deadline_ns = arg;

	thread_sleep_until(*deadline_ns);
	assert_true(time_monotonic_ns() >= *deadline_ns);
	assert_true(time_monotonic_ns() < *deadline_ns + TIME_MS);
	note((char)('0' + (*deadline_ns / TIME_S) % 10));
}

static void sleepers_wake_in_the_order_of_their_deadlines(void **state)
{
	uint64_t base, deadlines[5];
	static const unsigned order[5] = {3, 1, 4, 2, 5};

	(void)state;
	start();
	base = (time_monotonic_ns() / (10 * TIME_S) + 1) * 10 * TIME_S;
	for (size_t i = 0; i < 5; i++) {
		deadlines[i] = base + order[i] * TIME_S;
		thread_create("sleeper", sleeper, &deadlines[i], 0);
	}
	thread_sleep_until(base + 9 * TIME_S);
	assert_string_equal(trace, "12345");
	thread_sleep_until(TIME_POLL); /* long past: returns */
}

/* --- wait queues --- */

static struct waitq queue = WAITQ_INIT;
static bool condition;

static void waiter(void *arg)
{
	assert_int_equal(waitq_wait(&queue, TIME_FOREVER), 0);
	note(*(char *)arg);
}

static void wakes_go_to_the_longest_waiting(void **state)
{
	(void)state;
	start();
	thread_create("a", waiter, "a", 0);
	thread_create("b", waiter, "b", 0);
	thread_create("c", waiter, "c", 0);
	thread_yield();
	waitq_wake_one(&queue);
	thread_yield();
	assert_string_equal(trace, "a");
	assert_false(waitq_empty(&queue));
	waitq_wake_all(&queue);
	assert_true(waitq_empty(&queue));
	thread_yield();
	assert_string_equal(trace, "abc");
	waitq_wake_one(&queue); /* of nobody */
}

static void waits_end_at_their_deadline(void **state)
{
	uint64_t deadline_ns;

	(void)state;
	start();
	deadline_ns = time_in(3 * TIME_S);
	assert_int_equal(waitq_wait(&queue, deadline_ns), -ETIMEDOUT);
	assert_true(time_monotonic_ns() >= deadline_ns);
	assert_true(waitq_empty(&queue));
	assert_int_equal(waitq_wait(&queue, TIME_POLL), -ETIMEDOUT);
	/* One that passed before the call. */
	assert_int_equal(waitq_wait(&queue, time_monotonic_ns() - 1), -ETIMEDOUT);
	assert_true(waitq_empty(&queue));
}

static void wake_later(void *arg)
{
	(void)arg;
	waitq_wake_all(&queue);
}

/* Wake and deadline at the same safe point: woken once, and the timer does not fire later. */
static void a_wake_at_the_deadline_is_one_event(void **state)
{
	static struct timer timer;
	uint64_t deadline_ns;

	(void)state;
	start();
	for (int skew = -1; skew <= 1; skew++) {
		deadline_ns = time_in(TIME_S);
		timer_set(&timer, deadline_ns + (uint64_t)skew, wake_later, NULL);
		int result = waitq_wait(&queue, deadline_ns);

		assert_true(result == 0 || result == -ETIMEDOUT);
		assert_true(waitq_empty(&queue));
		/* Were the loser still armed, this longer sleep would end early. */
		timer_cancel(&timer);
		deadline_ns = time_in(10 * TIME_S);
		thread_sleep_until(deadline_ns);
		assert_true(time_monotonic_ns() >= deadline_ns);
	}
}

static void false_alarm(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++) {
		thread_sleep_until(time_in(TIME_S));
		condition = i == 2;
		waitq_wake_all(&queue);
	}
}

static void a_condition_is_waited_for_through_false_alarms(void **state)
{
	uint64_t start_ns;

	(void)state;
	start();
	start_ns = time_monotonic_ns();
	thread_create("alarm", false_alarm, NULL, 0);
	assert_int_equal(waitq_wait_until(&queue, condition, time_in(10 * TIME_S)), 0);
	assert_true(time_monotonic_ns() - start_ns >= 3 * TIME_S);
	condition = false;
	assert_int_equal(waitq_wait_until(&queue, condition, time_in(TIME_S)), -ETIMEDOUT);
	condition = true;
	assert_int_equal(waitq_wait_until(&queue, condition, TIME_POLL), 0);
}

/* A hundred threads pass a token round and round: no wake-up is lost in 100,000. */
static struct waitq stations[100];
static unsigned token = 99, laps;

static void station(void *arg)
{
	const unsigned me = (unsigned)((struct waitq *)arg - stations);

	for (unsigned lap = 0; lap < 1000; lap++) {
		(void)waitq_wait_until(&stations[me], token == me, TIME_FOREVER);
		token = (me + 1) % 100;
		laps += me == 99;
		waitq_wake_one(&stations[token]);
	}
}

static void no_wake_up_is_lost(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < 100; i++)
		assert_non_null(thread_create("station", station, &stations[i], 16 << 10));
	thread_yield();
	token = 0;
	waitq_wake_one(&stations[0]);
	while (thread_count() > 1)
		thread_yield();
	assert_int_equal(laps, 1000);
}

/* --- timers --- */

static struct timer timers[200];
static uint64_t due_ns[200]; /* 0: not set */
static uint64_t now_ns, last_ns;

static void fired(void *arg)
{
	const size_t i = (size_t)((struct timer *)arg - timers);

	assert_int_equal(arg, &timers[i]);
	assert_true(due_ns[i] && due_ns[i] <= now_ns && due_ns[i] >= last_ns);
	last_ns = due_ns[i];
	due_ns[i] = 0;
	assert_false(timer_is_set(&timers[i]));
	/* Setting others, and itself, from within is allowed. */
	if (unit_random() % 4 == 0) {
		due_ns[i] = now_ns + 1 + unit_random() % 50;
		timer_set(&timers[i], due_ns[i], fired, &timers[i]);
	}
}

static void timers_against_a_model(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		const size_t i = unit_random() % ARRAY_SIZE(timers);
		uint64_t first = TIME_FOREVER;

		switch (unit_random() % 4) {
		case 0:
			timer_cancel(&timers[i]);
			due_ns[i] = 0;
			break;
		case 1:
		case 2:
			due_ns[i] = now_ns + 1 + unit_random() % 100;
			timer_set(&timers[i], due_ns[i], fired, &timers[i]);
			break;
		default:
			now_ns += unit_random() % 20;
			last_ns = 0;
			timer_run_due(now_ns);
		}
		for (size_t j = 0; j < ARRAY_SIZE(timers); j++) {
			assert_int_equal(timer_is_set(&timers[j]), due_ns[j] != 0);
			if (due_ns[j] && due_ns[j] < first)
				first = due_ns[j];
		}
		assert_true(timer_next() == first);
	}
	timer_set(&timers[0], TIME_FOREVER, fired, &timers[0]);
	assert_false(timer_is_set(&timers[0]));
}

static void a_deadlock_is_named(void **state)
{
	(void)state;
	fake_kernel_start(NULL); /* without a console there is no port that could end a sleep */
	fake_kernel_expect_end(SHUTDOWN_crash, NULL);
	waitq_wait(&queue, TIME_FOREVER);
}

static void the_main_thread_must_not_end(void **state)
{
	(void)state;
	start();
	fake_kernel_expect_end(SHUTDOWN_crash, "main thread");
	thread_exit();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(yield_takes_turns),
	cmocka_unit_test(ended_threads_leave_nothing),
	cmocka_unit_test(no_memory_is_no_thread),
	cmocka_unit_test(stacks_are_as_large_as_promised),
	cmocka_unit_test(below_the_stack_is_a_guard),
	cmocka_unit_test(sleepers_wake_in_the_order_of_their_deadlines),
	cmocka_unit_test(wakes_go_to_the_longest_waiting),
	cmocka_unit_test(waits_end_at_their_deadline),
	cmocka_unit_test(a_wake_at_the_deadline_is_one_event),
	cmocka_unit_test(a_condition_is_waited_for_through_false_alarms),
	cmocka_unit_test(no_wake_up_is_lost),
	cmocka_unit_test(timers_against_a_model),
	cmocka_unit_test(a_deadlock_is_named),
	cmocka_unit_test(the_main_thread_must_not_end),
};

UNIT_MAIN(tests)
