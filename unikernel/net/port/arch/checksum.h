/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LODGER_NET_ARCH_CHECKSUM_H
#define LODGER_NET_ARCH_CHECKSUM_H

#include <stdint.h>

/* The Internet checksum of some bytes, in the byte order in which they lie; not inverted. */
uint16_t net_checksum(const void *data, int size);

#endif
