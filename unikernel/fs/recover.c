/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replay of the journal after a crash, in three passes over the log: how far it goes, which blocks
 * were revoked, and then each block to its place.
 *
 * A block that was freed and used anew, by what is not in the log, must not be overwritten by what
 * it once was: a revoke record with a sequence number says that nothing up to that is to be
 * replayed.  We write none, but Linux does.
 *
 * All of it may be hostile: each block of the log is looked at once a pass, every tag is bounded by
 * its block and every number by the file system.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/fs/journal.h"

struct revoked {
	uint64_t block;
	uint32_t sequence;
};

struct replay {
	enum { SCAN, REVOKE, REPLAY } pass;
	uint32_t sequence; /* of the transaction that is being read */
	uint32_t end;	   /* the first one that is not whole */
	uint32_t at;	   /* in the journal's file */
	uint32_t left;	   /* blocks of the log not yet seen in this pass */
	char *block, *data;
	struct revoked *revoked; /* an open hash */
	size_t revoked_count, revoked_room;
	uint64_t replayed;
	const char *why;
};

static int log_read(struct replay *r, char *block)
{
	if (r->left == 0)
		return -ENODATA;
	r->left--;
	uint32_t in_a_row;
	const uint64_t offset = journal_offset(r->at, &in_a_row);
	r->at = journal_next(r->at);
	return cache_read(ext4.cache, offset, block, ext4.fs->blocksize);
}

static bool checksummed(void)
{
	return journal.csum2 || journal.csum3;
}

/* Of a descriptor or a revoke block. */
static bool tail_right(char *block)
{
	if (!checksummed())
		return true;
	uint32_t was;
	char *tail = block + ext4.fs->blocksize - sizeof(was);
	memcpy(&was, tail, sizeof(was));
	memset(tail, 0, sizeof(was));
	return be32(was) == journal_block_checksum(block);
}

static bool commit_right(char *block)
{
	if (!checksummed())
		return true;
	struct jbd2_commit commit;
	memcpy(&commit, block, sizeof(commit));
	const uint32_t was = be32(commit.checksum[0]);
	commit.checksum[0] = 0;
	memcpy(block, &commit, sizeof(commit));
	return was == journal_block_checksum(block);
}

/* --- revoked blocks --------------------------------------------------------------------------- */

static struct revoked *revoked_slot(const struct replay *r, uint64_t block)
{
	size_t i = (size_t)(block * 0x9e3779b97f4a7c15u >> 20) & (r->revoked_room - 1);
	while (r->revoked[i].block && r->revoked[i].block != block)
		i = (i + 1) & (r->revoked_room - 1);
	return &r->revoked[i];
}

static int revoked_grow(struct replay *r)
{
	struct revoked *old = r->revoked;
	const size_t room = r->revoked_room;
	r->revoked_room = room ? room * 2 : 256;
	r->revoked = heap_zalloc(r->revoked_room * sizeof(*r->revoked));
	if (!r->revoked) {
		r->revoked = old;
		r->revoked_room = room;
		return -ENOMEM;
	}
	for (size_t i = 0; i < room; i++)
		if (old[i].block)
			*revoked_slot(r, old[i].block) = old[i];
	heap_free(old);
	return 0;
}

static int revoked_add(struct replay *r, uint64_t block)
{
	if (block == 0)
		return 0;
	if (r->revoked_count >= r->revoked_room / 2 && revoked_grow(r))
		return -ENOMEM;
	struct revoked *slot = revoked_slot(r, block);
	r->revoked_count += !slot->block;
	*slot = (struct revoked){block, r->sequence}; /* the last one counts */
	return 0;
}

static bool is_revoked(const struct replay *r, uint64_t block)
{
	if (r->revoked_count == 0)
		return false;
	const struct revoked *slot = revoked_slot(r, block);
	return slot->block && (int32_t)(slot->sequence - r->sequence) >= 0;
}

static int revokes_read(struct replay *r, char *block)
{
	struct jbd2_revoke revoke;
	memcpy(&revoke, block, sizeof(revoke));
	const size_t bytes = be32(revoke.bytes), each = journal.wide ? 8 : 4;
	const size_t most = ext4.fs->blocksize - (checksummed() ? JBD2_TAIL_BYTES : 0);
	if (bytes < sizeof(revoke) || bytes > most || !tail_right(block))
		return -EIO;
	for (size_t at = sizeof(revoke); at + each <= bytes; at += each) {
		uint32_t high = 0, low;
		if (journal.wide)
			memcpy(&high, block + at, sizeof(high));
		memcpy(&low, block + at + each - sizeof(low), sizeof(low));
		int error = revoked_add(r, (uint64_t)be32(high) << 32 | be32(low));
		if (error)
			return error;
	}
	return 0;
}

/* --- blocks ----------------------------------------------------------------------------------- */

struct tag {
	uint64_t block;
	uint32_t flags, checksum;
};

/* The tag at *in of a descriptor; false if there is no room for one. */
static bool tag_read(const char *block, size_t *in, struct tag *tag)
{
	const size_t most = ext4.fs->blocksize - (checksummed() ? JBD2_TAIL_BYTES : 0);
	if (*in + journal.tag_bytes > most)
		return false;
	if (journal.csum3) {
		struct jbd2_tag3 raw;
		memcpy(&raw, block + *in, sizeof(raw));
		tag->block =
			(uint64_t)(journal.wide ? be32(raw.block_high) : 0) << 32 | be32(raw.block);
		tag->flags = be32(raw.flags);
		tag->checksum = be32(raw.checksum);
	} else {
		struct jbd2_tag raw = {0};
		memcpy(&raw, block + *in, journal.wide ? sizeof(raw) : 8);
		tag->block = (uint64_t)be32(raw.block_high) << 32 | be32(raw.block);
		tag->flags = be16(raw.flags);
		tag->checksum = be16(raw.checksum);
	}
	*in += journal.tag_bytes;
	if (!(tag->flags & JBD2_SAME_UUID))
		*in += JBD2_UUID_BYTES;
	return true;
}

static bool data_right(const struct replay *r, const struct tag *tag)
{
	if (!checksummed())
		return true;
	const uint32_t sum = journal_tag_checksum(r->sequence, r->data);
	return tag->checksum == (journal.csum3 ? sum : sum & 0xffff);
}

static int block_replay(struct replay *r, const struct tag *tag)
{
	static const uint32_t magic = __builtin_bswap32(JBD2_MAGIC);
	if (is_revoked(r, tag->block))
		return 0;
	const size_t size = ext4.fs->blocksize;
	if (!data_right(r, tag)) {
		r->why = "wrong checksum of a block in the journal (run e2fsck)";
		return -EIO;
	}
	if (!block_on_disk(tag->block, 1) && tag->block != ext4.fs->super->s_first_data_block) {
		r->why = "the journal writes beyond the end of the file system";
		return -EIO;
	}
	if (tag->flags & JBD2_ESCAPE)
		memcpy(r->data, &magic, sizeof(magic));
	r->replayed++;
	return cache_write(ext4.cache, tag->block * size, r->data, size);
}

/* 0, or -ENODATA when the log ends here. */
static int descriptor_read(struct replay *r)
{
	size_t in = sizeof(struct jbd2_header);
	struct tag tag = {0};
	if (!tail_right(r->block))
		return -ENODATA;
	while (!(tag.flags & JBD2_LAST) && tag_read(r->block, &in, &tag)) {
		int error = 0;
		if (r->pass == REPLAY) {
			error = log_read(r, r->data);
			if (!error)
				error = block_replay(r, &tag);
		} else if (r->left == 0) {
			error = -ENODATA;
		} else {
			r->left--;
			r->at = journal_next(r->at);
		}
		if (error)
			return error;
	}
	return 0;
}

/* --- passes ----------------------------------------------------------------------------------- */

/* The next block of the log: 0, or -ENODATA at its end. */
static int step(struct replay *r)
{
	struct jbd2_header header;
	int error = log_read(r, r->block);
	if (error)
		return error;
	memcpy(&header, r->block, sizeof(header));
	if (be32(header.magic) != JBD2_MAGIC || be32(header.sequence) != r->sequence)
		return -ENODATA;
	switch (be32(header.type)) {
	case JBD2_DESCRIPTOR:
		return descriptor_read(r);
	case JBD2_REVOKE:
		return r->pass == REVOKE ? revokes_read(r, r->block) : 0;
	case JBD2_COMMIT:
		if (!commit_right(r->block))
			return -ENODATA;
		r->sequence++;
		return 0;
	default:
		return -ENODATA;
	}
}

static int pass_run(struct replay *r)
{
	int error = 0;
	r->sequence = journal.sequence;
	r->at = be32(journal.super.start);
	r->left = journal.end - journal.first;
	while (!error && (r->pass == SCAN || r->sequence != r->end))
		error = step(r);
	if (r->pass == SCAN && error == -ENODATA) {
		r->end = r->sequence;
		error = 0;
	}
	return error;
}

static int passes_run(struct replay *r)
{
	if (be32(journal.super.start) < journal.first)
		return -EIO;
	int error = 0;
	for (r->pass = SCAN; !error && r->pass <= REPLAY; r->pass++)
		error = pass_run(r);
	return error;
}

int journal_recover(const char **why)
{
	struct replay r = {.why = "the journal cannot be replayed (run e2fsck)"};
	int error = -ENOMEM;
	if (be32(journal.super.start) == 0)
		return 0;
	r.block = heap_alloc(ext4.fs->blocksize);
	r.data = heap_alloc(ext4.fs->blocksize);
	if (r.block && r.data)
		error = passes_run(&r);
	heap_free(r.block);
	heap_free(r.data);
	heap_free(r.revoked);
	if (!error)
		error = cache_write_back(ext4.cache);
	if (!error)
		error = cache_flush(ext4.cache);
	if (!error) {
		log_info("ext4: the journal is replayed: %u transactions, %lu blocks",
			 r.end - journal.sequence, r.replayed);
		/* What was begun under the number behind the end is not to be taken for the next. */
		journal.sequence = r.end + 1;
		error = journal_empty(false);
	}
	*why = r.why;
	return error == -ENODATA ? -EIO : error;
}
