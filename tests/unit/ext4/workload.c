/* SPDX-License-Identifier: BSD-2-Clause */
/* See workload.h. */
#include "tests/unit/ext4/workload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/ext4/disk.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

static uint8_t data[2 << 20];
static const char *trace; /* tell every operation */

uint32_t workload_random(struct workload *w, uint32_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 17;
	w->random ^= w->random << 5;
	return w->random % below;
}

struct model *workload_now(struct workload *w)
{
	return w->state[w->states - 1];
}

void workload_begin(struct workload *w, uint32_t seed, size_t bytes_most)
{
	trace = getenv("TRACE");
	*w = (struct workload){.random = seed * 2654435761u | 1, .bytes_most = bytes_most};
	w->state[w->states++] = model_new();
}

static void release(struct workload *w, unsigned int i)
{
	if (!w->held[i].file)
		return;
	file_put(w->held[i].file);
	w->held[i].file = NULL;
	/* After a cut what it was written may still be found. */
	if (!disk_is_cut())
		model_hold(workload_now(w), w->held[i].node, -1);
}

void workload_close(struct workload *w)
{
	for (unsigned int i = 0; i < HELD_MOST; i++)
		release(w, i);
}

void workload_end(struct workload *w)
{
	while (w->states)
		model_free(w->state[--w->states]);
}

/* All up to now is durable. */
static void acknowledged(struct workload *w)
{
	struct model *now = workload_now(w);
	for (unsigned int i = 0; i + 1 < w->states; i++)
		model_free(w->state[i]);
	w->state[0] = now;
	w->states = 1;
	w->syncs++;
}

/* A result that must be the model's, unless the power is gone. */
static bool same(const char *what, const char *path, long is, long should)
{
	if (trace)
		fprintf(stderr, "%s %s: %ld%s\n", what, path, is, disk_is_cut() ? ", cut" : "");
	if (disk_is_cut())
		return false;
	if (is == should)
		return true;
	fprintf(stderr, "%s %s: %s instead of %s\n", what, path,
		is < 0 ? strerror((int)-is) : "done", should < 0 ? strerror((int)-should) : "done");
	if (is >= 0 && should >= 0)
		fprintf(stderr, "   %ld and %ld\n", is, should);
	abort();
}

/* A further state, for one operation to change: the last one, or NULL when the power is gone. */
static struct model *next_state(struct workload *w)
{
	if (w->states == STATES_MOST) {
		if (!same("sync", "", ext4_tree.sync(), 0))
			return NULL;
		acknowledged(w);
	}
	w->state[w->states] = model_copy(workload_now(w));
	w->operations++;
	return w->state[w->states++];
}

/* --- names ------------------------------------------------------------------------------------ */

/* A path of up to three names out of few, so that they meet. */
static void path_make(struct workload *w, char *path)
{
	*path = '\0';
	for (unsigned int i = workload_random(w, 3); i > 0; i--)
		sprintf(path + strlen(path), "/d%u", workload_random(w, 3));
	sprintf(path + strlen(path), workload_random(w, 4) ? "/f%u" : "/d%u",
		workload_random(w, 9));
	if (workload_random(w, 10) == 0)
		strcat(path, "-a-name-that-is-longer");
}

static int open_file(struct workload *w, const char *path, int flags, struct file **f, int *node)
{
	struct model *now = next_state(w);
	if (!now)
		return -1;
	int should = flags & O_CREAT ? model_create(now, path, 0640, flags & O_EXCL)
				     : model_find(now, path);
	int is = ext4_tree.open(path, flags | O_NOFOLLOW, 0640, f);
	if (!same("open", path, is, should < 0 ? should : 0))
		return -1;
	*node = should;
	return should < 0 ? 0 : 1;
}

/* --- files ------------------------------------------------------------------------------------ */

static void fill(struct workload *w, size_t len)
{
	uint32_t x = w->random;
	for (size_t i = 0; i < len; i += 4) {
		x = x * 1664525u + 1013904223u;
		memcpy(data + i, &x, 4);
	}
	/* What begins like a block of the journal must come through it, should it be metadata. */
	static const uint8_t magic[] = {0xc0, 0x3b, 0x39, 0x98};
	if (workload_random(w, 4) == 0)
		memcpy(data, magic, sizeof(magic));
}

/* Small, block by block, or so long that it goes past the cache. */
static size_t length(struct workload *w)
{
	switch (workload_random(w, 8)) {
	case 0:
		return 1 + workload_random(w, 150000);
	case 1:
		return 65536 + 1024 * workload_random(w, 100);
	case 2:
	case 3:
		return 1024 * (1 + workload_random(w, 16));
	default:
		return 1 + workload_random(w, 3000);
	}
}

static bool write_file(struct workload *w, struct file *f, int node)
{
	struct model *now = next_state(w);
	if (!now)
		return false;
	const size_t size = now->node[node].contents->size;
	size_t len = length(w), at;
	switch (workload_random(w, 4)) {
	case 0:
		at = workload_random(w, (uint32_t)size + 20000);
		break;
	case 1:
		at = workload_random(w, (uint32_t)size + 1) / 1024 * 1024;
		break;
	default:
		at = size;
		break;
	}
	if (at >= w->bytes_most)
		at %= w->bytes_most;
	if (at + len > w->bytes_most)
		len = w->bytes_most - at;
	fill(w, len);
	model_write(now, node, at, data, len);
	if (trace)
		fprintf(stderr, "node %d, %zu bytes at %zu of %zu\n", node, len, at, size);
	return same("pwrite", "", f->ops->pwrite(f, data, len, (off_t)at), (long)len);
}

static bool truncate_file(struct workload *w, struct file *f, int node)
{
	struct model *now = next_state(w);
	if (!now)
		return false;
	const size_t size = now->node[node].contents->size;
	const size_t to = workload_random(w, 3) ? workload_random(w, (uint32_t)size + 1)
						: workload_random(w, (uint32_t)w->bytes_most);
	model_truncate(now, node, to);
	if (trace)
		fprintf(stderr, "node %d, %zu bytes of %zu\n", node, to, size);
	return same("truncate", "", f->ops->truncate(f, (off_t)to), 0);
}

static bool bytes_same(struct file *f, const struct contents *c, const char *path)
{
	if (!same("size of", path, f->ops->lseek(f, 0, SEEK_END), (long)c->size))
		return false;
	memset(data, 0xa5, c->size < sizeof(data) ? c->size : sizeof(data));
	if (!same("read", path, f->ops->pread(f, data, sizeof(data), 0), (long)c->size))
		return false;
	if (memcmp(data, c->bytes, c->size) == 0)
		return true;
	size_t i = 0;
	while (data[i] == c->bytes[i])
		i++;
	fprintf(stderr, "%s: byte %zu of %zu is %02x instead of %02x\n", path, i, c->size, data[i],
		c->bytes[i]);
	abort();
}

static bool sync_file(struct workload *w, struct file *f)
{
	int is = workload_random(w, 3) ? f->ops->sync(f, workload_random(w, 2)) : ext4_tree.sync();
	if (!same("sync", "", is, 0))
		return false;
	return true;
}

/*
 * fdatasync may leave the names of others behind; ours commits everything unless nothing but data
 * is new, in which case all that is older was committed before or is somebody else's.  So only
 * fsync and sync acknowledge the whole.
 */
static bool use_file(struct workload *w, struct file *f, int node, const char *path)
{
	bool on = true;
	for (unsigned int i = 1 + workload_random(w, 3); on && i > 0; i--)
		on = workload_random(w, 4) ? write_file(w, f, node) : truncate_file(w, f, node);
	if (on && workload_random(w, 3) == 0)
		on = bytes_same(f, workload_now(w)->node[node].contents, path);
	if (on && workload_random(w, 6) == 0)
		on = sync_file(w, f);
	if (on && workload_random(w, 5) == 0) {
		on = same("fsync", path, f->ops->sync(f, false), 0);
		if (on)
			acknowledged(w);
	}
	return on;
}

static bool file_step(struct workload *w, const char *path)
{
	struct file *f;
	int node;
	const int flags = O_RDWR | O_CREAT | (workload_random(w, 8) ? 0 : O_EXCL);
	int opened = open_file(w, path, flags, &f, &node);
	if (opened <= 0)
		return opened == 0;
	model_hold(workload_now(w), node, 1);
	bool on = use_file(w, f, node, path);
	const unsigned int slot = workload_random(w, HELD_MOST);
	if (on && workload_random(w, 4) == 0) {
		release(w, slot);
		w->held[slot].file = f;
		w->held[slot].node = node;
	} else {
		int closed = file_put(f);
		model_hold(workload_now(w), node, -1);
		on = on && same("close", path, closed, 0);
	}
	return on && !disk_is_cut();
}

static bool held_step(struct workload *w)
{
	const unsigned int slot = workload_random(w, HELD_MOST);
	if (!w->held[slot].file)
		return true;
	return use_file(w, w->held[slot].file, w->held[slot].node, "(open)");
}

bool workload_step(struct workload *w)
{
	char path[MODEL_PATH], other[MODEL_PATH];
	static const char target[] =
		"somewhere/else/that/is/quite/far/away/so/that/it/fits/not/into/"
		"the/inode";
	struct model *now = next_state(w);
	if (!now)
		return false;
	path_make(w, path);
	path_make(w, other);
	const bool room = now->names < MODEL_NAMES - 4;
	switch (workload_random(w, 20)) {
	case 0:
	case 1:
	case 2:
		return same("unlink", path, ext4_tree.unlink(path), model_unlink(now, path));
	case 3:
	case 4:
		return !room || same("mkdir", path, ext4_tree.mkdir(path, 0750),
				     model_mkdir(now, path, 0750));
	case 5:
		return same("rmdir", path, ext4_tree.rmdir(path), model_rmdir(now, path));
	case 6:
	case 7:
	case 8:
		return same("rename", path, ext4_tree.rename(path, other),
			    model_rename(now, path, other));
	case 9:
		return !room || same("link", path, ext4_tree.link(path, other),
				     model_link(now, path, other));
	case 10: {
		const char *to = target + workload_random(w, sizeof(target) - 2);
		return !room || same("symlink", path, ext4_tree.symlink(to, path),
				     model_symlink(now, to, path));
	}
	case 11:
		if (!same("sync", "", ext4_tree.sync(), 0))
			return false;
		acknowledged(w);
		return true;
	case 12:
	case 13:
		return held_step(w);
	default:
		return !room || file_step(w, path);
	}
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Byte by byte: of this state, or of any other in which the node was the same file. */
static bool bytes_possible(const struct workload *w, const struct contents *c, int node,
			   const uint8_t *bytes, const char *path)
{
	for (size_t i = 0; i < c->size; i++) {
		if (bytes[i] == c->bytes[i])
			continue;
		bool found = false;
		for (unsigned int s = 0; s < w->states && !found; s++) {
			const struct contents *other = w->state[s]->node[node].contents;
			found = other && i < other->size && other->bytes[i] == bytes[i];
		}
		if (!found) {
			fprintf(stderr, "%s: byte %zu of %zu is %02x, which it never was\n", path,
				i, c->size, bytes[i]);
			return false;
		}
	}
	return true;
}

/* A long write is several transactions: its file may have got any size on the way. */
static bool size_possible(const struct model *next, const struct model_node *n, int node,
			  size_t size)
{
	if (size == n->contents->size)
		return true;
	const struct model_node *later = next ? &next->node[node] : NULL;
	return later && later->type == MODEL_FILE && size > n->contents->size &&
	       size <= later->contents->size;
}

static bool file_possible(const struct workload *w, const char *path, const struct model *next,
			  const struct model_node *n, int node)
{
	struct file *f;
	if (ext4_tree.open(path, O_RDONLY | O_NOFOLLOW, 0, &f))
		return false;
	ssize_t len = f->ops->pread(f, data, sizeof(data), 0);
	file_put(f);
	return len >= 0 && size_possible(next, n, node, (size_t)len) &&
	       bytes_possible(w, n->contents, node, data, path);
}

static bool name_possible(const struct workload *w, const struct model *m, const struct model *next,
			  unsigned int i)
{
	const char *path = m->name[i].path;
	const int node = m->name[i].node;
	const struct model_node *n = &m->node[node];
	struct stat st;
	char target[4096];
	if (ext4_tree.stat(*path ? path : "/", &st, false))
		return false;
	switch (n->type) {
	case MODEL_DIRECTORY:
		return S_ISDIR(st.st_mode);
	case MODEL_LINK:
		return S_ISLNK(st.st_mode) &&
		       ext4_tree.readlink(path, target, sizeof(target)) ==
			       (ssize_t)n->contents->size &&
		       memcmp(target, n->contents->bytes, n->contents->size) == 0;
	default:
		return S_ISREG(st.st_mode) && st.st_nlink == n->links &&
		       (st.st_mode & 07777) == n->mode && file_possible(w, path, next, n, node);
	}
}

/* How many names there are, lost+found aside. */
static unsigned int names_count(const char *path, unsigned int depth)
{
	struct file *f;
	struct dirent entry;
	unsigned int count = 0;
	if (depth > 8 || ext4_tree.open(*path ? path : "/", O_RDONLY | O_DIRECTORY, 0, &f))
		return 0;
	while (f->ops->readdir(f, &entry) > 0) {
		char *below;
		if (strcmp(entry.d_name, ".") == 0 || strcmp(entry.d_name, "..") == 0 ||
		    strcmp(entry.d_name, "lost+found") == 0)
			continue;
		if (asprintf(&below, "%s/%s", path, entry.d_name) < 0)
			abort();
		count += 1 + (entry.d_type == DT_DIR ? names_count(below, depth + 1) : 0);
		free(below);
	}
	file_put(f);
	return count;
}

static bool state_matches(const struct workload *w, const struct model *m, const struct model *next)
{
	if (names_count("", 0) != m->names - 1)
		return false;
	for (unsigned int i = 0; i < m->names; i++)
		if (!name_possible(w, m, next, i))
			return false;
	return true;
}

void workload_check(struct workload *w)
{
	const struct model *now = workload_now(w);
	for (unsigned int i = 0; i < now->names; i++) {
		const struct model_node *n = &now->node[now->name[i].node];
		struct file *f;
		if (n->type != MODEL_FILE)
			continue;
		if (!same("open", now->name[i].path,
			  ext4_tree.open(now->name[i].path, O_RDONLY, 0, &f), 0))
			abort();
		bytes_same(f, n->contents, now->name[i].path);
		file_put(f);
	}
	if (state_matches(w, now, NULL))
		return;
	fprintf(stderr, "names or attributes differ: %u names instead of %u\n", names_count("", 0),
		now->names - 1);
	for (unsigned int i = 0; i < now->names; i++)
		if (!name_possible(w, now, NULL, i))
			fprintf(stderr, "  %s\n", now->name[i].path);
	abort();
}

bool workload_check_crashed(struct workload *w)
{
	for (unsigned int s = 0; s < w->states; s++)
		if (state_matches(w, w->state[s], s + 1 < w->states ? w->state[s + 1] : NULL))
			return true;
	fprintf(stderr, "none of %u states: %u names, the acknowledged has %u\n", w->states,
		names_count("", 0), w->state[0]->names - 1);
	for (unsigned int i = 0; i < w->state[0]->names; i++)
		if (!name_possible(w, w->state[0], NULL, i))
			fprintf(stderr, "  not as acknowledged: %s\n", w->state[0]->name[i].path);
	return false;
}
