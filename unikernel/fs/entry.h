/* SPDX-License-Identifier: BSD-2-Clause */
/* Single blocks of a directory, for entry.c and the two files of the hash tree. */
#ifndef LODGER_FS_ENTRY_H
#define LODGER_FS_ENTRY_H

#include "unikernel/fs/ext4.h"

#define ENTRY_HEADER 8u
#define TAIL_BYTES   12u /* of the entry that hides a block's checksum */

static inline unsigned int entry_bytes(size_t name_len)
{
	return (unsigned int)(ENTRY_HEADER + name_len + 3) & ~3u;
}

static inline struct ext2_dir_entry_2 *entry_in(void *block, unsigned int at)
{
	return (struct ext2_dir_entry_2 *)(void *)((char *)block + at);
}

/* Bytes of a block for entries: without the checksum. */
unsigned int entries_end(void);

/* A block in which nothing is, with a checksum. */
void entries_clear(void *block);

/* Where a logical block of a directory is: 0, -EIO for a hole too. */
int directory_block(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical,
		    uint64_t *block);

/* Its contents, the checksum checked unless we made it; and entries that can be. */
int directory_load(ext2_ino_t ino, uint64_t block, char *data);
int directory_read(ext2_ino_t ino, uint64_t block, char *data);
bool entries_possible(const char *block);

/* The name in a block that was read: true, with at and before. */
bool entries_find(const char *block, const char *name, size_t len, struct place *place);

/* In a transaction: -ENOSPC if it does not fit. block_data: what block_edit() gave. */
int entries_add(void *block_data, const char *name, size_t len, ext2_ino_t ino, unsigned int type);
bool entries_have_room(const char *block, size_t len);

/* In a transaction: one block more at its end. */
int directory_append(struct inode *directory, uint64_t *logical, uint64_t *block);

/* After a change of a block that block_edit() gave. */
int entries_seal(const struct inode *directory, void *block);

/* --- htree.c, htree_add.c --------------------------------------------------------------------- */

/* -ENODATA: there is no tree that we understand, look at all the blocks. */
int htree_find(ext2_ino_t ino, const struct ext2_inode *inode, const char *name, size_t len,
	       struct place *place);
int htree_add(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
	      unsigned int type);
/* Makes one of a directory with a single block, which is full. */
int htree_make(struct inode *directory);

#endif
