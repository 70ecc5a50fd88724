/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks for files, in runs.
 *
 * The goal is the block behind the one before in the file.  If that is free, what is free from there
 * on is taken, so that what is written in order lies in order.  Otherwise the groups are gone
 * through from the goal's on, first for a run of the whole length, then for anything.
 */
#include <errno.h>

#include "unikernel/fs/group.h"

static bool bit(const uint64_t *busy, unsigned int i)
{
	return busy[i / 64] >> i % 64 & 1;
}

/* The first free one from i on; end if none. */
static unsigned int find_free(const uint64_t *busy, unsigned int i, unsigned int end)
{
	while (i < end) {
		const uint64_t free = ~busy[i / 64] >> i % 64;
		if (free) {
			i += (unsigned int)__builtin_ctzll(free);
			return i < end ? i : end;
		}
		i = (i / 64 + 1) * 64;
	}
	return end;
}

/* How many from i on are free, at most `most`. */
static unsigned int free_run(const uint64_t *busy, unsigned int i, unsigned int end,
			     unsigned int most)
{
	if (end - i > most)
		end = i + most;
	const unsigned int begin = i;
	while (i < end) {
		const uint64_t used = busy[i / 64] >> i % 64;
		if (used) {
			i += (unsigned int)__builtin_ctzll(used);
			break;
		}
		i = (i / 64 + 1) * 64;
	}
	return (i < end ? i : end) - begin;
}

/* A run of `least` or more in the group: its length, 0 if there is none. */
static unsigned int group_search(dgrp_t group, unsigned int from, unsigned int least,
				 unsigned int want, unsigned int *first)
{
	const uint64_t *busy = group_busy(group);
	if (!busy)
		return 0;
	const unsigned int end = group_blocks(group);
	for (unsigned int i = find_free(busy, from, end); i < end;) {
		const unsigned int n = free_run(busy, i, end, want);
		if (n >= least) {
			*first = i;
			return n;
		}
		i = find_free(busy, i + n, end);
	}
	return 0;
}

static int run_use(dgrp_t group, unsigned int first, unsigned int n, uint64_t *start,
		   unsigned int *got)
{
	int error = group_use(group, first, n);
	if (error)
		return error;
	*start = ext2fs_group_first_block2(ext4.fs, group) + first;
	*got = n;
	ext2fs_free_blocks_count_add(ext4.fs->super, -(blk64_t)n);
	return 0;
}

uint64_t blocks_available(void)
{
	const uint64_t free = ext2fs_free_blocks_count(ext4.fs->super);
	const uint64_t pinned = groups_pinned_blocks();
	return free > pinned ? free - pinned : 0;
}

int blocks_allocate(uint64_t goal, unsigned int want, uint64_t *start, unsigned int *got)
{
	const ext2_filsys fs = ext4.fs;
	if (blocks_available() == 0)
		return -ENOSPC;
	if (!block_on_disk(goal, 1))
		goal = fs->super->s_first_data_block + 1;
	const dgrp_t home = ext2fs_group_of_blk2(fs, goal);
	const unsigned int at = (unsigned int)(goal - ext2fs_group_first_block2(fs, home));
	unsigned int first, n;

	const uint64_t *busy = group_busy(home);
	if (busy && !bit(busy, at))
		return run_use(home, at, free_run(busy, at, group_blocks(home), want), start, got);

	for (unsigned int least = want;; least = least / 8 ? least / 8 : 1) {
		for (dgrp_t i = 0; i < fs->group_desc_count; i++) {
			const dgrp_t group = (home + i) % fs->group_desc_count;
			if (ext2fs_bg_free_blocks_count(fs, group) < least)
				continue;
			n = group_search(group, i == 0 ? at : 0, least, want, &first);
			if (n == 0 && i == 0)
				n = group_search(group, 0, least, want, &first);
			if (n)
				return run_use(group, first, n, start, got);
		}
		if (least == 1)
			return -ENOSPC;
	}
}

int blocks_release(uint64_t start, uint64_t count)
{
	const ext2_filsys fs = ext4.fs;
	if (!block_on_disk(start, count)) {
		transaction_fail("blocks beyond the end of the file system are freed");
		return -EIO;
	}
	while (count > 0) {
		const dgrp_t group = ext2fs_group_of_blk2(fs, start);
		const uint64_t in = start - ext2fs_group_first_block2(fs, group);
		uint64_t n = group_blocks(group) - in;
		if (n > count)
			n = count;
		int error = group_unuse(group, (unsigned int)in, (unsigned int)n);
		if (error)
			return error;
		ext2fs_free_blocks_count_add(fs->super, n);
		start += n;
		count -= n;
	}
	return 0;
}
