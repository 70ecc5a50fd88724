/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xenstore requests, as a guest thread makes them.
 *
 * xenstore is a small tree of strings kept by a daemon, xenstored. A guest talks to it through
 * one shared page (struct xenstore_domain_interface of xen/io/xs_wire.h) and one event channel
 * port. Paths are relative to the domain's own directory, /local/domain/N, unless they begin
 * with '/'.
 *
 * Every function here blocks the calling thread, never the guest: other threads go on, and
 * several threads may have requests under way at once. Every function ends within the timeout
 * (xenbus_timeout_set), whatever xenstored does or does not do. None may be called from an event
 * handler.
 *
 * Errors, always negative:
 *   -ENOENT -EACCES -EAGAIN … what xenstored answered, by its name on the wire
 *   -ETIMEDOUT   no reply in time; a reply that comes later is dropped
 *   -EPROTO      a reply that breaks the protocol
 *   -EIO         there is no store, or its ring was given up after a violation
 *   -E2BIG       the path or the value does not fit a message of XENSTORE_PAYLOAD_MAX bytes
 *   -ENOMEM      the heap is exhausted
 */
#ifndef LODGER_XENBUS_XENBUS_H
#define LODGER_XENBUS_XENBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A transaction's name, given by xenstored; XENBUS_NO_TX outside of any. */
typedef uint32_t xenbus_tx_t;
#define XENBUS_NO_TX 0u

/* The longest path made by this kernel itself, NUL included ("device/vif/0/tx-ring-ref" …). */
#define XENBUS_PATH_SIZE 128

/*
 * Reads a node. *value is on the heap and the caller's to heap_free; it ends in a NUL that *len
 * (may be NULL) does not count. The value is xenstored's, which is to say anyone's: it may hold
 * NULs and anything else.
 */
int xenbus_read(xenbus_tx_t tx, const char *path, char **value, size_t *len);

int xenbus_write(xenbus_tx_t tx, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int xenbus_mkdir(xenbus_tx_t tx, const char *path);
int xenbus_rm(xenbus_tx_t tx, const char *path);

/*
 * Lists a directory: the number of names, or an error. *names is one heap block, the caller's to
 * heap_free: an array of that many pointers, followed by the strings they point at. NULL if the
 * directory is empty.
 */
int xenbus_list(xenbus_tx_t tx, const char *path, char ***names);

/*
 * Transactions: what is written between begin and end becomes visible at once or not at all.
 * xenbus_tx_end with commit gives -EAGAIN if somebody else changed a node meanwhile; nothing has
 * been written then. xenbus_transact does the whole dance: it calls fn, commits if fn returns 0,
 * and begins anew on -EAGAIN, a bounded number of times.
 */
int xenbus_tx_begin(xenbus_tx_t *tx);
int xenbus_tx_end(xenbus_tx_t tx, bool commit);
int xenbus_transact(int (*fn)(xenbus_tx_t tx, void *arg), void *arg);

/* A number in a node of its own; -EINVAL if the node holds anything else. */
int xenbus_read_u64(xenbus_tx_t tx, const char *dir, const char *name, uint64_t *value);

/*
 * Several properties of one directory for the latency of one: all requests are put on the ring
 * before the first reply is awaited.
 *
 * Read: a number into .value, or, if .into is set, a string into its .size bytes. What is missing
 * or bad leaves .value alone (a default, say) and is told in .error; the result is 0 unless the
 * store itself fails. Written: .value, or .text if that is set, in the order given, so that a
 * state node at the end is seen only after all before it; the result is the first error. Behind
 * one that cannot be sent (-ENOMEM, -E2BIG) nothing is sent.
 */
struct xenbus_property {
	const char *name;
	uint64_t value;
	const char *text;
	char *into;
	size_t size;
	int error;
};

#define XENBUS_PROPERTIES_MAX 32 /* in one call; -E2BIG beyond */

int xenbus_read_all(const char *dir, struct xenbus_property property[], size_t count);
int xenbus_write_all(const char *dir, struct xenbus_property property[], size_t count);

/* The time each request may take, from the call to its reply; returns what it was before. */
uint64_t xenbus_timeout_set(uint64_t timeout_ns);

struct xenbus_stats {
	uint64_t requests;     /* messages sent, each one round trip unless pipelined */
	uint64_t replies;      /* … and answered in time */
	uint64_t timeouts;     /* … and not */
	uint64_t strays;       /* replies whose id nobody waits for: dropped */
	uint64_t watch_events; /* events queued for the watch thread */
	uint64_t watch_drops;  /* events without a watch of ours, coalesced, or beyond the queue */
	uint64_t notifies;     /* event channel notifications sent to xenstored */
	uint64_t in_flight;    /* requests under way at this moment */
};
void xenbus_stats(struct xenbus_stats *stats);

#endif
