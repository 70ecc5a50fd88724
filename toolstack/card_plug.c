/* SPDX-License-Identifier: BSD-2-Clause */
/* A network card of a running domain: in, and out again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/card.h"
#include "toolstack/device.h"
#include "toolstack/message.h"
#include "toolstack/netlink.h"
#include "toolstack/nodes.h"
#include "toolstack/nodes_write.h"
#include "toolstack/text.h"
#include "toolstack/vif.h"
#include "toolstack/wait.h"

/* Collisions with other writers to the store, before something must be wrong. */
#define TRANSACTIONS_MAX 100
#define CARDS_MAX	 256

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

/* One attempt: -EAGAIN if somebody else's change came between. */
static int write_once(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif,
		      unsigned *device)
{
	struct xenstore_batch batch = {0};
	struct nodes nodes = {0};
	char path[64], *home = NULL;
	uint32_t transaction;
	int error = xenstore_transaction_start(xenstore, &transaction);

	if (error)
		return error;
	/* A domain that has gone meanwhile is not to come back as a directory. */
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	error = xenstore_read(xenstore, transaction, path, &home);
	if (!error)
		error = choose_number(xenstore, transaction, domid, device);
	if (!error) {
		nodes_fill_card(&nodes, domid, *device, vif);
		error = nodes.failed ? -ENOMEM : 0;
	}
	if (!error)
		error = nodes_commit(xenstore, transaction, &batch, &nodes);
	else
		xenstore_transaction_end(xenstore, transaction, false);
	nodes_free(&nodes);
	free(home);
	return error;
}

static int write_card(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif,
		      unsigned *device)
{
	int error = -EAGAIN;

	for (int i = 0; error == -EAGAIN && i < TRANSACTIONS_MAX; i++)
		error = wait_cancelled() ? -ECANCELED : write_once(xenstore, domid, vif, device);
	if (error && error != -ECANCELED)
		message_error("cannot write the nodes of a card for domain %u: %s", domid,
			      error == -ENOENT ? "the domain has gone" : strerror(-error));
	return error;
}

/* Two cards of one address in one domain cannot be told apart. */
static int check_address(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif)
{
	char mac[MAC_TEXT_SIZE];
	struct card *cards;
	size_t count;
	int error = card_list(xenstore, domid, &cards, &count);

	text_from_mac(mac, vif->mac);
	for (size_t i = 0; i < count && !error; i++) {
		if (!cards[i].mac || strcasecmp(cards[i].mac, mac))
			continue;
		message_error(
			"card %u of domain %u has the address %s already; choose another mac=",
			cards[i].device, domid, mac);
		error = -EEXIST;
	}
	card_free(cards, count);
	return error;
}

int card_attach(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif,
		unsigned *device)
{
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
	error = write_card(xenstore, domid, vif, device);
	if (!error) {
		error = vif_connect(xenstore, netlink, domid, *device, vif);
		if (!error)
			error = wait_cancelled();
		if (error) {
			bool before = wait_shield(true);

			device_put_out(xenstore, "vif", domid, *device);
			device_clear(xenstore, "vif", domid, *device);
			wait_shield(before);
		}
	}
	close(netlink);
	return error;
}

int card_detach(struct xenstore *xenstore, uint32_t domid, const struct card *card,
		unsigned seconds, bool force)
{
	bool before;
	int error;

	if (card->owner) {
		message_error("the back end of card %u is in domain %llu; `xl network-detach' "
			      "takes it away",
			      card->device, (unsigned long long)card->owner);
		return -EOPNOTSUPP;
	}
	error = device_ask_out(xenstore, "vif", domid, card->device, time_after_s(seconds));
	if (error == -ETIMEDOUT && !force) {
		message_error("domain %u has not let go of card %u within %u seconds; "
			      "`lodge network-detach -f' takes it away all the same",
			      domid, card->device, seconds);
		return error;
	}
	if (error == -ECANCELED)
		return error;
	/* From here on half a card would be left. */
	before = wait_shield(true);
	if (error == -ETIMEDOUT) {
		message_warn(
			"domain %u has not let go of card %u within %u seconds; taking it away",
			domid, card->device, seconds);
		error = device_put_out(xenstore, "vif", domid, card->device);
	}
	if (error == -ENODEV)
		error = 0; /* only what is left of it is to be removed */
	if (error)
		message_error("cannot take card %u away from domain %u: %s", card->device, domid,
			      strerror(-error));
	else
		error = device_clear(xenstore, "vif", domid, card->device);
	wait_shield(before);
	return error;
}
