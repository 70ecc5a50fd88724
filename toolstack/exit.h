/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exit codes. lodge's own lie above 120, so that `create -c' and `wait' can
 * return the guest's own status below: one number never means two things.
 */
#ifndef TOOLSTACK_EXIT_H
#define TOOLSTACK_EXIT_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_GUEST_LAST = 119,	/* the guest's own status, up to here */
	EXIT_GUEST_OTHER = 120, /* the guest's status was none of 0..119 */
	EXIT_USAGE = 121,	/* the command line makes no sense */
	EXIT_CONFIG = 122,	/* the configuration makes no sense */
	EXIT_NO_DOMAIN = 123,	/* there is no such domain */
	EXIT_TIMEOUT = 124,	/* --timeout has passed */
	EXIT_FAILED = 125,	/* it could not be done; the message says why */
	EXIT_CRASHED = 126,	/* the guest crashed */
	EXIT_DESTROYED = 127,	/* the domain was destroyed before it ended by itself */
	EXIT_SIGNAL = 128,	/* plus the number of the signal that called it off */
};

#endif
