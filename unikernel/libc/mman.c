/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap() of memory.  A page of a file cannot be mapped: it would have to appear when it is touched,
 * and a fault here is a bug.  Programs that can do without (SQLite can) find out by ENODEV, as they
 * do on file systems that have no mappings.
 */
#include <string.h>
#include <sys/mman.h>

#include "unikernel/core/page.h"
#include "unikernel/libc/result.h"

static int mapping_check(size_t len, int protection, int flags)
{
	const int sharing = flags & (MAP_SHARED | MAP_PRIVATE);
	if (len == 0 || (sharing != MAP_SHARED && sharing != MAP_PRIVATE))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS))
		return -ENODEV;
	/* No address is free for the asking, and no memory is both written and executed. */
	return (flags & MAP_FIXED) || (protection & PROT_EXEC) ? -ENOTSUP : 0;
}

void *mmap(void *wanted, size_t len, int protection, int flags, int fd, off_t offset)
{
	(void)wanted, (void)fd, (void)offset;
	if (result_int(mapping_check(len, protection, flags)))
		return MAP_FAILED;
	void *pages = pages_alloc(pages_of(len));
	if (!pages) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return memset(pages, 0, pages_of(len) * PAGE_SIZE);
}

/* Only what mmap() gave, and as a whole. */
int munmap(void *address, size_t len)
{
	struct page_run run;
	if (!page_get_run(address, &run) || ((size_t)address & PAGE_MASK) ||
	    run.use != PAGE_USE_PLAIN || run.count != pages_of(len))
		return result_int(-EINVAL);
	pages_free(address, run.count);
	return 0;
}
