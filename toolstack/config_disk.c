/* SPDX-License-Identifier: BSD-2-Clause */
/* One element of disk=[...] (xl-disk-configuration(5)), taken apart by libxlutil. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/config_parse.h"
#include "toolstack/text.h"

/*
 * libxlutil needs this one function of libxl, and nothing else of it. Having it
 * here saves loading libxl and its dozen libraries, most of the time that a
 * small program takes to start. The values are those of libxl's ABI.
 */
void libxl_defbool_set(libxl_defbool *defbool, bool value)
{
	defbool->val = value ? 1 : -1;
}

/*
 * Names of virtual disks and their numbers: xen-vbd-interface(7). xvdX has 16
 * partitions up to xvdp; from there on, or with a higher partition, the extended
 * numbering applies.
 */
bool config_vdev(const char *vdev, unsigned *devid)
{
	unsigned disk = 0, partition = 0;
	const char *p = vdev + 3;

	if (strncmp(vdev, "xvd", 3) && strncmp(vdev, "hd", 2) && strncmp(vdev, "sd", 2))
		return false;
	if (*vdev != 'x')
		p = vdev + 2;
	if (*p < 'a' || *p > 'z')
		return false;
	/* Letters count like bijective numerals: a..z, aa, ab, ... */
	for (; *p >= 'a' && *p <= 'z'; p++) {
		disk = disk * 26 + (unsigned)(*p - 'a') + 1;
		if (disk > 1u << 20)
			return false;
	}
	disk--;
	if (*p) {
		uint64_t number;

		if (*p == '0' || !text_to_number(p, 1, 255, &number))
			return false;
		partition = (unsigned)number;
	}
	switch (*vdev) {
	case 'h': /* two disks to a controller, four controllers */
		if (disk > 3 || partition > 63)
			return false;
		*devid = (disk < 2 ? 3u : 22u) << 8 | (disk & 1) << 6 | partition;
		return true;
	case 's':
		if (disk > 15 || partition > 15)
			return false;
		*devid = 8u << 8 | disk << 4 | partition;
		return true;
	default:
		if (disk < 16 && partition < 16)
			*devid = 202u << 8 | disk << 4 | partition;
		else
			*devid = 1u << 28 | disk << 8 | partition;
		return true;
	}
}

static void check(struct config_parse *parse, int element, const libxl_device_disk *from,
		  struct config_disk *disk)
{
	if (from->is_cdrom)
		config_fail(parse, "disk", element,
			    "there is no CD drive without a device model; leave cdrom out");
	if (from->format != LIBXL_DISK_FORMAT_RAW)
		config_fail(parse, "disk", element,
			    "only raw images; convert it with `qemu-img convert -O raw'");
	if (from->script)
		config_fail(parse, "disk", element,
			    "lodge attaches block devices and files itself; leave script out");
	if (from->backend_domname && strcmp(from->backend_domname, "0") &&
	    strcmp(from->backend_domname, "Domain-0"))
		config_fail(parse, "disk", element,
			    "backend='%s': lodge knows no backend but that of Domain-0",
			    from->backend_domname);
	if (from->backend != LIBXL_DISK_BACKEND_UNKNOWN && from->backend != LIBXL_DISK_BACKEND_PHY)
		config_fail(parse, "disk", element,
			    "lodge uses the kernel's blkback alone; leave backendtype out");
	if (!from->pdev_path || !*from->pdev_path)
		config_fail(parse, "disk", element, "has no target; add target=FILE-OR-DEVICE");
	else
		disk->target = config_path(parse, from->pdev_path);
	if (!from->vdev || !config_vdev(from->vdev, &disk->devid))
		config_fail(parse, "disk", element, "'%s' is no name of a virtual disk; use xvda",
			    from->vdev ? from->vdev : "");
	else
		disk->vdev = config_copy(parse, from->vdev);
}

void config_parse_disk(struct config_parse *parse, int element, const char *const specs[],
		       size_t count, struct config_disk *disk)
{
	libxl_device_disk from;

	memset(&from, 0, sizeof(from));
	if (xlu_disk_parse(parse->xlu, (int)count, specs, &from)) {
		config_fail(parse, "disk", element, "'%s' cannot be understood", specs[0]);
	} else {
		disk->readonly = !from.readwrite;
		disk->direct_io_safe = from.direct_io_safe;
		disk->discard =
			from.discard_enable.val ? from.discard_enable.val > 0 : from.readwrite;
		check(parse, element, &from, disk);
	}
	free(from.pdev_path);
	free(from.vdev);
	free(from.script);
	free(from.backend_domname);
}

static void take_words(struct config_parse *parse, char *const words[], size_t count, void *into)
{
	config_parse_disk(parse, -1, (const char *const *)words, count, into);
}

int config_parse_disk_words(struct config_disk *disk, char *const words[], size_t count)
{
	*disk = (struct config_disk){0};
	return config_words(take_words, words, count, disk);
}

void config_free_disk(struct config_disk *disk)
{
	free(disk->target);
	free(disk->vdev);
	*disk = (struct config_disk){0};
}
