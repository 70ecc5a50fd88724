/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names on their way from a program to the mounted tree, for the entry points of this folder.
 *
 *	name ──> path_begin(): the working directory before it ──> tree()->…(path.text) ──> path_end()
 *
 * What the mounted tree has no operation for is done by that of readonly.c.
 */
#ifndef LODGER_LIBC_PATH_H
#define LODGER_LIBC_PATH_H

#include "unikernel/libc/file.h"

struct path {
	const char *text; /* absolute */
	char *made;	  /* what to free, if it is not the program's own */
};

/* -ENOENT (no name, or no tree), -ENAMETOOLONG or -ENOMEM; path_end() is for success only. */
int path_begin(struct path *path, const char *name);
void path_end(struct path *path);

/* With every operation there; only between path_begin() and path_end(). */
const struct file_tree *tree(void);

/* The value of an expression with the struct path `path` of a name in it, or path_begin()'s error. */
#define PATH_CALL(name, expression)                            \
	({                                                     \
		struct path path;                              \
		long path_result_ = path_begin(&path, (name)); \
		if (!path_result_) {                           \
			path_result_ = (expression);           \
			path_end(&path);                       \
		}                                              \
		path_result_;                                  \
	})

/* The same of two names, as `from` and `to`. */
#define PATHS_CALL(name, other, expression)                      \
	({                                                       \
		struct path from, to;                            \
		long path_result_ = path_begin(&from, (name));   \
		if (!path_result_) {                             \
			path_result_ = path_begin(&to, (other)); \
			if (!path_result_) {                     \
				path_result_ = (expression);     \
				path_end(&to);                   \
			}                                        \
			path_end(&from);                         \
		}                                                \
		path_result_;                                    \
	})

/* readonly.c: puts its own in place of the operations that are missing. */
void tree_complete(struct file_tree *tree);

/* realpath.c: where an absolute path leads, without links, "." and "..", into PATH_MAX bytes: 0 or a
 * negative errno. */
int path_real(const char *absolute, char *out);

#endif
