/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file system should hold, in memory: names, and the files that they lead to.
 *
 * A state is small and can be kept while later ones come: contents are shared until one of them
 * changes.  Every operation gives what POSIX would.
 */
#ifndef LODGER_TEST_EXT4_MODEL_H
#define LODGER_TEST_EXT4_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MODEL_NAMES 160
#define MODEL_PATH  96

struct contents {
	unsigned int references;
	size_t size;
	uint8_t bytes[];
};

enum model_type { MODEL_FREE, MODEL_FILE, MODEL_DIRECTORY, MODEL_LINK };

struct model_node {
	enum model_type type;
	mode_t mode;
	unsigned int links, holders; /* names; open files */
	struct contents *contents;   /* a link's: its target */
};

struct model {
	unsigned int names;
	struct {
		char path[MODEL_PATH];
		int node;
	} name[MODEL_NAMES];
	struct model_node node[MODEL_NAMES + 16];
};

struct model *model_new(void);
struct model *model_copy(const struct model *m);
void model_free(struct model *m);

/* The node called so, or a negative errno. */
int model_find(const struct model *m, const char *path);

int model_create(struct model *m, const char *path, mode_t mode, bool excl); /* the node */
int model_mkdir(struct model *m, const char *path, mode_t mode);
int model_symlink(struct model *m, const char *target, const char *path);
int model_unlink(struct model *m, const char *path);
int model_rmdir(struct model *m, const char *path);
int model_link(struct model *m, const char *from, const char *to);
int model_rename(struct model *m, const char *from, const char *to);

void model_write(struct model *m, int node, size_t at, const uint8_t *data, size_t len);
void model_truncate(struct model *m, int node, size_t size);
void model_hold(struct model *m, int node, int change);

#endif
