/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bursts: TCP segments that lwIP sends one behind the other, and that continue each other, leave as
 * one frame, which costs netback, the bridge and the receiver about what a single segment costs.
 *
 *	lwIP:    | head | a |   | head | b |   | head | c |
 *	burst:   | head' | a | b | c |       gso_size: what the peer takes in one segment
 *
 * head' is the first one's with the last one's acknowledgement, window and flags. Nothing is
 * waited for: a burst ends with a segment that does not continue it, when it is full, with the end of
 * what a program writes if nothing was sent just before, and at the latest at the next safe point.
 *
 * A back end without GSO gets the burst cut into segments again here.
 */
#ifndef LODGER_NET_BURST_H
#define LODGER_NET_BURST_H

#include <stdbool.h>
#include <stddef.h>

#include <lwip/pbuf.h>

struct vif;
struct headers;

/*
 * Takes a segment: its headers are h. False: not one that can be part of a burst, or there is no
 * memory; then the caller sends it, after burst_send. 0 or -EAGAIN in *result if taken.
 */
bool burst_add(struct vif *vif, struct pbuf *p, const struct headers *h, int *result);

/* Sends the burst that is being filled, if any: 0, or -EAGAIN, and it stays. */
int burst_send(struct vif *vif);

/* netfront's `sent`: what was lent of a burst is free. */
void burst_sent(void *vif, void *burst);

/*
 * How many bursts are kept for later: as many as the busiest moment so far wanted. *bytes: what each
 * takes of the network's memory, if there is any.
 */
unsigned int burst_kept(const struct vif *vif, size_t *bytes);

/* The interface goes: what is unsent is dropped. */
void burst_close(struct vif *vif);

#endif
