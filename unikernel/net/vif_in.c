/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in.  The pages of a long frame become lwIP's as they are: each is described by a pbuf that
 * lies in the room beside it and gives it back when lwIP frees it.  A short one is copied.
 */
#include <string.h>

#include <lwip/pbuf.h>

#include "unikernel/net/vif.h"

struct page_pbuf {
	struct pbuf_custom custom; /* first: lwIP gives back a pointer to it */
	struct netfront_page *page;
};
_Static_assert(sizeof(struct page_pbuf) <= NETFRONT_PAGE_ROOM, "no room for a pbuf");

static void page_pbuf_free(struct pbuf *p)
{
	netfront_page_free(((struct page_pbuf *)(void *)p)->page);
}

static struct pbuf *frame_take(const struct netfront_received *frame)
{
	struct pbuf *head = NULL;

	/* From the last on: the lengths of a chain add up from behind. */
	for (unsigned int i = frame->pieces; i-- > 0;) {
		struct page_pbuf *part = netfront_page_room(frame->piece[i].page);
		u16_t len = (u16_t)frame->piece[i].len;
		void *data = (void *)(uintptr_t)frame->piece[i].data;
		struct pbuf *p;

		part->page = frame->piece[i].page;
		part->custom.custom_free_function = page_pbuf_free;
		p = pbuf_alloced_custom(PBUF_RAW, len, PBUF_REF, &part->custom, data, len);
		p->next = head;
		p->tot_len = (u16_t)(len + (head ? head->tot_len : 0));
		head = p;
	}
	return head;
}

static struct pbuf *frame_copy(const struct netfront_received *frame)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)frame->len, PBUF_RAM);
	char *to = p ? p->payload : NULL;

	for (unsigned int i = 0; p && i < frame->pieces; i++) {
		memcpy(to, frame->piece[i].data, frame->piece[i].len);
		to += frame->piece[i].len;
	}
	return p;
}

bool vif_receive(void *context, const struct netfront_received *frame)
{
	struct vif *vif = context;
	struct pbuf *p = NULL;

	if (vif->rx.count < vif->rx.size)
		p = frame->lendable ? frame_take(frame) : frame_copy(frame);
	if (!p) {
		vif->stats.rx_dropped++;
		return false;
	}
	if (frame->checksum_good)
		p->flags |= VIF_PBUF_CHECKED;
	packet_queue_push(&vif->rx, p);
	vif_thread_wake();
	return frame->lendable;
}

/*
 * As many frames as there were when we looked: what they cause to come is the next turn's.
 *
 * Whether lwIP looks at checksums is the interface's to say, not the packet's; so it is said anew for
 * each.  Between these packets it does not: what an interface sends to itself has none.
 */
#define CHECKS (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

void vif_input(struct vif *vif)
{
	for (unsigned int count = vif->rx.count; count > 0; count--) {
		struct pbuf *p = packet_queue_pop(&vif->rx);

		if (p->flags & VIF_PBUF_CHECKED)
			p->flags &= (u8_t)~VIF_PBUF_CHECKED;
		else
			vif->netif.chksum_flags |= CHECKS;
		if (vif->netif.input(p, &vif->netif) != ERR_OK)
			pbuf_free(p);
		vif->netif.chksum_flags &= (u16_t)~CHECKS;
	}
}
