/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What dom0 can tell of a domain that is compared, as the records of docs/benchmarks.md:
 *
 *   observe create COMMAND [ARGUMENT…]
 *           stages begin and created: before the command that creates a paused domain is started,
 *           and when it has ended
 *   observe begin COMMAND [ARGUMENT…]
 *           stage begin, then becomes the command
 *   observe unpause DOMID
 *           stage unpaused, just before it unpauses the domain
 *   observe stage NAME
 *           the stage of this name: now
 *   observe run DOMID SECONDS
 *           unpauses the domain and returns when it has shut down, by asking Xen and nobody else;
 *           it is a failure if it did for another reason than to power off, or not in time
 *   observe free
 *           not a record: the bytes that Xen has not given to anyone
 *   observe domain DOMID FREE
 *           what the domain has: figures domain.cpu-time, domain.memory, domain.paging, and
 *           domain.taken, by how much less is free than FREE, which was told before its creation
 *
 * One program takes these times, so that what the taking costs is the same for everyone. Times of
 * stages are of the wall clock, which dom0 has in common with the guests.
 *
 * Failing of any kind: a message and exit 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>

#include "tests/bench/command.h"

static uint64_t wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void stage(const char *name, uint64_t at_ns)
{
	printf("{\"record\":\"stage\",\"name\":\"%s\",\"at_ns\":%" PRIu64 "}\n", name, at_ns);
}

static void figure(const char *name, const char *unit, uint64_t value)
{
	printf("{\"record\":\"figure\",\"name\":\"%s\",\"unit\":\"%s\",\"samples\":1,\"batch\":1,"
	       "\"min\":%" PRIu64 ",\"median\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"max\":%" PRIu64
	       "}\n",
	       name, unit, value, value, value, value);
}

static void absent(const char *name, const char *reason)
{
	printf("{\"record\":\"absent\",\"name\":\"%s\",\"reason\":\"%s\"}\n", name, reason);
}

static int observe_create(char *argv[])
{
	const uint64_t begin = wall_clock_ns();
	uint64_t created;

	if (command_run(argv))
		return 1;
	created = wall_clock_ns();
	stage("begin", begin);
	stage("created", created);
	return 0;
}

static int observe_begin(char *argv[])
{
	stage("begin", wall_clock_ns());
	fflush(stdout);
	execvp(argv[0], argv);
	return fail(argv[0]);
}

static int observe_unpause(xc_interface *xc, uint32_t domid)
{
	stage("unpaused", wall_clock_ns());
	return xc_domain_unpause(xc, domid) ? fail("unpause") : 0;
}

static int domain_info(xc_interface *xc, uint32_t domid, xc_domaininfo_t *info)
{
	if (xc_domain_getinfolist(xc, domid, 1, info) == 1 && info->domain == domid)
		return 0;
	errno = ESRCH;
	return fail("domain");
}

static int observe_run(xc_interface *xc, uint32_t domid, unsigned int seconds)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	const uint64_t end = wall_clock_ns() + seconds * 1000000000ull;
	xc_domaininfo_t info;

	if (xc_domain_unpause(xc, domid))
		return fail("unpause");
	while (wall_clock_ns() < end) {
		if (domain_info(xc, domid, &info))
			return 1;
		if (info.flags & XEN_DOMINF_shutdown) {
			unsigned int reason =
				(info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;

			if (reason != SHUTDOWN_poweroff)
				fprintf(stderr, "observe: the domain ended for reason %u\n",
					reason);
			return reason != SHUTDOWN_poweroff;
		}
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return fail("domain");
}

static int free_bytes(xc_interface *xc, uint64_t *bytes)
{
	xc_physinfo_t info = {0};

	if (xc_physinfo(xc, &info))
		return fail("physinfo");
	*bytes = info.free_pages * XC_PAGE_SIZE;
	return 0;
}

static int observe_free(xc_interface *xc)
{
	uint64_t bytes;

	if (free_bytes(xc, &bytes))
		return 1;
	printf("%" PRIu64 "\n", bytes);
	return 0;
}

static int observe_domain(xc_interface *xc, uint32_t domid, uint64_t free_before)
{
	xc_domaininfo_t info;
	uint64_t paging, free_now;

	if (domain_info(xc, domid, &info) || free_bytes(xc, &free_now))
		return 1;
	figure("domain.cpu-time", "ns", info.cpu_time);
	figure("domain.memory", "B", info.tot_pages * XC_PAGE_SIZE);
	figure("domain.taken", "B", free_before > free_now ? free_before - free_now : 0);
	if (!(info.flags & XEN_DOMINF_hvm_guest))
		absent("domain.paging", "a PV guest's page tables lie in its own memory: Xen keeps "
					"no pool for it");
	else if (xc_get_paging_mempool_size(xc, domid, &paging))
		absent("domain.paging", "this Xen does not tell the size of the pool");
	else
		figure("domain.paging", "B", paging);
	return 0;
}

int main(int argc, char *argv[])
{
	xc_interface *xc;

	if (argc >= 3 && !strcmp(argv[1], "create"))
		return observe_create(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "begin"))
		return observe_begin(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "stage")) {
		stage(argv[2], wall_clock_ns());
		return 0;
	}
	xc = xc_interface_open(NULL, NULL, 0);
	if (!xc)
		return fail("libxenctrl");
	if (argc == 3 && !strcmp(argv[1], "unpause"))
		return observe_unpause(xc, (uint32_t)strtoul(argv[2], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "run"))
		return observe_run(xc, (uint32_t)strtoul(argv[2], NULL, 10),
				   (unsigned int)strtoul(argv[3], NULL, 10));
	if (argc == 2 && !strcmp(argv[1], "free"))
		return observe_free(xc);
	if (argc == 4 && !strcmp(argv[1], "domain"))
		return observe_domain(xc, (uint32_t)strtoul(argv[2], NULL, 10),
				      strtoull(argv[3], NULL, 10));
	fprintf(stderr, "usage: observe create COMMAND [ARGUMENT…] | begin COMMAND [ARGUMENT…] |\n"
			"       stage NAME | unpause DOMID | run DOMID SECONDS | free | domain "
			"DOMID FREE\n");
	return 1;
}
