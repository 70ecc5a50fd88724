/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name into the hash tree.  A leaf that is full is split by hash; a node that is full too is split
 * in halves, or, if it is the root, moved below a new one.
 *
 * All that can fail for want of room or memory is done before the first change.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/htree.h"

/* --- nodes ------------------------------------------------------------------------------------ */

static void count_set(struct htree_entry *entries, unsigned int count, unsigned int limit)
{
	const struct ext2_dx_countlimit limits = {(uint16_t)limit, (uint16_t)count};
	memcpy(entries, &limits, sizeof(limits));
}

static void node_make(char *node)
{
	memset(node, 0, ext4.fs->blocksize);
	entry_in(node, 0)->rec_len = (uint16_t)ext4.fs->blocksize;
	count_set(htree_entries(node, false), 0, htree_limit(false));
}

/* An entry behind the step's; there is room. */
static int node_insert(struct inode *directory, struct htree *tree, unsigned int level,
		       uint32_t hash, uint64_t logical)
{
	struct htree_step *step = &tree->step[level];
	char *node = block_edit(step->block);
	if (!node)
		return -EIO;
	struct htree_entry *entries = htree_entries(node, level == 0);
	const unsigned int to = step->at + 1;
	memmove(&entries[to + 1], &entries[to], (step->count - to) * sizeof(*entries));
	entries[to] = (struct htree_entry){hash, (uint32_t)logical};
	count_set(entries, ++step->count, step->limit);
	return entries_seal(directory, node);
}

/* The root's entries into a new node, which becomes the root's only entry. */
static int root_lower(struct inode *directory, struct htree *tree)
{
	uint64_t logical, block;
	int error = directory_append(directory, &logical, &block);
	char *root = error ? NULL : block_edit(tree->step[0].block);
	char *node = error ? NULL : block_edit(block);
	if (!root || !node)
		return -EIO;
	struct htree_step *step = &tree->step[0];
	struct htree_entry *entries = htree_entries(root, true);
	node_make(node);
	memcpy(htree_entries(node, false), entries, step->count * sizeof(*entries));
	count_set(htree_entries(node, false), step->count, htree_limit(false));
	tree->step[1] = (struct htree_step){
		.block = block, .at = step->at, .count = step->count, .limit = htree_limit(false)};
	entries[0].block = (uint32_t)logical;
	count_set(entries, 1, step->limit);
	step->at = 0;
	step->count = 1;
	((struct ext2_dx_root_info *)(void *)(root + 24))->indirect_levels = 1;
	tree->levels = 2;
	error = entries_seal(directory, root);
	return error ? error : entries_seal(directory, node);
}

/* The upper half of the second level's node into a new one beside it. */
static int node_split(struct inode *directory, struct htree *tree)
{
	uint64_t logical, block;
	struct htree_step *step = &tree->step[1];
	int error = directory_append(directory, &logical, &block);
	char *old = error ? NULL : block_edit(step->block);
	char *new = error ? NULL : block_edit(block);
	if (!old || !new)
		return -EIO;
	struct htree_entry *from = htree_entries(old, false), *to = htree_entries(new, false);
	const unsigned int kept = step->count / 2, moved = step->count - kept;
	const uint32_t hash = from[kept].hash;
	node_make(new);
	memcpy(to, from + kept, moved * sizeof(*to));
	count_set(to, moved, step->limit);
	count_set(from, kept, step->limit);
	error = entries_seal(directory, old);
	if (!error)
		error = entries_seal(directory, new);
	if (!error)
		error = node_insert(directory, tree, 0, hash, logical);
	if (step->at >= kept)
		*step = (struct htree_step){.block = block,
					    .at = step->at - kept,
					    .count = moved,
					    .limit = step->limit};
	else
		step->count = kept;
	return error;
}

/* --- leaves ----------------------------------------------------------------------------------- */

struct name_hash {
	uint32_t hash;
	uint16_t at, bytes;
};

/* Those of a leaf in the order of their hashes: how many, or -ENODATA. */
static int leaf_sort(const struct htree *tree, const char *leaf, struct name_hash *names)
{
	int count = 0;
	for (unsigned int at = 0; at < entries_end();) {
		const struct ext2_dir_entry_2 *entry = (const void *)(leaf + at);
		if (entry->inode) {
			struct name_hash name = {.at = (uint16_t)at,
						 .bytes = (uint16_t)entry_bytes(entry->name_len)};
			if (htree_hash(tree->version, entry->name, entry->name_len, &name.hash))
				return -ENODATA;
			int to = count++;
			for (; to > 0 && names[to - 1].hash > name.hash; to--)
				names[to] = names[to - 1];
			names[to] = name;
		}
		at += entry->rec_len;
	}
	return count;
}

/* A block of the names [from, end), as they stand in `leaf`. */
static void leaf_fill(char *block, const char *leaf, const struct name_hash *names, int from,
		      int end)
{
	entries_clear(block);
	for (int i = from; i < end; i++) {
		const struct ext2_dir_entry_2 *entry = (const void *)(leaf + names[i].at);
		entries_add(block, entry->name, entry->name_len, entry->inode, entry->file_type);
	}
}

/* How many of the names stay: about half of the bytes. */
static int half(const struct name_hash *names, int count)
{
	unsigned int total = 0, bytes = 0;
	for (int i = 0; i < count; i++)
		total += names[i].bytes;
	int kept = 0;
	while (kept < count - 1 && bytes + names[kept].bytes <= total / 2)
		bytes += names[kept++].bytes;
	return kept ? kept : 1;
}

/* Splits the leaf at `block`, whose contents are in htree_leaf(); *block is then where ours goes. */
static int leaf_split(struct inode *directory, struct htree *tree, const struct name_hash *names,
		      int count, uint64_t *block)
{
	uint64_t logical, other;
	const char *leaf = htree_leaf(tree);
	const int kept = half(names, count);
	const uint32_t hash = names[kept].hash;
	const uint32_t goes_on = names[kept - 1].hash == hash;
	int error = directory_append(directory, &logical, &other);
	char *low = error ? NULL : block_edit(*block);
	char *high = error ? NULL : block_edit(other);
	if (!low || !high)
		return -EIO;
	leaf_fill(low, leaf, names, 0, kept);
	leaf_fill(high, leaf, names, kept, count);
	error = entries_seal(directory, low);
	if (!error)
		error = entries_seal(directory, high);
	if (!error)
		error = node_insert(directory, tree, tree->levels - 1, hash | goes_on, logical);
	if (tree->hash >= hash)
		*block = other;
	return error;
}

static int leaf_insert(struct inode *directory, uint64_t block, const char *name, size_t len,
		       ext2_ino_t ino, unsigned int type)
{
	char *leaf = block_edit(block);
	if (!leaf)
		return -EIO;
	/* After a split there is room in either half; if a name is so long that there is not … */
	int error = entries_add(leaf, name, len, ino, type);
	if (error) {
		transaction_fail("a name does not fit into half a block");
		return -EIO;
	}
	return entries_seal(directory, leaf);
}

static int add_split(struct inode *directory, struct htree *tree, uint64_t block, const char *name,
		     size_t len, ext2_ino_t ino, unsigned int type)
{
	const struct htree_step *last = &tree->step[tree->levels - 1];
	const bool full = last->count == last->limit;
	if (full && tree->levels == HTREE_LEVELS_MAX && tree->step[0].count == tree->step[0].limit)
		return -ENOSPC; /* millions of names */
	struct name_hash *names =
		heap_alloc(ext4.fs->blocksize / entry_bytes(1) * sizeof(struct name_hash));
	if (!names)
		return -ENOMEM;
	int count = leaf_sort(tree, htree_leaf(tree), names);
	int error = count < 2 ? ext4_corrupt(directory->ino, "a leaf that cannot be split") : 0;
	if (!error && full)
		error = tree->levels == 1 ? root_lower(directory, tree)
					  : node_split(directory, tree);
	if (!error)
		error = leaf_split(directory, tree, names, count, &block);
	heap_free(names);
	return error ? error : leaf_insert(directory, block, name, len, ino, type);
}

int htree_add(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
	      unsigned int type)
{
	struct htree tree;
	uint64_t block;
	int error = htree_descend(&tree, directory->ino, inode_raw(directory), name, len);
	if (!error) {
		const struct htree_step *last = &tree.step[tree.levels - 1];
		const struct htree_entry *entry =
			&htree_entries(last->data, tree.levels == 1)[last->at];
		error = directory_block(directory->ino, inode_raw(directory),
					entry->block & HTREE_BLOCK_MASK, &block);
	}
	if (!error)
		error = directory_read(directory->ino, block, htree_leaf(&tree));
	if (!error)
		error = entries_have_room(htree_leaf(&tree), len)
				? leaf_insert(directory, block, name, len, ino, type)
				: add_split(directory, &tree, block, name, len, ino, type);
	htree_free(&tree);
	return error;
}

/* --- the first tree --------------------------------------------------------------------------- */

/* Block 0 becomes the root, its names but for . and .. move to block 1, the only leaf. */
int htree_make(struct inode *directory)
{
	const ext2_filsys fs = ext4.fs;
	uint64_t root_block, logical, leaf_block;
	char *copy = heap_alloc(fs->blocksize);
	if (!copy)
		return -ENOMEM;
	int error = directory_block(directory->ino, inode_raw(directory), 0, &root_block);
	if (!error)
		error = directory_read(directory->ino, root_block, copy);
	struct ext2_dir_entry_2 *dot = entry_in(copy, 0);
	struct ext2_dir_entry_2 *dotdot = error ? NULL : entry_in(copy, dot->rec_len);
	if (!error &&
	    (dot->rec_len != entry_bytes(1) || dot->name_len != 1 || dot->name[0] != '.' ||
	     dotdot->name_len != 2 || memcmp(dotdot->name, "..", 2) != 0))
		error = ext4_corrupt(directory->ino, "a directory without . and ..");
	if (!error)
		error = directory_append(directory, &logical, &leaf_block);
	char *root = error ? NULL : block_edit(root_block);
	char *leaf = error ? NULL : block_edit(leaf_block);
	if (!root || !leaf) {
		heap_free(copy);
		return error ? error : -EIO;
	}
	for (unsigned int at = dot->rec_len + dotdot->rec_len; at < entries_end();) {
		const struct ext2_dir_entry_2 *entry = entry_in(copy, at);
		if (entry->inode)
			entries_add(leaf, entry->name, entry->name_len, entry->inode,
				    entry->file_type);
		at += entry->rec_len;
	}
	memset(root, 0, fs->blocksize);
	memcpy(root, copy, entry_bytes(1) + entry_bytes(2));
	entry_in(root, entry_bytes(1))->rec_len = (uint16_t)(fs->blocksize - entry_bytes(1));
	const uint8_t version = fs->super->s_def_hash_version;
	*(struct ext2_dx_root_info *)(void *)(root + 24) = (struct ext2_dx_root_info){
		.hash_version = version <= EXT2_HASH_TEA ? version : EXT2_HASH_HALF_MD4,
		.info_length = sizeof(struct ext2_dx_root_info),
	};
	htree_entries(root, true)[0].block = (uint32_t)logical;
	count_set(htree_entries(root, true), 1, htree_limit(true));
	directory->raw.i_flags |= EXT2_INDEX_FL;
	heap_free(copy);
	error = entries_seal(directory, root);
	return error ? error : entries_seal(directory, leaf);
}
