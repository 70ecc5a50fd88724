/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <lwip/api.h>
#include <lwip/inet.h>
#include <lwip/netbuf.h>
#include <lwip/sockets.h>

#include "unikernel/net/datagram.h"

#define DATAGRAM_COPY 1472u /* what an Ethernet frame takes */

/* Where to; without an address, to where the socket is connected. */
static bool netbuf_address(struct netbuf *buf, const struct sockaddr *to, socklen_t length)
{
	struct sockaddr_in in;

	ip_addr_set_any(false, &buf->addr);
	buf->port = 0;
	if (!to)
		return length == 0;
	if (length != sizeof(in) || to->sa_family != AF_INET)
		return false;
	memcpy(&in, to, sizeof(in));
	inet_addr_to_ip4addr(ip_2_ip4(&buf->addr), &in.sin_addr);
	buf->port = lwip_ntohs(in.sin_port);
	return true;
}

bool datagram_send(struct netconn *conn, const void *data, size_t size, const struct sockaddr *to,
		   socklen_t length, ssize_t *result)
{
	struct netbuf buf = {0};
	err_t error;

	if (netconn_type(conn) != NETCONN_UDP || size > DATAGRAM_COPY ||
	    !netbuf_address(&buf, to, length))
		return false;
	buf.p = buf.ptr = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
	if (!buf.p) {
		*result = -ENOBUFS;
		return true;
	}
	memcpy(buf.p->payload, data, size);
	error = netconn_send(conn, &buf);
	pbuf_free(buf.p);
	*result = error == ERR_OK ? (ssize_t)size : -err_to_errno(error);
	return true;
}
