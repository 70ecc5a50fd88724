/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which features of xen/io/netif.h a connection uses: those that the back end offers in its
 * directory, less those that the command line switches off,
 *
 *	lodger.net-off=sg,gso4,…    lodger.net-on=split    lodger.net-queues=2
 *	                                   (net-off1, net-on1, net-queues1: the second device)
 *
 * and those that are off unless it switches them on: a channel for each direction is one port more
 * to poll whenever the guest sleeps, 5 us in PVH, and saves nothing with one vCPU. Less those that
 * cannot be without another: GSO needs frames in pieces and blank checksums.
 */
#include "netfront/device.h"
#include "xenbus/option.h"

static const struct device_switch switches[] = {
	{"sg", offsetof(struct netfront_features, scatter_gather)},
	{"csum4", offsetof(struct netfront_features, checksum_ipv4)},
	{"csum6", offsetof(struct netfront_features, checksum_ipv6)},
	{"gso4", offsetof(struct netfront_features, gso_ipv4)},
	{"gso6", offsetof(struct netfront_features, gso_ipv6)},
	{"split", offsetof(struct netfront_features, split_channels)},
	{"multicast", offsetof(struct netfront_features, multicast_control)},
	{"mtu", offsetof(struct netfront_features, mtu)},
	{"lend", offsetof(struct netfront_features, lend)},
};

#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

void features_configure(struct netfront *nf)
{
	nf->off.split_channels = true;
	device_option_switches("net-off", nf->index, switches, SWITCHES, &nf->off, true);
	device_option_switches("net-on", nf->index, switches, SWITCHES, &nf->off, false);
	nf->queues_wanted = device_option_number("net-queues", nf->index, 1, NETFRONT_QUEUES_MAX);
}

int features_negotiate(struct netfront *nf)
{
	enum { SG, NO_CSUM4, CSUM6, GSO4, GSO6, SPLIT, MULTICAST, QUEUES, CARRIER, PROPERTIES };
	struct xenbus_property node[PROPERTIES] = {
		[SG] = {.name = "feature-sg"},
		[NO_CSUM4] = {.name = "feature-no-csum-offload"},
		[CSUM6] = {.name = "feature-ipv6-csum-offload"},
		[GSO4] = {.name = "feature-gso-tcpv4"},
		[GSO6] = {.name = "feature-gso-tcpv6"},
		[SPLIT] = {.name = "feature-split-event-channels"},
		[MULTICAST] = {.name = "feature-multicast-control"},
		[QUEUES] = {.name = "multi-queue-max-queues", .value = 1},
		[CARRIER] = {.name = "carrier", .value = 1},
	};
	const struct netfront_features *off = &nf->off;
	struct netfront_features *has = &nf->features;
	int error = xenbus_read_all(nf->device->backend, node, PROPERTIES);

	if (error != 0)
		return error;
	has->scatter_gather = node[SG].value == 1 && !off->scatter_gather;
	/* Of IPv4 it is the want of it that is written: every old back end has it. */
	has->checksum_ipv4 = node[NO_CSUM4].value == 0 && !off->checksum_ipv4;
	has->checksum_ipv6 = node[CSUM6].value == 1 && !off->checksum_ipv6;
	has->gso_ipv4 = node[GSO4].value == 1 && has->scatter_gather && has->checksum_ipv4 &&
			!off->gso_ipv4;
	has->gso_ipv6 = node[GSO6].value == 1 && has->scatter_gather && has->checksum_ipv6 &&
			!off->gso_ipv6;
	has->split_channels = node[SPLIT].value == 1 && !off->split_channels;
	has->multicast_control = node[MULTICAST].value == 1 && !off->multicast_control;
	nf->carrier_told = node[CARRIER].error == 0;
	nf->carrier = node[CARRIER].value != 0;
	has->mtu = !off->mtu;
	has->lend = !off->lend;
	has->queues = device_queues(node[QUEUES].value, nf->queues_wanted);
	return 0;
}
