/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device handshake, as a pure function: (our state, the peer's state) -> action.
 *
 * Front end and back end each own one "state" node of enum xenbus_state (xen/io/xenbus.h) and
 * watch the other's. This table is the front end's whole part in that conversation, for every
 * kind of device: first connection, orderly close, a backend that restarts, a violation and the
 * recovery from it are paths through it. device.c executes the actions and holds no opinion.
 */
#ifndef LODGER_XENBUS_HANDSHAKE_H
#define LODGER_XENBUS_HANDSHAKE_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xenbus.h>

/*
 * Our own states: fewer than the wire has. On the wire HANDSHAKE_PUBLISHED is Initialised or
 * Connected, whichever the device's protocol asks of a front end that has published its rings.
 */
enum handshake_state {
	HANDSHAKE_INITIALISING, /* nothing shared; waiting for a backend that wants to talk */
	HANDSHAKE_PUBLISHED,	/* rings granted and named in xenstore */
	HANDSHAKE_CONNECTED,	/* requests flow */
	HANDSHAKE_CLOSING,	/* no more requests; waiting for the backend to stop */
	HANDSHAKE_CLOSED,	/* waiting for the backend to let go of our pages */
	HANDSHAKE_STATES
};

enum handshake_action {
	HANDSHAKE_WAIT,	   /* nothing to do until the peer moves */
	HANDSHAKE_PUBLISH, /* make rings and write their names         -> PUBLISHED */
	HANDSHAKE_CONNECT, /* read the backend's properties, start I/O -> CONNECTED */
	HANDSHAKE_CLOSE,   /* stop I/O, say so                         -> CLOSING */
	HANDSHAKE_FINISH,  /* say that we are done                     -> CLOSED */
	HANDSHAKE_RESTART, /* free the rings, begin again              -> INITIALISING */
};

/* peer is a number from xenstore and may be anything; what is no state counts as Unknown. */
enum handshake_action handshake(enum handshake_state ours, uint64_t peer);

/*
 * How long a state may last, in nanoseconds; 0 is for ever. A peer that does not answer in time
 * is treated as one that answered: see handshake_expired.
 */
uint64_t handshake_patience_ns(enum handshake_state ours);

/* The action when the patience with the peer has ended. */
enum handshake_action handshake_expired(enum handshake_state ours);

const char *handshake_state_name(enum handshake_state ours);
const char *xenbus_state_name(uint64_t state);

#endif
