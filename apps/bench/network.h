/* SPDX-License-Identifier: BSD-2-Clause */
/* The measuring end of peer.h: what every network figure begins with. Reasons: measure.h. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "apps/bench/peer.h"

/*
 * Connects to --net's peer. Tries for some seconds, since an address may still be on its way and a
 * bridge may take a while; when that was in vain, it is not tried for later figures.
 */
const char *network_open(int *fd);

/* Connects to another port of the same machine; recv() and send() there wait so long. */
const char *network_connect(uint16_t port, unsigned int wait_s, int *fd);

const char *network_request(int fd, enum peer_operation operation, size_t size, unsigned int count,
			    uint16_t port);
const char *network_report(int fd, struct peer_report *report); /* in our order, checked */

/* All of it, or a reason. */
const char *network_send(int fd, const void *data, size_t size);
const char *network_receive(int fd, void *data, size_t size);

/* A datagram socket that waits at most wait_ms in recv(); connected to the peer's port if not 0. */
const char *network_datagrams(int *fd, uint16_t peer_port, unsigned int wait_ms);

/* What is sent where content does not matter, PEER_SIZE_MAX long; made by network_open(). */
extern unsigned char *network_buffer;

#endif
