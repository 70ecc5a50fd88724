/* SPDX-License-Identifier: BSD-2-Clause */
#include "netfront/plan.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/page.h"

/* A page that is less than half full is copied: granting it costs more. */
#define LEND_MIN (PAGE_SIZE / 2)

/* One slot more; NULL if there is none left. */
static struct plan_slot *slot_add(struct plan *plan)
{
	return plan->slots < NETFRONT_SLOTS_MAX ? &plan->slot[plan->slots++] : NULL;
}

/* Copies piece i from `from` on, len bytes, into the last slot and as many more as it takes. */
static bool plan_add_copy(struct plan *plan, unsigned int i, size_t from, size_t len)
{
	while (len > 0) {
		struct plan_slot *slot = plan->slots > 0 ? &plan->slot[plan->slots - 1] : NULL;
		size_t take;

		if (slot == NULL || slot->lent != NULL || slot->size == PAGE_SIZE) {
			slot = slot_add(plan);
			if (slot == NULL)
				return false;
			*slot = (struct plan_slot){.piece = (uint16_t)i, .from = (uint16_t)from};
		}
		take = PAGE_SIZE - slot->size < len ? PAGE_SIZE - slot->size : len;
		slot->size = (uint16_t)(slot->size + take);
		from += take;
		len -= take;
	}
	return true;
}

static bool plan_add_lent(struct plan *plan, const char *page, size_t len)
{
	struct plan_slot *slot = slot_add(plan);

	if (slot == NULL)
		return false;
	*slot = (struct plan_slot){.lent = page, .size = (uint16_t)len};
	plan->lent++;
	return true;
}

static bool plan_add_piece(struct plan *plan, unsigned int i, const struct netfront_piece *piece)
{
	char *data = piece->data;
	size_t at = -(uintptr_t)data & PAGE_MASK; /* the first whole page */

	if (at >= piece->len)
		return plan_add_copy(plan, i, 0, piece->len);
	if (!plan_add_copy(plan, i, 0, at))
		return false;
	for (; piece->len - at >= PAGE_SIZE; at += PAGE_SIZE)
		if (!plan_add_lent(plan, data + at, PAGE_SIZE))
			return false;
	if (piece->len - at < LEND_MIN || piece->slack < PAGE_SIZE - (piece->len - at))
		return plan_add_copy(plan, i, at, piece->len - at);
	memset(data + piece->len, 0, PAGE_SIZE - (piece->len - at));
	return plan_add_lent(plan, data + at, piece->len - at);
}

int plan_make(struct plan *plan, const struct netfront_packet *packet, bool lend)
{
	plan->slots = plan->lent = 0;
	for (unsigned int i = 0; i < packet->pieces; i++) {
		const struct netfront_piece *piece = &packet->piece[i];

		if (!(lend && piece->lend ? plan_add_piece(plan, i, piece)
					  : plan_add_copy(plan, i, 0, piece->len)))
			return -EMSGSIZE;
	}
	return 0;
}

void plan_copy(const struct netfront_packet *packet, const struct plan_slot *slot, char *page)
{
	const struct netfront_piece *piece = &packet->piece[slot->piece];
	size_t from = slot->from, left = slot->size;
	char *to = page + slot->offset;

	for (; left > 0; piece++, from = 0) {
		size_t take = piece->len - from < left ? piece->len - from : left;

		memcpy(to, (const char *)piece->data + from, take);
		to += take;
		left -= take;
	}
}

#define ETHERTYPE_AT 12u
#define IPV4_FLOW_AT 26u /* addresses and, without options, ports: 12 bytes */
#define IPV6_FLOW_AT 22u /* 36 bytes */

bool plan_ipv6(const struct netfront_packet *packet)
{
	const uint8_t *frame = packet->piece[0].data;

	return packet->piece[0].len > ETHERTYPE_AT + 1 && frame[ETHERTYPE_AT] == 0x86 &&
	       frame[ETHERTYPE_AT + 1] == 0xdd;
}

/* FNV-1a over what Xen's hash types for TCP cover (xen/io/netif.h), as far as it lies in one piece. */
uint32_t plan_flow(const struct netfront_packet *packet)
{
	const uint8_t *frame = packet->piece[0].data;
	size_t len = packet->piece[0].len, from = 0, to = ETHERTYPE_AT;
	uint32_t hash = 2166136261u;

	if (len >= IPV4_FLOW_AT + 12 && frame[ETHERTYPE_AT] == 0x08 && frame[ETHERTYPE_AT + 1] == 0)
		from = IPV4_FLOW_AT, to = IPV4_FLOW_AT + 12;
	else if (len >= IPV6_FLOW_AT + 36 && plan_ipv6(packet))
		from = IPV6_FLOW_AT, to = IPV6_FLOW_AT + 36;
	for (size_t i = from; i < to && i < len; i++)
		hash = (hash ^ frame[i]) * 16777619u;
	return hash;
}
