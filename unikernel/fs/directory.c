/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of a directory, block after block.
 *
 *	| inode 32 | rec_len 16 | name_len 8 | type 8 | name … | next entry at rec_len
 *
 * A block's entries fill it exactly; one with inode 0 is unused.  The blocks of a hash tree look
 * like blocks with a single unused entry, so that reading all blocks in order sees every name; and
 * a checksum hides in an unused entry at the end.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/thread.h"
#include "unikernel/fs/entry.h"

#define HOLES_MAX 16u /* met at one go */

/* Loads a logical block of the directory: 1, 0 for a hole, or a negative errno. */
static int block_load(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical, char *block,
		      uint64_t *loaded)
{
	if (*loaded == logical)
		return 1;
	struct run run;
	int error = map_run(ino, inode, logical, &run);
	if (error)
		return error;
	if (run.hole)
		return 0;
	/* Even a large directory in the cache must not keep the other threads from running. */
	if (logical % 16 == 15)
		thread_yield();
	*loaded = UINT64_MAX;
	error = directory_load(ino, run.physical, block);
	if (error)
		return error;
	*loaded = logical;
	return 1;
}

static unsigned int type_of(const struct ext2_dir_entry_2 *raw)
{
	const bool told = ext4.fs->super->s_feature_incompat & EXT2_FEATURE_INCOMPAT_FILETYPE;
	return told ? raw->file_type & 7u : EXT2_FT_UNKNOWN;
}

/* What no file system has made: a name of nothing, or one that would lead elsewhere in a path. */
static bool name_possible(const char *name, unsigned int len)
{
	return len > 0 && !memchr(name, '/', len) && !memchr(name, '\0', len);
}

/* The entry at `in` of the loaded block: 1, 0 if it is unused, negative if it cannot be. *len: its
 * length. */
static int entry_at(ext2_ino_t ino, const char *block, unsigned int in, unsigned int *len,
		    struct entry *entry)
{
	const unsigned int room = ext4.fs->blocksize - in;
	const struct ext2_dir_entry_2 *raw = (const void *)(block + in);
	if (room < ENTRY_HEADER ||
	    ext2fs_get_rec_len(ext4.fs, (struct ext2_dir_entry *)(uintptr_t)(block + in), len) ||
	    *len < ENTRY_HEADER || *len > room || *len % 4)
		return ext4_corrupt(ino, "a broken directory block");
	if (raw->inode == 0)
		return 0;
	if (ENTRY_HEADER + raw->name_len > *len || !name_possible(raw->name, raw->name_len))
		return ext4_corrupt(ino, "a broken name in a directory");
	*entry = (struct entry){
		.ino = raw->inode,
		.name = raw->name,
		.name_len = raw->name_len,
		.type = type_of(raw),
	};
	return 1;
}

/*
 * A position in a block that may have changed since: where an entry begins, the first one from
 * there on.  What is wrong with the block is entry_at()'s to say.
 */
static uint64_t entry_align(const char *block, uint64_t at)
{
	const unsigned int block_size = ext4.fs->blocksize,
			   wanted = (unsigned int)(at % block_size);
	unsigned int in = 0;
	while (in < wanted) {
		const struct ext2_dir_entry_2 *raw = (const void *)(block + in);
		if (block_size - in < ENTRY_HEADER || raw->rec_len < ENTRY_HEADER)
			return at;
		in += raw->rec_len;
	}
	return at - wanted + in;
}

int directory_next(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t at, char *block,
		   uint64_t *loaded, struct entry *entry)
{
	const unsigned int block_size = ext4.fs->blocksize;
	const uint64_t size = inode_size(inode);
	/* An honest directory has each of its blocks for itself, and no holes. */
	if (size / block_size > ext4.blocks)
		return ext4_corrupt(ino, "a directory larger than the file system");
	unsigned int holes = 0;
	while (at < size) {
		const uint64_t logical = at / block_size;
		const bool anew = *loaded != logical;
		int there = block_load(ino, inode, logical, block, loaded);
		if (there < 0)
			return there;
		if (!there) {
			if (++holes > HOLES_MAX)
				return ext4_corrupt(ino, "a directory made of holes");
			at = (logical + 1) * block_size;
			continue;
		}
		if (anew)
			at = entry_align(block, at);
		if (at / block_size != logical)
			continue;
		unsigned int len;
		there = entry_at(ino, block, (unsigned int)(at % block_size), &len, entry);
		if (there < 0)
			return there;
		at += len;
		entry->next = at;
		if (there)
			return 1;
	}
	return 0;
}
