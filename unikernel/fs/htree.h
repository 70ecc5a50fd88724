/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash tree of a large directory (dir_index).
 *
 *	block 0      | "." | ".." with the rest of the block | root info | limit, count | entries …
 *	other nodes  | an unused entry over all of the block |             limit, count | entries …
 *	leaves       | names whose hashes lie in [entry's hash, next entry's hash) |
 *
 * An entry is a hash and a logical block; the first one has no hash (it is 0), and limit and count in
 * its place.  If names of one hash did not fit into a leaf, the next entry's hash has its lowest bit
 * set: then they go on there.  To whom does not know of it, all this looks like directory blocks with
 * few names.
 */
#ifndef LODGER_FS_HTREE_H
#define LODGER_FS_HTREE_H

#include "unikernel/fs/entry.h"

#define HTREE_LEVELS_MAX 2u /* nodes above a leaf */
#define HTREE_BLOCK_MASK 0x0fffffffu

struct htree_entry {
	uint32_t hash, block;
};

/* One node on the way from the root to a leaf. */
struct htree_step {
	uint64_t block; /* on the disk */
	unsigned int at, count, limit;
	char *data; /* a copy */
};

struct htree {
	ext2_ino_t ino;
	const struct ext2_inode *inode;
	int version; /* of the hash */
	uint32_t hash;
	unsigned int levels; /* nodes above a leaf */
	struct htree_step step[HTREE_LEVELS_MAX];
	char *blocks; /* memory for the copies and for a leaf */
};

/* The way to the leaf for this name: 0, -ENODATA, or another error.  Free it in either case. */
int htree_descend(struct htree *tree, ext2_ino_t ino, const struct ext2_inode *inode,
		  const char *name, size_t len);
void htree_free(struct htree *tree);
char *htree_leaf(struct htree *tree);

int htree_hash(int version, const char *name, size_t len, uint32_t *hash);

/* Where the entries of a node begin, and how many it can have. */
static inline struct htree_entry *htree_entries(void *node, bool root)
{
	return (struct htree_entry *)(void *)((char *)node + (root ? 32 : 8));
}
unsigned int htree_limit(bool root);

#endif
