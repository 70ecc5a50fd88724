/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "toolstack/nodes.h"
#include "toolstack/text.h"

#define STATE_INITIALISING "1" /* of enum xenbus_state in xen/io/xenbus.h */
#define CONSOLE_LIMIT	   "1048576"

/* Adds path = value; `value' may be NULL (out of memory, in the caller's formatting). */
static void add(struct nodes *nodes, char *path, char *value, const char *perms)
{
	struct node *node;

	if (nodes->count == nodes->capacity) {
		size_t capacity = nodes->capacity ? nodes->capacity * 2 : 64;
		struct node *list = realloc(nodes->list, capacity * sizeof(*list));

		if (list) {
			nodes->list = list;
			nodes->capacity = capacity;
		}
	}
	if (!path || !value || nodes->count == nodes->capacity) {
		nodes->failed = true;
		free(path);
		free(value);
		return;
	}
	node = &nodes->list[nodes->count++];
	*node = (struct node){.path = path, .value = value};
	if (perms) {
		node->perms = strdup(perms);
		if (!node->perms)
			nodes->failed = true;
	}
}

/* BASE/NAME = formatted value, with the rights of its parent. */
__attribute__((format(printf, 4, 5))) static void put(struct nodes *nodes, const char *base,
						      const char *name, const char *format, ...)
{
	va_list arguments;
	char *value = NULL;

	va_start(arguments, format);
	if (vasprintf(&value, format, arguments) < 0)
		value = NULL;
	va_end(arguments);
	add(nodes, text_format("%s/%s", base, name), value, NULL);
}

/* An empty node with rights of its own. */
static void directory(struct nodes *nodes, const char *path, const char *perms)
{
	add(nodes, strdup(path), strdup(""), perms);
}

struct device {
	char front[96]; /* /local/domain/ID/device/KIND/N */
	char back[96];	/* /local/domain/0/backend/KIND/ID/N */
	char libxl[96]; /* /libxl/ID/device/KIND/N: libxl's own copy of what it gave the back end */
};

/* Says something to the back end, and keeps libxl's copy of it. */
__attribute__((format(printf, 4, 5))) static void tell_back(struct nodes *nodes,
							    const struct device *device,
							    const char *name, const char *format,
							    ...)
{
	va_list arguments;
	char *value = NULL;

	va_start(arguments, format);
	if (vasprintf(&value, format, arguments) < 0)
		value = NULL;
	va_end(arguments);
	put(nodes, device->libxl, name, "%s", value ? value : "");
	add(nodes, text_format("%s/%s", device->back, name), value, NULL);
}

/*
 * The two ends of a device point at each other; each is writable by its own
 * side and readable by the other.
 */
static void begin_device(struct nodes *nodes, struct device *device, uint32_t domid,
			 const char *kind, unsigned number)
{
	char front_perms[32], back_perms[32];

	snprintf(device->front, sizeof(device->front), "/local/domain/%u/device/%s/%u", domid, kind,
		 number);
	snprintf(device->back, sizeof(device->back), "/local/domain/0/backend/%s/%u/%u", kind,
		 domid, number);
	snprintf(device->libxl, sizeof(device->libxl), "/libxl/%u/device/%s/%u", domid, kind,
		 number);
	snprintf(front_perms, sizeof(front_perms), "n%u r0", domid);
	snprintf(back_perms, sizeof(back_perms), "n0 r%u", domid);

	directory(nodes, device->front, front_perms);
	directory(nodes, device->back, back_perms);
	put(nodes, device->libxl, "frontend", "%s", device->front);
	put(nodes, device->libxl, "backend", "%s", device->back);
	put(nodes, device->front, "backend", "%s", device->back);
	put(nodes, device->front, "backend-id", "0");
	put(nodes, device->front, "state", STATE_INITIALISING);
	put(nodes, device->back, "frontend", "%s", device->front);
	tell_back(nodes, device, "frontend-id", "%u", domid);
	tell_back(nodes, device, "online", "1");
}

/* The state comes last: the kernel probes a back end when it sees the directory. */
static void end_device(struct nodes *nodes, const struct device *device)
{
	tell_back(nodes, device, "state", STATE_INITIALISING);
}

static void add_vif(struct nodes *nodes, uint32_t domid, unsigned index,
		    const struct config_vif *vif)
{
	struct device device;
	char mac[MAC_TEXT_SIZE];

	text_from_mac(mac, vif->mac);
	begin_device(nodes, &device, domid, "vif", index);
	put(nodes, device.front, "handle", "%u", index);
	put(nodes, device.front, "mac", "%s", mac);
	if (vif->mtu)
		put(nodes, device.front, "mtu", "%u", vif->mtu);
	put(nodes, device.front, "trusted", "1");
	tell_back(nodes, &device, "script", "%s", vif->script ? vif->script : NODES_NO_SCRIPT);
	if (vif->vifname)
		tell_back(nodes, &device, "vifname", "%s", vif->vifname);
	tell_back(nodes, &device, "mac", "%s", mac);
	if (vif->ip)
		tell_back(nodes, &device, "ip", "%s", vif->ip);
	if (vif->rate_interval_us)
		tell_back(nodes, &device, "rate", "%llu,%u", (unsigned long long)vif->rate_bytes,
			  vif->rate_interval_us);
	if (vif->mtu)
		tell_back(nodes, &device, "mtu", "%u", vif->mtu);
	tell_back(nodes, &device, "bridge", "%s", vif->bridge);
	tell_back(nodes, &device, "handle", "%u", index);
	tell_back(nodes, &device, "type", "vif");
	tell_back(nodes, &device, "hotplug-status", "%s", "");
	end_device(nodes, &device);
}

static void add_disk(struct nodes *nodes, uint32_t domid, const struct config_disk *disk,
		     const struct nodes_disk *attached)
{
	struct device device;

	begin_device(nodes, &device, domid, "vbd", disk->devid);
	put(nodes, device.front, "virtual-device", "%u", disk->devid);
	put(nodes, device.front, "device-type", "disk");
	put(nodes, device.front, "protocol", "x86_64-abi");
	put(nodes, device.front, "trusted", "1");
	tell_back(nodes, &device, "params", "%s", disk->target);
	tell_back(nodes, &device, "script", "%s",
		  attached->script ? attached->script : NODES_NO_SCRIPT);
	if (*attached->loop)
		put(nodes, device.libxl, "loop", "%s", attached->loop);
	tell_back(nodes, &device, "physical-device", "%x:%x", attached->major, attached->minor);
	tell_back(nodes, &device, "removable", "0");
	tell_back(nodes, &device, "bootable", "1");
	tell_back(nodes, &device, "dev", "%s", disk->vdev);
	tell_back(nodes, &device, "type", "phy");
	tell_back(nodes, &device, "mode", "%s", disk->readonly ? "r" : "w");
	tell_back(nodes, &device, "device-type", "disk");
	if (disk->direct_io_safe)
		tell_back(nodes, &device, "direct-io-safe", "1");
	tell_back(nodes, &device, "discard-enable", "%d", disk->discard);
	tell_back(nodes, &device, "specification", "xen");
	end_device(nodes, &device);
}

/*
 * Console 0 is no device of the usual kind: xenconsoled serves whatever is
 * described here, without a handshake of states, and adds the node "tty". xl
 * gives it a back end as well, which nobody uses but dom0's kernel: that makes a
 * device of it which no driver takes.
 */
static void add_console(struct nodes *nodes, const struct build *build)
{
	char front[64], perms[32];

	snprintf(front, sizeof(front), "/local/domain/%u/console", build->domid);
	snprintf(perms, sizeof(perms), "n0 r%u", build->domid);
	directory(nodes, front, perms);
	put(nodes, front, "limit", CONSOLE_LIMIT);
	put(nodes, front, "type", "xenconsoled");
	put(nodes, front, "port", "%u", build->console_port);
	put(nodes, front, "ring-ref", "%llu", (unsigned long long)build->console_gfn);
}

/*
 * What belongs to the guest within its own directory. Not of xl's list: what only
 * emulated machines use (drivers, feature), and the event channel for suspending
 * that guests have long stopped offering.
 */
static void add_guest_owned(struct nodes *nodes, const char *home, uint32_t domid)
{
	static const char *const names[] = {
		"control/shutdown",
		"control/feature-poweroff",
		"control/feature-reboot",
		"control/feature-suspend",
		"control/sysrq",
		"data",
		"attr",
		"error",
	};
	char perms[32];

	snprintf(perms, sizeof(perms), "n%u", domid);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add(nodes, text_format("%s/%s", home, names[i]), strdup(""), perms);
}

static void add_domain(struct nodes *nodes, const struct config *config, const struct build *build)
{
	char home[64], vm[64], libxl[32], perms[32], uuid[UUID_TEXT_SIZE];
	uint64_t memory_kib = config->memory_mib * 1024;

	text_from_uuid(uuid, config->uuid);
	snprintf(home, sizeof(home), "/local/domain/%u", build->domid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	snprintf(libxl, sizeof(libxl), "/libxl/%u", build->domid);
	snprintf(perms, sizeof(perms), "n0 r%u", build->domid);

	directory(nodes, home, perms);
	put(nodes, home, "vm", "%s", vm);
	put(nodes, home, "name", "%s", config->name);
	put(nodes, home, "domid", "%u", build->domid);
	put(nodes, home, "memory/static-max", "%llu",
	    (unsigned long long)config->maxmem_mib * 1024);
	put(nodes, home, "memory/target", "%llu", (unsigned long long)memory_kib);
	put(nodes, home, "store/port", "%u", build->store_port);
	put(nodes, home, "store/ring-ref", "%llu", (unsigned long long)build->store_gfn);
	for (unsigned i = 0; i < config->maxvcpus; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		put(nodes, home, name, "%s", i < config->vcpus ? "online" : "offline");
	}
	add_guest_owned(nodes, home, build->domid);

	directory(nodes, vm, perms);
	put(nodes, vm, "name", "%s", config->name);
	put(nodes, vm, "uuid", "%s", uuid);
	put(nodes, vm, "start_time", "%lld", (long long)time(NULL));

	directory(nodes, libxl, "n0");
	put(nodes, libxl, "type", "%s", config_type_names[config->type]);
}

void nodes_fill(struct nodes *nodes, const struct config *config, const struct build *build,
		const struct nodes_disk *disks)
{
	*nodes = (struct nodes){0};
	add_domain(nodes, config, build);
	add_console(nodes, build);
	for (size_t i = 0; i < config->vif_count; i++)
		add_vif(nodes, build->domid, (unsigned)i, &config->vifs[i]);
	for (size_t i = 0; i < config->disk_count; i++)
		add_disk(nodes, build->domid, &config->disks[i], &disks[i]);
}

void nodes_fill_card(struct nodes *nodes, uint32_t domid, unsigned index,
		     const struct config_vif *vif)
{
	*nodes = (struct nodes){0};
	add_vif(nodes, domid, index, vif);
}

void nodes_fill_disk(struct nodes *nodes, uint32_t domid, const struct config_disk *disk,
		     const struct nodes_disk *attached)
{
	*nodes = (struct nodes){0};
	add_disk(nodes, domid, disk, attached);
}

void nodes_free(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		free(nodes->list[i].path);
		free(nodes->list[i].value);
		free(nodes->list[i].perms);
	}
	free(nodes->list);
	*nodes = (struct nodes){0};
}

size_t nodes_roots(char roots[NODES_ROOTS][NODES_ROOT_SIZE], uint32_t domid, const uint8_t uuid[16])
{
	char text[UUID_TEXT_SIZE];
	size_t n = 0;

	text_from_uuid(text, uuid);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/local/domain/%u", domid);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/vm/%s", text);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/libxl/%u", domid);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/local/domain/0/backend/vif/%u", domid);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/local/domain/0/backend/vbd/%u", domid);
	snprintf(roots[n++], NODES_ROOT_SIZE, "/local/domain/0/backend/console/%u", domid);
	return n;
}
