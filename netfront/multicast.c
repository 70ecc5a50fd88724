/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multicast control (xen/io/netif.h): netback passes on the frames of those groups only that it has
 * been told of by extra information on the transmit ring. The groups are kept here, because every
 * new connection begins without any.
 */
#include <errno.h>
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/log.h"

static struct netfront_group *group_find(struct netfront *nf, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < nf->groups; i++)
		if (!memcmp(nf->group[i].mac, mac, sizeof(nf->group[i].mac)))
			return &nf->group[i];
	return NULL;
}

static int group_tell(struct netfront *nf, const uint8_t mac[6], bool join)
{
	struct netif_extra_info extra = {.type = join ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD
						      : XEN_NETIF_EXTRA_TYPE_MCAST_DEL};

	if (!nf->connected || !nf->features.multicast_control || nf->all_groups)
		return 0;
	memcpy(extra.u.mcast.addr, mac, sizeof(extra.u.mcast.addr));
	return tx_send_extra(nf->queue[0], &extra);
}

/* The filter cannot do what is asked for: the connection is made anew without it. */
static int group_give_up(struct netfront *nf, int error)
{
	if (nf->all_groups)
		return -ENOSPC;
	nf->all_groups = true;
	if (nf->connected && nf->features.multicast_control)
		xenbus_device_fail(nf->device, error, "multicast groups beyond its filter");
	return -ENOSPC;
}

int netfront_multicast(struct netfront *nf, const uint8_t mac[6], bool join)
{
	struct netfront_group *group = group_find(nf, mac);

	if (!join) {
		if (group == NULL || --group->joined > 0)
			return 0;
		(void)group_tell(nf, mac, false); /* at worst its frames still come */
		*group = nf->group[--nf->groups];
		return 0;
	}
	if (group != NULL) {
		group->joined++;
		return 0;
	}
	if (nf->groups == GROUPS_MAX)
		return group_give_up(nf, -ENOSPC);
	group = &nf->group[nf->groups++];
	memcpy(group->mac, mac, sizeof(group->mac));
	group->joined = 1;
	return group_tell(nf, mac, true) != 0 ? group_give_up(nf, -EAGAIN) : 0;
}

void multicast_start(struct netfront *nf)
{
	for (unsigned int i = 0; i < nf->groups; i++)
		if (group_tell(nf, nf->group[i].mac, true) != 0)
			group_give_up(nf, -EAGAIN);
}
