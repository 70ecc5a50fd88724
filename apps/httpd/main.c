/* SPDX-License-Identifier: BSD-2-Clause */
/* httpd: serves the files of the guest's disk over HTTP. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/httpd/connection.h"
#include "apps/httpd/resource.h"
#include "apps/httpd/server.h"

struct options {
	unsigned long port, connections;
	const char *root;
};

static int usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [--port N] [--root FOLDER] [--timeout SECONDS] [--connections N] "
		"[--quiet]\n",
		name);
	return 2;
}

/* A number of an option, or 0 after a complaint: none of them may be 0. */
static unsigned long number(const char *option, const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text >= '0' && *text <= '9' && *end == '\0' && value >= 1 && value <= most)
		return value;
	fprintf(stderr, "httpd: --%s %s: not a number from 1 to %lu\n", option, text, most);
	return 0;
}

static bool options_parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"port", required_argument, NULL, 'p'},
		{"root", required_argument, NULL, 'r'},
		{"timeout", required_argument, NULL, 't'},
		{"connections", required_argument, NULL, 'c'},
		{"quiet", no_argument, NULL, 'q'},
		{NULL, 0, NULL, 0},
	};
	unsigned long seconds = 15;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			options->port = number("port", optarg, USHRT_MAX);
			break;
		case 'r':
			options->root = optarg;
			break;
		case 't':
			seconds = number("timeout", optarg, 24 * 60 * 60);
			break;
		case 'c':
			options->connections = number("connections", optarg, 1000);
			break;
		case 'q':
			connection_options.quiet = true;
			break;
		default:
			return false;
		}
	}
	connection_options.timeout_ms = (int64_t)seconds * 1000;
	return optind == argc && seconds > 0 && options->port > 0 && options->connections > 0;
}

int main(int argc, char **argv)
{
	struct options options = {.port = 80, .connections = 512, .root = ""};
	int listener;

	if (!options_parse(argc, argv, &options))
		return usage(argv[0]);
	resource_root_set(options.root);
	listener = server_listen((unsigned short)options.port);
	if (listener < 0) {
		fprintf(stderr, "httpd: port %lu: %s\n", options.port, strerror(errno));
		return 1;
	}
	printf("httpd: serving %s/ on port %lu\n", options.root, options.port);
	server_run(listener, (unsigned int)options.connections);
	fprintf(stderr, "httpd: %s\n", strerror(errno));
	return 1;
}
