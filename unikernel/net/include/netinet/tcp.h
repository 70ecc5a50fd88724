/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of TCP (TCP_NODELAY, TCP_KEEPIDLE …): <sys/socket.h> has them already. */
#ifndef _NETINET_TCP_H
#define _NETINET_TCP_H

#include <sys/socket.h>

#endif
