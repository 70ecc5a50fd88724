/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of a process, and what /proc tells about them. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "apps/bench/options.h"
#include "apps/bench/platform.h"

static const char no_proc[] = "/proc does not tell";

/* The number of a line "NAME:   N kB", in bytes. */
static const char *proc_read(const char *path, const char *name, uint64_t *bytes)
{
	const size_t length = strlen(name);
	unsigned long long kib;
	bool found = false;
	char line[256];
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strncmp(line, name, length) == 0 && line[length] == ':' &&
			sscanf(line + length + 1, "%llu", &kib) == 1;
	if (file)
		fclose(file);
	if (found)
		*bytes = (uint64_t)kib * 1024;
	return found ? NULL : no_proc;
}

static bool is_process(void)
{
	return strcmp(platform_mode(options.mode), "process") == 0;
}

const char *platform_memory_total(uint64_t *bytes)
{
	if (is_process())
		return "a process has no memory of its own";
	return proc_read("/proc/meminfo", "MemTotal", bytes);
}

const char *platform_memory_used(uint64_t *bytes)
{
	uint64_t available = 0;
	const char *reason;

	/* VmRSS of /proc/self/status leaves out what each thread has not yet added up. */
	if (is_process())
		return proc_read("/proc/self/smaps_rollup", "Rss", bytes);
	reason = platform_memory_total(bytes);
	if (!reason)
		reason = proc_read("/proc/meminfo", "MemAvailable", &available);
	*bytes -= available;
	return reason;
}

static void *anonymous(void *at, size_t count, int flags)
{
	return mmap(at, count * PLATFORM_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* Small pages in any case: a huge one would make fewer entries than are counted. */
static const char *populated(void *at, size_t count, int flags)
{
	return anonymous(at, count, MAP_FIXED | flags) == at ? NULL : "mmap() fails";
}

void *platform_pages_alloc(size_t count)
{
	void *pages = anonymous(NULL, count, MAP_POPULATE);

	return pages == MAP_FAILED ? NULL : pages;
}

void platform_pages_free(void *pages, size_t count)
{
	munmap(pages, count * PLATFORM_PAGE);
}

const char *platform_pages_map(void *pages, size_t count)
{
	return populated(pages, count, MAP_POPULATE);
}

const char *platform_pages_protect(void *pages, size_t count)
{
	return mprotect(pages, count * PLATFORM_PAGE, PROT_READ) == 0 ? NULL : "mprotect() fails";
}

const char *platform_pages_unmap(void *pages, size_t count)
{
	return munmap(pages, count * PLATFORM_PAGE) == 0 ? NULL : "munmap() fails";
}

const char *platform_fault_begin(void *pages, size_t count)
{
	return populated(pages, count, 0);
}

void platform_fault_end(void *pages, size_t count)
{
	(void)pages, (void)count;
}
