/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bench asks of what it runs on, beyond C and sockets. There are two answers: lodger/, where
 * the program is its own kernel, and linux/, where it is a process like any other. Everything else
 * is written once, so that a difference between two figures is not one between two programs.
 *
 * A `const char *` that is returned is a reason: NULL, or why it could not be done (measure.h).
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLATFORM_PAGE ((size_t)4096)

extern const char platform_program[]; /* "lodger" or "linux" */

/* "PV", "PVH", "HVM" or "process". `told` is --mode's word, or NULL; a kernel knows better. */
const char *platform_mode(const char *told);

/* Calls tell for each stage of the start that is known, in nanoseconds since 1970. */
void platform_stages(void (*tell)(const char *name, uint64_t at_ns));

/* Monotonic, from an arbitrary beginning. */
uint64_t platform_clock_ns(void);
void platform_sleep_until(uint64_t deadline_ns);

/* Goes idle until the event of a timer of its own, which is set for deadline_ns, has woken it. */
const char *platform_wake_at(uint64_t deadline_ns);

/* Lets what was printed reach its reader, and whoever works for us come to rest. */
void platform_settle(void);

/* Waits until the 64 bytes and more that were written to standard output have been taken. */
const char *platform_console_check(void);
void platform_console_drain(void);

/* Events that came for network cards and disks since the start, as this system counts them. */
uint64_t platform_device_events(void);

/* Hypercall 62 before and 63 after, for Xen's trace; a reason where there are none. */
const char *platform_mark_check(void);
void platform_mark(bool begin);

/* The whole of --echo and --peer: exit statuses. They do not return before they are ended. */
int platform_echo(unsigned int domid);
int platform_peer(uint16_t port);

/* --- threads --- */

/* False if there is no memory. It ends when fn returns. */
bool platform_thread_start(void (*fn)(void *arg), void *arg);

struct semaphore;

struct semaphore *semaphore_create(void); /* at 0; NULL if there is no memory */
void semaphore_destroy(struct semaphore *semaphore);
void semaphore_post(struct semaphore *semaphore);
void semaphore_wait(struct semaphore *semaphore);

/* --- memory --- */

/* What the domain (of a process: the process) holds and has, in bytes. */
const char *platform_memory_used(uint64_t *bytes);
const char *platform_memory_total(uint64_t *bytes);

/* Whole pages, mapped and touched; NULL if there are none. */
void *platform_pages_alloc(size_t count);
void platform_pages_free(void *pages, size_t count); /* must be mapped writable */

/*
 * Page-table entries of pages from there: from nothing to writable, from that to readable, and from
 * either to nothing; one call for all. Lodger changes the entries of pages that it has; Linux makes
 * new zeroed memory appear (mmap with MAP_POPULATE), protects it (mprotect) and gives it back
 * (munmap), which is what programs there can do.
 */
const char *platform_pages_map(void *pages, size_t count);
const char *platform_pages_protect(void *pages, size_t count);
const char *platform_pages_unmap(void *pages, size_t count);

/* From unmapped: a touch of any of these pages is now mended by the kernel, until the end. */
const char *platform_fault_begin(void *pages, size_t count);
void platform_fault_end(void *pages, size_t count);

/* --- the disk --- */

struct disk;

const char *disk_open(const char *name, struct disk **disk, uint64_t *bytes);
void disk_close(struct disk *disk);
/* Block until done. offset, len and data are multiples of 4096. False: an error of the disk's. */
bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t len);
bool disk_write(struct disk *disk, uint64_t offset, const void *data, size_t len);

/*
 * Makes count transfers of 4 KiB, depth of them in flight for as long as there are any more, in
 * whatever way the platform has for it: blkfront_submit(); io_submit(). next(context) gives the
 * offset of each. memory has a block for each that is in flight.
 */
#define DISK_BLOCK     ((size_t)4096)
#define DISK_DEPTH_MAX 32u

struct disk_load {
	bool write;
	unsigned int depth, count;
	uint64_t (*next)(void *context);
	void *context;
	unsigned char *memory;
};

bool disk_transfer_many(struct disk *disk, const struct disk_load *load);

/* What was read of files is to be read again from their disk; a reason, or NULL. */
const char *platform_files_forget(void);

#endif
