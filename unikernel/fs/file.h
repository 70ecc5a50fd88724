/* SPDX-License-Identifier: BSD-2-Clause */
/* An open file or directory, for file.c and file_write.c. */
#ifndef LODGER_FS_FILE_H
#define LODGER_FS_FILE_H

#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

struct ext4_file {
	struct file file;
	struct inode *inode;
	uint64_t at;	   /* position: of the next read, or in a directory of the next entry */
	uint64_t failures; /* of writing, that this file has told of */

	struct run run;		       /* the last one used; length 0 at first */
	unsigned int generation;       /* of the inode, that run or block is good for */
	uint64_t read_begin, read_end; /* of the last read */
	uint64_t ahead_end;	       /* up to where data was asked for */
	size_t window;

	char *block; /* of a directory: fs->blocksize bytes, with the logical block `loaded` */
	uint64_t loaded;
};

static inline struct ext4_file *of(struct file *f)
{
	return (struct ext4_file *)f;
}

static inline uint64_t file_size(const struct ext4_file *f)
{
	return inode_size((const struct ext2_inode *)&f->inode->raw);
}

#endif
