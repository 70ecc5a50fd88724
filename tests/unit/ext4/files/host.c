/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4_files IMAGE [WORD…]: the guest test "files" with these words, on this host: the image is its
 * disk, and what the test leaves there is written back.  What of the kernel libc's files need beyond
 * tests/unit/ext4/kernel.c is here.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/ext4/disk.h"
#include "unikernel/core/console.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

int files_main(int argc, char **argv);

void console_write(const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
}

int vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	return vsnprintf(buf, size, fmt, args);
}

/* The sanitizer finds what leaks. */
void heap_stats(struct heap_stats *stats)
{
	*stats = (struct heap_stats){0};
}

void page_stats(struct page_stats *stats)
{
	*stats = (struct page_stats){0};
}

uint64_t time_monotonic_ns(void)
{
	return 0;
}

void file_notify(struct file *f)
{
	(void)f;
}

static const struct file_ops console_ops = {0};

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct file console;
	FILE *file = argc > 1 ? fopen(argv[1], "r+b") : NULL;
	must(file && fseek(file, 0, SEEK_END) == 0, "the image cannot be opened");
	const size_t bytes = (size_t)ftell(file);
	uint8_t *image = malloc(bytes);
	rewind(file);
	must(image && fread(image, 1, bytes, file) == bytes, "the image cannot be read");

	log_visible = true;
	struct cache *cache = cache_create(disk_open(image, bytes, 512, 1), 1 << 20);
	must(ext4_mount(cache, "xvda") == 0, "the image cannot be mounted");
	file_tree_mount(&ext4_tree);
	file_init(&console, &console_ops, O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		must(file_install(file_hold(&console)) == fd, "no descriptor");
	int status = files_main(argc - 1, argv + 1);
	ext4_unmount();
	cache_destroy(cache);

	rewind(file);
	must(fwrite(image, 1, bytes, file) == bytes && fclose(file) == 0, "no room for the image");
	free(image);
	return status;
}
