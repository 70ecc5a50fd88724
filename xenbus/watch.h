/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches: xenstored tells when a node, or anything below it, changes.
 *
 * One thread, "xenwatch", serves all watches, so a callback may block (read a node, say) but
 * delays the other callbacks while it does. xenstored fires every watch once when it is set.
 *
 * An event says "look again", not what has changed or how often: while one event for a watch
 * and path is queued, further ones are the same event. The queue is bounded; should it overflow,
 * every watch that lost an event is fired once more with its own path, so nothing is missed.
 */
#ifndef LODGER_XENBUS_WATCH_H
#define LODGER_XENBUS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Memory of the caller's, which must stay until xenbus_unwatch has returned. */
struct xenbus_watch {
	/* Set by the caller. path is what changed: the watch's own or one below it. */
	const char *path;
	void (*changed)(struct xenbus_watch *watch, const char *path);
	void *context;

	/* watch.c's own. The token on the wire is an integer looked up among the live watches. */
	struct xenbus_watch *next;
	uint32_t token;
	bool overrun;
};

/* Both block, and give errors as xenbus.h lists them. */
int xenbus_watch(struct xenbus_watch *watch);

/*
 * Once this has returned the callback neither runs nor will run, even if xenstored answered with
 * an error. Called from the watch's own callback, the callback is of course still running.
 */
int xenbus_unwatch(struct xenbus_watch *watch);

#endif
