/* SPDX-License-Identifier: BSD-2-Clause */
/* See model.h. */
#include "tests/unit/ext4/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES (MODEL_NAMES + 16)

static void contents_put(struct contents *c)
{
	if (c && --c->references == 0)
		free(c);
}

/* The node's own copy, of this size; what is new is zero. */
static uint8_t *contents_own(struct model_node *n, size_t size)
{
	const size_t was = n->contents ? n->contents->size : 0;
	if (!n->contents || n->contents->references > 1 || was != size) {
		struct contents *c = calloc(1, sizeof(*c) + size);
		c->references = 1;
		c->size = size;
		if (n->contents)
			memcpy(c->bytes, n->contents->bytes, was < size ? was : size);
		contents_put(n->contents);
		n->contents = c;
	}
	return n->contents->bytes;
}

struct model *model_new(void)
{
	struct model *m = calloc(1, sizeof(*m));
	m->name[m->names++].node = 0; /* the root, whose path is empty */
	m->node[0] = (struct model_node){.type = MODEL_DIRECTORY, .links = 1};
	return m;
}

struct model *model_copy(const struct model *m)
{
	struct model *copy = malloc(sizeof(*copy));
	memcpy(copy, m, sizeof(*copy));
	for (int i = 0; i < NODES; i++)
		if (copy->node[i].contents)
			copy->node[i].contents->references++;
	return copy;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	for (int i = 0; i < NODES; i++)
		contents_put(m->node[i].contents);
	free(m);
}

static int name_of(const struct model *m, const char *path, size_t len)
{
	for (unsigned int i = 0; i < m->names; i++)
		if (strncmp(m->name[i].path, path, len) == 0 && m->name[i].path[len] == '\0')
			return (int)i;
	return -ENOENT;
}

int model_find(const struct model *m, const char *path)
{
	int name = name_of(m, path, strlen(path));
	return name < 0 ? name : m->name[name].node;
}

/* Whether the directory above a path is there: 0, -ENOENT or -ENOTDIR. */
static int above(const struct model *m, const char *path)
{
	const size_t len = (size_t)(strrchr(path, '/') - path);
	int name = name_of(m, path, len);
	if (name < 0) {
		/* A file further up makes it ENOTDIR. */
		char *up = strndup(path, len);
		int error = len ? above(m, up) : -ENOENT;
		free(up);
		return error == -ENOTDIR ? error : -ENOENT;
	}
	const enum model_type type = m->node[m->name[name].node].type;
	/* The workload's links lead nowhere. */
	return type == MODEL_DIRECTORY ? 0 : type == MODEL_LINK ? -ENOENT : -ENOTDIR;
}

static bool has_children(const struct model *m, const char *path)
{
	const size_t len = strlen(path);
	for (unsigned int i = 0; i < m->names; i++)
		if (strncmp(m->name[i].path, path, len) == 0 && m->name[i].path[len] == '/')
			return true;
	return false;
}

static void node_release(struct model *m, int node)
{
	struct model_node *n = &m->node[node];
	if (n->links || n->holders)
		return;
	contents_put(n->contents);
	*n = (struct model_node){.type = MODEL_FREE};
}

void model_hold(struct model *m, int node, int change)
{
	m->node[node].holders += (unsigned int)change;
	node_release(m, node);
}

static void name_add(struct model *m, const char *path, int node)
{
	if (m->names == MODEL_NAMES)
		abort();
	snprintf(m->name[m->names].path, MODEL_PATH, "%s", path);
	m->name[m->names++].node = node;
	m->node[node].links++;
}

static void name_remove(struct model *m, int name)
{
	const int node = m->name[name].node;
	m->name[name] = m->name[--m->names];
	m->node[node].links--;
	node_release(m, node);
}

static int make(struct model *m, const char *path, enum model_type type, mode_t mode)
{
	int error = above(m, path);
	if (error)
		return error;
	if (model_find(m, path) >= 0)
		return -EEXIST;
	int node = 0;
	while (m->node[node].type != MODEL_FREE)
		if (++node == NODES)
			abort();
	m->node[node] = (struct model_node){.type = type, .mode = mode};
	contents_own(&m->node[node], 0);
	name_add(m, path, node);
	return node;
}

int model_create(struct model *m, const char *path, mode_t mode, bool excl)
{
	int error = above(m, path), node = model_find(m, path);
	if (error)
		return error;
	if (node < 0)
		return make(m, path, MODEL_FILE, mode);
	if (excl)
		return -EEXIST;
	if (m->node[node].type == MODEL_LINK)
		return -ELOOP; /* the workload opens with O_NOFOLLOW */
	return m->node[node].type == MODEL_FILE ? node : -EISDIR;
}

int model_mkdir(struct model *m, const char *path, mode_t mode)
{
	int node = make(m, path, MODEL_DIRECTORY, mode);
	return node < 0 ? node : 0;
}

int model_symlink(struct model *m, const char *target, const char *path)
{
	int node = make(m, path, MODEL_LINK, 0777);
	if (node < 0)
		return node;
	const size_t len = strlen(target);
	memcpy(contents_own(&m->node[node], len), target, len);
	return 0;
}

int model_unlink(struct model *m, const char *path)
{
	int error = above(m, path), name = name_of(m, path, strlen(path));
	if (error || name < 0)
		return error ? error : name;
	if (m->node[m->name[name].node].type == MODEL_DIRECTORY)
		return -EISDIR;
	name_remove(m, name);
	return 0;
}

int model_rmdir(struct model *m, const char *path)
{
	int error = above(m, path), name = name_of(m, path, strlen(path));
	if (error || name < 0)
		return error ? error : name;
	if (m->node[m->name[name].node].type != MODEL_DIRECTORY)
		return -ENOTDIR;
	if (has_children(m, path))
		return -ENOTEMPTY;
	name_remove(m, name);
	return 0;
}

int model_link(struct model *m, const char *from, const char *to)
{
	int error = above(m, from), node = model_find(m, from);
	if (error || node < 0)
		return error ? error : node;
	error = above(m, to);
	if (error)
		return error;
	if (m->node[node].type == MODEL_DIRECTORY)
		return -EPERM;
	if (model_find(m, to) >= 0)
		return -EEXIST;
	name_add(m, to, node);
	return 0;
}

int model_rename(struct model *m, const char *from, const char *to)
{
	const size_t len = strlen(from);
	int error = above(m, from), old = name_of(m, from, len);
	if (!error)
		error = above(m, to);
	/* What is above `to` is looked for before `from` is. */
	if (error || old < 0)
		return error ? error : old;
	const int node = m->name[old].node, target = model_find(m, to);
	const bool directory = m->node[node].type == MODEL_DIRECTORY;
	if (node == target)
		return 0;
	if (directory && strncmp(to, from, len) == 0 && to[len] == '/')
		return -EINVAL;
	if (target >= 0) {
		const bool onto = m->node[target].type == MODEL_DIRECTORY;
		if (directory != onto)
			return directory ? -ENOTDIR : -EISDIR;
		if (directory && has_children(m, to))
			return -ENOTEMPTY;
		name_remove(m, name_of(m, to, strlen(to)));
		old = name_of(m, from, len);
	}
	char path[2 * MODEL_PATH];
	for (unsigned int i = 0; i < m->names; i++) {
		char *at = m->name[i].path;
		if (strncmp(at, from, len) != 0 || (at[len] != '/' && at[len] != '\0'))
			continue;
		snprintf(path, sizeof(path), "%s%s", to, at + len);
		if (strlen(path) >= MODEL_PATH)
			abort();
		strcpy(at, path);
	}
	return 0;
}

void model_write(struct model *m, int node, size_t at, const uint8_t *data, size_t len)
{
	struct model_node *n = &m->node[node];
	const size_t size = n->contents->size > at + len ? n->contents->size : at + len;
	memcpy(contents_own(n, size) + at, data, len);
}

void model_truncate(struct model *m, int node, size_t size)
{
	contents_own(&m->node[node], size);
}
