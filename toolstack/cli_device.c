/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "toolstack/cli_device.h"
#include "toolstack/hypervisor.h"
#include "toolstack/message.h"

#define DETACH_SECONDS 10 /* as libxl waits */

static void list_json(const struct cli_listing *listing, uint32_t domid, const struct listed *list,
		      size_t count)
{
	struct json json;

	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", domid);
	json_open(&json, listing->array, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&json, NULL, '{');
		json_number(&json, "devid", list[i].device);
		listing->object(&json, &list[i]);
		json_text(&json, "state", listed_state_name(list[i].state));
		json_number(&json, "backend_domid", (int64_t)list[i].owner);
		json_text(&json, "backend", list[i].backend);
		json_text(&json, "backend_state", listed_state_name(list[i].backend_state));
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

struct list_work {
	const struct cli_listing *listing;
	bool json;
};

static int list_devices(struct lookup *lookup, uint32_t domid, void *context)
{
	const struct list_work *work = context;
	struct listed *list;
	size_t count;
	int error = listing_read(lookup->xenstore, domid, work->listing->kind, &list, &count);

	if (error)
		return error;
	if (work->json) {
		list_json(work->listing, domid, list, count);
	} else {
		work->listing->heads();
		for (size_t i = 0; i < count; i++)
			work->listing->row(&list[i], domid);
	}
	listing_free(list, count);
	return 0;
}

enum exit_code cli_list(struct cli *cli, int argc, char **argv, const struct cli_listing *listing)
{
	struct list_work work = {.listing = listing};
	enum exit_code code;
	uint32_t domid;
	int error;

	if (!cli_operands(cli, argc, argv, 1, 1, "name one domain", &code))
		return code;
	work.json = cli->json;
	error = cli_work_on(argv[optind], &domid, list_devices, &work);
	return error ? cli_fail(cli, cli_code(error)) : EXIT_DONE;
}

int cli_check_running(struct lookup *lookup, uint32_t domid, const char *noun)
{
	xc_domaininfo_t info;
	int error = hypervisor_domain_info(lookup->xch, domid, &info);

	if (error) {
		message_error("domain %u: %s", domid, strerror(-error));
		return error;
	}
	if (DOMAIN_DYING(&info) || DOMAIN_SHUTDOWN(&info)) {
		message_error("domain %u has ended, and needs no %s any more", domid, noun);
		return -EINVAL;
	}
	return 0;
}

enum exit_code cli_attached(struct cli *cli, int error)
{
	return error ? cli_fail(cli, error == -ETIMEDOUT ? EXIT_FAILED : cli_code(error))
		     : EXIT_DONE;
}

struct detach_work {
	const struct cli_detach *detach;
	const char *name;
	unsigned seconds;
	bool force;
};

static int detach_device(struct lookup *lookup, uint32_t domid, void *context)
{
	const struct detach_work *work = context;
	const struct cli_detach *detach = work->detach;
	struct listed *list;
	size_t count, i = 0;
	int error = listing_read(lookup->xenstore, domid, detach->kind, &list, &count);

	if (error)
		return error;
	while (i < count && !detach->match(&list[i], work->name))
		i++;
	if (i < count) {
		error = detach->take(lookup, domid, &list[i], work->seconds, work->force);
	} else {
		message_error("domain %u has no %s %s; `lodge %s' shows what it has", domid,
			      detach->noun, work->name, detach->list);
		error = -ENODEV;
	}
	listing_free(list, count);
	return error;
}

enum exit_code cli_detach(struct cli *cli, int argc, char **argv, const struct cli_detach *detach)
{
	static const struct option longs[] = {
		{"force", no_argument, NULL, 'f'},
		{"timeout", required_argument, NULL, CLI_TIMEOUT},
		CLI_OPTIONS,
	};
	struct detach_work work = {.detach = detach};
	enum exit_code code;
	int option;

	cli->timeout_s = DETACH_SECONDS;
	while ((option = cli_option(cli, argc, argv, "fhvq", longs, &code)) != CLI_END) {
		if (option == CLI_STOP)
			return code;
		work.force = true;
	}
	if (argc - optind != 2)
		return cli_usage(cli, detach->complaint);
	work.seconds = cli->timeout_s;
	work.name = argv[optind + 1];
	return cli_domain(cli, argv[optind], detach_device, &work);
}
