/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LODGER_NET_DATAGRAM_H
#define LODGER_NET_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct netconn;

/*
 * As sendto() for a socket of UDP over IPv4, with a negative errno for a failure. False: not a case
 * for this; lwIP's own does it.
 *
 * lwIP's sends the program's memory as it lies, behind a buffer of its own for the headers: two
 * buffers made and freed, and a copy all the same when the ring takes it. Up to DATAGRAM_COPY bytes
 * one buffer for both is cheaper.
 */
bool datagram_send(struct netconn *conn, const void *data, size_t size, const struct sockaddr *to,
		   socklen_t length, ssize_t *result);

#endif
