/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: xenbus/handshake.c, the table (our state, the peer's state) -> action.
 * Why:  it is the one place that decides how devices connect, close and come back; a wedge in it
 *       is a device that is lost until the domain restarts.
 * How:  the whole table is written down here once more, from the protocol; then properties that
 *       must hold for any table: from every state a peer that plays along leads to CONNECTED, one
 *       that goes away leads to where a new one can start, and patience always has an end.
 */
#include "tests/unit/unit.h"

#include "xenbus/handshake.h"

/* The peer's states, 0 (Unknown) to 8 (Reconfigured), and numbers that are no states. */
static const uint64_t peers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, UINT32_MAX, UINT64_MAX};

static void what_is_no_state_counts_as_unknown(void **state)
{
	(void)state;
	for (int ours = 0; ours < HANDSHAKE_STATES; ours++)
		for (size_t i = 9; i < ARRAY_SIZE(peers); i++)
			assert_int_equal(handshake((enum handshake_state)ours, peers[i]),
					 handshake((enum handshake_state)ours, XenbusStateUnknown));
}

static void first_connection(void **state)
{
	(void)state;
	assert_int_equal(handshake(HANDSHAKE_INITIALISING, XenbusStateInitialising),
			 HANDSHAKE_WAIT);
	assert_int_equal(handshake(HANDSHAKE_INITIALISING, XenbusStateInitWait), HANDSHAKE_PUBLISH);
	assert_int_equal(handshake(HANDSHAKE_PUBLISHED, XenbusStateInitWait), HANDSHAKE_WAIT);
	assert_int_equal(handshake(HANDSHAKE_PUBLISHED, XenbusStateConnected), HANDSHAKE_CONNECT);
	assert_int_equal(handshake(HANDSHAKE_CONNECTED, XenbusStateConnected), HANDSHAKE_WAIT);
}

static void orderly_close_by_the_backend(void **state)
{
	(void)state;
	assert_int_equal(handshake(HANDSHAKE_CONNECTED, XenbusStateClosing), HANDSHAKE_CLOSE);
	assert_int_equal(handshake(HANDSHAKE_CLOSING, XenbusStateClosing), HANDSHAKE_FINISH);
	assert_int_equal(handshake(HANDSHAKE_CLOSED, XenbusStateClosed), HANDSHAKE_RESTART);
}

static void a_backend_that_goes_back_is_followed(void **state)
{
	/* It has restarted: our pages mean nothing to it any more, whatever it says now. */
	static const uint64_t back[] = {XenbusStateUnknown, XenbusStateInitialising,
					XenbusStateInitWait, XenbusStateClosing, XenbusStateClosed};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(back); i++)
		assert_int_not_equal(handshake(HANDSHAKE_CONNECTED, back[i]), HANDSHAKE_WAIT);
}

static void io_never_flows_unless_both_are_ready(void **state)
{
	(void)state;
	for (int ours = 0; ours < HANDSHAKE_STATES; ours++)
		for (size_t i = 0; i < ARRAY_SIZE(peers); i++)
			if (handshake((enum handshake_state)ours, peers[i]) == HANDSHAKE_CONNECT) {
				assert_int_equal(ours, HANDSHAKE_PUBLISHED);
				assert_int_equal(peers[i], XenbusStateConnected);
			}
}

static enum handshake_state after(enum handshake_state ours, enum handshake_action action)
{
	switch (action) {
	case HANDSHAKE_PUBLISH:
		return HANDSHAKE_PUBLISHED;
	case HANDSHAKE_CONNECT:
		return HANDSHAKE_CONNECTED;
	case HANDSHAKE_CLOSE:
		return HANDSHAKE_CLOSING;
	case HANDSHAKE_FINISH:
		return HANDSHAKE_CLOSED;
	case HANDSHAKE_RESTART:
		return HANDSHAKE_INITIALISING;
	default:
		return ours;
	}
}

/* The states that Linux' back ends are ever in, and what they do when they see ours. */
static const uint64_t linux_states[] = {XenbusStateUnknown,  XenbusStateInitialising,
					XenbusStateInitWait, XenbusStateConnected,
					XenbusStateClosing,  XenbusStateClosed};

static uint64_t peer_after(uint64_t peer, enum handshake_state ours)
{
	switch (ours) {
	case HANDSHAKE_INITIALISING:
		return peer == XenbusStateConnected ? peer : XenbusStateInitWait;
	case HANDSHAKE_PUBLISHED:
	case HANDSHAKE_CONNECTED:
		return peer == XenbusStateInitWait ? XenbusStateConnected : peer;
	case HANDSHAKE_CLOSING:
		return peer == XenbusStateClosed ? peer : XenbusStateClosing;
	default:
		return XenbusStateClosed;
	}
}

/* From every pair of states the two, taking turns, end up connected: no wedge anywhere. */
static void every_pair_ends_connected(void **state)
{
	(void)state;
	for (int start = 0; start < HANDSHAKE_STATES; start++)
		for (size_t from = 0; from < ARRAY_SIZE(linux_states); from++) {
			enum handshake_state ours = (enum handshake_state)start;
			uint64_t peer = linux_states[from];
			int turns = 0;

			while (!(ours == HANDSHAKE_CONNECTED && peer == XenbusStateConnected)) {
				enum handshake_action action = handshake(ours, peer);
				uint64_t then;

				ours = after(ours, action);
				then = peer_after(peer, ours);
				/* Both stand still: only the end of our patience moves us. */
				if (action == HANDSHAKE_WAIT && then == peer) {
					assert_true(handshake_patience_ns(ours) > 0);
					ours = after(ours, handshake_expired(ours));
					then = peer_after(peer, ours);
				}
				peer = then;
				assert_true(++turns < 20);
			}
		}
}

/* With a peer that says the same for ever, whatever it is, we come to rest or keep our patience. */
static void a_dumb_peer_never_makes_us_spin(void **state)
{
	(void)state;
	for (int start = 0; start < HANDSHAKE_STATES; start++)
		for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
			enum handshake_state ours = (enum handshake_state)start;
			int turns = 0;

			for (;;) {
				enum handshake_action action = handshake(ours, peers[i]);

				if (action == HANDSHAKE_WAIT)
					break;
				ours = after(ours, action);
				assert_true(++turns < 10);
			}
		}
}

static void expiry_moves_and_only_finite_states_expire(void **state)
{
	(void)state;
	for (int ours = 0; ours < HANDSHAKE_STATES; ours++)
		if (handshake_patience_ns((enum handshake_state)ours))
			assert_int_not_equal(after((enum handshake_state)ours,
						   handshake_expired((enum handshake_state)ours)),
					     ours);
	assert_int_equal(handshake_patience_ns(HANDSHAKE_CONNECTED), 0);
}

static void everything_has_a_name(void **state)
{
	(void)state;
	for (int ours = 0; ours < HANDSHAKE_STATES; ours++)
		assert_non_null(handshake_state_name((enum handshake_state)ours));
	for (size_t i = 0; i < ARRAY_SIZE(peers); i++)
		assert_non_null(xenbus_state_name(peers[i]));
	assert_string_equal(xenbus_state_name(XenbusStateInitWait), "InitWait");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_no_state_counts_as_unknown),
	cmocka_unit_test(first_connection),
	cmocka_unit_test(orderly_close_by_the_backend),
	cmocka_unit_test(a_backend_that_goes_back_is_followed),
	cmocka_unit_test(io_never_flows_unless_both_are_ready),
	cmocka_unit_test(every_pair_ends_connected),
	cmocka_unit_test(a_dumb_peer_never_makes_us_spin),
	cmocka_unit_test(expiry_moves_and_only_finite_states_expire),
	cmocka_unit_test(everything_has_a_name),
};

UNIT_MAIN(tests)
