/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Appends a transaction to the log.
 *
 *	| descriptor | block | block | … | descriptor | … | commit |
 *	└── one request, unless the log's end or a gap in the file comes between ──┘
 *
 *	1. these blocks, and whatever the cache holds of files' data (ordered mode), in any order
 *	2. a flush
 *	3. the commit block, and a flush
 *
 * Without 2 the commit block could be on the disk before what it stands for.
 */
#include <errno.h>
#include <string.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/block.h"
#include "unikernel/fs/journal.h"

unsigned int journal_tags_per_block(void)
{
	size_t room = ext4.fs->blocksize - sizeof(struct jbd2_header) - JBD2_UUID_BYTES;
	if (journal.csum2 || journal.csum3)
		room -= JBD2_TAIL_BYTES;
	return (unsigned int)(room / journal.tag_bytes);
}

uint32_t journal_blocks_for(unsigned int n)
{
	return n + n / journal_tags_per_block() + 1 + 1;
}

uint32_t journal_room(void)
{
	return journal.end - journal.first - journal.used;
}

static struct jbd2_header header_of(uint32_t type)
{
	return (struct jbd2_header){be32(JBD2_MAGIC), be32(type), be32(journal.sequence)};
}

static char *tag_write(char *to, const struct buffer *buffer, uint32_t flags)
{
	const uint32_t low = be32((uint32_t)buffer->block);
	const uint32_t high = be32((uint32_t)(buffer->block >> 32));
	uint32_t sum = 0;
	if (journal.csum2 || journal.csum3)
		sum = journal_tag_checksum(journal.sequence, buffer->data);
	if (journal.csum3) {
		const struct jbd2_tag3 tag = {low, be32(flags), high, be32(sum)};
		memcpy(to, &tag, sizeof(tag));
	} else {
		const struct jbd2_tag tag = {low, be16((uint16_t)sum), be16((uint16_t)flags), high};
		/* With CSUM_V2 a tag is two bytes longer than what is in it. */
		memset(to, 0, journal.tag_bytes);
		memcpy(to, &tag, journal.wide ? sizeof(tag) : 8);
	}
	to += journal.tag_bytes;
	if (!(flags & JBD2_SAME_UUID)) {
		memcpy(to, journal.super.uuid, JBD2_UUID_BYTES);
		to += JBD2_UUID_BYTES;
	}
	return to;
}

/* A descriptor for the next n of the buffers, which are ready to be written. */
static void descriptor_write(char *block, struct buffer *const *buffers, unsigned int n)
{
	const size_t size = ext4.fs->blocksize;
	memset(block, 0, size);
	const struct jbd2_header header = header_of(JBD2_DESCRIPTOR);
	memcpy(block, &header, sizeof(header));
	char *to = block + sizeof(header);
	for (unsigned int i = 0; i < n; i++)
		to = tag_write(to, buffers[i],
			       (i > 0 ? JBD2_SAME_UUID : 0u) | (i == n - 1 ? JBD2_LAST : 0u) |
				       (buffers[i]->escaped ? JBD2_ESCAPE : 0u));
	if (journal.csum2 || journal.csum3) {
		const uint32_t sum = be32(journal_block_checksum(block));
		memcpy(block + size - sizeof(sum), &sum, sizeof(sum));
	}
}

/* Pieces of one block each, from the head of the log on. */
static int pieces_write(unsigned int n)
{
	for (unsigned int i = 0; i < n;) {
		uint32_t in_a_row;
		const uint64_t offset = journal_offset(journal.head, &in_a_row);
		unsigned int count = n - i < in_a_row ? n - i : in_a_row;
		const size_t most = BLKFRONT_REQUEST_MAX / ext4.fs->blocksize;
		if (count > most)
			count = (unsigned int)most;
		if (cache_write_pieces(ext4.cache, offset, journal.pieces + i, count, false))
			return -EIO;
		i += count;
		journal.head += count - 1;
		journal.head = journal_next(journal.head);
	}
	return 0;
}

static int commit_write(char *block)
{
	const uint64_t now = time_wall_ns();
	struct jbd2_commit commit = {
		.header = header_of(JBD2_COMMIT),
		.seconds_high = be32((uint32_t)(now / TIME_S >> 32)),
		.seconds_low = be32((uint32_t)(now / TIME_S)),
		.nanoseconds = be32((uint32_t)(now % TIME_S)),
	};
	memset(block, 0, ext4.fs->blocksize);
	memcpy(block, &commit, sizeof(commit));
	if (journal.csum2 || journal.csum3) {
		commit.checksum[0] = be32(journal_block_checksum(block));
		memcpy(block, &commit, sizeof(commit));
	}
	const struct blkfront_piece piece = {block, ext4.fs->blocksize};
	uint32_t in_a_row;
	const uint64_t offset = journal_offset(journal.head, &in_a_row);
	journal.head = journal_next(journal.head);
	return cache_write_pieces(ext4.cache, offset, &piece, 1, true);
}

/* Blocks that begin with the magic number do without it in the log. */
static void escape(struct buffer *const *buffers, unsigned int n, bool undo)
{
	static const uint32_t none = 0;
	const uint32_t magic = be32(JBD2_MAGIC);
	for (unsigned int i = 0; i < n; i++) {
		if (undo) {
			if (buffers[i]->escaped)
				memcpy(buffers[i]->data, &magic, sizeof(magic));
			continue;
		}
		buffers[i]->escaped = memcmp(buffers[i]->data, &magic, sizeof(magic)) == 0;
		if (buffers[i]->escaped)
			memcpy(buffers[i]->data, &none, sizeof(none));
	}
}

static int blocks_write(struct buffer *const *buffers, unsigned int n)
{
	const size_t size = ext4.fs->blocksize;
	const unsigned int most = journal_tags_per_block();
	unsigned int pieces = 0;
	char *descriptor = journal.blocks;
	for (unsigned int i = 0; i < n; descriptor += size) {
		const unsigned int count = n - i < most ? n - i : most;
		descriptor_write(descriptor, buffers + i, count);
		journal.pieces[pieces++] = (struct blkfront_piece){descriptor, size};
		for (unsigned int end = i + count; i < end; i++)
			journal.pieces[pieces++] = (struct blkfront_piece){buffers[i]->data, size};
	}
	return pieces_write(pieces);
}

int journal_append(struct buffer *const *buffers, unsigned int n)
{
	escape(buffers, n, false);
	int error = blocks_write(buffers, n);
	escape(buffers, n, true);
	/* Data that the disk refuses is for fsync() to tell of (cache_failures); the rest goes on. */
	cache_write_back(ext4.cache);
	if (!error)
		error = commit_write(journal.blocks);
	journal.used += journal_blocks_for(n);
	journal.sequence++;
	return error;
}
