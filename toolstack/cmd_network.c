/* SPDX-License-Identifier: BSD-2-Clause */
/* network-list, network-attach and network-detach, after xl's of the same names. */
#include <stdio.h>
#include <string.h>

#include "toolstack/card.h"
#include "toolstack/cli_device.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

/* --- list --- */

static void list_object(struct json *json, const struct listed *card)
{
	json_text(json, "mac", card->field[CARD_MAC]);
	json_text(json, "bridge", card->field[CARD_BRIDGE]);
}

static void list_heads(void)
{
	printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-11s %s\n", "Idx", "BE", "Mac Addr.", "handle",
	       "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");
}

static void list_row(struct listed *card, uint32_t domid)
{
	(void)domid;
	printf("%-3u %-2llu %-17s %6lld %5lld %6lld %5lld/%-11lld %s\n", card->device,
	       (unsigned long long)card->owner, listed_text(card, CARD_MAC),
	       (long long)listed_number(card, CARD_HANDLE), (long long)card->state,
	       (long long)card->event_channel, (long long)listed_number(card, CARD_TX_RING),
	       (long long)listed_number(card, CARD_RX_RING), listed_backend(card));
}

static enum exit_code run_list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_listing listing = {
		.kind = &card_kind,
		.array = "cards",
		.object = list_object,
		.heads = list_heads,
		.row = list_row,
	};

	return cli_list(cli, argc, argv, &listing);
}

const struct command command_network_list = {
	.name = "network-list",
	.usage = "DOMAIN",
	.summary = "List the network cards of a domain.",
	.options = "",
	.run = run_list,
};

/* --- attach --- */

struct attaching {
	const struct config_vif *vif;
	unsigned device;
};

static int attach(struct lookup *lookup, uint32_t domid, void *context)
{
	struct attaching *attaching = context;
	int error = cli_check_running(lookup, domid, "card");

	return error ? error
		     : card_attach(lookup->xenstore, domid, attaching->vif, &attaching->device);
}

static void attach_tell(struct cli *cli, uint32_t domid, const struct attaching *attaching)
{
	char mac[MAC_TEXT_SIZE];
	struct json json;

	text_from_mac(mac, attaching->vif->mac);
	message_info("card %u of domain %u has the address %s", attaching->device, domid, mac);
	if (!cli->json)
		return;
	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", domid);
	json_number(&json, "devid", attaching->device);
	json_text(&json, "mac", mac);
	json_close(&json);
}

static enum exit_code run_attach(struct cli *cli, int argc, char **argv)
{
	struct config_vif vif;
	struct attaching attaching = {.vif = &vif};
	enum exit_code code;
	uint32_t domid;
	int error;

	if (!cli_operands(cli, argc, argv, 1, INT_MAX, "name a domain", &code))
		return code;
	if (config_parse_card(&vif, argv + optind + 1, (size_t)(argc - optind - 1))) {
		config_free_vif(&vif);
		return cli_fail(cli, EXIT_CONFIG);
	}
	error = cli_work_on(argv[optind], &domid, attach, &attaching);
	if (!error)
		attach_tell(cli, domid, &attaching);
	config_free_vif(&vif);
	return cli_attached(cli, error);
}

const struct command command_network_attach = {
	.name = "network-attach",
	.usage = "DOMAIN [mac=...] [bridge=...] [mtu=...] [...]",
	.summary = "Give a running domain another network card.",
	.options =
		"  The settings are those of an element of vif=[...], one or several to a word.\n",
	.run = run_attach,
};

/* --- detach --- */

/* By its number, or by its address. */
static bool match(const struct listed *card, const char *name)
{
	const char *has = card->field[CARD_MAC];
	uint8_t wanted[6], mac[6];
	uint64_t number;

	if (text_to_number(name, 0, UINT32_MAX, &number))
		return card->device == number;
	return has && text_to_mac(name, wanted) && text_to_mac(has, mac) &&
	       !memcmp(mac, wanted, sizeof(mac));
}

static int take(struct lookup *lookup, uint32_t domid, const struct listed *card, unsigned seconds,
		bool force)
{
	return card_detach(lookup->xenstore, domid, card, seconds, force);
}

static enum exit_code run_detach(struct cli *cli, int argc, char **argv)
{
	static const struct cli_detach detach = {
		.kind = &card_kind,
		.noun = "card",
		.complaint = "name a domain and one of its cards",
		.list = "network-list",
		.match = match,
		.take = take,
	};

	return cli_detach(cli, argc, argv, &detach);
}

const struct command command_network_detach = {
	.name = "network-detach",
	.usage = "[-f] [--timeout SECONDS] DOMAIN DEVID|MAC",
	.summary = "Take a network card away from a running domain.",
	.options = CLI_DETACH_OPTIONS,
	.run = run_detach,
};
