/* SPDX-License-Identifier: BSD-2-Clause */
/* The peer's requests that concern datagrams; see peer.h. False: the connection is to end. */
#ifndef BENCH_LINUX_PEER_DATAGRAM_H
#define BENCH_LINUX_PEER_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/bench/peer.h"

bool datagram_echo(int fd, const struct peer_request *request);
bool datagram_sink(int fd, const struct peer_request *request);
bool datagram_source(int fd, const struct peer_request *request);

/* For them, from peer.c. */
bool peer_report_send(int fd, uint16_t port, unsigned int count);

#endif
