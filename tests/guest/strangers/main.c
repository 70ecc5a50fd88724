/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: frames from strangers: hundreds of thousands that are wrong in one place or another.
 * Why:  nothing that a peer on the network sends may crash the guest or fill its memory.
 * How:  an interface of its own, without a device, takes in made-up ARP, IPv4, IPv6, TCP, UDP, ICMP,
 *       DHCP, DNS and neighbour discovery, most with right checksums and each with a few bytes
 *       changed; answers of the guest are overheard, so that what follows fits its connections. An
 *       accepting TCP socket, a UDP socket, a DHCP client and a DNS query are at work meanwhile.
 *       The same frames come in every run, others with a number as argument. In the end sockets
 *       must still work.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include "tests/guest/strangers/frame.h"
#include "tests/guest/verdict.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/net/memory.h"

#define FRAMES 300000

static struct overheard heard;
static unsigned int sent;

static err_t output(struct netif *netif, struct pbuf *p)
{
	static uint8_t frame[FRAME_MAX];

	(void)netif;
	sent++;
	frame_overhear(&heard, frame, pbuf_copy_partial(p, frame, sizeof(frame), 0));
	return ERR_OK;
}

static err_t stranger_init(struct netif *netif)
{
	netif->name[0] = 's';
	netif->name[1] = 't';
	netif->hwaddr_len = 6;
	memcpy(netif->hwaddr, frame_mac, 6);
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		       NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = output;
	return ERR_OK;
}

static struct netif stranger;

static void interface_make(void)
{
	struct netif *netif = &stranger;
	ip4_addr_t address, mask, router;
	ip_addr_t server;

	IP4_ADDR(&address, frame_ip4[0], frame_ip4[1], frame_ip4[2], frame_ip4[3]);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&router, frame_ip4[0], frame_ip4[1], frame_ip4[2], 1);
	ip_addr_copy_from_ip4(server, router);
	LOCK_TCPIP_CORE();
	CHECK(netif_add(&stranger, &address, &mask, &router, NULL, stranger_init, ethernet_input));
	netif_set_default(&stranger);
	netif_create_ip6_linklocal_address(&stranger, 1);
	netif_set_ip6_autoconfig_enabled(netif, 1);
	netif_set_up(&stranger);
	dns_setserver(0, &server);
	UNLOCK_TCPIP_CORE();
}

/* DHCP would take the address away; it is started and ended now and then. */
static void dhcp_turn(unsigned int turn)
{
	LOCK_TCPIP_CORE();
	if (turn % 8 == 0)
		dhcp_start(&stranger);
	else if (turn % 8 == 2)
		dhcp_release_and_stop(&stranger);
	if (turn % 8 == 2) {
		ip4_addr_t address, mask, router;

		IP4_ADDR(&address, frame_ip4[0], frame_ip4[1], frame_ip4[2], frame_ip4[3]);
		IP4_ADDR(&mask, 255, 255, 255, 0);
		IP4_ADDR(&router, frame_ip4[0], frame_ip4[1], frame_ip4[2], 1);
		netif_set_addr(&stranger, &address, &mask, &router);
	}
	UNLOCK_TCPIP_CORE();
}

static void answer_ignore(const char *name, const ip_addr_t *address, void *arg)
{
	(void)name;
	(void)address;
	(void)arg;
}

static void dns_turn(void)
{
	ip_addr_t address;

	LOCK_TCPIP_CORE();
	dns_gethostbyname("guest.example", &address, answer_ignore, NULL);
	UNLOCK_TCPIP_CORE();
}

static void frames_take_in(unsigned int count)
{
	static uint8_t frame[2 * FRAME_MAX];

	LOCK_TCPIP_CORE();
	for (; count > 0; count--) {
		size_t size = frame_make(frame, &heard);
		struct pbuf *p;

		if (size > FRAME_MAX)
			size = FRAME_MAX;
		p = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
		if (!p)
			continue;
		pbuf_take(p, frame, (u16_t)size);
		if (stranger.input(p, &stranger) != ERR_OK)
			pbuf_free(p);
	}
	UNLOCK_TCPIP_CORE();
}

static int server(int type, unsigned short port)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), off = 0;

	CHECK(fd >= 0);
	CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0);
	CHECK(bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0);
	CHECK(type != SOCK_STREAM || listen(fd, 100) == 0);
	return fd;
}

/* Takes what has come: connections are answered something, read, and most are closed. */
static unsigned int clients_serve(int tcp, int udp)
{
	static char data[2000];
	static int kept[16];
	static unsigned int turn;
	unsigned int accepted = 0;
	int fd;

	while ((fd = accept4(tcp, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		int *place = &kept[turn++ % 16];

		accepted++;
		send(fd, data, sizeof(data), 0);
		recv(fd, data, sizeof(data), 0);
		if (*place > 0)
			close(*place);
		*place = fd;
	}
	while (recv(udp, data, sizeof(data), 0) >= 0)
		;
	return accepted;
}

static bool sockets_work(void)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(7),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int far = server(SOCK_DGRAM, 7), near = socket(AF_INET, SOCK_DGRAM, 0);
	char byte = 'x';

	CHECK(sendto(near, &byte, 1, 0, (const struct sockaddr *)&to, sizeof(to)) == 1);
	thread_sleep_until(time_in(100 * TIME_MS));
	return recv(far, &byte, 1, 0) == 1;
}

int main(int argc, char **argv)
{
	struct net_memory_stats memory;
	unsigned int accepted = 0;
	int tcp, udp;

	if (argc > 1)
		frame_seed(strtoull(argv[1], NULL, 10));
	interface_make();
	tcp = server(SOCK_STREAM, 80);
	udp = server(SOCK_DGRAM, 9);
	for (unsigned int turn = 0; turn < FRAMES / 100; turn++) {
		dhcp_turn(turn);
		dns_turn();
		frames_take_in(100);
		accepted += clients_serve(tcp, udp);
		/* The stack's own timers run as well. */
		thread_sleep_until(time_in(TIME_MS));
	}
	net_memory_stats(&memory);
	say("%u frames in, %u out, %u connections, %zu of %zu bytes held, %zu refused\n", FRAMES,
	    sent, accepted, memory.bytes, memory.limit, memory.refused);
	CHECK(sent > FRAMES / 100);
	CHECK(accepted > 0);
	CHECK(memory.bytes <= memory.limit);
	CHECK(sockets_work());
	return verdict("strangers");
}
