/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of metadata, in memory from their first change until they are in their place on the disk.
 *
 *	block_edit ──> in the running transaction ── commit ──> in the log ── checkpoint ──> gone
 *	                        ^                                   │
 *	                        └─────────── block_edit ────────────┘
 *
 * Whoever reads finds the newest.  In its place on the disk a block is changed only by a checkpoint,
 * when all transactions that changed it are in the log.
 */
#ifndef LODGER_FS_BLOCK_H
#define LODGER_FS_BLOCK_H

#include "unikernel/fs/ext4.h"

struct buffer {
	uint64_t block;
	struct buffer *next; /* in its chain of the hash, or of those that are free */
	bool running;	     /* changed by the running transaction */
	bool escaped;	     /* see log.c */
	char *data;	     /* fs->blocksize bytes */
};

/* How many there may be; -ENOMEM.  blocks_end() forgets all. */
int blocks_begin(unsigned int most);
void blocks_end(void);

/* Memory for so many more, so that block_edit() does not fail for want of it: true. */
bool blocks_reserve(unsigned int n);
/* How many have memory; how many could have. */
unsigned int blocks_spare(void);
unsigned int blocks_room(void);

/* Those of the running transaction. */
struct buffer *const *blocks_running(unsigned int *n);
void blocks_committed(void);

/* Writes all to their places in the cache and forgets them; nothing may be running. */
int blocks_checkpoint(void);

#endif
