/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/guest/traffic/settle.h"

#include <string.h>

#include "netfront/device.h"
#include "tests/guest/holdings.h"
#include "tests/guest/traffic/stall.h"
#include "unikernel/core/time.h"
#include "unikernel/net/burst.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/vif.h"

/*
 * lwIP remembers for ten seconds what was closed, a fragment of IPv6 for sixty, a connection that is half open
 * for 63; a card that left is slow.
 */
#define MEMORY	 (64 * TIME_S)
#define PATIENCE (150 * TIME_S)

struct state {
	struct holdings kernel;
	size_t network; /* bytes of lwIP's */
};

struct kept {
	size_t pages, objects, grants;
};

static void add_queue(struct kept *kept, const struct netfront_queue *queue)
{
	kept->pages += queue->rx.pages;
	kept->objects += queue->rx.pages;
	for (unsigned int i = 0; i < RING_SLOTS; i++) {
		kept->grants += queue->rx.posted[i] != NULL && queue->rx.posted[i]->granted;
		if (queue->tx.bounce[i].data != NULL) {
			kept->pages++;
			kept->grants++;
		}
	}
	for (const struct netfront_page *page = queue->rx.unused; page != NULL; page = page->next)
		kept->grants += page->granted;
}

static struct kept kept(void)
{
	struct kept all = {0};

	for (unsigned int i = 0; netfront_open(i) != NULL; i++)
		for (unsigned int q = 0; q < NETFRONT_QUEUES_MAX; q++)
			if (netfront_open(i)->queue[q] != NULL)
				add_queue(&all, netfront_open(i)->queue[q]);
	return all;
}

static struct state state(void)
{
	struct state now;
	struct net_memory_stats network;
	struct kept devices = kept();

	memset(&now, 0, sizeof(now));
	net_memory_stats(&network);
	now.kernel = holdings();
	now.kernel.pages -= devices.pages;
	now.kernel.objects -= devices.objects;
	now.kernel.grants -= devices.grants;
	now.network = network.bytes;
	for (const struct vif *vif = vif_first; vif != NULL; vif = vif->next) {
		size_t bytes, bursts = burst_kept(vif, &bytes);

		now.kernel.objects -= bursts;
		now.network -= bursts * bytes;
	}
	return now;
}

static bool same(const struct state *a, const struct state *b)
{
	return a->kernel.pages == b->kernel.pages && a->kernel.objects == b->kernel.objects &&
	       a->kernel.grants == b->kernel.grants && a->kernel.parked == b->kernel.parked &&
	       a->kernel.ports == b->kernel.ports && a->kernel.threads == b->kernel.threads &&
	       a->network == b->network;
}

/* Until nothing changes for longer than lwIP remembers anything. */
static struct state rest(void)
{
	struct state now = state(), then = now;
	uint64_t since_ns = time_monotonic_ns(), deadline_ns = time_in(PATIENCE);

	while (time_monotonic_ns() < deadline_ns && time_monotonic_ns() - since_ns < MEMORY) {
		thread_sleep_until(time_in(100 * TIME_MS));
		now = state();
		if (!same(&now, &then))
			since_ns = time_monotonic_ns();
		then = now;
	}
	return now;
}

bool settle(void)
{
	static struct state first;
	static unsigned int times;
	uint64_t begin_ns, deadline_ns;
	struct state now;
	struct kept devices;

	if (times++ == 0)
		first = rest();
	begin_ns = time_monotonic_ns();
	deadline_ns = begin_ns + PATIENCE;
	for (;;) {
		now = state();
		if (same(&now, &first) || time_monotonic_ns() >= deadline_ns)
			break;
		thread_sleep_until(time_in(100 * TIME_MS));
	}
	devices = kept();
	say("settled %u after %llu s: network %zu -> %zu bytes; devices keep %zu pages, %zu "
	    "grants\n",
	    times, (unsigned long long)((time_monotonic_ns() - begin_ns) / TIME_S), first.network,
	    now.network, devices.pages, devices.grants);
	holdings_compare(&first.kernel, &now.kernel);
	CHECK(now.network == first.network);
	if (failures > 0)
		stall_say();
	return failures == 0;
}
