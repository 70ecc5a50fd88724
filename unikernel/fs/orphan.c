/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orphans: files without a name that are still open, and files that are being cut.
 *
 *	super block: s_last_orphan ──> inode: i_dtime ──> inode: i_dtime ──> 0
 *
 * After a crash e2fsck, Linux and we free what has no links and cut the rest to its i_size, so that
 * freeing a large file may take many transactions.
 */
#include <errno.h>

#include "unikernel/core/log.h"
#include "unikernel/fs/ext4.h"

static struct inode *newest;

int orphan_add(struct inode *inode)
{
	if (inode->orphan)
		return 0;
	int error = super_touch();
	if (!error)
		error = inode_dirty(inode, false);
	if (error)
		return error;
	inode->raw.i_dtime = newest ? newest->ino : 0;
	inode->older = newest;
	newest = inode;
	inode->orphan = true;
	ext4.fs->super->s_last_orphan = inode->ino;
	return 0;
}

int orphan_remove(struct inode *inode)
{
	int error = super_touch();
	if (!error)
		error = inode_dirty(inode, false);
	struct inode *newer = NULL;
	for (struct inode *at = newest; at != inode; at = at->older)
		newer = at;
	if (!error && newer)
		error = inode_dirty(newer, false);
	if (error)
		return error;
	if (newer) {
		newer->older = inode->older;
		newer->raw.i_dtime = inode->raw.i_dtime;
	} else {
		newest = inode->older;
		ext4.fs->super->s_last_orphan = inode->raw.i_dtime;
	}
	inode->raw.i_dtime = 0;
	inode->orphan = false;
	inode->older = NULL;
	return 0;
}

static uint64_t blocks_of(const struct inode *inode)
{
	const uint64_t size = inode_size((const struct ext2_inode *)&inode->raw);
	return size / ext4.fs->blocksize + (size % ext4.fs->blocksize != 0);
}

static int inode_cut(struct inode *inode, uint64_t from)
{
	int more = 1;
	while (more > 0) {
		int error = transaction_begin();
		if (error)
			return error;
		inode->generation++;
		more = map_cut(inode, from);
		/* A file without a name stays in the list until its last close. */
		if (more == 0 && inode->raw.i_links_count)
			more = orphan_remove(inode);
		error = transaction_end(more < 0 ? more : 0);
		if (error)
			return error;
	}
	return 0;
}

int inode_cut_to_size(struct inode *inode)
{
	return inode_cut(inode, blocks_of(inode));
}

/* Extended attributes that did not fit into the inode: a block that several may share. */
static int attributes_release(struct inode *inode)
{
	struct ext2_inode *raw = inode_raw(inode);
	const uint64_t block = ext2fs_file_acl_block(ext4.fs, raw);
	if (block == 0)
		return 0;
	struct ext2_ext_attr_header header;
	if (!block_on_disk(block, 1) || block_read_part(block, 0, &header, sizeof(header)) ||
	    header.h_magic != EXT2_EXT_ATTR_MAGIC) {
		transaction_fail("broken extended attributes");
		return -EIO;
	}
	ext2fs_file_acl_block_set(ext4.fs, raw, 0);
	int error = inode_add_blocks(raw, -1);
	if (header.h_refcount <= 1)
		return error ? error : blocks_release(block, 1);
	struct ext2_ext_attr_header *shared = block_edit(block);
	if (!shared)
		return -EIO;
	shared->h_refcount--;
	ext2fs_ext_attr_block_csum_set(ext4.fs, inode->ino, block, shared);
	return error;
}

static bool has_blocks(const struct inode *inode)
{
	const uint16_t mode = inode->raw.i_mode;
	if (LINUX_S_ISLNK(mode)) /* a short target lies where others have their block numbers */
		return inode_size((const struct ext2_inode *)&inode->raw) >=
			       sizeof(inode->raw.i_block) ||
		       (inode->raw.i_flags & EXT4_EXTENTS_FL);
	return LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode);
}

int inode_destroy(struct inode *inode)
{
	int error = has_blocks(inode) ? inode_cut(inode, 0) : 0;
	if (!error)
		error = transaction_begin();
	if (error)
		return error;
	error = attributes_release(inode);
	if (!error)
		error = orphan_remove(inode);
	if (!error)
		error = inode_release(inode);
	return transaction_end(error);
}

/* One of the list that a crash has left; the numbers are the disk's. */
static int orphan_clear(ext2_ino_t ino, ext2_ino_t *next)
{
	struct inode *inode;
	if (ino < EXT2_FIRST_INODE(ext4.fs->super) || inode_find(ino))
		return -EIO; /* or a list that bites its tail */
	int error = inode_get_orphan(ino, &inode);
	if (error)
		return error;
	*next = inode->raw.i_dtime;
	/* It is the head of the list, which is the disk's from there on. */
	inode->orphan = true;
	inode->older = newest;
	newest = inode;
	if (inode->raw.i_links_count)
		error = LINUX_S_ISREG(inode->raw.i_mode) ? inode_cut_to_size(inode) : -EIO;
	inode_put(inode);
	return error;
}

void orphans_clear(void)
{
	unsigned int count = 0;
	ext2_ino_t ino = ext4.fs->super->s_last_orphan;
	while (ino && ext4.writable) {
		if (orphan_clear(ino, &ino)) {
			transaction_fail("the list of orphans is broken (run e2fsck)");
			break;
		}
		count++;
	}
	if (count)
		log_info("ext4: %u files without a name, or half cut, were tidied up", count);
}

void orphans_finish(void)
{
	while (newest && ext4.writable)
		if (newest->raw.i_links_count ? inode_cut_to_size(newest) : inode_destroy(newest))
			break;
	while (newest) {
		newest->orphan = false;
		newest = newest->older;
	}
}
