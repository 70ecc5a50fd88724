/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stddef.h>

#include "unikernel/core/heap.h"
#include "unikernel/net/hostname.h"
#include "xenbus/xenbus.h"

const char *hostname_read(void)
{
	static char name[64];
	size_t size;
	char *value;

	if (xenbus_read(XENBUS_NO_TX, "name", &value, &size) < 0)
		return NULL;
	for (size_t i = 0; size < sizeof(name) && i < size; i++)
		name[i] = (char)(isalnum((unsigned char)value[i]) ? value[i] : '-');
	heap_free(value);
	return name[0] != '\0' ? name : NULL;
}
