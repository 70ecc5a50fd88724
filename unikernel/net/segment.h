/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments larger than the peer's.
 *
 * lwIP cuts what it sends into segments of pcb->mss, and each costs it the same whatever its size.
 * On an interface whose back end cuts frames itself (GSO) that is work done twice. So pcb->mss
 * becomes a multiple of what the peer takes, as the connection's windows grow; what the peer takes
 * is kept beside it, and goes with each burst to the back end (burst.h).
 *
 * The price: lwIP counts congestion in segments. After a loss it starts again with one of its
 * segments where it would with one of the peer's: with up to 22 of them, twice what RFC 6928 allows
 * a new connection. Therefore a segment is never more than half of the congestion window, does not
 * grow while something is being sent again, and shrinks to the peer's size when all has arrived.
 *
 * This uses lwIP's documented hooks (LWIP_HOOK_TCP_INPACKET_PCB, LWIP_HOOK_TCP_OUT_ADD_TCPOPTS) and
 * its per-connection extra arguments; nothing in lwIP is changed.
 */
#ifndef LODGER_NET_SEGMENT_H
#define LODGER_NET_SEGMENT_H

#include <lwip/pbuf.h>

struct headers;
struct vif;

/* Before any connection. */
void segment_init(void);

/*
 * What the peer takes in one segment, for a segment on its way out by vif; 0 if its connection is
 * gone or is not established.
 */
u16_t segment_mss(const struct vif *vif, const struct pbuf *p, const struct headers *h);

#endif
