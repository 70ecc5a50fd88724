/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The xenstore nodes of a domain, as a list: what xenstore-paths(7) tells, with
 * the owners and rights that xl gives, so that guests, back ends and xl find
 * what they know. What nobody reads is left out: xenstored matches each new node
 * against the watches and rights of every domain there is, so that the nodes are
 * most of the time that a small domain takes to make, and more so the more
 * domains there are. Pure: a list comes out, xenstore.h writes it.
 */
#ifndef TOOLSTACK_NODES_H
#define TOOLSTACK_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "toolstack/build.h"
#include "toolstack/config.h"
#include "toolstack/loop.h"

/*
 * What libxl finds as the hotplug script of a device for which there is nothing to do at its end: libxl
 * insists on running one.
 */
#define NODES_NO_SCRIPT "/bin/true"

struct node {
	char *path;
	char *value;
	char *perms; /* "n5 r0": owner 5 without rights for others, domain 0 reads; NULL: the parent's */
};

struct nodes {
	struct node *list; /* parents come before their children */
	size_t count;
	size_t capacity;
	bool failed; /* out of memory */
};

/* A disk as it is attached to this host. */
struct nodes_disk {
	unsigned major;
	unsigned minor;
	/* Of a loop device of lodge's: its mark, and what libxl runs to release it; "" and NULL for any other. */
	char loop[LOOP_MARK_SIZE];
	const char *script;
};

/* `disks' runs parallel to config->disks. Check nodes->failed afterwards. */
void nodes_fill(struct nodes *nodes, const struct config *config, const struct build *build,
		const struct nodes_disk *disks);
/* Those of one more network card, and of one more disk, for a domain that is there. */
void nodes_fill_card(struct nodes *nodes, uint32_t domid, unsigned index,
		     const struct config_vif *vif);
void nodes_fill_disk(struct nodes *nodes, uint32_t domid, const struct config_disk *disk,
		     const struct nodes_disk *attached);
void nodes_free(struct nodes *nodes);

/* Trees that are a domain's alone: `count' paths. */
#define NODES_ROOTS	6
#define NODES_ROOT_SIZE 80
size_t nodes_roots(char roots[NODES_ROOTS][NODES_ROOT_SIZE], uint32_t domid,
		   const uint8_t uuid[16]);

#endif
