/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The descriptor table: a growing array of files, and below it a number under which none is free,
 * so that the lowest free descriptor, which POSIX wants, is found without a search from zero.
 */
#include "unikernel/libc/file.h"

#include <errno.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/format.h"

static struct file **table;
static int table_size;
static int lowest_free; /* every descriptor below it is in use */
static unsigned int in_use;

void (*file_unlock_hook)(struct file *f);

void file_init(struct file *f, const struct file_ops *ops, int flags)
{
	*f = (struct file){.ops = ops, .references = 1, .flags = flags};
}

struct file *file_hold(struct file *f)
{
	f->references++;
	return f;
}

int file_put(struct file *f)
{
	ASSERT(f->references > 0);
	if (--f->references > 0)
		return 0;
	ASSERT(!f->watches); /* a poll() that watches holds a reference */
	if (f->lock)
		file_unlock_hook(f);
	return f->ops->close ? f->ops->close(f) : 0;
}

static int table_grow(int wanted)
{
	int size = table_size ? table_size : 16;
	while (size <= wanted)
		size *= 2;
	if (size == table_size)
		return 0;
	struct file **larger = heap_realloc(table, (size_t)size * sizeof(*table));
	if (!larger)
		return -ENOMEM;
	for (int fd = table_size; fd < size; fd++)
		larger[fd] = NULL;
	table = larger;
	table_size = size;
	return 0;
}

int file_install_from(int lowest, struct file *f)
{
	int fd = lowest > lowest_free ? lowest : lowest_free;
	while (fd < table_size && table[fd])
		fd++;
	if (fd >= FILE_MAX)
		return -EMFILE;
	int error = table_grow(fd);
	if (error)
		return error;
	table[fd] = f;
	in_use++;
	if (lowest <= lowest_free)
		lowest_free = fd + 1;
	return fd;
}

int file_install(struct file *f)
{
	return file_install_from(0, f);
}

struct file *file_get(int fd)
{
	if (fd < 0 || fd >= table_size || !table[fd])
		return NULL;
	return file_hold(table[fd]);
}

struct file *file_remove(int fd)
{
	if (fd < 0 || fd >= table_size || !table[fd])
		return NULL;
	struct file *f = table[fd];
	table[fd] = NULL;
	in_use--;
	if (fd < lowest_free)
		lowest_free = fd;
	return f;
}

int file_replace(int fd, struct file *f, struct file **old)
{
	if (fd < 0 || fd >= FILE_MAX)
		return -EBADF;
	int error = table_grow(fd);
	if (error)
		return error;
	*old = file_remove(fd);
	table[fd] = f;
	in_use++;
	return fd;
}

unsigned int file_count(void)
{
	return in_use;
}

static int file_stats(char *buf, size_t size)
{
	return format(buf, size, "files %u\n", in_use);
}
STATS(file_stats);
