/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No request may wait for ever. While any is outstanding a timer looks every 5 s whether the backend
 * has answered one since, or was asked one when it had answered all. If not, it is silent:
 *
 *   10 s  the log says so, and again every 10 s
 *   30 s  with the backend away: everything ends with -EIO
 *   60 s  with the backend there but silent: as after a violation, and then as above
 *
 * A disk may be slow, hence the patience. A reconnection does not start the clock again: a backend
 * that comes and goes but answers nothing is silent.
 */
#include <errno.h>

#include "blkfront/device.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"

#define LOOK_NS	  (5 * TIME_S)
#define WARN_NS	  (10 * TIME_S)
#define AWAY_NS	  (30 * TIME_S)
#define SILENT_NS (60 * TIME_S)

static void watchdog_look(void *arg)
{
	struct blkfront *bf = arg;
	uint64_t now_ns = time_monotonic_ns();

	if (bf->outstanding == 0)
		return;
	timer_set(&bf->watchdog, now_ns + LOOK_NS, watchdog_look, bf);
	if (bf->heard)
		bf->heard_ns = bf->warned_ns = now_ns;
	bf->heard = false;

	uint64_t silent_ns = now_ns - bf->heard_ns;
	if (silent_ns >= WARN_NS && now_ns - bf->warned_ns >= WARN_NS) {
		bf->warned_ns = now_ns;
		bf->stats.slow++;
		log_warn("blkfront: %s: %u requests wait, no answer for %llu s", bf->info.name,
			 bf->outstanding, (unsigned long long)(silent_ns / TIME_S));
	}
	if (bf->info.connected && silent_ns >= SILENT_NS)
		xenbus_device_fail(bf->device, -ETIMEDOUT, "the backend does not answer");
	if (!bf->info.connected && silent_ns >= AWAY_NS)
		vbd_requests_fail(bf, -EIO);
}

/* One flag for each request, rather than a look at the clock. */
void watchdog_start(struct blkfront *bf)
{
	bf->heard = true;
	if (!timer_is_set(&bf->watchdog))
		timer_set(&bf->watchdog, time_in(LOOK_NS), watchdog_look, bf);
}
