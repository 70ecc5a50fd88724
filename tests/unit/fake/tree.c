/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nodes of the store: an array of (path, value). Small trees want no more, and a copy of it is
 * a transaction.
 */
#include "tests/unit/fake/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
	uint32_t hash; /* of the path: most comparisons end here */
	char *path;
	char *value; /* NUL behind it, which `len` does not count */
	size_t len;
};

struct fake_tree {
	struct node *nodes;
	size_t count;
};

static struct fake_tree *tree;
static unsigned long generation;
static char *allowed[64];

static uint32_t path_hash(const char *path)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash;
}

static bool is_at(const struct fake_tree *in, size_t i, uint32_t hash, const char *path)
{
	return in->nodes[i].hash == hash && strcmp(in->nodes[i].path, path) == 0;
}

static struct node *find(const struct fake_tree *in, const char *path)
{
	static size_t seen[256]; /* by hash: where it was the last time, in whatever tree */
	const uint32_t hash = path_hash(path);
	size_t *at = &seen[hash % 256];

	if (*at < in->count && is_at(in, *at, hash, path))
		return &in->nodes[*at];
	for (size_t i = 0; i < in->count; i++)
		if (is_at(in, i, hash, path)) {
			*at = i;
			return &in->nodes[i];
		}
	return NULL;
}

bool fake_store_below(const char *path, const char *prefix)
{
	for (; *prefix; path++, prefix++)
		if (*path != *prefix)
			return false;
	return *path == '/' || *path == '\0';
}

const char *fake_tree_get(const struct fake_tree *in, const char *path, size_t *len)
{
	const struct node *node = find(in, path);

	if (!node)
		return NULL;
	*len = node->len;
	return node->value;
}

static void value_set(struct node *node, const void *value, size_t len)
{
	/* In its place, if it is as long as the old one: most are a digit. */
	if (!node->value || node->len != len) {
		free(node->value);
		node->value = malloc(len + 1);
		node->len = len;
	}
	if (len)
		memcpy(node->value, value, len);
	node->value[len] = '\0';
}

void fake_tree_set(struct fake_tree *in, const char *path, const void *value, size_t len)
{
	struct node *node = find(in, path);
	char *parent, *slash;

	if (!node) {
		/* The parents come into being with their child. */
		parent = strdup(path);
		slash = strrchr(parent, '/');
		if (slash && slash != parent) {
			*slash = '\0';
			if (!find(in, parent))
				fake_tree_set(in, parent, "", 0);
		}
		free(parent);
		in->nodes = realloc(in->nodes, (in->count + 1) * sizeof(*in->nodes));
		node = &in->nodes[in->count++];
		*node = (struct node){.hash = path_hash(path), .path = strdup(path)};
	}
	value_set(node, value, len);
}

bool fake_tree_remove(struct fake_tree *in, const char *path)
{
	size_t kept = 0;
	bool found = false;

	/* Every child has its parents. */
	if (!find(in, path))
		return false;
	for (size_t i = 0; i < in->count; i++) {
		if (fake_store_below(in->nodes[i].path, path)) {
			free(in->nodes[i].path);
			free(in->nodes[i].value);
			found = true;
		} else {
			in->nodes[kept++] = in->nodes[i];
		}
	}
	in->count = kept;
	return found;
}

size_t fake_tree_list(const struct fake_tree *in, const char *path, char *names, size_t size)
{
	const size_t prefix = strlen(path);
	size_t used = 0;

	for (size_t i = 0; i < in->count; i++) {
		const char *name = in->nodes[i].path;
		size_t len;

		if (!fake_store_below(name, path) || name[prefix] == '\0' ||
		    strchr(name + prefix + 1, '/'))
			continue;
		name += prefix + 1;
		len = strlen(name) + 1;
		if (used + len > size)
			break;
		memcpy(names + used, name, len);
		used += len;
	}
	return used;
}

struct fake_tree *fake_tree_copy(const struct fake_tree *from)
{
	struct fake_tree *copy = calloc(1, sizeof(*copy));

	copy->nodes = calloc(from->count + 1, sizeof(*copy->nodes));
	copy->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		copy->nodes[i].hash = from->nodes[i].hash;
		copy->nodes[i].path = strdup(from->nodes[i].path);
		value_set(&copy->nodes[i], from->nodes[i].value, from->nodes[i].len);
	}
	return copy;
}

void fake_tree_free(struct fake_tree *dead)
{
	for (size_t i = 0; i < dead->count; i++) {
		free(dead->nodes[i].path);
		free(dead->nodes[i].value);
	}
	free(dead->nodes);
	free(dead);
}

void fake_tree_compare(const struct fake_tree *before, const struct fake_tree *after,
		       void (*see)(const char *path))
{
	for (size_t i = 0; i < after->count; i++) {
		const struct node *new = &after->nodes[i], *old = find(before, new->path);

		if (!old || old->len != new->len || memcmp(old->value, new->value, new->len) != 0)
			see(new->path);
	}
	for (size_t i = 0; i < before->count; i++)
		if (!find(after, before->nodes[i].path))
			see(before->nodes[i].path);
}

struct fake_tree *fake_store_tree(void)
{
	if (!tree)
		tree = calloc(1, sizeof(*tree));
	return tree;
}

void fake_store_replace(struct fake_tree *with)
{
	fake_tree_free(fake_store_tree());
	tree = with;
	generation++;
}

unsigned long fake_store_generation(void)
{
	return generation;
}

void fake_store_write_bytes(const char *path, const void *value, size_t len)
{
	fake_tree_set(fake_store_tree(), path, value, len);
	generation++;
	fake_store_changed(path);
}

void fake_store_write(const char *path, const char *format, ...)
{
	char value[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(value))
		fake_violation("a node of %d bytes", len);
	fake_store_write_bytes(path, value, (size_t)len);
}

const char *fake_store_read(const char *path)
{
	size_t len;

	return fake_tree_get(fake_store_tree(), path, &len);
}

long long fake_store_number(const char *path, long long otherwise)
{
	const char *value = fake_store_read(path);
	char *end;
	long long number;

	if (!value || !*value)
		return otherwise;
	number = strtoll(value, &end, 10);
	return *end ? otherwise : number;
}

void fake_store_remove(const char *path)
{
	if (!fake_tree_remove(fake_store_tree(), path))
		return;
	generation++;
	fake_store_changed(path);
}

void fake_store_allow(const char *prefix)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!allowed[i]) {
			allowed[i] = strdup(prefix);
			return;
		}
	fake_violation("too many prefixes");
}

bool fake_store_allowed(const char *path)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && allowed[i]; i++)
		if (fake_store_below(path, allowed[i]))
			/* A device's directory is the guest's; where it was before is not. */
			return !strstr(allowed[i], "/device/") || find(tree, allowed[i]);
	return false;
}
