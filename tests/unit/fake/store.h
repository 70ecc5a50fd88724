/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A xenstored for one guest: a tree of nodes, and the wire protocol over the real ring.
 *
 *   fake/tree.c        nodes, their owners, a generation that counts changes
 *   fake/xenstored.c   ring, messages, transactions, watches
 *
 * Correct unless a test takes a hand in it: fake_store_mangle sees every message on its way to the
 * guest, and the ring itself is open to whoever wants to write nonsense into it.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include "tests/unit/fake/fake.h"

#include <xen/io/xs_wire.h>

/* --- the tree; paths are absolute. What is written here fires the guest's watches. --- */

struct fake_tree;

void fake_store_write(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void fake_store_write_bytes(const char *path, const void *value, size_t len);
/* NULL when there is no such node. Lives until the node changes. */
const char *fake_store_read(const char *path);
/* The node as a decimal number, or `otherwise`. */
long long fake_store_number(const char *path, long long otherwise);
void fake_store_remove(const char *path);
/* The guest may write at `prefix` and below. */
void fake_store_allow(const char *prefix);
/* Changes whenever anything in the tree does. */
unsigned long fake_store_generation(void);

/* --- the daemon --- */

void fake_store_start(void);
struct xenstore_domain_interface *fake_store_ring(void);
evtchn_port_t fake_store_port(void);

/* A message on its way to the guest. */
struct fake_message {
	struct xsd_sockmsg header; /* what goes on the wire; `len` may be made to lie */
	char payload[2 * XENSTORE_PAYLOAD_MAX];
	size_t len;	   /* bytes of payload that really go */
	unsigned copies;   /* 1; 0 swallows the message */
	uint64_t delay_ns; /* 0: now */
};
extern void (*fake_store_mangle)(struct fake_message *message);

/* Reads no requests while this is set. */
extern bool fake_store_deaf;

/* Puts bytes on the ring as they are; those that do not fit wait for the guest to read. */
void fake_store_push(const void *bytes, size_t len);
void fake_store_notify(void);

/* How many requests of each type the guest has sent, how many transactions it has open. */
unsigned long fake_store_requests(enum xsd_sockmsg_type type);
unsigned long fake_store_requests_all(void);
unsigned fake_store_transactions(void);
unsigned fake_store_watches(void);
/* Drops the transactions that are open and the watches below test/. */
void fake_store_forget(void);
/* The next `count` commits fail with EAGAIN, as if others had changed the tree meanwhile. */
void fake_store_conflict(unsigned count);

/* --- inside the fake: tree.c for xenstored.c --- */

struct fake_tree *fake_tree_copy(const struct fake_tree *tree);
void fake_tree_free(struct fake_tree *tree);
const char *fake_tree_get(const struct fake_tree *tree, const char *path, size_t *len);
void fake_tree_set(struct fake_tree *tree, const char *path, const void *value, size_t len);
bool fake_tree_remove(struct fake_tree *tree, const char *path);
/* Names of the children, each ended by NUL; returns the bytes used. */
size_t fake_tree_list(const struct fake_tree *tree, const char *path, char *names, size_t size);
/* Calls `see` for each path that differs between the two. */
void fake_tree_compare(const struct fake_tree *before, const struct fake_tree *after,
		       void (*see)(const char *path));
struct fake_tree *fake_store_tree(void);
void fake_store_replace(struct fake_tree *tree);
bool fake_store_allowed(const char *path);
bool fake_store_below(const char *path, const char *prefix); /* it, or a node under it */
void fake_store_changed(const char *path);		     /* xenstored.c: fires the watches */

#endif
