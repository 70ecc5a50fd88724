/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk of zeros that can erase securely, for Linux in dom0, which has none: neither Debian's kernel nor QEMU
 * make one without the hardware. This is the back end of a disk of dom0's own, whose front end is
 * Linux' xen-blkfront (xen/io/blkif.h); the real blkback then offers that disk to a guest.
 *
 *   secure-disk MIB RING-REF EVENT-CHANNEL
 *
 * The handshake is a script's (disks.dom0): what the front end has published comes as arguments. Says a line
 * for each order to forget something, which is zeros then: "discard SECTOR COUNT" or "erase SECTOR COUNT".
 * Ends by a signal.
 *
 *   guest               dom0: blkback      xen-blkfront       secure-disk
 *   BLKIF_OP_DISCARD -> REQ_OP_SECURE_ERASE -> BLKIF_OP_DISCARD -> "erase"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/io/blkif.h>

/* Linux', which want what is above. */
#include <xen/evtchn.h>
#include <xen/gntdev.h>

#define PAGE   4096u
#define SECTOR 512u

static unsigned char *disk;
static uint64_t sectors;

static void fail(const char *what)
{
	fprintf(stderr, "secure-disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int device_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

/* --- dom0's pages ---------------------------------------------------------------------------- */

#define GRANTS 16384u

static int gntdev;

/* Persistent grants: the front end uses the same ones again, so they stay mapped. */
static void *map(grant_ref_t ref)
{
	static void *mapped[GRANTS];
	struct ioctl_gntdev_map_grant_ref order = {.count = 1, .refs = {{.domid = 0, .ref = ref}}};

	if (ref >= GRANTS)
		fail("the number of a grant");
	if (mapped[ref] != NULL)
		return mapped[ref];
	if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &order) < 0)
		fail("a grant");
	mapped[ref] =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, (off_t)order.index);
	if (mapped[ref] == MAP_FAILED)
		fail("a page that was granted");
	return mapped[ref];
}

/* --- requests -------------------------------------------------------------------------------- */

static bool inside(uint64_t sector, uint64_t count)
{
	return sector <= sectors && count <= sectors - sector;
}

static int16_t forget(const struct blkif_request_discard *request)
{
	if (!inside(request->sector_number, request->nr_sectors))
		return BLKIF_RSP_ERROR;
	printf("%s %llu %llu\n", request->flag & BLKIF_DISCARD_SECURE ? "erase" : "discard",
	       (unsigned long long)request->sector_number, (unsigned long long)request->nr_sectors);
	memset(disk + request->sector_number * SECTOR, 0, request->nr_sectors * SECTOR);
	return BLKIF_RSP_OKAY;
}

static int16_t move(const struct blkif_request *request)
{
	const bool read = request->operation == BLKIF_OP_READ;
	uint64_t at = request->sector_number;

	for (unsigned int i = 0; i < request->nr_segments; i++) {
		const struct blkif_request_segment *segment = &request->seg[i];
		size_t count = segment->last_sect - segment->first_sect + 1u;
		unsigned char *page;

		if (segment->last_sect < segment->first_sect ||
		    segment->last_sect >= PAGE / SECTOR || !inside(at, count))
			return BLKIF_RSP_ERROR;
		page = map(segment->gref);
		if (read)
			memcpy(page + segment->first_sect * SECTOR, disk + at * SECTOR,
			       count * SECTOR);
		else
			memcpy(disk + at * SECTOR, page + segment->first_sect * SECTOR,
			       count * SECTOR);
		at += count;
	}
	return BLKIF_RSP_OKAY;
}

static int16_t serve(const struct blkif_request *request)
{
	switch (request->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		return request->nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST ? move(request)
									      : BLKIF_RSP_ERROR;
	case BLKIF_OP_FLUSH_DISKCACHE:
		return BLKIF_RSP_OKAY;
	case BLKIF_OP_DISCARD:
		return forget((const void *)request);
	default:
		return BLKIF_RSP_EOPNOTSUPP;
	}
}

/* --- the ring -------------------------------------------------------------------------------- */

#define ENTRIES 32u /* of a page; blkfront asks for no more */

/* True: there were requests. The place of a request takes its response. */
static bool ring_serve(struct blkif_sring *ring)
{
	static RING_IDX at;
	const RING_IDX begin = at;

	for (;;) {
		while (at != __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE)) {
			const blkif_request_t request = ring->ring[at % ENTRIES].req;
			const struct blkif_request_discard *discard = (const void *)&request;
			const bool other = request.operation == BLKIF_OP_DISCARD;

			ring->ring[at++ % ENTRIES].rsp =
				(blkif_response_t){.id = other ? discard->id : request.id,
						   .operation = request.operation,
						   .status = serve(&request)};
		}
		__atomic_store_n(&ring->rsp_prod, at, __ATOMIC_RELEASE);
		/* An event for the next one; which may have come before this was said. */
		ring->req_event = at + 1;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (at == __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE))
			return at != begin;
	}
}

int main(int argc, char *argv[])
{
	struct ioctl_evtchn_bind_interdomain bind = {.remote_domain = 0};
	struct ioctl_evtchn_notify notify;
	struct blkif_sring *ring;
	int evtchn, local;

	if (argc != 4 || (sectors = strtoull(argv[1], NULL, 10) << 11) == 0) {
		fprintf(stderr, "usage: secure-disk MIB RING-REF EVENT-CHANNEL\n");
		return 2;
	}
	disk = calloc(sectors, SECTOR);
	if (disk == NULL)
		fail("no memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	gntdev = device_open("/dev/xen/gntdev");
	evtchn = device_open("/dev/xen/evtchn");
	ring = map((grant_ref_t)strtoul(argv[2], NULL, 10));
	bind.remote_port = (unsigned int)strtoul(argv[3], NULL, 10);
	local = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (local < 0)
		fail("the event channel");
	notify.port = (unsigned int)local;
	for (;;) {
		uint32_t port;

		if (ring_serve(ring) && ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify) < 0)
			fail("a notification");
		if (read(evtchn, &port, sizeof(port)) != sizeof(port) ||
		    write(evtchn, &port, sizeof(port)) != sizeof(port))
			fail("an event");
	}
}
