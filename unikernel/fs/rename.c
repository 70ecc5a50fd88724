/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rename(), in one transaction: the new name leads to the file, or the one that was there is made to,
 * and then the old name goes.  After a crash it is as before, or done.
 */
#include <errno.h>

#include "unikernel/fs/ext4.h"

#define DEPTH_MAX 4096u

struct renaming {
	struct last from, to;
	struct inode *old_parent, *new_parent, *inode;
	struct inode *target; /* what was called so, or NULL */
};

/* Does the way up from this directory come by the inode? A directory must not go below itself. */
static int is_below(ext2_ino_t directory, ext2_ino_t inode)
{
	for (unsigned int depth = 0; depth < DEPTH_MAX; depth++) {
		struct ext2_inode raw;
		struct place place;
		if (directory == inode)
			return 1;
		if (directory == EXT2_ROOT_INO)
			return 0;
		int error = inode_read(directory, &raw);
		if (!error)
			error = directory_find(directory, &raw, "..", 2, &place);
		if (error)
			return error == -ENOENT ? -EIO : error;
		directory = place.ino;
	}
	return ext4_corrupt(directory, "a directory too deep, or below itself");
}

static int check(const struct renaming *r)
{
	const bool directory = inode_is_directory(r->inode);
	if (!directory && (r->from.slash || r->to.slash))
		return -ENOTDIR;
	if (!ext4.writable)
		return -EROFS;
	if (r->new_parent->raw.i_links_count == 0)
		return -ENOENT;
	if (directory && r->old_parent != r->new_parent) {
		int below = is_below(r->new_parent->ino, r->inode->ino);
		if (below)
			return below < 0 ? below : -EINVAL;
	}
	if (!r->target)
		return 0;
	if (directory && !inode_is_directory(r->target))
		return -ENOTDIR;
	if (!directory && inode_is_directory(r->target))
		return -EISDIR;
	if (!directory)
		return 0;
	int empty = directory_is_empty(r->target->ino, inode_raw(r->target));
	return empty > 0 ? 0 : empty < 0 ? empty : -ENOTEMPTY;
}

/* The directory's own entry ".." and what counts them. */
static int parent_change(struct renaming *r)
{
	struct place place;
	int error = directory_find(r->inode->ino, inode_raw(r->inode), "..", 2, &place);
	if (error)
		return -EIO;
	error = directory_replace(r->inode, &place, r->new_parent->ino, EXT2_FT_DIR);
	if (!error && !r->target)
		inode_links_add(r->new_parent);
	if (!error)
		inode_links_sub(r->old_parent);
	return error;
}

static int rename_in(struct renaming *r)
{
	const bool directory = inode_is_directory(r->inode);
	struct place place;
	const unsigned int type = entry_type(r->inode->raw.i_mode);
	int error;
	if (r->target) {
		error = directory_find(r->to.directory, inode_raw(r->new_parent), r->to.name,
				       r->to.len, &place);
		if (!error)
			error = directory_replace(r->new_parent, &place, r->inode->ino, type);
		if (!error)
			error = inode_lose_name(r->target);
		if (error)
			return -EIO;
	} else {
		error = directory_add(r->new_parent, r->to.name, r->to.len, r->inode->ino, type);
		if (error)
			return error;
	}
	/* A new name may have moved the old one. */
	error = directory_find(r->from.directory, inode_raw(r->old_parent), r->from.name,
			       r->from.len, &place);
	if (!error)
		error = directory_remove(r->old_parent, &place);
	if (!error && directory && r->old_parent != r->new_parent)
		error = parent_change(r);
	else if (!error && directory && r->target)
		inode_links_sub(r->new_parent);
	if (!error)
		error = inode_dirty(r->inode, false);
	if (!error)
		inode_touch(r->inode, INODE_CTIME);
	return error ? -EIO : 0;
}

static int rename_once(struct renaming *r)
{
	if (r->inode == r->target)
		return 0;
	int error = check(r);
	if (!error && r->target == NULL && inode_is_directory(r->inode) &&
	    r->old_parent != r->new_parent)
		error = inode_links_room(r->new_parent);
	if (!error)
		error = transaction_begin();
	return error ? error : transaction_end(rename_in(r));
}

static int find(const struct last *last, struct inode **out)
{
	struct place place;
	int error = directory_find(last->directory, &last->inode, last->name, last->len, &place);
	return error ? error : inode_get(place.ino, out);
}

static int rename_prepare(struct renaming *r, const char *from, const char *to)
{
	int error = path_walk_last(from, false, &r->from);
	if (!error)
		error = path_walk_last(to, false, &r->to);
	if (error)
		return error;
	if (r->from.len == 0 || r->to.len == 0)
		return -EBUSY;
	if (last_is_dot(&r->from) || last_is_dot(&r->to))
		return -EINVAL;
	error = find(&r->from, &r->inode);
	if (!error)
		error = find(&r->to, &r->target);
	if (error == -ENOENT && r->inode)
		error = 0;
	if (!error)
		error = inode_get(r->from.directory, &r->old_parent);
	if (!error)
		error = inode_get(r->to.directory, &r->new_parent);
	return error;
}

static void put(struct inode *inode)
{
	if (inode)
		inode_put(inode);
}

int name_rename(const char *from, const char *to)
{
	struct renaming r = {0};
	ext4_lock();
	int error = rename_prepare(&r, from, to);
	if (!error)
		error = rename_once(&r);
	if (error == -ENOSPC && space_reclaim())
		error = rename_once(&r);
	put(r.old_parent);
	put(r.new_parent);
	put(r.inode);
	put(r.target);
	ext4_unlock();
	return error;
}
