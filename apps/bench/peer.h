/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two ends of the network figures say to each other. The measuring end connects by TCP
 * and sends requests; `bench --peer`, in dom0, does as it is asked, one request after the other,
 * until the connection ends. Numbers are in network order.
 *
 *	request    meaning for the peer                          what it sends then
 *
 *	ECHO       send back count messages of size bytes        (those)
 *	SINK       take in count messages of size bytes          a report
 *	SOURCE     send count messages of size bytes             (those)
 *	UDP_ECHO   send back datagrams, from now to the end      a report at once: the port
 *	UDP_SINK   count datagrams of size bytes                 a report at once: the port; and
 *	                                                         another, count, for the byte that
 *	                                                         says that all have been sent
 *	UDP_SOURCE send count datagrams of size bytes to port    a report behind them: the
 *	           of the machine that asks                      count
 *
 * Either end is a stranger to the other: what is not as it is written here ends the connection,
 * and so does a silence of PEER_PATIENCE_S. Datagrams go to the machine at the other end of the TCP
 * connection alone.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>

#define PEER_MAGIC	  0x4c6f6437u /* with this layout */
#define PEER_PATIENCE_S	  5

#define PEER_SIZE_MAX	  65536u
#define PEER_DATAGRAM_MAX 1472u
#define PEER_COUNT_MAX	  (1u << 20)

enum peer_operation {
	PEER_ECHO = 1,
	PEER_SINK,
	PEER_SOURCE,
	PEER_UDP_ECHO,
	PEER_UDP_SINK,
	PEER_UDP_SOURCE,
};

struct peer_request {
	uint32_t magic;
	uint32_t operation;
	uint32_t size;
	uint32_t count;
	uint32_t port;
};

struct peer_report {
	uint32_t magic;
	uint32_t port;
	uint32_t count;
};

#endif
