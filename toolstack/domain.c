/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/device.h"
#include "toolstack/domain.h"
#include "toolstack/hypervisor.h"
#include "toolstack/lookup.h"
#include "toolstack/message.h"
#include "toolstack/netlink.h"
#include "toolstack/nodes.h"
#include "toolstack/nodes_remove.h"
#include "toolstack/nodes_write.h"
#include "toolstack/vif.h"
#include "toolstack/wait.h"

/* Collisions with other writers to the store, before something must be wrong. */
#define TRANSACTIONS_MAX 100

int domain_open(struct domain *domain, const struct config *config)
{
	int error;

	*domain = (struct domain){.config = config, .build.domid = DOMID_NONE};
	domain->disks = calloc(config->disk_count + 1, sizeof(*domain->disks));
	if (!domain->disks) {
		message_error("out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < config->disk_count; i++)
		domain->disks[i] = (struct disk){.target_fd = -1, .loop_fd = -1};
	error = hypervisor_open(&domain->xch);
	return error ? error : lookup_xenstore(&domain->xenstore);
}

void domain_close(struct domain *domain)
{
	domain_abandon(domain);
	free(domain->disks);
	xenstore_close(domain->xenstore);
	if (domain->xch)
		xc_interface_close(domain->xch);
	*domain = (struct domain){.build.domid = DOMID_NONE};
}

/* What can be known to fail before anything is made. */
static int check_host(const struct config *config)
{
	const char *files[] = {config->kernel, config->ramdisk};
	int error = 0;

	for (size_t i = 0; i < 2; i++) {
		if (files[i] && access(files[i], R_OK) < 0) {
			error = -errno;
			message_error("cannot read the %s %s: %s", i ? "ramdisk" : "kernel",
				      files[i], strerror(-error));
			return error;
		}
	}
	for (size_t i = 0; i < config->vif_count && !error; i++)
		error = vif_check(&config->vifs[i]);
	return error;
}

/* Compares the names that other domains have with the one that is wanted. */
struct name_search {
	const char *name;
	int owner;  /* index of the domain that has it, -1: none */
	bool stale; /* there is a directory of our number already */
	int error;
};

/* What is asked first: the rights of /local/domain for the side effect, our own directory. */
#define NAME_SEARCH_FIRST 2

static void compare_name(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct name_search *search = context;

	(void)size;
	if (index == 0)
		search->error = error;
	else if (index == 1)
		search->stale = !error;
	else if (!error && !strcmp(payload, search->name))
		search->owner = (int)index - NAME_SEARCH_FIRST;
}

/*
 * Is the name free? A transaction that has looked at /local/domain fails to
 * commit if a domain has come or gone since. So whoever claims the same name
 * meanwhile makes our transaction start over, and is seen then:
 *
 *	we:   start, look, no such name, write ours,          commit: EAGAIN
 *	they:                            write theirs, commit
 */
static int check_name(struct domain *domain, uint32_t transaction, bool *stale)
{
	char path[64];
	struct xenstore_batch batch = {0};
	struct name_search search = {.name = domain->config->name, .owner = -1};
	xc_domaininfo_t *domains;
	size_t count;
	int error = hypervisor_list_domains(domain->xch, &domains, &count);

	if (error)
		return error;
	xenstore_batch_get_perms(&batch, transaction, "/local/domain");
	snprintf(path, sizeof(path), "/local/domain/%u", domain->build.domid);
	xenstore_batch_read(&batch, transaction, path);
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/name", domains[i].domain);
		xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
	}
	error = xenstore_batch_run(domain->xenstore, &batch, compare_name, &search);
	if (!error)
		error = search.error;
	if (!error && search.owner >= 0 && domains[search.owner].domain != domain->build.domid) {
		message_error("there is a domain %s already, number %u; choose another name=",
			      domain->config->name, domains[search.owner].domain);
		error = -EEXIST;
	}
	free(domains);
	*stale = search.stale;
	return error;
}

/* One attempt: -EAGAIN if somebody else's change came between. */
static int write_nodes_once(struct domain *domain, const struct nodes *nodes)
{
	char roots[NODES_ROOTS][NODES_ROOT_SIZE];
	struct xenstore_batch batch = {0};
	uint32_t transaction;
	size_t stale_roots = 0;
	bool stale = false;
	int error = xenstore_transaction_start(domain->xenstore, &transaction);

	if (error)
		return error;
	error = check_name(domain, transaction, &stale);
	if (error) {
		xenstore_transaction_end(domain->xenstore, transaction, false);
		return error;
	}
	/* A domain of this number died without anyone to clean up after it. */
	if (stale) {
		device_remove_all(domain->xenstore, domain->build.domid);
		stale_roots = nodes_roots(roots, domain->build.domid, domain->config->uuid);
	}
	for (size_t i = 0; i < stale_roots; i++)
		xenstore_batch_remove(&batch, transaction, roots[i]);
	domain->stored = true;
	return nodes_commit(domain->xenstore, transaction, &batch, nodes);
}

static int write_nodes(struct domain *domain)
{
	struct nodes_disk numbers[domain->config->disk_count + 1];
	struct nodes nodes;
	int error = -EAGAIN;

	for (size_t i = 0; i < domain->config->disk_count; i++)
		numbers[i] = domain->disks[i].number;
	nodes_fill(&nodes, domain->config, &domain->build, numbers);
	if (nodes.failed)
		error = -ENOMEM;
	for (int i = 0; error == -EAGAIN && i < TRANSACTIONS_MAX; i++)
		error = wait_cancelled() ? -ECANCELED : write_nodes_once(domain, &nodes);
	nodes_free(&nodes);
	if (!error)
		error = xenstore_introduce(domain->xenstore, domain->build.domid,
					   domain->build.store_gfn, domain->build.store_port);
	if (error && error != -EEXIST && error != -ECANCELED)
		message_error("cannot write the domain's nodes: xenstored says: %s",
			      strerror(-error));
	return error;
}

static int connect_devices(struct domain *domain, int netlink)
{
	const struct config *config = domain->config;
	uint32_t domid = domain->build.domid;
	int error = 0;

	for (size_t i = 0; i < config->vif_count && !error; i++)
		error = vif_connect(domain->xenstore, netlink, domid, (unsigned)i,
				    &config->vifs[i]);
	for (size_t i = 0; i < config->disk_count && !error; i++)
		error = disk_wait_backend(domain->xenstore, domid, &config->disks[i]);
	for (size_t i = 0; i < config->disk_count && !error; i++)
		error = disk_hand_over(&domain->disks[i], &config->disks[i]);
	return error;
}

static int build(struct domain *domain)
{
	const struct config *config = domain->config;
	int netlink = -1, error = check_host(config);

	for (size_t i = 0; i < config->disk_count && !error; i++)
		error = disk_attach(&domain->disks[i], &config->disks[i], domain->xenstore,
				    domain->xch);
	if (!error)
		error = wait_cancelled();
	if (!error)
		error = build_create(domain->xch, config, &domain->build);
	if (!error && config->vif_count) {
		netlink = netlink_open();
		error = netlink < 0 ? netlink : 0;
		if (error)
			message_error("cannot listen for interfaces: %s", strerror(-error));
	}
	if (!error)
		error = write_nodes(domain);
	if (!error)
		error = connect_devices(domain, netlink);
	if (!error)
		error = wait_cancelled();
	if (netlink >= 0)
		close(netlink);
	return error;
}

int domain_start(struct domain *domain)
{
	int error = build(domain);

	if (error)
		domain_stop(domain);
	return error;
}

int domain_unpause(struct domain *domain)
{
	int error;

	if (!xc_domain_unpause(domain->xch, domain->build.domid))
		return 0;
	error = errno ? -errno : -EIO;
	message_error("cannot unpause domain %u: %s", domain->build.domid, strerror(-error));
	return error;
}

/*
 * If xenstored has stopped answering, what it was asked is still in its queue,
 * and it may yet do it: the removal is put behind that, on a new connection,
 * answered or not.
 */
static void renew_connection(struct domain *domain)
{
	struct xenstore *renewed;

	if (xenstore_open(&renewed))
		return;
	xenstore_close(domain->xenstore);
	domain->xenstore = renewed;
}

void domain_stop(struct domain *domain)
{
	bool before = wait_shield(true);
	uint32_t domid = domain->build.domid;

	if (domid != DOMID_NONE) {
		/* From here on it neither runs nor fills its rings. */
		xc_domain_pause(domain->xch, domid);
		if (domain->stored)
			device_remove_all(domain->xenstore, domid);
		build_destroy(domain->xch, &domain->build);
		if (domain->stored && xenstore_fd(domain->xenstore) < 0)
			renew_connection(domain);
		if (domain->stored)
			nodes_remove(domain->xenstore, domid, domain->config->uuid);
		domain->stored = false;
	}
	for (size_t i = 0; i < domain->config->disk_count; i++)
		disk_detach(&domain->disks[i]);
	wait_shield(before);
}

void domain_abandon(struct domain *domain)
{
	for (size_t i = 0; domain->disks && i < domain->config->disk_count; i++)
		disk_detach(&domain->disks[i]);
	domain->build.domid = DOMID_NONE;
}
