/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening what is on the disk: the super block is looked at before libext2fs gets it, so that a
 * feature that we do not have is refused by its name, and so that no number in it can make the
 * group descriptors larger than the disk.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/fs/io.h"

struct ext4 ext4;

/* --- the lock --------------------------------------------------------------------------------- */

static unsigned int lock_tickets, lock_turn;
static struct waitq lock_waiters;

/*
 * In turn: who holds it waits for nothing but the disk, and a program that writes on and on would have
 * it again before anybody else has run, so that no commit would come, and no end when one is asked for.
 */
void ext4_lock(void)
{
	const unsigned int ticket = lock_tickets++;
	while (ticket != lock_turn)
		waitq_wait(&lock_waiters, TIME_FOREVER);
}

void ext4_unlock(void)
{
	lock_turn++;
	waitq_wake_all(&lock_waiters);
}

/* --- errors ----------------------------------------------------------------------------------- */

/* A broken disk must not be able to flood the console. */
#define COMPLAINTS_MAX 32u

static bool may_complain(void)
{
	static unsigned int complaints;
	if (complaints == COMPLAINTS_MAX)
		log_error("ext4: no further errors of this disk are logged");
	return complaints <= COMPLAINTS_MAX && ++complaints <= COMPLAINTS_MAX;
}

static const char *error_text(errcode_t error)
{
	switch (error) {
	case EXT2_ET_SHORT_READ:
		return "the disk failed, or a block beyond its end is named";
	case EXT2_ET_BAD_INODE_NUM:
		return "bad inode number";
	case EXT2_ET_INODE_CSUM_INVALID:
		return "wrong checksum of an inode";
	case EXT2_ET_EXTENT_CSUM_INVALID:
		return "wrong checksum of an extent block";
	case EXT2_ET_DIR_CSUM_INVALID:
		return "wrong checksum of a directory block";
	case EXT2_ET_SB_CSUM_INVALID:
		return "wrong checksum of the super block";
	case EXT2_ET_UNKNOWN_CSUM:
		return "unknown kind of checksum";
	case EXT2_ET_EXTENT_HEADER_BAD:
	case EXT2_ET_EXTENT_NO_DOWN:
	case EXT2_ET_EXTENT_CYCLE:
		return "broken extent tree";
	case EXT2_ET_CORRUPT_SUPERBLOCK:
	case EXT2_ET_BAD_DESC_SIZE:
		return "impossible super block";
	case EXT2_ET_UNSUPP_FEATURE:
	case EXT2_ET_REV_TOO_HIGH:
		return "unsupported feature";
	default:
		return "libext2fs refuses";
	}
}

int ext4_error(errcode_t error, ext2_ino_t ino, const char *what)
{
	if (error == EXT2_ET_NO_MEMORY || error == ENOMEM)
		return -ENOMEM;
	if (may_complain())
		log_error("ext4: %s of inode %u: %s (code %ld)", what, ino, error_text(error),
			  error - EXT2_ET_BASE);
	return -EIO;
}

int ext4_corrupt(ext2_ino_t ino, const char *what)
{
	if (may_complain())
		log_error("ext4: inode %u: %s", ino, what);
	return -EIO;
}

/* --- the super block -------------------------------------------------------------------------- */

/* Incompatible features by name; the rest of the reasons to refuse are not features. */
static const struct {
	uint32_t bit;
	bool supported;
	const char *name;
} features[] = {
	{EXT2_FEATURE_INCOMPAT_COMPRESSION, false, "compression"},
	{EXT2_FEATURE_INCOMPAT_FILETYPE, true, "filetype"},
	{EXT3_FEATURE_INCOMPAT_RECOVER, true, "needs_recovery"},
	{EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, false, "journal_dev"},
	{EXT2_FEATURE_INCOMPAT_META_BG, true, "meta_bg"},
	{EXT3_FEATURE_INCOMPAT_EXTENTS, true, "extent"},
	{EXT4_FEATURE_INCOMPAT_64BIT, true, "64bit"},
	{EXT4_FEATURE_INCOMPAT_MMP, false, "mmp"},
	{EXT4_FEATURE_INCOMPAT_FLEX_BG, true, "flex_bg"},
	{EXT4_FEATURE_INCOMPAT_EA_INODE, true, "ea_inode"},
	{EXT4_FEATURE_INCOMPAT_DIRDATA, false, "dirdata"},
	{EXT4_FEATURE_INCOMPAT_CSUM_SEED, true, "metadata_csum_seed"},
	{EXT4_FEATURE_INCOMPAT_LARGEDIR, true, "large_dir"},
	{EXT4_FEATURE_INCOMPAT_INLINE_DATA, false, "inline_data"},
	{EXT4_FEATURE_INCOMPAT_ENCRYPT, false, "encrypt"},
	{EXT4_FEATURE_INCOMPAT_CASEFOLD, false, "casefold"},
};

static int check_features(const char *disk, uint32_t incompat)
{
	int refused = 0;
	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (!(incompat & features[i].bit))
			continue;
		incompat &= ~features[i].bit;
		if (!features[i].supported) {
			log_error("ext4: %s: feature %s is not supported", disk, features[i].name);
			refused = -EOPNOTSUPP;
		}
	}
	if (incompat) {
		log_error("ext4: %s: unknown features 0x%x", disk, incompat);
		refused = -EOPNOTSUPP;
	}
	return refused;
}

/* What libext2fs takes for granted, or would only notice after it has allocated. */
static int check_super(const char *disk, const struct ext2_super_block *super, uint64_t disk_bytes)
{
	if (super->s_magic != EXT2_SUPER_MAGIC)
		return -EINVAL;
	int error = check_features(disk, super->s_feature_incompat);
	if (error)
		return error;
	if (super->s_log_block_size > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE) {
		log_error("ext4: %s: impossible block size", disk);
		return -EIO;
	}
	const uint64_t block_size = (uint64_t)EXT2_MIN_BLOCK_SIZE << super->s_log_block_size;
	uint64_t blocks = super->s_blocks_count;
	if (super->s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT)
		blocks |= (uint64_t)super->s_blocks_count_hi << 32;
	if (blocks > disk_bytes / block_size) {
		log_error("ext4: %s: the file system is larger than the disk", disk);
		return -EIO;
	}
	if (super->s_rev_level > EXT2_GOOD_OLD_REV &&
	    super->s_first_ino < EXT2_GOOD_OLD_FIRST_INO) {
		log_error("ext4: %s: impossible super block", disk);
		return -EIO;
	}
	return 0;
}

static int super_look(const char *disk, uint64_t disk_bytes)
{
	if (disk_bytes < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE)
		return -EINVAL;
	struct ext2_super_block *super = heap_alloc(SUPERBLOCK_SIZE);
	if (!super)
		return -ENOMEM;
	int error = cache_read(ext4.cache, SUPERBLOCK_OFFSET, super, SUPERBLOCK_SIZE);
	if (!error)
		error = check_super(disk, super, disk_bytes);
	heap_free(super);
	return error;
}

static int fs_open(const char *disk)
{
	const uint64_t disk_bytes = cache_disk_bytes(ext4.cache);
	int error = super_look(disk, disk_bytes);
	if (error)
		return error;
	errcode_t refused =
		ext2fs_open2(disk, NULL, EXT2_FLAG_64BITS, 0, 0, &disk_io_manager, &ext4.fs);
	if (refused) {
		ext4.fs = NULL;
		log_error("ext4: %s: %s (code %ld)", disk, error_text(refused),
			  refused - EXT2_ET_BASE);
		return refused == EXT2_ET_NO_MEMORY ? -ENOMEM : -EIO;
	}
	ext4.blocks = ext2fs_blocks_count(ext4.fs->super);
	ext4.fs->read_inode = inode_read_hook;
	ext4.fs->write_inode = inode_write_hook;
	/* The disk may have changed its answer between our look and libext2fs's. */
	return check_super(disk, ext4.fs->super, disk_bytes) ? -EIO : 0;
}

static void fs_close(void)
{
	if (ext4.fs)
		ext2fs_free(ext4.fs);
	ext4.fs = NULL;
}

int ext4_mount(struct cache *cache, const char *disk)
{
	ext4.cache = cache;
	int error = fs_open(disk);
	/* What the journal holds may be newer than all that was read so far. */
	if (!error && ext2fs_has_feature_journal_needs_recovery(ext4.fs->super)) {
		error = ext4_recover(disk);
		fs_close();
		if (!error)
			error = fs_open(disk);
	}
	if (error)
		fs_close();
	else
		ext4_begin_writing(disk);
	return error;
}

void ext4_unmount(void)
{
	ext4_end_writing();
	fs_close();
}
