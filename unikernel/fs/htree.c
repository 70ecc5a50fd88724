/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a name by way of the hash tree. */
#include "unikernel/fs/htree.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"

#define ROOT_INFO 24u /* where the root's struct ext2_dx_root_info is */

int htree_hash(int version, const char *name, size_t len, uint32_t *hash)
{
	errcode_t error =
		ext2fs_dirhash(version, name, (int)len, ext4.fs->super->s_hash_seed, hash, NULL);
	/* The largest one stands for the end of the directory. */
	if (*hash == 0xfffffffeu)
		*hash = 0xfffffffcu;
	return error ? -ENODATA : 0;
}

unsigned int htree_limit(bool root)
{
	const size_t tail =
		ext2fs_has_feature_metadata_csum(ext4.fs->super) ? sizeof(struct ext2_dx_tail) : 0;
	return (unsigned int)((ext4.fs->blocksize - (root ? 32 : 8) - tail) /
			      sizeof(struct htree_entry));
}

void htree_free(struct htree *tree)
{
	heap_free(tree->blocks);
	tree->blocks = NULL;
}

char *htree_leaf(struct htree *tree)
{
	return tree->blocks + HTREE_LEVELS_MAX * ext4.fs->blocksize;
}

/* What the root says of the tree: -ENODATA if it is none that we know. */
static int root_read(struct htree *tree, const char *root)
{
	const struct ext2_dx_root_info *info = (const void *)(root + ROOT_INFO);
	const struct ext2_dir_entry_2 *dot = (const void *)root;
	const struct ext2_dir_entry_2 *dotdot = (const void *)(root + entry_bytes(1));
	if (dot->rec_len != entry_bytes(1) ||
	    dotdot->rec_len != ext4.fs->blocksize - entry_bytes(1) || info->reserved_zero ||
	    info->info_length != sizeof(*info) || info->hash_version > EXT2_HASH_TEA ||
	    info->indirect_levels >= HTREE_LEVELS_MAX)
		return -ENODATA;
	tree->version = info->hash_version;
	if (ext4.fs->super->s_flags & EXT2_FLAGS_UNSIGNED_HASH)
		tree->version += EXT2_HASH_LEGACY_UNSIGNED;
	tree->levels = info->indirect_levels + 1u;
	return 0;
}

static int node_read(struct htree *tree, unsigned int level, uint64_t logical)
{
	struct htree_step *step = &tree->step[level];
	step->data = tree->blocks + level * ext4.fs->blocksize;
	int error = directory_block(tree->ino, tree->inode, logical, &step->block);
	if (!error)
		error = directory_read(tree->ino, step->block, step->data);
	return error;
}

/* Finds the last entry whose hash is not above ours. */
static int node_search(struct htree *tree, unsigned int level, uint32_t *logical)
{
	struct htree_step *step = &tree->step[level];
	const struct htree_entry *entries = htree_entries(step->data, level == 0);
	struct ext2_dx_countlimit limits;
	memcpy(&limits, entries, sizeof(limits));
	step->limit = limits.limit;
	step->count = limits.count;
	if (step->limit != htree_limit(level == 0) || step->count == 0 || step->count > step->limit)
		return -ENODATA;
	unsigned int low = 1, high = step->count;
	while (low < high) {
		const unsigned int middle = low + (high - low) / 2;
		if (entries[middle].hash > tree->hash)
			high = middle;
		else
			low = middle + 1;
	}
	step->at = low - 1;
	*logical = entries[step->at].block & HTREE_BLOCK_MASK;
	return 0;
}

int htree_descend(struct htree *tree, ext2_ino_t ino, const struct ext2_inode *inode,
		  const char *name, size_t len)
{
	*tree = (struct htree){.ino = ino, .inode = inode};
	if (!(inode->i_flags & EXT2_INDEX_FL) || !ext2fs_has_feature_dir_index(ext4.fs->super) ||
	    inode_size(inode) / ext4.fs->blocksize < 2)
		return -ENODATA;
	tree->blocks = heap_alloc((HTREE_LEVELS_MAX + 1) * (size_t)ext4.fs->blocksize);
	if (!tree->blocks)
		return -ENOMEM;
	int error = node_read(tree, 0, 0);
	if (!error)
		error = root_read(tree, tree->step[0].data);
	if (!error)
		error = htree_hash(tree->version, name, len, &tree->hash);
	for (unsigned int level = 0; !error; level++) {
		uint32_t logical;
		error = node_search(tree, level, &logical);
		if (error || level + 1 == tree->levels)
			break;
		error = node_read(tree, level + 1, logical);
	}
	return error;
}

/* To the next leaf if names of our hash may go on there: 1, 0 if not. */
static int next_leaf(struct htree *tree)
{
	unsigned int level = tree->levels;
	while (level-- > 0) {
		struct htree_step *step = &tree->step[level];
		if (step->at + 1 < step->count)
			break;
		if (level == 0)
			return 0;
	}
	const struct htree_entry *entries = htree_entries(tree->step[level].data, level == 0);
	const struct htree_entry *next = &entries[++tree->step[level].at];
	if (next->hash != (tree->hash | 1))
		return 0;
	for (uint64_t logical = next->block; ++level < tree->levels;) {
		int error = node_read(tree, level, logical & HTREE_BLOCK_MASK);
		uint32_t first;
		if (!error)
			error = node_search(tree, level, &first);
		if (error)
			return error;
		tree->step[level].at = 0;
		logical = htree_entries(tree->step[level].data, false)[0].block;
	}
	return 1;
}

static int leaf_search(struct htree *tree, const char *name, size_t len, struct place *place)
{
	const struct htree_step *last = &tree->step[tree->levels - 1];
	const struct htree_entry *entry = &htree_entries(last->data, tree->levels == 1)[last->at];
	int error = directory_block(tree->ino, tree->inode, entry->block & HTREE_BLOCK_MASK,
				    &place->block);
	if (!error)
		error = directory_read(tree->ino, place->block, htree_leaf(tree));
	if (error)
		return error;
	return entries_find(htree_leaf(tree), name, len, place) ? 0 : -ENOENT;
}

int htree_find(ext2_ino_t ino, const struct ext2_inode *inode, const char *name, size_t len,
	       struct place *place)
{
	struct htree tree;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return -ENODATA; /* those two are in the first block, and not hashed */
	int error = htree_descend(&tree, ino, inode, name, len);
	/* Each leaf at most once. */
	uint64_t leaves = inode_size(inode) / ext4.fs->blocksize;
	while (!error) {
		error = leaf_search(&tree, name, len, place);
		if (error != -ENOENT || leaves-- == 0)
			break;
		int more = next_leaf(&tree);
		if (more <= 0) {
			error = more ? more : -ENOENT;
			break;
		}
		error = 0;
	}
	htree_free(&tree);
	return error;
}
