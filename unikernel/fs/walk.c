/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a path to an inode.
 *
 * What is left of the path lies at the end of one buffer of PATH_MAX bytes.  A symbolic link's
 * target is put in front of it, so a chain of links needs no recursion; their number is bounded,
 * and so is the buffer: a cycle ends in ELOOP or ENAMETOOLONG.
 *
 *	buffer:  [ ............ target/rest/of/the/path\0 ]
 *	                        ^ rest
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/ext4.h"

#define SYMLINKS_MAX 16

struct walk {
	ext2_ino_t ino;
	struct ext2_inode inode;
	ext2_ino_t parent; /* the directory that ino was found in */
	unsigned int symlinks;
	char *rest; /* within buffer, NUL-terminated */
	char buffer[PATH_MAX + 1];
};

/* The inode called name in the directory where the walk stands: 0, -ENOENT or another error. */
static int lookup(struct walk *walk, const char *name, size_t len, ext2_ino_t *found)
{
	struct place place;
	int error = directory_find(walk->ino, &walk->inode, name, len, &place);
	*found = place.ino;
	return error;
}

static int go_to(struct walk *walk, ext2_ino_t ino)
{
	walk->ino = ino;
	return inode_read(ino, &walk->inode);
}

int symlink_read(ext2_ino_t ino, const struct ext2_inode *inode, char *buf, size_t len)
{
	const uint64_t size = inode_size(inode);
	if (size == 0 || size >= PATH_MAX || size > ext4.fs->blocksize)
		return ext4_corrupt(ino, "a symbolic link of impossible length");
	const size_t n = size < len ? (size_t)size : len;
	/* Short targets lie in the inode itself, where others have their block numbers. */
	if (size < sizeof(inode->i_block) && !(inode->i_flags & EXT4_EXTENTS_FL)) {
		memcpy(buf, inode->i_block, n);
		return (int)n;
	}
	struct run run;
	int error = map_run(ino, inode, 0, &run);
	if (error)
		return error;
	if (run.hole)
		return ext4_corrupt(ino, "a symbolic link to nowhere");
	if (block_read_part(run.physical, 0, buf, n))
		return ext4_error(EXT2_ET_SHORT_READ, ino, "symbolic link");
	return (int)n;
}

/* Stands on a symbolic link that was found in walk->parent: puts its target before the rest. */
static int follow_link(struct walk *walk)
{
	if (++walk->symlinks > SYMLINKS_MAX)
		return -ELOOP;
	const size_t size = (size_t)inode_size(&walk->inode);
	/* One byte more for the slash between the target and the rest. */
	if (size + 1 > (size_t)(walk->rest - walk->buffer))
		return -ENAMETOOLONG;
	if (*walk->rest)
		*--walk->rest = '/';
	int n = symlink_read(walk->ino, &walk->inode, walk->rest - size, size);
	if (n < 0)
		return n;
	walk->rest -= size;
	if (memchr(walk->rest, '\0', size))
		return ext4_corrupt(walk->ino, "a symbolic link with a NUL in it");
	return go_to(walk, *walk->rest == '/' ? EXT2_ROOT_INO : walk->parent);
}

static int step(struct walk *walk, bool follow)
{
	const char *name = walk->rest;
	const size_t len = strcspn(name, "/");
	walk->rest += len;
	const bool more = *walk->rest == '/'; /* "file/" demands a directory */
	if (len > EXT2_NAME_LEN)
		return -ENAMETOOLONG;
	if (!LINUX_S_ISDIR(walk->inode.i_mode))
		return -ENOTDIR;
	if (len == 1 && name[0] == '.')
		return 0;
	/* The root's parent is the root, whatever its entry ".." says. */
	if (len == 2 && name[0] == '.' && name[1] == '.' && walk->ino == EXT2_ROOT_INO)
		return 0;
	ext2_ino_t found;
	int error = lookup(walk, name, len, &found);
	walk->parent = walk->ino;
	if (!error)
		error = go_to(walk, found);
	if (!error && LINUX_S_ISLNK(walk->inode.i_mode) && (follow || more))
		error = follow_link(walk);
	return error;
}

static int walk_on(struct walk *walk, bool follow)
{
	int error = go_to(walk, EXT2_ROOT_INO);
	while (!error) {
		const bool slash = *walk->rest == '/';
		walk->rest += strspn(walk->rest, "/");
		if (!*walk->rest) {
			if (slash && !LINUX_S_ISDIR(walk->inode.i_mode))
				error = -ENOTDIR;
			break;
		}
		error = step(walk, follow);
	}
	return error;
}

static struct walk *walk_new(const char *path, int *error)
{
	const size_t len = strlen(path);
	*error = -ENAMETOOLONG;
	if (len >= PATH_MAX)
		return NULL;
	struct walk *walk = heap_zalloc(sizeof(*walk));
	*error = -ENOMEM;
	if (walk)
		walk->rest = memcpy(walk->buffer + sizeof(walk->buffer) - len - 1, path, len + 1);
	return walk;
}

int path_walk(const char *path, bool follow, ext2_ino_t *ino, struct ext2_inode *inode)
{
	int error;
	struct walk *walk = walk_new(path, &error);
	if (!walk)
		return error;
	error = walk_on(walk, follow);
	if (!error) {
		*ino = walk->ino;
		*inode = walk->inode;
	}
	heap_free(walk);
	return error;
}

/* Stands in the directory of the last name: 0 when that is it, 1 when a link was followed. */
static int last_name(struct walk *walk, size_t len, bool follow, struct last *last)
{
	ext2_ino_t found;
	last->slash = walk->rest[len] == '/';
	if (len > EXT2_NAME_LEN)
		return -ENAMETOOLONG;
	if (!LINUX_S_ISDIR(walk->inode.i_mode))
		return -ENOTDIR;
	memcpy(last->name, walk->rest, len);
	last->name[len] = '\0';
	last->len = len;
	last->directory = walk->ino;
	last->inode = walk->inode;
	if (!follow || lookup(walk, last->name, len, &found))
		return 0;
	walk->parent = walk->ino;
	int error = go_to(walk, found);
	if (error || !LINUX_S_ISLNK(walk->inode.i_mode))
		return error;
	walk->rest += len;
	error = follow_link(walk);
	return error ? error : 1;
}

static int walk_to_last(struct walk *walk, bool follow, struct last *last)
{
	int error = go_to(walk, EXT2_ROOT_INO);
	last->len = 0;
	while (!error) {
		walk->rest += strspn(walk->rest, "/");
		const size_t len = strcspn(walk->rest, "/");
		const char *behind = walk->rest + len;
		if (len == 0)
			return 0;
		if (behind[strspn(behind, "/")]) {
			error = step(walk, true);
			continue;
		}
		error = last_name(walk, len, follow, last);
		if (error <= 0)
			return error;
		error = 0;
		last->len = 0;
	}
	return error;
}

int path_walk_last(const char *path, bool follow, struct last *last)
{
	int error;
	struct walk *walk = walk_new(path, &error);
	if (!walk)
		return error;
	error = walk_to_last(walk, follow, last);
	heap_free(walk);
	return error;
}
