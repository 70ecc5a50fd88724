/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain as its configuration file describes it, in xl's syntax, read by
 * libxlutil. Nothing here touches the host: a struct config comes out, or
 * messages that name the file, the line and the remedy.
 */
#ifndef TOOLSTACK_CONFIG_H
#define TOOLSTACK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens when the domain has shut down (xl.cfg(5), "Event Actions"). */
enum config_action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_RENAME_RESTART,
	ACTION_PRESERVE,
	ACTION_COUNT,
};

extern const char *const config_action_names[ACTION_COUNT];

enum config_type {
	TYPE_PV,
	TYPE_PVH,
	TYPE_COUNT,
};

extern const char *const config_type_names[TYPE_COUNT];

/* By the numbers of XEN_DOMCTL_settscinfo. */
enum config_tsc_mode {
	TSC_DEFAULT,
	TSC_ALWAYS_EMULATE,
	TSC_NATIVE,
	TSC_COUNT,
};

struct config_vif {
	uint8_t mac[6];
	char *bridge;	     /* never NULL: xenbr0 as with xl */
	char *script;	     /* absolute path, or NULL: lodge itself joins the bridge */
	char *vifname;	     /* or NULL: vifDOMID.INDEX */
	char *ip;	     /* or NULL; for the script */
	unsigned mtu;	     /* 0: the bridge's for the interface, 1500 for the guest */
	uint64_t rate_bytes; /* per interval of rate_interval_us; an interval of 0: no limit */
	uint32_t rate_interval_us;
};

struct config_disk {
	char *target; /* absolute path of a block device or of a regular file */
	char *vdev;   /* "xvda" */
	unsigned devid;
	bool readonly;
	bool direct_io_safe;
	bool discard;
};

struct config {
	enum config_type type;
	char *name;
	uint8_t uuid[16];
	char *kernel;
	char *ramdisk; /* or NULL */
	char *cmdline;
	uint64_t memory_mib;
	uint64_t maxmem_mib;
	unsigned vcpus; /* online at the start */
	unsigned maxvcpus;
	enum config_tsc_mode tsc_mode;
	bool nomigrate;
	unsigned max_event_channels;
	int max_grant_frames;	 /* -1: as Xen thinks best */
	int max_maptrack_frames; /* -1: as Xen thinks best */
	/* Of pvh domains. */
	unsigned timer_mode;	    /* HVMPTM_* of xen/hvm/params.h */
	int hap;		    /* nested paging: 0 no, 1 yes, -1: if the host has it */
	uint64_t shadow_memory_mib; /* for page tables of Xen's; 0: as libxl reckons */
	enum config_action on_poweroff, on_reboot, on_crash, on_watchdog;
	struct config_vif *vifs;
	size_t vif_count;
	struct config_disk *disks;
	size_t disk_count;
};

/*
 * Parses `text', which came from `filename', with one line for each of
 * `overrides' (key=value) behind it. Relative paths in it are taken from
 * `directory'. Prints what is wrong. 0, -EINVAL or -ENOMEM; in any case
 * config_free may (and must) be called.
 */
int config_parse(struct config *config, const char *filename, const char *text,
		 const char *directory, char *const overrides[], size_t override_count);

/* Reads the file `filename' and parses it. */
int config_read(struct config *config, const char *filename, char *const overrides[],
		size_t override_count);

void config_free(struct config *config);

/*
 * One card by itself, from `count' words of a command line, each of them like an element of vif=[...].
 * As config_parse: prints what is wrong, and config_free_vif must be called in any case.
 */
int config_parse_card(struct config_vif *vif, char *const words[], size_t count);
void config_free_vif(struct config_vif *vif);

/* One disk by itself, from words that together are like an element of disk=[...]. As config_parse_card. */
int config_parse_disk_words(struct config_disk *disk, char *const words[], size_t count);
void config_free_disk(struct config_disk *disk);

/* Device number of a disk's name as blkfront knows it ("xvda" -> 51712); false if it is none. */
bool config_vdev(const char *vdev, unsigned *devid);

#endif
