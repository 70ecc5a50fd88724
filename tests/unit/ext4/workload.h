/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on the mounted file system and on a model of it, of which every result must be
 * the same; and whether a file system is in one of the states that it may be in.
 */
#ifndef LODGER_TEST_EXT4_WORKLOAD_H
#define LODGER_TEST_EXT4_WORKLOAD_H

#include "tests/unit/ext4/model.h"

#define STATES_MOST 48u
#define HELD_MOST   6u

struct file;

struct workload {
	uint32_t random;
	size_t bytes_most; /* of one file */
	/* The last state that was acknowledged to be durable, and those since: the last is now. */
	struct model *state[STATES_MOST];
	unsigned int states;
	struct {
		struct file *file;
		int node;
	} held[HELD_MOST]; /* open files, some of them without a name */
	uint64_t operations, syncs;
};

void workload_begin(struct workload *w, uint32_t seed, size_t bytes_most);
/* Closes what is open. */
void workload_close(struct workload *w);
void workload_end(struct workload *w);
struct model *workload_now(struct workload *w);

/* One operation; false when the power went meanwhile.  A wrong result ends the test. */
bool workload_step(struct workload *w);

/* Compares the mounted file system with now: ends the test if it differs. */
void workload_check(struct workload *w);
/* Is the mounted file system as after a crash it may be? Says why not. */
bool workload_check_crashed(struct workload *w);

uint32_t workload_random(struct workload *w, uint32_t below);

#endif
