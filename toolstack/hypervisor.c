/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/hypervisor.h"
#include "toolstack/message.h"

#define DOMAINS_AT_ONCE 256

static char complaint[512];

const char *hypervisor_complaint(void)
{
	return complaint;
}

__attribute__((format(printf, 5, 0))) static void keep(struct xentoollog_logger *logger,
						       xentoollog_level level, int errnoval,
						       const char *context, const char *format,
						       va_list arguments)
{
	char text[sizeof(complaint)];
	int saved = errno;

	(void)logger;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	if (level >= XTL_ERROR)
		memcpy(complaint, text, sizeof(complaint));
	message_debug("%s: %s%s%s", context ? context : "xc", text, errnoval > 0 ? ": " : "",
		      errnoval > 0 ? strerror(errnoval) : "");
	errno = saved;
}

static struct xentoollog_logger logger = {.vmessage = keep};

int hypervisor_open(xc_interface **xch)
{
	int error;

	*xch = xc_interface_open(&logger, &logger, 0);
	if (*xch)
		return 0;
	error = errno ? -errno : -EIO;
	message_error("cannot talk to Xen: %s; lodge runs as root in a domain 0", strerror(-error));
	return error;
}

int hypervisor_domain_info(xc_interface *xch, uint32_t domid, xc_domaininfo_t *info)
{
	/* Xen answers with the first domain of this number or of a higher one. */
	int found = xc_domain_getinfolist(xch, domid, 1, info);

	if (found < 0)
		return errno ? -errno : -EIO;
	return found && info->domain == domid ? 0 : -ESRCH;
}

int hypervisor_list_domains(xc_interface *xch, xc_domaininfo_t **domains, size_t *count)
{
	uint32_t next = 0;
	int found;

	*domains = NULL;
	*count = 0;
	do {
		xc_domaininfo_t *more =
			realloc(*domains, (*count + DOMAINS_AT_ONCE) * sizeof(**domains));

		if (!more) {
			free(*domains);
			*domains = NULL;
			return -ENOMEM;
		}
		*domains = more;
		found = xc_domain_getinfolist(xch, next, DOMAINS_AT_ONCE, more + *count);
		if (found < 0) {
			int error = errno ? -errno : -EIO;

			free(*domains);
			*domains = NULL;
			return error;
		}
		*count += (size_t)found;
		if (found)
			next = more[*count - 1].domain + 1u;
	} while (found == DOMAINS_AT_ONCE);
	return 0;
}
