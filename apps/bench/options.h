/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, the same in both builds. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

struct options {
	struct sockaddr_in net; /* sin_port 0: not given */
	const char *disk;	/* NULL: not given */
	const char *file;	/* NULL: not given */
	const char *only;	/* NULL: all */
	const char *mode;	/* NULL: not given */
	unsigned int samples;
	bool mark;
	bool echo, peer;
	unsigned int domid; /* of --echo */
	uint16_t port;	    /* of --peer */
	uint16_t meter;	    /* a port of net's address; 0: not given */
};

extern struct options options;

/* True: go on. False: *status is the exit status; what there was to say has been said. */
bool options_parse(int argc, char **argv, int *status);

/* Does --only name this figure? */
bool options_wants(const char *name);

#endif
