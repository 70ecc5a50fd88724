/* SPDX-License-Identifier: BSD-2-Clause */
/* network-list, network-attach and network-detach, after xl's of the same names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "toolstack/card.h"
#include "toolstack/cli.h"
#include "toolstack/hypervisor.h"
#include "toolstack/lookup.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

#define DETACH_SECONDS 10 /* as libxl waits */

/* Connects, and finds the domain: 0 or -errno, with a message; lookup_close in any case. */
static int find_domain(struct lookup *lookup, const char *name, uint32_t *domid)
{
	int error = lookup_open(lookup);

	return error ? error : lookup_find(lookup, name, domid);
}

/* --- list --- */

static void list_json(const struct card *cards, size_t count, uint32_t domid)
{
	struct json json;

	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", domid);
	json_open(&json, "cards", '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&json, NULL, '{');
		json_number(&json, "devid", cards[i].device);
		json_text(&json, "mac", cards[i].mac);
		json_text(&json, "bridge", cards[i].bridge);
		json_text(&json, "state", card_state_name(cards[i].state));
		json_number(&json, "backend_domid", (int64_t)cards[i].owner);
		json_text(&json, "backend", cards[i].backend);
		json_text(&json, "backend_state", card_state_name(cards[i].backend_state));
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

/* The columns of xl, for scripts that read them. */
static void list_table(struct card *cards, size_t count)
{
	printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-11s %s\n", "Idx", "BE", "Mac Addr.", "handle",
	       "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path");
	for (size_t i = 0; i < count; i++) {
		struct card *card = &cards[i];

		if (card->mac)
			text_sanitise(card->mac);
		if (card->backend)
			text_sanitise(card->backend);
		printf("%-3u %-2llu %-17s %6lld %5lld %6lld %5lld/%-11lld %s\n", card->device,
		       (unsigned long long)card->owner, card->mac ? card->mac : "-",
		       (long long)card->handle, (long long)card->state,
		       (long long)card->event_channel, (long long)card->tx_ring,
		       (long long)card->rx_ring, card->backend ? card->backend : "-");
	}
}

static enum exit_code run_list(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {CLI_OPTIONS};
	struct card *cards = NULL;
	struct lookup lookup;
	enum exit_code code;
	size_t count = 0;
	uint32_t domid = 0;
	int error;

	if (cli_option(cli, argc, argv, "hvq", longs, &code) == CLI_STOP)
		return code;
	if (argc - optind != 1)
		return cli_usage(cli, "name one domain");
	error = find_domain(&lookup, argv[optind], &domid);
	if (!error)
		error = card_list(lookup.xenstore, domid, &cards, &count);
	if (!error && cli->json)
		list_json(cards, count, domid);
	else if (!error)
		list_table(cards, count);
	card_free(cards, count);
	lookup_close(&lookup);
	return error ? cli_fail(cli, cli_code(error)) : EXIT_DONE;
}

const struct command command_network_list = {
	.name = "network-list",
	.usage = "DOMAIN",
	.summary = "List the network cards of a domain.",
	.options = "",
	.run = run_list,
};

/* --- attach --- */

static int attach(struct lookup *lookup, uint32_t domid, const struct config_vif *vif,
		  unsigned *device)
{
	xc_domaininfo_t info;
	int error = hypervisor_domain_info(lookup->xch, domid, &info);

	if (error) {
		message_error("domain %u: %s", domid, strerror(-error));
		return error;
	}
	if (DOMAIN_DYING(&info) || DOMAIN_SHUTDOWN(&info)) {
		message_error("domain %u has ended, and needs no card any more", domid);
		return -EINVAL;
	}
	return card_attach(lookup->xenstore, domid, vif, device);
}

static void attach_tell(struct cli *cli, uint32_t domid, unsigned device,
			const struct config_vif *vif)
{
	char mac[MAC_TEXT_SIZE];
	struct json json;

	text_from_mac(mac, vif->mac);
	message_info("card %u of domain %u has the address %s", device, domid, mac);
	if (!cli->json)
		return;
	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", domid);
	json_number(&json, "devid", device);
	json_text(&json, "mac", mac);
	json_close(&json);
}

static enum exit_code run_attach(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {CLI_OPTIONS};
	struct config_vif vif;
	struct lookup lookup;
	enum exit_code code;
	uint32_t domid = 0;
	unsigned device = 0;
	int error;

	if (cli_option(cli, argc, argv, "hvq", longs, &code) == CLI_STOP)
		return code;
	if (argc == optind)
		return cli_usage(cli, "name a domain");
	if (config_parse_card(&vif, argv + optind + 1, (size_t)(argc - optind - 1))) {
		config_free_vif(&vif);
		return cli_fail(cli, EXIT_CONFIG);
	}
	error = find_domain(&lookup, argv[optind], &domid);
	if (!error)
		error = attach(&lookup, domid, &vif, &device);
	if (!error)
		attach_tell(cli, domid, device, &vif);
	lookup_close(&lookup);
	config_free_vif(&vif);
	/* A deadline of our own is not the caller's --timeout. */
	return error ? cli_fail(cli, error == -ETIMEDOUT ? EXIT_FAILED : cli_code(error))
		     : EXIT_DONE;
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
static const struct card *pick(const struct card *cards, size_t count, const char *name)
{
	uint64_t number = UINT64_MAX;
	uint8_t wanted[6], mac[6];
	bool numeric = text_to_number(name, 0, UINT32_MAX, &number);

	if (!numeric && !text_to_mac(name, wanted))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (numeric ? cards[i].device == number
			    : cards[i].mac && text_to_mac(cards[i].mac, mac) &&
				      !memcmp(mac, wanted, sizeof(mac)))
			return &cards[i];
	return NULL;
}

static int detach(struct lookup *lookup, uint32_t domid, const char *name, unsigned seconds,
		  bool force)
{
	const struct card *card;
	struct card *cards;
	size_t count;
	int error = card_list(lookup->xenstore, domid, &cards, &count);

	if (error)
		return error;
	card = pick(cards, count, name);
	if (card) {
		error = card_detach(lookup->xenstore, domid, card, seconds, force);
	} else {
		message_error("domain %u has no card %s; `lodge network-list' shows what it has",
			      domid, name);
		error = -ENODEV;
	}
	card_free(cards, count);
	return error;
}

static enum exit_code run_detach(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {
		{"force", no_argument, NULL, 'f'},
		{"timeout", required_argument, NULL, CLI_TIMEOUT},
		CLI_OPTIONS,
	};
	bool force = false;
	struct lookup lookup;
	enum exit_code code;
	uint32_t domid = 0;
	int option, error;

	cli->timeout_s = DETACH_SECONDS;
	while ((option = cli_option(cli, argc, argv, "fhvq", longs, &code)) != CLI_END) {
		if (option == CLI_STOP)
			return code;
		if (option == 'f')
			force = true;
		if (option == CLI_TIMEOUT && !cli_seconds(optarg, &cli->timeout_s))
			return cli_fail(cli, EXIT_USAGE);
	}
	if (argc - optind != 2)
		return cli_usage(cli, "name a domain and one of its cards");
	error = find_domain(&lookup, argv[optind], &domid);
	if (!error)
		error = detach(&lookup, domid, argv[optind + 1], cli->timeout_s, force);
	lookup_close(&lookup);
	return error ? cli_fail(cli, cli_code(error)) : cli_done(cli, domid, argv[optind]);
}

const struct command command_network_detach = {
	.name = "network-detach",
	.usage = "[-f] [--timeout SECONDS] DOMAIN DEVID|MAC",
	.summary = "Take a network card away from a running domain.",
	.options =
		"  -f, --force        if the guest does not let go of it in time, do without\n"
		"      --timeout=S    wait so many seconds for the guest, 10 if nothing is said\n",
	.run = run_detach,
};
