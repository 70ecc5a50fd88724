/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block groups: which of their blocks and inodes are in use.
 *
 * A bitmap is read when somebody looks for room in its group, and changed as a block of metadata.
 * Its checksum and the group's descriptor are made up at the commit, once for all changes.
 *
 * Blocks that were freed are not used again before the next checkpoint: until then a crash could
 * bring back whom they belonged to, or replay what was in them.  They are pinned: free in the bitmap,
 * busy for us.
 */
#ifndef LODGER_FS_GROUP_H
#define LODGER_FS_GROUP_H

#include "unikernel/fs/ext4.h"

int groups_begin(void);
void groups_end(void);

/*
 * What is busy in a group, one bit a block, ext4.fs->super->s_blocks_per_group of them: for
 * reading, until the next call of any of these.  NULL: the bitmap is broken.
 */
const uint64_t *group_busy(dgrp_t group);

/* Marks count blocks from index `first` of the group on as used. */
int group_use(dgrp_t group, unsigned int first, unsigned int count);
/* … and as free, but pinned.  -ENOMEM, with nothing done. */
int group_unuse(dgrp_t group, unsigned int first, unsigned int count);

/* The inode bitmap for changing, and the news that it was; NULL. */
uint8_t *group_inodes(dgrp_t group);
/* Makes the group's descriptor part of the transaction. */
int group_touch(dgrp_t group);

unsigned int group_blocks(dgrp_t group);

/* At the commit: checksums and descriptors. */
int groups_store(void);
/* At the checkpoint: what is free may be used. */
void groups_unpin(void);
/* How many groups have pinned blocks; whether there are more than is good for the memory. */
unsigned int groups_pinned(void);
uint64_t groups_pinned_blocks(void);
#define GROUPS_PINNED_MOST 32u

#endif
