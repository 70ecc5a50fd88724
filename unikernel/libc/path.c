/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mounted tree, and the working directory before names that do not begin with "/".
 *
 * The working directory is kept by name, without links in it.  A tree knows no directory that is
 * open but has no name, and one program that renames the folder it is in knows that it did.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unikernel/core/heap.h"
#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

static const struct file_tree *mounted;
static struct file_tree complete;
static char working[PATH_MAX] = "/";

void file_tree_mount(const struct file_tree *new_tree)
{
	mounted = new_tree;
	if (!new_tree)
		return;
	complete = *new_tree;
	tree_complete(&complete);
}

const struct file_tree *file_tree_mounted(void)
{
	return mounted;
}

const struct file_tree *tree(void)
{
	return &complete;
}

int path_begin(struct path *path, const char *name)
{
	path->text = name;
	path->made = NULL;
	if (!mounted || !*name)
		return -ENOENT;
	const size_t length = strnlen(name, PATH_MAX);
	const size_t before = *name == '/' ? 0 : strlen(working);
	if (before + (before > 1) + length >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!before)
		return 0;
	path->made = heap_alloc(PATH_MAX);
	if (!path->made)
		return -ENOMEM;
	strcpy(path->made, working);
	if (before > 1)
		strcat(path->made, "/");
	strcat(path->made, name);
	path->text = path->made;
	return 0;
}

void path_end(struct path *path)
{
	heap_free(path->made);
}

static int directory_enter(const char *absolute)
{
	char *real = heap_alloc(PATH_MAX);
	if (!real)
		return -ENOMEM;
	int error = path_real(absolute, real);
	struct stat st;
	if (!error) {
		memset(&st, 0, sizeof(st));
		error = tree()->stat(real, &st, true);
	}
	if (!error && !S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	if (!error)
		strcpy(working, real);
	heap_free(real);
	return error;
}

int chdir(const char *name)
{
	return result_int(PATH_CALL(name, directory_enter(path.text)));
}

/* Without a buffer the answer is malloc'ed, as programs expect though POSIX leaves it open. */
char *getcwd(char *buf, size_t size)
{
	const size_t wanted = strlen(working) + 1;
	if (buf && size < wanted) {
		errno = size ? ERANGE : EINVAL;
		return NULL;
	}
	if (!buf)
		buf = malloc(size > wanted ? size : wanted);
	return buf ? strcpy(buf, working) : NULL;
}
