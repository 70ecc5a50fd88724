/* SPDX-License-Identifier: BSD-2-Clause */
/* Random names for what the configuration leaves unnamed. */
#ifndef TOOLSTACK_IDENTITY_H
#define TOOLSTACK_IDENTITY_H

#include <stdint.h>

void identity_uuid(uint8_t uuid[16]); /* random, version 4 */
void identity_mac(uint8_t mac[6]);    /* of Xen's 00:16:3e, its lower half as xl's */

#endif
