/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apps/bench/measure.h"

#define DOMID_MAX 32751u /* below Xen's reserved numbers */

struct options options = {.samples = 101};

static const char help[] =
	"usage: bench [OPTION…]\n"
	"Measures what the machine under it costs, one JSON record a line (apps/bench/record.h).\n"
	"\n"
	"  --net ADDRESS:PORT   the other end of the network figures, a `bench --peer` in dom0\n"
	"  --disk NAME          the disk to measure, whose CONTENT IS LOST: of Lodger a name as\n"
	"                       xvda, of Linux a path\n"
	"  --file PATH          the file to write and read, whose CONTENT IS LOST\n"
	"  --samples N          samples of each figure (101; long ones take fewer)\n"
	"  --only PREFIX[,…]    only figures whose names begin so\n"
	"  --meter PORT         of --net's address: a meter of the domain's processor time in "
	"dom0,\n"
	"                       which is asked around each sample; samples are long then, and few\n"
	"  --mark               Lodger: hypercall 62 before and 63 after 64 operations of each\n"
	"                       figure, in place of measuring, for an exit counter\n"
	"  --mode MODE          Linux: what this runs in: PV, PVH, HVM or process\n"
	"  --echo DOMID         Lodger: answer the events of the domain instead\n"
	"  --peer PORT          Linux: be the other end of the network figures instead\n"
	"  --help               this\n";

static bool number(const char *text, unsigned long most, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *value <= most;
}

static bool address(char *text)
{
	char *colon = strrchr(text, ':');
	unsigned long port;

	if (!colon || !number(colon + 1, UINT16_MAX, &port) || port == 0)
		return false;
	*colon = '\0';
	options.net.sin_family = AF_INET;
	options.net.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, text, &options.net.sin_addr) == 1;
}

static bool mode(const char *text)
{
	static const char *const known[] = {"PV", "PVH", "HVM", "process"};

	options.mode = text;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i]) == 0)
			return true;
	return false;
}

static bool option_take(int option, char *argument)
{
	unsigned long value = 0;
	bool good = true;

	switch (option) {
	case 'n':
		return address(argument);
	case 'd':
		options.disk = argument;
		return true;
	case 'f':
		options.file = argument;
		return true;
	case 's':
		good = number(argument, SAMPLES_MAX, &value) && value > 0;
		options.samples = (unsigned int)value;
		return good;
	case 'o':
		options.only = argument;
		return true;
	case 'k':
		options.mark = true;
		return true;
	case 'm':
		return mode(argument);
	case 't':
		good = number(argument, UINT16_MAX, &value) && value > 0;
		options.meter = (uint16_t)value;
		return good;
	case 'e':
		good = number(argument, DOMID_MAX, &value);
		options.echo = true;
		options.domid = (unsigned int)value;
		return good;
	default:
		good = number(argument, UINT16_MAX, &value) && value > 0;
		options.peer = true;
		options.port = (uint16_t)value;
		return good;
	}
}

bool options_parse(int argc, char **argv, int *status)
{
	static const struct option known[] = {
		{"net", required_argument, NULL, 'n'},	{"disk", required_argument, NULL, 'd'},
		{"file", required_argument, NULL, 'f'}, {"samples", required_argument, NULL, 's'},
		{"only", required_argument, NULL, 'o'}, {"mark", no_argument, NULL, 'k'},
		{"mode", required_argument, NULL, 'm'}, {"echo", required_argument, NULL, 'e'},
		{"peer", required_argument, NULL, 'p'}, {"meter", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},	{NULL, 0, NULL, 0},
	};
	int option, index = 0;

	*status = 2;
	while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			*status = 0;
			return false;
		}
		if (option == '?') /* getopt has said what is wrong */
			return false;
		if (!option_take(option, optarg)) {
			fprintf(stderr, "bench: --%s: what follows is no such thing; see --help\n",
				known[index].name);
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "bench: %s: not an option; see --help\n", argv[optind]);
		return false;
	}
	return true;
}

bool options_wants(const char *name)
{
	const char *prefix = options.only;

	while (prefix) {
		const size_t length = strcspn(prefix, ",");

		if (length > 0 && strncmp(name, prefix, length) == 0)
			return true;
		prefix = prefix[length] ? prefix + length + 1 : NULL;
	}
	return !options.only;
}
