/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/hypervisor.h"
#include "toolstack/lookup.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

int lookup_xenstore(struct xenstore **xenstore)
{
	int error = xenstore_open(xenstore);

	if (error)
		message_error("cannot reach xenstored: %s; is it running?", strerror(-error));
	return error;
}

int lookup_open(struct lookup *lookup)
{
	int error;

	*lookup = (struct lookup){0};
	error = hypervisor_open(&lookup->xch);
	return error ? error : lookup_xenstore(&lookup->xenstore);
}

void lookup_close(struct lookup *lookup)
{
	xenstore_close(lookup->xenstore);
	if (lookup->xch)
		xc_interface_close(lookup->xch);
	*lookup = (struct lookup){0};
}

static void keep_name(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct lookup_domain *domains = context;

	(void)size;
	if (!error)
		domains[index].name = strdup(payload);
}

int lookup_all(struct lookup *lookup, struct lookup_domain **domains, size_t *count)
{
	struct xenstore_batch batch = {0};
	xc_domaininfo_t *infos;
	int error = hypervisor_list_domains(lookup->xch, &infos, count);

	*domains = NULL;
	if (error) {
		message_error("Xen does not list its domains: %s", strerror(-error));
		*count = 0;
		return error;
	}
	*domains = calloc(*count + 1, sizeof(**domains));
	if (!*domains) {
		free(infos);
		*count = 0;
		return -ENOMEM;
	}
	for (size_t i = 0; i < *count; i++) {
		char path[64];

		(*domains)[i].info = infos[i];
		snprintf(path, sizeof(path), "/local/domain/%u/name", infos[i].domain);
		xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
	}
	free(infos);
	error = xenstore_batch_run(lookup->xenstore, &batch, keep_name, *domains);
	if (error) {
		message_error("xenstored does not name the domains: %s", strerror(-error));
		lookup_free(*domains, *count);
		*domains = NULL;
		*count = 0;
	}
	return error;
}

void lookup_free(struct lookup_domain *domains, size_t count)
{
	for (size_t i = 0; domains && i < count; i++)
		free(domains[i].name);
	free(domains);
}

int lookup_find(struct lookup *lookup, const char *name, uint32_t *domid)
{
	struct lookup_domain *domains;
	uint64_t number;
	size_t count;
	bool numeric = text_to_number(name, 0, 0x7fef, &number), found = false;
	int error = lookup_all(lookup, &domains, &count);

	if (error)
		return error;
	/* A number wins over a name that looks like one, as with xl. */
	for (size_t i = 0; i < count && !found; i++) {
		found = numeric ? domains[i].info.domain == number
				: domains[i].name && !strcmp(domains[i].name, name);
		*domid = domains[i].info.domain;
	}
	for (size_t i = 0; i < count && !found && numeric; i++) {
		found = domains[i].name && !strcmp(domains[i].name, name);
		*domid = domains[i].info.domain;
	}
	lookup_free(domains, count);
	if (!found) {
		message_error("there is no domain %s; `lodge list' shows what there is", name);
		return -ESRCH;
	}
	if (!*domid) {
		message_error("%s is domain 0, on which all others depend", name);
		return -EPERM;
	}
	return 0;
}
