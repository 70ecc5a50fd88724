/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake/netraw.h"

#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define FLOW_AT 35u /* the port that a frame over IPv4 comes from */

void netraw_requests(struct fake_netuser *user, bool to_cut)
{
	user->nb->stopped = true;
	for (uint8_t flow = 0; flow < 16; flow++) {
		struct fake_frame frame = to_cut ? fake_frame_to_cut(false, 3000)
						 : fake_frame_make(false, FAKE_UDP, 18, false);

		frame.bytes[FLOW_AT] = flow;
		frame.csum_blank = false;
		if (netuser_send(user, &frame) != 0)
			fake_violation("a frame is not sent");
	}
	fake_kernel_run(TIME_MS);
}

unsigned netraw_waiting(const struct fake_netback *nb, unsigned queue)
{
	return nb->queue[queue].tx->req_prod - nb->queue[queue].tx_ring.req_cons;
}

uint16_t netraw_tx_id(struct fake_netback *nb, unsigned queue, unsigned nth)
{
	struct netif_tx_back_ring *ring = &nb->queue[queue].tx_ring;

	if (netraw_waiting(nb, queue) <= nth)
		fake_violation("the test wants request %u of queue %u", nth, queue);
	return RING_GET_REQUEST(ring, ring->req_cons + nth)->id;
}

void netraw_tx_answer(struct fake_netback *nb, unsigned queue, uint16_t id, int16_t status)
{
	fake_netback_tx_respond(nb, queue, (struct netif_tx_response){.id = id, .status = status});
}

struct netif_rx_response netraw_rx_claim(struct fake_netback *nb, unsigned queue)
{
	const struct netif_rx_request request = fake_netback_rx_claim(nb, queue);

	return (struct netif_rx_response){.id = request.id, .status = NETRAW_LENGTH};
}

void netraw_rx_answer(struct fake_netback *nb, unsigned queue, uint16_t flags)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.flags = flags;
	fake_netback_rx_respond(nb, queue, response);
}

void netraw_rx_extra(struct fake_netback *nb, unsigned queue, struct netif_extra_info extra)
{
	(void)netraw_rx_claim(nb, queue);
	fake_netback_rx_extra(nb, queue, extra);
}

struct netif_extra_info netraw_gso(uint8_t type, uint16_t size)
{
	struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_GSO};

	extra.u.gso.type = type;
	extra.u.gso.size = size;
	return extra;
}

struct held netraw_boot(struct fake_netuser user[2], const char *command_line)
{
	netuser_boot(user, 2, command_line);
	(void)netuser_settle(&user[1]);
	return netuser_settle(&user[0]);
}

void assert_other_unmoved(struct fake_netuser user[2])
{
	if (user[1].nb->backend.connects != 2 || user[1].links_down != 1 ||
	    netuser_stats(&user[1]).violations != 0)
		fake_violation("the other device has noticed");
	assert_traffic(&user[1]);
}
