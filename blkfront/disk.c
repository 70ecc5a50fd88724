/* SPDX-License-Identifier: BSD-2-Clause */
/* What the back end says of its disk (xen/io/blkif.h, "Backend Device Properties"). */
#include <errno.h>

#include "blkfront/device.h"
#include "unikernel/core/log.h"

/* What a disk may ask to be written, or discarded, at once; beyond it is a lie or a mistake. */
#define BLOCK_MAX (1u << 30)

static bool power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* 0, or -EINVAL for a size that no disk has. */
static int disk_set_size(struct blkfront *bf, uint64_t units, uint64_t sector_size)
{
	if (!power_of_two(sector_size) || sector_size < RING_SECTOR || sector_size > PAGE_SIZE ||
	    units > INT64_MAX / RING_SECTOR) {
		log_error("blkfront: %s: %llu sectors, sector size %llu: not a disk", bf->info.name,
			  (unsigned long long)units, (unsigned long long)sector_size);
		return -EINVAL;
	}
	bf->info.sector_size = (uint32_t)sector_size;
	bf->info.sectors = units * RING_SECTOR / sector_size;
	return 0;
}

/* Of the rest, what is not possible is taken for what is usual. */
static void disk_set_blocks(struct blkfront_info *info, uint64_t physical, uint64_t granularity,
			    uint64_t alignment)
{
	const uint32_t sector_size = info->sector_size;

	if (!power_of_two(physical) || physical < sector_size || physical > BLOCK_MAX)
		physical = sector_size;
	if (granularity == 0 || granularity % sector_size != 0 || granularity > BLOCK_MAX)
		granularity = sector_size;
	if (alignment % sector_size != 0 || alignment > BLOCK_MAX)
		alignment = 0;
	info->physical_sector_size = (uint32_t)physical;
	info->discard_granularity = (uint32_t)granularity;
	info->discard_alignment = (uint32_t)(alignment % granularity);
}

int vbd_read_disk(struct blkfront *bf)
{
	enum {
		SECTORS,
		SECTOR_SIZE,
		PHYSICAL,
		INFO,
		FLUSH,
		BARRIER,
		DISCARD,
		SECURE,
		GRANULARITY,
		ALIGNMENT,
		PERSISTENT,
		PROPERTIES
	};
	struct xenbus_property node[PROPERTIES] = {
		[SECTORS] = {.name = "sectors"},
		[SECTOR_SIZE] = {.name = "sector-size", .value = RING_SECTOR},
		[PHYSICAL] = {.name = "physical-sector-size"},
		[INFO] = {.name = "info"},
		[FLUSH] = {.name = "feature-flush-cache"},
		[BARRIER] = {.name = "feature-barrier"},
		[DISCARD] = {.name = "feature-discard"},
		[SECURE] = {.name = "discard-secure"},
		[GRANULARITY] = {.name = "discard-granularity"},
		[ALIGNMENT] = {.name = "discard-alignment"},
		[PERSISTENT] = {.name = "feature-persistent"},
	};
	struct blkfront_info *info = &bf->info;
	struct blkfront_features *has = &info->features;
	int error = xenbus_read_all(bf->device->backend, node, PROPERTIES);

	if (error == 0)
		error = node[SECTORS].error;
	if (error == 0)
		error = disk_set_size(bf, node[SECTORS].value, node[SECTOR_SIZE].value);
	if (error != 0)
		return error;
	disk_set_blocks(info, node[PHYSICAL].value, node[GRANULARITY].value, node[ALIGNMENT].value);
	info->readonly = (node[INFO].value & VDISK_READONLY) != 0;
	info->removable = (node[INFO].value & (VDISK_REMOVABLE | VDISK_CDROM)) != 0;
	has->flush = node[FLUSH].value == 1 && !bf->off.flush;
	has->barrier = node[BARRIER].value == 1 && !bf->off.barrier;
	info->flush = info->fua = has->flush || has->barrier;
	has->discard = node[DISCARD].value == 1 && !bf->off.discard;
	has->discard_secure = has->discard && node[SECURE].value == 1 && !bf->off.discard_secure;
	info->discard = has->discard && !info->readonly;
	info->discard_secure = has->discard_secure && !info->readonly;
	/* Pages that the back end keeps mapped cannot be anybody's but ours. */
	has->persistent = node[PERSISTENT].value == 1 && !bf->off.persistent;
	has->lend = !has->persistent && !bf->off.lend;
	return 0;
}

int vbd_read_size(struct blkfront *bf)
{
	uint64_t units;
	int error = xenbus_read_u64(XENBUS_NO_TX, bf->device->backend, "sectors", &units);

	return error != 0 ? error : disk_set_size(bf, units, bf->info.sector_size);
}
