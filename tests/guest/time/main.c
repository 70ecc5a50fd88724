/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   clocks, sleeping, timers, wait queues and their timeouts.
 * Why:    there is no timer interrupt: all waiting ends in one sleep with the next deadline.
 * Method: threads that sleep for different times must wake in that order and not early; timeouts
 *         and wake-ups race; hundreds of timers fire in order.
 */
#include "tests/guest/verdict.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/timer.h"

static void clocks(void)
{
	uint64_t last = time_monotonic_ns(), begin = last, wall = time_wall_ns(), behind, later;
	size_t backwards = 0;

	for (int i = 0; i < 10000; i++) {
		uint64_t now = time_monotonic_ns();

		backwards += now < last;
		last = now;
	}
	CHECK(backwards == 0);
	CHECK(last > begin);
	say("reading the clock takes %llu ns\n", (unsigned long long)((last - begin) / 10000));
	/* After 2020 and before 2100, and running as fast as the other one, which is read around it. */
	CHECK(wall > 1577836800 * TIME_S && wall < 4102444800 * TIME_S);
	begin = time_monotonic_ns();
	wall = time_wall_ns();
	behind = time_monotonic_ns();
	thread_sleep_until(time_in(20 * TIME_MS));
	later = time_monotonic_ns();
	wall = time_wall_ns() - wall;
	last = time_monotonic_ns();
	CHECK(later - behind >= 20 * TIME_MS);
	CHECK(wall >= later - behind && wall <= last - begin);
	CHECK(time_in(UINT64_MAX) == TIME_FOREVER);
}

#define SLEEPERS 8
static unsigned int woken, out_of_order;
static uint64_t early;

static void sleeper(void *arg)
{
	unsigned int place = (unsigned int)(uintptr_t)arg;
	uint64_t deadline = time_in((1 + place) * 10 * TIME_MS);

	thread_sleep_until(deadline);
	early += time_monotonic_ns() < deadline;
	out_of_order += woken++ != place;
}

static void sleeping(void)
{
	static const unsigned int order[SLEEPERS] = {5, 2, 7, 0, 3, 6, 1, 4};
	struct page_stats before, after;

	page_stats(&before);
	for (int i = 0; i < SLEEPERS; i++)
		CHECK(thread_create("sleeper", sleeper, (void *)(uintptr_t)order[i], 16 << 10));
	CHECK(thread_count() == SLEEPERS + 1);
	thread_sleep_until(time_in(120 * TIME_MS));
	CHECK(woken == SLEEPERS);
	CHECK(out_of_order == 0);
	CHECK(early == 0);
	CHECK(thread_count() == 1);
	page_stats(&after);
	CHECK(after.in_use == before.in_use); /* stacks and all came back */
}

#define TIMERS 500
static struct timer timers[TIMERS];
static unsigned int fired, cancelled_fired, disorder;
static uint64_t last_deadline;

static void fire(void *arg)
{
	struct timer *timer = arg;

	if ((timer - timers) % 5 == 0)
		cancelled_fired++;
	disorder += timer->deadline_ns < last_deadline;
	last_deadline = timer->deadline_ns;
	fired++;
}

static void timers_many(void)
{
	uint64_t base = time_in(5 * TIME_MS);

	for (unsigned int i = 0; i < TIMERS; i++)
		timer_set(&timers[i], base + (i * 7919 % TIMERS) * 20000, fire, &timers[i]);
	for (unsigned int i = 0; i < TIMERS; i += 5)
		timer_cancel(&timers[i]);
	for (unsigned int i = 1; i < TIMERS; i += 5) /* set again: moved */
		timer_set(&timers[i], base + (i * 31 % TIMERS) * 20000, fire, &timers[i]);
	thread_sleep_until(base + TIMERS * 20000 + TIME_MS);
	CHECK(fired == TIMERS - TIMERS / 5);
	CHECK(cancelled_fired == 0);
	CHECK(disorder == 0);
	CHECK(timer_next() == TIME_FOREVER);
}

static struct waitq queue = WAITQ_INIT;
static bool flag;

static void waker(void *arg)
{
	thread_sleep_until(time_in(5 * TIME_MS));
	waitq_wake_all(&queue); /* too early: the condition does not hold yet */
	thread_yield();
	flag = true;
	waitq_wake_one(&queue);
	(void)arg;
}

static void waiting(void)
{
	uint64_t begin = time_monotonic_ns();

	CHECK(waitq_wait(&queue, TIME_POLL) == -ETIMEDOUT);
	CHECK(waitq_wait(&queue, begin) == -ETIMEDOUT);
	CHECK(waitq_wait(&queue, time_in(3 * TIME_MS)) == -ETIMEDOUT);
	CHECK(time_monotonic_ns() - begin >= 3 * TIME_MS);
	CHECK(waitq_empty(&queue));
	waitq_wake_one(&queue);
	waitq_wake_all(&queue);

	CHECK(thread_create("waker", waker, NULL, 0));
	CHECK(waitq_wait_until(&queue, flag, time_in(TIME_S)) == 0);
	CHECK(waitq_wait_until(&queue, !flag, time_in(TIME_MS)) == -ETIMEDOUT);
	CHECK(waitq_wait_until(&queue, flag, TIME_POLL) == 0);
}

static unsigned int turns[2];

static void yielder(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		turns[(uintptr_t)arg]++;
		thread_yield();
	}
}

static void yielding(void)
{
	uint64_t begin = time_monotonic_ns();

	thread_create("one", yielder, (void *)0, 0);
	thread_create("two", yielder, (void *)1, 0);
	while (thread_count() > 1)
		thread_yield();
	say("a switch of threads takes %llu ns\n",
	    (unsigned long long)((time_monotonic_ns() - begin) / 3000));
	CHECK(turns[0] == 1000 && turns[1] == 1000);
}

int main(void)
{
	clocks();
	sleeping();
	timers_many();
	waiting();
	yielding();
	return verdict("time");
}
