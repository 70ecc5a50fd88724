/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pairing heap. Every timer is due no earlier than its parent; the root is the next one.
 *
 *	      root                 merge: the later of two roots becomes the first child of the other.
 *	     /                     take the root out: its children are merged in pairs, from left to
 *	  child - sibling - …      right, and the pairs from right to left; that is what makes it
 *	  /                        O(log n) on average.
 *	 …
 *
 * `link` is the pointer that points at a timer (its parent's child or its sibling's next), so that
 * any timer can be cut out without search.
 */
#include "unikernel/core/timer.h"

#include <stddef.h>

#include "unikernel/core/time.h"

static struct timer *root;

static void set_link(struct timer **link, struct timer *timer)
{
	*link = timer;
	if (timer)
		timer->link = link;
}

/* Both are roots without siblings; NULL is an empty heap. */
static struct timer *merge(struct timer *a, struct timer *b)
{
	struct timer *first, *second;

	if (!a || !b)
		return a ? a : b;
	first = b->deadline_ns < a->deadline_ns ? b : a;
	second = first == a ? b : a;
	set_link(&second->next, first->child);
	set_link(&first->child, second);
	return first;
}

static struct timer *merge_siblings(struct timer *siblings)
{
	struct timer *pairs = NULL, *merged = NULL; /* pairs: through next, the last one first */

	while (siblings) {
		struct timer *a = siblings, *b = a->next;

		siblings = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = merge(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *rest = pairs->next;

		pairs->next = NULL;
		merged = merge(merged, pairs);
		pairs = rest;
	}
	return merged;
}

void timer_cancel(struct timer *timer)
{
	struct timer *orphans;

	if (!timer_is_set(timer))
		return;
	set_link(timer->link, timer->next);
	orphans = merge_siblings(timer->child);
	timer->child = timer->next = NULL;
	timer->link = NULL;
	set_link(&root, merge(root, orphans));
}

void timer_set(struct timer *timer, uint64_t deadline_ns, void (*fn)(void *arg), void *arg)
{
	timer_cancel(timer);
	if (deadline_ns == TIME_FOREVER)
		return;
	timer->deadline_ns = deadline_ns;
	timer->fn = fn;
	timer->arg = arg;
	timer->child = timer->next = NULL;
	set_link(&root, merge(root, timer));
}

uint64_t timer_next(void)
{
	return root ? root->deadline_ns : TIME_FOREVER;
}

void timer_run_due(uint64_t now_ns)
{
	while (root && root->deadline_ns <= now_ns) {
		struct timer *due = root;

		timer_cancel(due); /* first: fn may set it again, or free it */
		due->fn(due->arg);
	}
}
