/* SPDX-License-Identifier: BSD-2-Clause */
/* scandir(): a directory as a sorted list. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct dirent **entries;
	size_t count, room;
};

static int list_add(struct list *list, const struct dirent *entry)
{
	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 16;
		struct dirent **more = realloc(list->entries, room * sizeof(*more));
		if (!more)
			return -1;
		list->entries = more;
		list->room = room;
	}
	/* no longer than its name */
	const size_t size = offsetof(struct dirent, d_name) + strlen(entry->d_name) + 1;
	struct dirent *copy = malloc(size);
	if (!copy)
		return -1;
	memcpy(copy, entry, size);
	list->entries[list->count++] = copy;
	return 0;
}

static int list_read(struct list *list, DIR *dir, int (*filter)(const struct dirent *))
{
	struct dirent *entry;
	errno = 0;
	while ((entry = readdir(dir))) {
		if ((!filter || filter(entry)) && list_add(list, entry))
			return -1;
		errno = 0;
	}
	return errno ? -1 : 0;
}

int scandir(const char *path, struct dirent ***out, int (*filter)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	struct list list = {0};
	DIR *dir = opendir(path);
	if (!dir)
		return -1;
	int failed = list_read(&list, dir, filter);
	const int error = failed ? errno : 0;
	closedir(dir);
	if (failed) {
		while (list.count > 0)
			free(list.entries[--list.count]);
		free(list.entries);
		errno = error;
		return -1;
	}
	if (compare && list.count > 1)
		qsort(list.entries, list.count, sizeof(*list.entries),
		      (int (*)(const void *, const void *))compare);
	*out = list.entries;
	return (int)list.count;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcoll((*a)->d_name, (*b)->d_name);
}
