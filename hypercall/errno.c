/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both tables are read off Xen's own header: <xen/errno.h> calls a macro for every number that it
 * defines, so a number added there needs no change here unless libc lacks its name.
 */
#include "hypercall/errno.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include <xen/xen.h>
#include <xen/grant_table.h>

/* Names that newlib spells only with __LINUX_ERRNO_EXTENSIONS__, or that are aliases there. */
#ifndef EDEADLOCK
#define EDEADLOCK EDEADLK
#endif

struct errno_entry {
	short xen;
	short libc;
	const char *name;
};

static const struct errno_entry errnos[] = {
#define XEN_ERRNO(symbol, value) {value, symbol, "XEN_" #symbol},
#include <xen/errno.h>
};

static const struct errno_entry *errno_find(long result)
{
	long number = result < 0 ? -result : result;

	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].xen == number)
			return &errnos[i];
	return NULL;
}

int xen_errno_to_errno(long result)
{
	const struct errno_entry *entry;

	if (result >= 0)
		return result > INT_MAX ? INT_MAX : (int)result;
	entry = errno_find(result);
	return entry ? -entry->libc : -EIO;
}

const char *xen_errno_name(long result)
{
	const struct errno_entry *entry = errno_find(result);

	return entry ? entry->name : "unknown";
}

/* Indexed by the negated status. */
static const struct {
	const char *name;
	int libc;
} gntsts[] = {
#define STATUS(name, libc) [-(GNTST_##name)] = {"GNTST_" #name, -(libc)}
	STATUS(okay, 0),
	STATUS(general_error, EIO),
	STATUS(bad_domain, ESRCH),
	STATUS(bad_gntref, EINVAL),
	STATUS(bad_handle, EINVAL),
	STATUS(bad_virt_addr, EFAULT),
	STATUS(bad_dev_addr, EFAULT),
	STATUS(no_device_space, ENOSPC),
	STATUS(permission_denied, EACCES),
	STATUS(bad_page, EFAULT),
	STATUS(bad_copy_arg, EINVAL),
	STATUS(address_too_big, E2BIG),
	STATUS(eagain, EAGAIN),
	STATUS(no_space, ENOSPC),
#undef STATUS
};

static int gntst_known(int16_t status)
{
	return status <= 0 && (size_t)-status < sizeof(gntsts) / sizeof(gntsts[0]);
}

const char *gntst_name(int16_t status)
{
	return gntst_known(status) ? gntsts[-status].name : "unknown";
}

int gntst_to_errno(int16_t status)
{
	return gntst_known(status) ? gntsts[-status].libc : -EIO;
}
