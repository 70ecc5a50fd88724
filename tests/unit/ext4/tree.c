/* SPDX-License-Identifier: BSD-2-Clause */
/* See tree.h. */
#include "tests/unit/ext4/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "unikernel/fs/cache.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

#define DEPTH_MAX 12

struct reader {
	FILE *list;
	struct tree_counts *counts;
	unsigned int limit;
	uint64_t file_bytes_max;
	size_t chunk;
	char *buf;
};

uint64_t hash_add(uint64_t hash, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)data[i]) * 0x100000001b3u;
	return hash;
}

static void read_file(struct reader *r, const char *path)
{
	struct file *f;
	int error = ext4_tree.open(path, O_RDONLY, 0, &f);
	if (error) {
		r->counts->errors++;
		return;
	}
	uint64_t hash = HASH_BASIS, total = 0;
	ssize_t n = 0;
	while (total < r->file_bytes_max && (n = f->ops->read(f, r->buf, r->chunk)) > 0) {
		if (r->list)
			hash = hash_add(hash, r->buf, (size_t)n);
		total += (uint64_t)n;
	}
	if (total < r->file_bytes_max && n < 0)
		r->counts->errors++;
	/* One read from the middle, as a range request makes. */
	if (total > 2 && f->ops->pread(f, r->buf, 1, (off_t)(total / 2)) < 0)
		r->counts->errors++;
	file_put(f);
	r->counts->files++;
	r->counts->bytes += total;
	if (r->list)
		fprintf(r->list, "f %s %llu %016llx\n", path, (unsigned long long)total,
			(unsigned long long)hash);
}

static void read_link(struct reader *r, const char *path)
{
	char target[4096];
	struct stat st;
	ssize_t n = ext4_tree.readlink(path, target, sizeof(target));
	if (n < 0) {
		r->counts->errors++;
		return;
	}
	ext4_tree.stat(path, &st, true); /* may lead nowhere, or round and round */
	if (r->list)
		fprintf(r->list, "l %s %.*s\n", path, (int)n, target);
}

static void read_directory(struct reader *r, const char *path, unsigned int depth)
{
	struct file *f;
	int error = ext4_tree.open(*path ? path : "/", O_RDONLY | O_DIRECTORY, 0, &f);
	if (error) {
		r->counts->errors++;
		return;
	}
	if (r->list && *path)
		fprintf(r->list, "d %s\n", path);
	struct dirent entry;
	int more = 0;
	while (r->counts->entries < r->limit && (more = f->ops->readdir(f, &entry)) > 0) {
		r->counts->entries++;
		if (strcmp(entry.d_name, ".") == 0 || strcmp(entry.d_name, "..") == 0)
			continue;
		char *name;
		if (asprintf(&name, "%s/%s", path, entry.d_name) < 0)
			abort();
		struct stat st;
		if (ext4_tree.stat(name, &st, false))
			r->counts->errors++;
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			read_directory(r, name, depth + 1);
		else if (S_ISLNK(st.st_mode))
			read_link(r, name);
		else if (S_ISREG(st.st_mode))
			read_file(r, name);
		free(name);
	}
	if (r->counts->entries < r->limit && more < 0)
		r->counts->errors++;
	file_put(f);
}

int tree_read(struct blkfront *disk, size_t cache_bytes, size_t chunk, unsigned int limit,
	      FILE *list, struct tree_counts *counts)
{
	*counts = (struct tree_counts){0};
	struct cache *cache = cache_create(disk, cache_bytes);
	if (!cache)
		return -ENOMEM;
	int error = ext4_mount(cache, "xvda");
	if (!error) {
		struct reader r = {list,  counts,	limit, list ? UINT64_MAX : 1 << 20,
				   chunk, malloc(chunk)};
		read_directory(&r, "", 0);
		free(r.buf);
		ext4_unmount();
	}
	cache_destroy(cache);
	return error;
}
