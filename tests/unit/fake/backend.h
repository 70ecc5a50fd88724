/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Back ends: one handshake for two devices (netback.h, blkback.h).
 *
 * They behave as Linux' netback and blkback do, down to where they write which state, and check
 * what the front end gives them as strictly. A test makes one hostile by a field of it, by a hook,
 * or by writing into the mapped ring itself.
 */
#ifndef FAKE_BACKEND_H
#define FAKE_BACKEND_H

#include "tests/unit/fake/store.h"

/* The barriers that the macros of xen/io/ring.h leave to whoever uses them. */
#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

struct fake_backend {
	const char *type; /* "vif", "vbd" */
	unsigned id;
	char front[64]; /* "/local/domain/7/device/vif/0" */
	char back[64];	/* "/local/domain/0/backend/vif/7/0" */
	enum xenbus_state state;
	unsigned long seen; /* generation of the store when we last looked */
	unsigned connects;  /* how often the device was connected */
	bool deaf;	    /* takes no notice of the front end's states */
	bool clings;	    /* disconnects, but keeps every page mapped */
	bool lenient;	   /* closes if the front end's nodes make no sense: it was told nonsense */
	unsigned pretends; /* says Connected so often and maps nothing, as netback may */
	bool hollow;	   /* it has said so */
	unsigned refused;  /* how often a Connected front end did not want its rings mapped again */

	/* Maps the rings; false when the front end's nodes make no sense, or it refuses. */
	bool (*connect)(struct fake_backend *self);
	/* Lets go of everything. */
	void (*disconnect)(struct fake_backend *self);
	/* Works on the rings while connected: did it do anything? */
	bool (*work)(struct fake_backend *self);
};

/* Makes the nodes that a toolstack makes, and starts the back end in InitWait. */
void fake_backend_start(struct fake_backend *self);
void fake_backend_state(struct fake_backend *self, enum xenbus_state state);
/* Lets go and says Closed; the handshake then begins anew. */
void fake_backend_restart(struct fake_backend *self);
/*
 * A new back end in the place of one that died, or the old one unbound and bound: it finds the front end
 * Connected and, as Linux' drivers do, would map the rings that are there, before the guest has
 * noticed anything.
 */
void fake_backend_replace(struct fake_backend *self);
/* A new one, which had no time to map anything, and says Connected before the guest has noticed anything. */
void fake_backend_hollow(struct fake_backend *self);
/* The toolstack asks both sides to close the device; fake_backend_unplug is to follow. */
void fake_backend_ask_out(struct fake_backend *self);
/* The toolstack takes the device away, asked or not, and plugs it in again. */
void fake_backend_unplug(struct fake_backend *self);
void fake_backend_plug(struct fake_backend *self);
bool fake_backend_connected(const struct fake_backend *self);
/* The front end's state node; XenbusStateUnknown when it is gone. */
enum xenbus_state fake_front_state(const struct fake_backend *self);
long long fake_front_number(const struct fake_backend *self, const char *key);

#endif
