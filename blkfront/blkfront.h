/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block front end: sectors to and from blkback, over the plain protocol of xen/io/blkif.h – one
 * ring of one page, at most 11 segments a request, several requests in flight, any number of
 * disks.
 *
 * Data goes through pages that are the driver's own and granted for as long as the connection
 * lasts: the caller's memory is never seen by the backend, so it may have any alignment, and what
 * a read gave cannot change afterwards.
 */
#ifndef LODGER_BLKFRONT_BLKFRONT_H
#define LODGER_BLKFRONT_BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blkfront;

struct blkfront_info {
	char name[16];	      /* "xvda", from the virtual device number as Xen's vbd-interface(7) */
	uint32_t sector_size; /* bytes: 512 … 4096, a power of two */
	uint64_t sectors;     /* of sector_size bytes each */
	bool readonly;
	bool flush; /* the backend can put what was written on stable storage */
	bool connected;
};

struct blkfront_stats {
	uint64_t reads, read_bytes; /* requests on the ring */
	uint64_t writes, write_bytes;
	uint64_t flushes;
	uint64_t errors;      /* requests that the backend answered with an error */
	uint64_t queued;      /* requests that had to wait for room on the ring */
	uint64_t slow;	      /* times the log told that the backend is silent */
	uint64_t retried;     /* requests put on the ring again after a reconnection */
	uint64_t violations;  /* the backend broke the protocol; each costs a reconnection */
	uint64_t events;      /* events handled */
	uint64_t notifies;    /* notifications sent, one hypercall each */
	uint64_t connections; /* times the device was connected */
};

/*
 * The index-th disk in the order of their virtual device numbers, or the one called name; NULL if
 * there is none. Valid for ever: when the disk has been unplugged everything ends with -EIO. To be
 * called when xenbus_devices_ready has returned.
 */
struct blkfront *blkfront_open(unsigned int index);
struct blkfront *blkfront_open_name(const char *name);

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info);
void blkfront_stats(const struct blkfront *bf, struct blkfront_stats *stats);

enum blkfront_op { BLKFRONT_READ, BLKFRONT_WRITE, BLKFRONT_FLUSH };

/* The most bytes in one request of the asynchronous kind: 11 pages. */
#define BLKFRONT_REQUEST_MAX (11u * 4096u)

/*
 * One request, in memory of the caller's that must stay until done is called, and the data with
 * it. done is called exactly once for every request that was submitted, from an event handler, a
 * timer or the bus's thread, and must not block; it may submit. status is 0 or a negative errno:
 *   -EIO         the backend reports an error, stays away or silent, or the device was removed
 *   -EOPNOTSUPP  the backend turned out not to know the operation
 */
struct blkfront_request {
	enum blkfront_op op;
	uint64_t offset; /* bytes; a multiple of the sector size */
	void *data;	 /* read into or written from; any alignment */
	size_t len;	 /* bytes; a multiple of the sector size, 1 … BLKFRONT_REQUEST_MAX */
	void (*done)(struct blkfront_request *request, int status);
	void *context;

	struct blkfront_request *next; /* the driver's own */
};

/*
 * Never blocks, and takes any number of requests: what the ring has no room for waits in a queue,
 * as does everything while the backend restarts. -EINVAL if the request is unaligned, too long or
 * beyond the end of the disk, -EROFS for a write to a read-only disk, -EOPNOTSUPP for a flush that
 * the backend does not offer, -EIO once the device is removed; done is not called for those.
 */
int blkfront_submit(struct blkfront *bf, struct blkfront_request *request);

/*
 * Blocking, any length and any alignment: what does not cover whole sectors is read, changed and
 * written back (which is not atomic towards other writers of that sector). Long transfers are
 * split, with several requests in flight. While the backend is silent or away these wait, for a
 * bounded time, and the log says so; errors as above, and -EINVAL beyond the end of the disk.
 */
int blkfront_read(struct blkfront *bf, uint64_t offset, void *data, size_t len);
int blkfront_write(struct blkfront *bf, uint64_t offset, const void *data, size_t len);

/* What was written before is on stable storage when this returns 0; -EOPNOTSUPP: see info.flush. */
int blkfront_flush(struct blkfront *bf);

#endif
