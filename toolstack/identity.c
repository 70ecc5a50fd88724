/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <sys/random.h>

#include "toolstack/identity.h"

static void random_bytes(uint8_t *bytes, size_t size)
{
	/* Up to 256 bytes come whole, unless the pool has never been filled: then it waits. */
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		abort();
}

void identity_uuid(uint8_t uuid[16])
{
	random_bytes(uuid, 16);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

void identity_mac(uint8_t mac[6])
{
	random_bytes(mac + 3, 3);
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] &= 0x7f;
}
