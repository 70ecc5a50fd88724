/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches: xenstored tells when a node, or anything below it, changes.
 *
 * One thread, "xenwatch", serves all watches, so a callback may block (read a node, say) but
 * delays the other callbacks while it does. xenstored fires every watch once when it is set.
 *
 * An event says "look again", not what has changed or how often. So a watch is either due or not:
 * events for one that is due already change nothing, the queue of due watches can never hold more
 * than there are watches, and no flood of events takes memory.
 */
#ifndef LODGER_XENBUS_WATCH_H
#define LODGER_XENBUS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Memory of the caller's, which must stay until xenbus_unwatch has returned. */
struct xenbus_watch {
	/* Set by the caller. changed: path, or something below it, may have changed. */
	const char *path;
	void (*changed)(struct xenbus_watch *watch);
	/*
	 * May be NULL. Whether a change of that path is worth a look; what changed is told
	 * nowhere else. In the event handler: must not block. The path is xenstored's, which is
	 * to say anyone's.
	 */
	bool (*concerns)(struct xenbus_watch *watch, const char *changed);
	void *context;

	/* watch.c's own. The token on the wire is an integer looked up among the live watches. */
	uint32_t token;
	bool due;
	struct xenbus_watch *next_live;
	struct xenbus_watch *next_due;
};

/* Both block, and give errors as xenbus.h lists them. */
int xenbus_watch(struct xenbus_watch *watch);

/*
 * Once this has returned the callback neither runs nor will run, even if xenstored answered with
 * an error. Called from the watch's own callback, the callback is of course still running.
 */
int xenbus_unwatch(struct xenbus_watch *watch);

#endif
