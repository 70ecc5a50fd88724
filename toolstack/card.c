/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/card.h"
#include "toolstack/message.h"
#include "toolstack/netlink.h"
#include "toolstack/nodes.h"
#include "toolstack/plug.h"
#include "toolstack/text.h"
#include "toolstack/vif.h"
#include "toolstack/wait.h"

#define CARDS_MAX 256

static const struct plug card_plug = {"vif", "card", "network-detach"};

static const struct listing_field fields[CARD_FIELDS] = {
	[CARD_MAC] = {"mac", false},
	[CARD_BRIDGE] = {"bridge", false},
	[CARD_HANDLE] = {"handle", false},
	[CARD_TX_RING] = {"tx-ring-ref", true},
	[CARD_RX_RING] = {"rx-ring-ref", true},
};

const struct listing_kind card_kind = {"vif", "network cards", fields, CARD_FIELDS};

/* Marks the numbers that are in use in a directory of devices. */
static int mark_used(struct xenstore *xenstore, uint32_t transaction, const char *path,
		     bool used[CARDS_MAX])
{
	char *names;
	size_t size;
	int error = xenstore_list(xenstore, transaction, path, &names, &size);

	if (error)
		return error == -ENOENT ? 0 : error;
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		uint64_t number;

		if (text_to_number(name, 0, CARDS_MAX - 1, &number))
			used[number] = true;
	}
	free(names);
	return 0;
}

/* The lowest number that no card has, on either side; looked at within the transaction. */
static int choose_number(struct xenstore *xenstore, uint32_t transaction, uint32_t domid,
			 unsigned *device)
{
	bool used[CARDS_MAX] = {false};
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/libxl/%u/device/vif", domid);
	error = mark_used(xenstore, transaction, path, used);
	if (error)
		return error;
	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u", domid);
	error = mark_used(xenstore, transaction, path, used);
	for (*device = 0; !error && used[*device];)
		if (++*device == CARDS_MAX)
			error = -ENOSPC;
	return error;
}

/* The card that is being given, and the number that it gets. */
struct gift {
	const struct config_vif *vif;
	unsigned device;
};

static int fill(struct xenstore *xenstore, uint32_t transaction, uint32_t domid,
		struct nodes *nodes, void *context)
{
	struct gift *gift = context;
	int error = choose_number(xenstore, transaction, domid, &gift->device);

	if (!error)
		nodes_fill_card(nodes, domid, gift->device, gift->vif);
	return error;
}

/* Two cards of one address in one domain cannot be told apart. */
static int check_address(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif)
{
	char mac[MAC_TEXT_SIZE];
	struct listed *cards;
	size_t count;
	int error = listing_read(xenstore, domid, &card_kind, &cards, &count);

	text_from_mac(mac, vif->mac);
	for (size_t i = 0; i < count && !error; i++) {
		if (!cards[i].field[CARD_MAC] || strcasecmp(cards[i].field[CARD_MAC], mac))
			continue;
		message_error(
			"card %u of domain %u has the address %s already; choose another mac=",
			cards[i].device, domid, mac);
		error = -EEXIST;
	}
	listing_free(cards, count);
	return error;
}

int card_attach(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif,
		unsigned *device)
{
	struct gift gift = {.vif = vif};
	int error = vif_check(vif), netlink;

	if (!error)
		error = check_address(xenstore, domid, vif);
	if (error)
		return error;
	netlink = netlink_open();
	if (netlink < 0) {
		message_error("cannot listen for interfaces: %s", strerror(-netlink));
		return netlink;
	}
	error = plug_write(xenstore, domid, &card_plug, fill, &gift);
	*device = gift.device;
	if (!error) {
		error = vif_connect(xenstore, netlink, domid, *device, vif);
		if (!error)
			error = wait_cancelled();
		if (error)
			plug_undo(xenstore, domid, &card_plug, *device);
	}
	close(netlink);
	return error;
}

int card_detach(struct xenstore *xenstore, uint32_t domid, const struct listed *card,
		unsigned seconds, bool force)
{
	char name[32];

	snprintf(name, sizeof(name), "card %u", card->device);
	return plug_out(xenstore, domid, &card_plug, card, name, seconds, force);
}
