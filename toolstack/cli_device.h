/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands for network cards and those for disks have in common. */
#ifndef TOOLSTACK_CLI_DEVICE_H
#define TOOLSTACK_CLI_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/cli_domain.h"
#include "toolstack/json.h"
#include "toolstack/listing.h"

/* How devices of a kind are listed: as JSON, and in the columns of xl, for scripts that read them. */
struct cli_listing {
	const struct listing_kind *kind;
	const char *array;						/* of the JSON */
	void (*object)(struct json *json, const struct listed *listed); /* what is the kind's own */
	void (*heads)(void);
	void (*row)(struct listed *listed, uint32_t domid);
};

/* The whole of network-list and block-list. */
enum exit_code cli_list(struct cli *cli, int argc, char **argv, const struct cli_listing *listing);

/* A domain that has ended needs no device: 0 or -errno, with a message. */
int cli_check_running(struct lookup *lookup, uint32_t domid, const char *noun);

/* The end of a command that gave a device: its own deadlines are not the caller's --timeout. */
enum exit_code cli_attached(struct cli *cli, int error);

/*
 * The whole of network-detach and block-detach: `take' takes the device of that name away, if there is
 * one: 0 or -errno, with a message. Its listing is the domain's.
 */
typedef int cli_take(struct lookup *lookup, uint32_t domid, const struct listed *listed,
		     unsigned seconds, bool force);
/* Is it the one that is called so? */
typedef bool cli_match(const struct listed *listed, const char *name);

struct cli_detach {
	const struct listing_kind *kind;
	const char *noun;      /* "card" */
	const char *complaint; /* if operands are missing */
	const char *list;      /* the command that shows them */
	cli_match *match;
	cli_take *take;
};

enum exit_code cli_detach(struct cli *cli, int argc, char **argv, const struct cli_detach *detach);

/* How `--help' tells of them. */
#define CLI_DETACH_OPTIONS                                                              \
	"  -f, --force        if the guest does not let go of it in time, do without\n" \
	"      --timeout=S    wait so many seconds for the guest, 10 if nothing is said\n"

#endif
