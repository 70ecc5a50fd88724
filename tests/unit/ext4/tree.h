/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that a program can do with an image: mounts it, goes through every directory, reads
 * every file and link, and unmounts it.
 */
#ifndef LODGER_TEST_EXT4_TREE_H
#define LODGER_TEST_EXT4_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct blkfront;

/* FNV-1a, 64 bits: enough to tell whether every byte came at its place. */
#define HASH_BASIS 0xcbf29ce484222325u
uint64_t hash_add(uint64_t hash, const char *data, size_t len);

struct tree_counts {
	unsigned int entries, files, errors;
	uint64_t bytes;
};

/*
 * With a list, one line for each name is written to it: "f PATH SIZE CHECKSUM", "d PATH" or
 * "l PATH TARGET", as test_ext4.sh makes from a directory with find.  A tree that never ends is
 * left after `limit` entries, and without a list files are read up to 1 MiB only.  0, or what mounting failed with.
 */
int tree_read(struct blkfront *disk, size_t cache_bytes, size_t chunk, unsigned int limit,
	      FILE *list, struct tree_counts *counts);

#endif
