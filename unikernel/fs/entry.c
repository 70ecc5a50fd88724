/* SPDX-License-Identifier: BSD-2-Clause */
/* Names come into directories and go out of them. */
#include "unikernel/fs/entry.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"

/* --- one block -------------------------------------------------------------------------------- */

unsigned int entries_end(void)
{
	return ext4.fs->blocksize -
	       (ext2fs_has_feature_metadata_csum(ext4.fs->super) ? TAIL_BYTES : 0);
}

void entries_clear(void *block)
{
	memset(block, 0, ext4.fs->blocksize);
	entry_in(block, 0)->rec_len = (uint16_t)entries_end();
	if (entries_end() < ext4.fs->blocksize)
		ext2fs_initialize_dirent_tail(ext4.fs, EXT2_DIRENT_TAIL(block, ext4.fs->blocksize));
}

bool entries_possible(const char *block)
{
	unsigned int at = 0;
	while (at < ext4.fs->blocksize) {
		const struct ext2_dir_entry_2 *entry = (const void *)(block + at);
		const unsigned int len = entry->rec_len;
		if (len < ENTRY_HEADER || len % 4 || len > ext4.fs->blocksize - at ||
		    (entry->inode && entry_bytes(entry->name_len) > len))
			return false;
		at += len;
	}
	return true;
}

int directory_block(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical,
		    uint64_t *block)
{
	struct run run;
	if (logical >= inode_size(inode) / ext4.fs->blocksize)
		return ext4_corrupt(ino, "a hash tree leads beyond its directory");
	int error = map_run(ino, inode, logical, &run);
	if (!error && run.hole)
		error = ext4_corrupt(ino, "a hole in a directory");
	*block = run.physical;
	return error;
}

int directory_load(ext2_ino_t ino, uint64_t block, char *data)
{
	if (block_is_ours(block))
		return block_read(block, data);
	errcode_t refused = ext2fs_read_dir_block4(ext4.fs, block, data, 0, ino);
	return refused ? ext4_error(refused, ino, "directory") : 0;
}

int directory_read(ext2_ino_t ino, uint64_t block, char *data)
{
	int error = directory_load(ino, block, data);
	if (error)
		return error;
	return entries_possible(data) ? 0 : ext4_corrupt(ino, "a broken directory block");
}

bool entries_find(const char *block, const char *name, size_t len, struct place *place)
{
	unsigned int before = 0;
	for (unsigned int at = 0; at < ext4.fs->blocksize;) {
		const struct ext2_dir_entry_2 *entry = (const void *)(block + at);
		if (entry->inode && entry->name_len == len && memcmp(entry->name, name, len) == 0) {
			place->at = at;
			place->before = before;
			place->ino = entry->inode;
			return true;
		}
		before = at;
		at += entry->rec_len;
	}
	return false;
}

/* Bytes of an entry that are in use. */
static unsigned int used(const struct ext2_dir_entry_2 *entry)
{
	return entry->inode ? entry_bytes(entry->name_len) : 0;
}

/* The first entry with so many bytes to spare; `entries_end()` or more if there is none. */
static unsigned int room_find(const char *block, unsigned int bytes)
{
	unsigned int at = 0;
	while (at < entries_end()) {
		const struct ext2_dir_entry_2 *entry = (const void *)(block + at);
		if (entry->rec_len - used(entry) >= bytes)
			break;
		at += entry->rec_len;
	}
	return at;
}

bool entries_have_room(const char *block, size_t len)
{
	return room_find(block, entry_bytes(len)) < entries_end();
}

int entries_add(void *block, const char *name, size_t len, ext2_ino_t ino, unsigned int type)
{
	const unsigned int at = room_find(block, entry_bytes(len));
	if (at >= entries_end())
		return -ENOSPC;
	struct ext2_dir_entry_2 *entry = entry_in(block, at);
	const unsigned int kept = used(entry);
	if (kept) {
		struct ext2_dir_entry_2 *behind = entry_in(block, at + kept);
		behind->rec_len = (uint16_t)(entry->rec_len - kept);
		entry->rec_len = (uint16_t)kept;
		entry = behind;
	}
	entry->inode = ino;
	entry->name_len = (uint8_t)len;
	entry->file_type = ext2fs_has_feature_filetype(ext4.fs->super) ? (uint8_t)type : 0;
	memcpy(entry->name, name, len);
	return 0;
}

int entries_seal(const struct inode *directory, void *block)
{
	errcode_t error = ext2fs_dir_block_csum_set(ext4.fs, directory->ino, block);
	return error ? ext4_error(error, directory->ino, "directory") : 0;
}

/* --- the directory ---------------------------------------------------------------------------- */

/* All blocks in order, for directories without a tree. */
static int find_linear(ext2_ino_t ino, const struct ext2_inode *inode, const char *name, size_t len,
		       char *block, struct place *place)
{
	struct entry entry;
	uint64_t at = 0, loaded = UINT64_MAX;
	int more;
	while ((more = directory_next(ino, inode, at, block, &loaded, &entry)) > 0) {
		if (entry.name_len == len && memcmp(entry.name, name, len) == 0)
			break;
		at = entry.next;
	}
	if (more <= 0)
		return more ? more : -ENOENT;
	int error = directory_block(ino, inode, loaded, &place->block);
	if (!error && !entries_possible(block))
		error = ext4_corrupt(ino, "a broken directory block");
	if (!error && !entries_find(block, name, len, place))
		error = -EIO;
	return error;
}

int directory_find(ext2_ino_t ino, const struct ext2_inode *inode, const char *name, size_t len,
		   struct place *place)
{
	int error = htree_find(ino, inode, name, len, place);
	if (error != -ENODATA)
		return error;
	char *block = heap_alloc(ext4.fs->blocksize);
	error = block ? find_linear(ino, inode, name, len, block, place) : -ENOMEM;
	heap_free(block);
	return error;
}

int directory_append(struct inode *directory, uint64_t *logical, uint64_t *block)
{
	const uint64_t size = inode_size(inode_raw(directory));
	struct run run;
	bool fresh;
	*logical = size / ext4.fs->blocksize;
	int error = map_allocate(directory, *logical, 1, &run, &fresh);
	if (!error)
		error = inode_dirty(directory, false);
	if (error)
		return error;
	char *data = block_create(run.physical);
	if (!data)
		return -EIO;
	entries_clear(data);
	inode_set_size(directory, size + ext4.fs->blocksize);
	*block = run.physical;
	return 0;
}

static int changed(struct inode *directory)
{
	directory->generation++;
	inode_touch(directory, INODE_MTIME | INODE_CTIME);
	return inode_dirty(directory, false);
}

/* Into a block that exists, from the one on where there was room last time: 1 if there was. */
static int add_to_some(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
		       unsigned int type, char *copy)
{
	const uint64_t blocks = inode_size(inode_raw(directory)) / ext4.fs->blocksize;
	if (directory->room_at >= blocks)
		directory->room_at = 0;
	for (uint64_t n = 0; n < blocks; n++) {
		const uint64_t logical = (directory->room_at + n) % blocks;
		uint64_t block;
		int error = directory_block(directory->ino, inode_raw(directory), logical, &block);
		if (!error)
			error = directory_read(directory->ino, block, copy);
		if (error)
			return error;
		if (n % 16 == 15)
			thread_yield();
		if (!entries_have_room(copy, len))
			continue;
		directory->room_at = logical;
		char *data = block_edit(block);
		error = data ? entries_add(data, name, len, ino, type) : -EIO;
		if (!error)
			error = entries_seal(directory, data);
		return error ? error : 1;
	}
	return 0;
}

static int add_linear(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
		      unsigned int type, char *copy)
{
	directory->raw.i_flags &= ~(uint32_t)EXT2_INDEX_FL;
	int done = add_to_some(directory, name, len, ino, type, copy);
	if (done)
		return done < 0 ? done : 0;
	const uint64_t size = inode_size(inode_raw(directory));
	if (size == ext4.fs->blocksize && ext2fs_has_feature_dir_index(ext4.fs->super)) {
		int error = htree_make(directory);
		return error ? error : htree_add(directory, name, len, ino, type);
	}
	uint64_t logical, block;
	int error = directory_append(directory, &logical, &block);
	if (error)
		return error;
	directory->room_at = logical;
	char *data = block_edit(block);
	error = data ? entries_add(data, name, len, ino, type) : -EIO;
	return error ? error : entries_seal(directory, data);
}

int directory_add(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
		  unsigned int type)
{
	if (inode_size(inode_raw(directory)) / ext4.fs->blocksize > ext4.blocks)
		return ext4_corrupt(directory->ino, "a directory larger than the file system");
	/* Two blocks for a hash tree, beside what the map needs. */
	if (blocks_available() < 2 + TREE_BLOCKS + 2)
		return -ENOSPC;
	int error = htree_add(directory, name, len, ino, type);
	if (error == -ENODATA) {
		/* A tree that we do not understand: as without one, from now on. */
		if ((directory->raw.i_flags & EXT2_INDEX_FL) &&
		    ext2fs_has_feature_metadata_csum(ext4.fs->super))
			return ext4_corrupt(directory->ino, "a broken hash tree");
		char *copy = heap_alloc(ext4.fs->blocksize);
		error = copy ? add_linear(directory, name, len, ino, type, copy) : -ENOMEM;
		heap_free(copy);
	}
	return error ? error : changed(directory);
}

int directory_remove(struct inode *directory, const struct place *place)
{
	char *block = block_edit(place->block);
	if (!block)
		return -EIO;
	struct ext2_dir_entry_2 *entry = entry_in(block, place->at);
	if (place->before == place->at)
		entry->inode = 0;
	else
		entry_in(block, place->before)->rec_len =
			(uint16_t)(entry_in(block, place->before)->rec_len + entry->rec_len);
	directory->room_at = 0;
	int error = entries_seal(directory, block);
	return error ? error : changed(directory);
}

int directory_replace(struct inode *directory, const struct place *place, ext2_ino_t ino,
		      unsigned int type)
{
	char *block = block_edit(place->block);
	if (!block)
		return -EIO;
	struct ext2_dir_entry_2 *entry = entry_in(block, place->at);
	entry->inode = ino;
	if (ext2fs_has_feature_filetype(ext4.fs->super))
		entry->file_type = (uint8_t)type;
	int error = entries_seal(directory, block);
	return error ? error : changed(directory);
}

int directory_make(struct inode *directory, ext2_ino_t parent)
{
	uint64_t logical, block;
	int error = directory_append(directory, &logical, &block);
	if (error)
		return error;
	char *data = block_edit(block);
	if (!data)
		return -EIO;
	error = entries_add(data, ".", 1, directory->ino, EXT2_FT_DIR);
	if (!error)
		error = entries_add(data, "..", 2, parent, EXT2_FT_DIR);
	return error ? error : entries_seal(directory, data);
}

int directory_is_empty(ext2_ino_t ino, const struct ext2_inode *inode)
{
	struct entry entry;
	uint64_t at = 0, loaded = UINT64_MAX;
	char *block = heap_alloc(ext4.fs->blocksize);
	if (!block)
		return -ENOMEM;
	int more;
	while ((more = directory_next(ino, inode, at, block, &loaded, &entry)) > 0) {
		if (entry.name_len > 2 || entry.name[0] != '.' ||
		    (entry.name_len == 2 && entry.name[1] != '.'))
			break;
		at = entry.next;
	}
	heap_free(block);
	return more < 0 ? more : more == 0;
}
