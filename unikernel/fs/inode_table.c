/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes in memory: each once, however many have it open.
 *
 * What is changed stays here until the commit, which writes it into its block: a file that grows by
 * a thousand writes costs one checksum.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/ext4.h"

#define CHAINS 64u

static struct inode *table[CHAINS];

struct inode *inode_find(ext2_ino_t ino)
{
	struct inode *inode = table[ino % CHAINS];
	while (inode && inode->ino != ino)
		inode = inode->next;
	return inode;
}

void inode_insert(struct inode *inode)
{
	inode->next = table[inode->ino % CHAINS];
	table[inode->ino % CHAINS] = inode;
}

struct inode *inode_hold(struct inode *inode)
{
	inode->references++;
	return inode;
}

static int get(ext2_ino_t ino, bool orphan, struct inode **out)
{
	struct inode *inode = inode_find(ino);
	if (!inode) {
		inode = heap_zalloc(sizeof(*inode));
		if (!inode)
			return -ENOMEM;
		int error = inode_read_large(ino, orphan, &inode->raw);
		if (error) {
			heap_free(inode);
			return error;
		}
		inode->ino = ino;
		inode_insert(inode);
	}
	*out = inode_hold(inode);
	return 0;
}

int inode_get(ext2_ino_t ino, struct inode **out)
{
	return get(ino, false, out);
}

int inode_get_orphan(ext2_ino_t ino, struct inode **out)
{
	return get(ino, true, out);
}

/* Out of the table, unless something still needs it. */
static void inode_drop(struct inode *inode)
{
	if (inode->references || inode->orphan || (inode->dirty && ext4.writable))
		return;
	struct inode **link = &table[inode->ino % CHAINS];
	while (*link != inode)
		link = &(*link)->next;
	*link = inode->next;
	heap_free(inode);
}

void inode_put(struct inode *inode)
{
	/* The last user of a file without a name: nobody else can come to it now. */
	if (inode->references == 1 && inode->orphan && inode->raw.i_links_count == 0)
		inode_destroy(inode);
	inode->references--;
	inode_drop(inode);
}

int inode_dirty(struct inode *inode, bool times_only)
{
	inode->needs_commit |= !times_only;
	if (inode->dirty)
		return 0;
	uint64_t block;
	size_t in;
	int error = inode_place(inode->ino, &block, &in);
	if (error)
		return error;
	if (!block_edit(block))
		return -EIO;
	inode->dirty = true;
	return 0;
}

static int inode_store(struct inode *inode)
{
	const size_t size = EXT2_INODE_SIZE(ext4.fs->super);
	uint64_t block;
	size_t in;
	int error = inode_place(inode->ino, &block, &in);
	if (error)
		return error;
	char *raw = block_edit(block);
	if (!raw)
		return -EIO;
	raw += in;
	if (inode->fresh)
		memset(raw, 0, size);
	memcpy(raw, &inode->raw, size < sizeof(inode->raw) ? size : sizeof(inode->raw));
	ext2fs_inode_csum_set(ext4.fs, inode->ino, (struct ext2_inode_large *)(void *)raw);
	inode->fresh = false;
	inode->dirty = false;
	inode->needs_commit = false;
	return 0;
}

int inodes_store(void)
{
	for (unsigned int i = 0; i < CHAINS; i++) {
		for (struct inode *inode = table[i], *next; inode; inode = next) {
			next = inode->next;
			int error = inode->dirty ? inode_store(inode) : 0;
			if (error)
				return error;
			inode_drop(inode);
		}
	}
	return 0;
}

void inodes_forget(void)
{
	for (unsigned int i = 0; i < CHAINS; i++) {
		for (struct inode *inode = table[i], *next; inode; inode = next) {
			next = inode->next;
			inode->dirty = false;
			inode_drop(inode);
		}
	}
}

/* --- fields ----------------------------------------------------------------------------------- */

void inode_set_size(struct inode *inode, uint64_t size)
{
	inode->raw.i_size = (uint32_t)size;
	inode->raw.i_size_high = (uint32_t)(size >> 32);
	/* Whoever knows only 32 bits must be told. */
	if (size > INT32_MAX && !inode_is_directory(inode) &&
	    !ext2fs_has_feature_large_file(ext4.fs->super) && super_touch() == 0)
		ext2fs_set_feature_large_file(ext4.fs->super);
}

int inode_add_blocks(struct ext2_inode *inode, int64_t blocks)
{
	const bool huge = ext2fs_has_feature_huge_file(ext4.fs->super);
	uint64_t n = inode->i_blocks;
	if (huge)
		n |= (uint64_t)inode->osd2.linux2.l_i_blocks_hi << 32;
	if (!(inode->i_flags & EXT4_HUGE_FILE_FL))
		blocks *= ext4.fs->blocksize / 512;
	if (blocks < 0 && (uint64_t)-blocks > n)
		blocks = -(int64_t)n; /* it was wrong before */
	n += (uint64_t)blocks;
	if (n >> (huge ? 48 : 32))
		return -EFBIG;
	inode->i_blocks = (uint32_t)n;
	if (huge)
		inode->osd2.linux2.l_i_blocks_hi = (uint16_t)(n >> 32);
	return 0;
}

static void time_set(struct inode *inode, uint32_t *low, uint32_t *extra, int64_t seconds,
		     uint32_t nanoseconds)
{
	*low = (uint32_t)seconds;
	const size_t end = (size_t)((char *)(extra + 1) - (char *)&inode->raw);
	if (EXT2_INODE_SIZE(ext4.fs->super) > EXT2_GOOD_OLD_INODE_SIZE &&
	    end <= (size_t)EXT2_GOOD_OLD_INODE_SIZE + inode->raw.i_extra_isize)
		*extra = nanoseconds << 2 | ((uint32_t)((seconds - (int32_t)seconds) >> 32) & 3);
}

void inode_set_time(struct inode *inode, unsigned int which, int64_t seconds, uint32_t nanoseconds)
{
	struct ext2_inode_large *raw = &inode->raw;
	if (which & INODE_ATIME)
		time_set(inode, &raw->i_atime, &raw->i_atime_extra, seconds, nanoseconds);
	if (which & INODE_MTIME)
		time_set(inode, &raw->i_mtime, &raw->i_mtime_extra, seconds, nanoseconds);
	if (which & INODE_CTIME)
		time_set(inode, &raw->i_ctime, &raw->i_ctime_extra, seconds, nanoseconds);
	if ((which & INODE_CRTIME) && raw->i_extra_isize >= 24) {
		raw->i_crtime = (uint32_t)seconds;
		raw->i_crtime_extra =
			nanoseconds << 2 | ((uint32_t)((seconds - (int32_t)seconds) >> 32) & 3);
	}
}

void inode_touch(struct inode *inode, unsigned int which)
{
	const uint64_t now = time_wall_ns();
	inode_set_time(inode, which, (int64_t)(now / TIME_S), (uint32_t)(now % TIME_S));
}
