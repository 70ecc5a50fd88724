/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The paths that the table allows, ours in capitals, the peer's number in brackets:
 *
 *   first connection   INITIALISING [2] publish, PUBLISHED [4] connect, CONNECTED
 *   backend closes     CONNECTED [5] close, CLOSING [5] finish, CLOSED [6] restart, INITIALISING
 *   backend restarts   CONNECTED [6 or 1 or 2] close … restart, INITIALISING [2] publish …; one
 *                      that would take the old rings is turned away (device.h, connected): [5]
 *   a violation        device.c does "close" by itself, the rest is as above
 *   our second life    INITIALISING [4]: the backend still talks to whoever had this device before
 *                      us (a crashed kernel, a firmware): close, so that it lets go, then begin
 *   a missed word      INITIALISING [5] finish, CLOSED [6] restart, INITIALISING
 *
 * The last is a race. A watch tells that a state has changed and not to what, so a slow peer may
 * miss one of several:
 *
 *   we write 5, 6, 1 for a backend that         the backend
 *   has come back by itself [2]                 hears of 5, reads 5, writes Closing
 *                                               hears of 6, reads 1: nothing to do while Closing
 *   we wait for it in INITIALISING              waits for our 6, in Closing
 *
 * so a backend that is Closing is told once more that we are Closed.
 */
#include "xenbus/handshake.h"

#define WAIT	    HANDSHAKE_WAIT
#define PUBLISH	    HANDSHAKE_PUBLISH
#define CONNECT	    HANDSHAKE_CONNECT
#define CLOSE	    HANDSHAKE_CLOSE
#define FINISH	    HANDSHAKE_FINISH
#define RESTART	    HANDSHAKE_RESTART

#define PEER_STATES (XenbusStateReconfigured + 1)

/*
 * Unknown (0) is also a state node that is missing: the toolstack has not written it yet, or has
 * taken the device away. Reconfiguring and Reconfigured are steps of a connected backend, and ask
 * nothing of these front ends.
 */
static const unsigned char table[HANDSHAKE_STATES][PEER_STATES] = {
	/* clang-format off */
	/*                          0        1        2        3        4        5        6        7     8
	 *                          Unknown  Init'ing InitWait Init'ed  Conn'ed  Closing  Closed   Reconfig'ing/ed */
	[HANDSHAKE_INITIALISING] = {WAIT,    WAIT,    PUBLISH, PUBLISH, CLOSE,   FINISH,  WAIT,    WAIT, WAIT},
	[HANDSHAKE_PUBLISHED]    = {CLOSE,   WAIT,    WAIT,    WAIT,    CONNECT, CLOSE,   CLOSE,   WAIT, WAIT},
	[HANDSHAKE_CONNECTED]    = {CLOSE,   CLOSE,   CLOSE,   CLOSE,   WAIT,    CLOSE,   CLOSE,   WAIT, WAIT},
	[HANDSHAKE_CLOSING]      = {FINISH,  FINISH,  FINISH,  FINISH,  WAIT,    FINISH,  FINISH,  WAIT, WAIT},
	[HANDSHAKE_CLOSED]       = {RESTART, RESTART, RESTART, WAIT,    WAIT,    WAIT,    RESTART, WAIT, WAIT},
	/* clang-format on */
};

enum handshake_action handshake(enum handshake_state ours, uint64_t peer)
{
	return (enum handshake_action)table[ours][peer < PEER_STATES ? peer : XenbusStateUnknown];
}

#define SECOND 1000000000ull

/* INITIALISING may last for ever (a backend that is not running), CONNECTED is meant to. */
static const uint64_t patience_ns[HANDSHAKE_STATES] = {
	[HANDSHAKE_PUBLISHED] = 30 * SECOND,
	[HANDSHAKE_CLOSING] = 5 * SECOND,
	[HANDSHAKE_CLOSED] = 5 * SECOND,
};

uint64_t handshake_patience_ns(enum handshake_state ours)
{
	return patience_ns[ours];
}

enum handshake_action handshake_expired(enum handshake_state ours)
{
	switch (ours) {
	case HANDSHAKE_PUBLISHED:
		return CLOSE;
	case HANDSHAKE_CLOSING:
		return FINISH;
	case HANDSHAKE_CLOSED:
		return RESTART;
	default:
		return WAIT;
	}
}

const char *handshake_state_name(enum handshake_state ours)
{
	static const char *const name[HANDSHAKE_STATES] = {
		[HANDSHAKE_INITIALISING] = "initialising",
		[HANDSHAKE_PUBLISHED] = "published",
		[HANDSHAKE_CONNECTED] = "connected",
		[HANDSHAKE_CLOSING] = "closing",
		[HANDSHAKE_CLOSED] = "closed",
	};
	return name[ours];
}

const char *xenbus_state_name(uint64_t state)
{
	static const char *const name[PEER_STATES] = {
		"Unknown", "Initialising", "InitWait",	    "Initialised",  "Connected",
		"Closing", "Closed",	   "Reconfiguring", "Reconfigured",
	};
	return state < PEER_STATES ? name[state] : "not a state";
}
