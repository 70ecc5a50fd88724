/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <xenforeignmemory.h>
#include <xen/io/console.h>

#include "toolstack/console_drain.h"
#include "toolstack/text.h"

#define DAEMON "xenconsoled"

struct console_drain {
	xenforeignmemory_handle *memory;
	const struct xencons_interface
		*ring;	 /* a guest's page: only two of its words are looked at */
	unsigned daemon; /* its process; 0: not found here */
};

static bool is_daemon(const char *process)
{
	char path[300], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", process);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		*name = '\0';
	fclose(file);
	return !strcmp(name, DAEMON "\n");
}

static unsigned find_daemon(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	uint64_t found = 0;

	while (directory && !found && (entry = readdir(directory)))
		if (!text_to_number(entry->d_name, 1, UINT32_MAX, &found) ||
		    !is_daemon(entry->d_name))
			found = 0;
	if (directory)
		closedir(directory);
	return (unsigned)found;
}

struct console_drain *console_drain_begin(uint32_t domid, uint64_t gfn)
{
	struct console_drain *drain = calloc(1, sizeof(*drain));
	xen_pfn_t frame = gfn;

	if (!drain)
		return NULL;
	drain->daemon = find_daemon();
	if (gfn)
		drain->memory = xenforeignmemory_open(NULL, 0);
	if (drain->memory)
		drain->ring =
			xenforeignmemory_map(drain->memory, domid, PROT_READ, 1, &frame, NULL);
	return drain;
}

void console_drain_end(struct console_drain *drain)
{
	if (!drain)
		return;
	if (drain->ring)
		xenforeignmemory_unmap(drain->memory, (void *)(uintptr_t)drain->ring, 1);
	if (drain->memory)
		xenforeignmemory_close(drain->memory);
	free(drain);
}

/* The kernel tells in which system call a process sleeps. */
static bool daemon_sleeps(unsigned process)
{
	char path[64];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/syscall", process);
	file = fopen(path, "re");
	if (!file)
		return true; /* it has ended: nothing more will come */
	if (fscanf(file, "%ld", &number) != 1)
		number = -1; /* "running" */
	fclose(file);
	return number == SYS_poll || number == SYS_ppoll;
}

bool console_drained(const struct console_drain *drain)
{
	const struct xencons_interface *ring = drain->ring;

	if (ring && __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) !=
			    __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE))
		return false;
	return !drain->daemon || daemon_sleeps(drain->daemon);
}
