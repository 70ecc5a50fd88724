/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The super block's checksum, which must not change.
 *
 *	sector 0 (512 bytes)                     sector 1
 *	| counts, state, features, orphans … |   | …                    checksum |
 *
 * On a disk with sectors of 512 bytes the super block is two of them, of which a cut may let through
 * one: new counts, and the checksum of the old ones.  Neither e2fsck -p nor Linux would then take it
 * for a super block.  So the checksum stays as it was at the mount, and all that we change lies in the
 * first sector: the last four bytes of the field for the path of the last mount, which lie behind the
 * path's end and have no meaning, are chosen so that the checksum comes out the same.
 *
 *	state A ── these four bytes, X ──> state B ── the rest, backwards from the checksum ── checksum
 *
 * CRC32c shifts right and is undone by shifting left: from B 32 bits backwards, and X is the
 * difference to A.
 */
#include <string.h>

#include "unikernel/core/time.h"
#include "unikernel/fs/ext4.h"

#define POLYNOMIAL 0x82f63b78u /* of CRC32c, its lowest power first */

static uint32_t unshift(uint32_t crc, unsigned int bits)
{
	while (bits-- > 0)
		crc = crc >> 31 ? (crc ^ POLYNOMIAL) << 1 | 1 : crc << 1;
	return crc;
}

/* What the state was before these bytes. */
static uint32_t backwards(uint32_t crc, const uint8_t *bytes, size_t len)
{
	static uint32_t table[256]; /* by the byte that a step shifts out */
	if (!table[1])
		for (uint32_t i = 0; i < 256; i++)
			table[i] = unshift(i << 24, 8);
	while (len-- > 0)
		crc = (crc << 8 ^ table[crc >> 24]) ^ bytes[len];
	return crc;
}

void super_seal(struct ext2_super_block *super)
{
	const size_t end = offsetof(struct ext2_super_block, s_checksum);
	const size_t size = sizeof(super->s_last_mounted);
	char *path = (char *)super->s_last_mounted;
	super->s_wtime = (uint32_t)(time_wall_ns() / TIME_S);
	if (!ext2fs_has_feature_metadata_csum(super))
		return;
	if (strnlen(path, size) >= size - sizeof(uint32_t)) {
		ext2fs_superblock_csum_set(ext4.fs, super);
		return;
	}
	uint8_t *bytes = (uint8_t *)super;
	const size_t at = (size_t)(path - (char *)super) + size - sizeof(uint32_t);
	const uint32_t before = ext2fs_crc32c_le(~0u, bytes, at);
	const uint32_t behind = backwards(super->s_checksum, bytes + at + 4, end - at - 4);
	const uint32_t chosen = unshift(behind, 32) ^ before;
	memcpy(bytes + at, &chosen, sizeof(chosen));
}
