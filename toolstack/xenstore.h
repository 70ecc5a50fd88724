/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of xenstored: the wire protocol of <xen/io/xs_wire.h> over the
 * daemon's socket (or the kernel's device, where the store is a domain).
 *
 * Why not libxenstore: its calls block without limit when xenstored does not
 * answer, cannot be called off by a signal, and cost a round trip each. Here
 * every reply has ten seconds, every wait can be called off (wait.h), and a
 * batch sends any number of requests before it reads the first reply: the sixty
 * nodes of a domain take one round trip.
 *
 * All functions return 0 or -errno: what the store said (-ENOENT, -EACCES, ...),
 * or -ETIMEDOUT, -EPROTO and the like of the connection, which is then closed:
 * everything after that is -ENOTCONN. Calling the work off ends a wait for an
 * event at once (-ECANCELED), but a request under way is given another second,
 * so that the connection stays in step for the unwinding.
 */
#ifndef TOOLSTACK_XENSTORE_H
#define TOOLSTACK_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xenstore;

#define XENSTORE_NO_TRANSACTION 0u

int xenstore_open(struct xenstore **xenstore);
void xenstore_close(struct xenstore *xenstore); /* NULL is fine */

/* To poll for events; look into xenstore_event first, it may hold some already. */
int xenstore_fd(const struct xenstore *xenstore);

/* The value, with a NUL behind it; the caller frees. At most 4 KiB, by protocol. */
int xenstore_read(struct xenstore *xenstore, uint32_t transaction, const char *path, char **value);
int xenstore_write(struct xenstore *xenstore, uint32_t transaction, const char *path,
		   const char *value);
/* Removes the node and all below it; that it is not there is no error. */
int xenstore_remove(struct xenstore *xenstore, uint32_t transaction, const char *path);
/* The children's names, one after another, each with its NUL, `size' bytes; the caller frees. */
int xenstore_list(struct xenstore *xenstore, uint32_t transaction, const char *path, char **names,
		  size_t *size);

int xenstore_transaction_start(struct xenstore *xenstore, uint32_t *transaction);
/* -EAGAIN: somebody else touched what the transaction saw; begin again. */
int xenstore_transaction_end(struct xenstore *xenstore, uint32_t transaction, bool commit);

/* Tells xenstored of a domain's ring; takes the frame number of the ring and the port. */
int xenstore_introduce(struct xenstore *xenstore, uint32_t domid, uint64_t gfn, uint32_t port);

int xenstore_watch(struct xenstore *xenstore, const char *path, const char *token);
int xenstore_unwatch(struct xenstore *xenstore, const char *path, const char *token);

/* The next event of any watch: token, to be freed. A deadline in the past looks without waiting. */
int xenstore_event(struct xenstore *xenstore, uint64_t deadline_ns, char **token);

/*
 * A batch: requests are collected, sent together, and their replies are handed
 * to `reply' in order. `error' is 0 or -errno of this one request.
 */
struct xenstore_batch {
	char *data;
	size_t size;
	size_t capacity;
	unsigned count;
	bool failed; /* out of memory, or a request too large, while collecting */
};

typedef void (*xenstore_reply_fn)(void *context, unsigned index, int error, const char *payload,
				  size_t size);

void xenstore_batch_read(struct xenstore_batch *batch, uint32_t transaction, const char *path);
void xenstore_batch_get_perms(struct xenstore_batch *batch, uint32_t transaction, const char *path);
void xenstore_batch_write(struct xenstore_batch *batch, uint32_t transaction, const char *path,
			  const char *value);
void xenstore_batch_remove(struct xenstore_batch *batch, uint32_t transaction, const char *path);
/* `perms' as the protocol spells them: "n0 r5", owner first, divided by blanks. */
void xenstore_batch_set_perms(struct xenstore_batch *batch, uint32_t transaction, const char *path,
			      const char *perms);
void xenstore_batch_end(struct xenstore_batch *batch, uint32_t transaction);

/*
 * Sends it all, reads all replies. Returns -errno only if the conversation
 * itself failed; the batch is empty afterwards in any case.
 */
int xenstore_batch_run(struct xenstore *xenstore, struct xenstore_batch *batch,
		       xenstore_reply_fn reply, void *context);

#endif
