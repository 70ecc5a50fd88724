/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: frames of all lengths to dom0 and back, many at once, and, when told to, all that while
 *       the backend is restarted.
 * Why:  below any IP stack stands that frames come out as they went in.
 * How:  speaks just enough ARP and ICMP to have dom0's own stack (10.0.0.1) echo what is sent,
 *       byte for byte. The arguments are "restart", for a script outside that restarts the
 *       backend meanwhile, and "second", if the domain has two network devices.
 */
#include <errno.h>
#include <string.h>

#include "netfront/netfront.h"
#include "tests/guest/holdings.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"
#include "xenbus/xenbus.h"

#define HEADERS (14u + 20u + 8u) /* Ethernet, IPv4, ICMP */
#define LEN_MAX (14u + 1500u)

static const uint8_t guest_ip[4] = {10, 0, 0, 77}, host_ip[4] = {10, 0, 0, 1};
static uint8_t host_mac[6];

static struct netfront *nf;
static struct netfront_info info;
static uint8_t frame[LEN_MAX], reply[LEN_MAX];
static size_t reply_len;
static unsigned int replies, strangers, writable, links;
static struct waitq arrived = WAITQ_INIT;

static bool is_ours(const uint8_t *data, size_t len)
{
	static const uint8_t arp_reply[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 2};

	if (len > sizeof(reply))
		return false;
	if (len >= 42 && memcmp(data + 12, arp_reply, sizeof(arp_reply)) == 0)
		return true;
	return len >= HEADERS && data[12] == 8 && data[13] == 0 && data[23] == 1 && data[34] == 0;
}

static int frame_send(void *data, size_t len)
{
	struct netfront_piece piece = {.data = data, .len = len};

	return netfront_send(nf,
			     &(struct netfront_packet){.piece = &piece, .pieces = 1, .len = len});
}

/* dom0 asks now and then whether we are still there, and else stops answering. */
static void answer_arp(const uint8_t *request)
{
	uint8_t answer[60] = {0};

	memcpy(answer, request + 6, 6);
	memcpy(answer + 6, info.mac, 6);
	memcpy(answer + 12, request + 12, 9);
	answer[21] = 2;
	memcpy(answer + 22, info.mac, 6);
	memcpy(answer + 28, guest_ip, 4);
	memcpy(answer + 32, request + 22, 10);
	frame_send(answer, sizeof(answer));
}

/* Copies the pieces, and leaves the pages where they are. */
static bool on_receive(void *context, const struct netfront_received *received)
{
	static uint8_t data[LEN_MAX + 4];
	size_t len = 0;

	static const uint8_t arp_request[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	(void)context;
	for (unsigned int i = 0; i < received->pieces; i++) {
		if (received->piece[i].len > sizeof(data) - len)
			return false;
		memcpy(data + len, received->piece[i].data, received->piece[i].len);
		len += received->piece[i].len;
	}
	if (len >= 42 && memcmp(data + 12, arp_request, sizeof(arp_request)) == 0 &&
	    memcmp(data + 38, guest_ip, 4) == 0) {
		answer_arp(data);
		return false;
	}
	if (!is_ours(data, len)) {
		strangers++;
		return false;
	}
	memcpy(reply, data, len);
	reply_len = len;
	replies++;
	waitq_wake_all(&arrived);
	return false;
}

static void on_writable(void *context)
{
	(void)context;
	writable++;
	waitq_wake_all(&arrived);
}

static void on_link(void *context, bool up)
{
	(void)context;
	links += up;
	waitq_wake_all(&arrived);
}

static const struct netfront_client client = {
	.receive = on_receive, .writable = on_writable, .link = on_link};

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static unsigned int checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* An echo request of len bytes in all, whose payload is a function of its number. */
static void make_echo(size_t len, unsigned int number)
{
	memset(frame, 0, HEADERS);
	memcpy(frame, host_mac, 6);
	memcpy(frame + 6, info.mac, 6);
	put16(frame + 12, 0x0800);

	uint8_t *ip = frame + 14, *icmp = ip + 20;
	ip[0] = 0x45;
	put16(ip + 2, (unsigned int)(len - 14));
	ip[8] = 64;
	ip[9] = 1;
	memcpy(ip + 12, guest_ip, 4);
	memcpy(ip + 16, host_ip, 4);
	put16(ip + 10, checksum(ip, 20));

	icmp[0] = 8;
	put16(icmp + 4, 0x4c6f);
	put16(icmp + 6, number);
	for (size_t i = HEADERS; i < len; i++)
		frame[i] = (uint8_t)(i * 7 + number * 13);
	put16(icmp + 2, checksum(icmp, len - 34));
}

static bool is_echoed(size_t len)
{
	return reply_len == len && memcmp(reply + 6, host_mac, 6) == 0 &&
	       memcmp(reply + 38, frame + 38, len - 38) == 0;
}

/* Sends what is in frame; waits for room if there is none. */
static bool send_frame(size_t len)
{
	int error;
	unsigned int seen = writable;

	while ((error = frame_send(frame, len)) == -EAGAIN) {
		if (waitq_wait_until(&arrived, writable != seen, time_in(30 * TIME_S)) != 0)
			return false;
		seen = writable;
	}
	return error == 0;
}

/* Sends and waits for one more reply; tries again, as a network may lose a frame. */
static bool exchange(size_t len, unsigned int tries)
{
	/* A busy host may take long; where a loss is to be expected, trying again is quicker. */
	uint64_t wait_ns = tries > 3 ? TIME_S / 2 : 10 * TIME_S;

	while (tries-- > 0) {
		unsigned int before = replies;

		if (send_frame(len) &&
		    waitq_wait_until(&arrived, replies != before, time_in(wait_ns)) == 0)
			return true;
		if (tries > 0)
			thread_sleep_until(time_in(100 * TIME_MS));
	}
	return false;
}

static bool resolve(void)
{
	static const uint8_t request[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame, 0, 60);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, info.mac, 6);
	memcpy(frame + 12, request, sizeof(request));
	memcpy(frame + 22, info.mac, 6);
	memcpy(frame + 28, guest_ip, 4);
	memcpy(frame + 38, host_ip, 4);
	/* A bridge may take a while before it forwards to a new port. */
	if (!exchange(60, 40))
		return false;
	memcpy(host_mac, reply + 6, 6);
	return true;
}

static void test_lengths(void)
{
	unsigned int wrong = 0, number = 0;

	for (size_t len = 60; len <= LEN_MAX; len += len % 100 == 60 ? 1 : 33) {
		make_echo(len, ++number);
		wrong += !exchange(len, 2) || !is_echoed(len);
	}
	make_echo(LEN_MAX, ++number);
	CHECK(exchange(LEN_MAX, 2) && is_echoed(LEN_MAX));
	CHECK(wrong == 0);
	CHECK(frame_send(frame, 13) == -EMSGSIZE);
	CHECK(frame_send(frame, LEN_MAX + 1) == -EMSGSIZE);
}

static void test_round_trips(void)
{
	enum { COUNT = 200 };
	struct netfront_stats before, after;
	unsigned int lost = 0;

	netfront_stats(nf, &before);
	uint64_t start_ns = time_monotonic_ns();
	for (unsigned int i = 0; i < COUNT; i++) {
		make_echo(100, i);
		lost += !exchange(100, 1);
	}
	uint64_t end_ns = time_monotonic_ns();
	netfront_stats(nf, &after);
	say("%u round trips of 100 bytes: %llu ns, %llu events, %llu notifications; %u lost\n",
	    COUNT, (unsigned long long)(end_ns - start_ns) / COUNT,
	    (unsigned long long)(after.events - before.events),
	    (unsigned long long)(after.notifies - before.notifies), lost);
	CHECK(lost == 0);
}

/* As fast as they go out. dom0 limits how many echoes it answers, not how many it takes. */
static void test_flood(void)
{
	enum { COUNT = 3000 };
	struct netfront_stats before, after;
	unsigned int sent = 0;

	netfront_stats(nf, &before);
	uint64_t start_ns = time_monotonic_ns();
	for (unsigned int i = 0; i < COUNT; i++) {
		if (i % 2 == 0)
			make_echo(1514, i);
		sent += send_frame(1514);
		/* Replies are taken in while others may run, which a sender that finds room never waits for. */
		if (i % 32 == 31)
			thread_yield();
	}
	uint64_t end_ns = time_monotonic_ns();
	unsigned int seen;
	do
		seen = replies;
	while (waitq_wait_until(&arrived, replies != seen, time_in(TIME_S)) == 0);
	netfront_stats(nf, &after);
	say("%u of %u frames of 1514 bytes: %llu ns each, %llu replies, %llu events, "
	    "%llu notifications, %llu times full\n",
	    sent, COUNT, (unsigned long long)(end_ns - start_ns) / COUNT,
	    (unsigned long long)(after.rx_packets - before.rx_packets),
	    (unsigned long long)(after.events - before.events),
	    (unsigned long long)(after.notifies - before.notifies),
	    (unsigned long long)(after.tx_busy - before.tx_busy));
	CHECK(sent == COUNT);
	CHECK(after.tx_packets - before.tx_packets >= COUNT);
	CHECK(after.tx_errors == before.tx_errors);
	CHECK(after.rx_packets - before.rx_packets > COUNT / 10);
	make_echo(200, 7);
	CHECK(exchange(200, 3) && is_echoed(200));
}

static void test_restart(void)
{
	struct netfront_stats stats;
	uint64_t deadline_ns = time_in(60 * TIME_S);

	say("restart the backend now\n");
	netfront_stats(nf, &stats);
	uint64_t connections = stats.connections;
	do {
		make_echo(300, 1);
		exchange(300, 4);
		netfront_stats(nf, &stats);
	} while (stats.connections == connections && time_monotonic_ns() < deadline_ns);
	CHECK(stats.connections == connections + 1);
	CHECK(links >= 2);
	/* The new backend has to be joined to its bridge again, by the script outside. */
	make_echo(300, 2);
	CHECK(exchange(300, 60) && is_echoed(300));
	test_flood();
}

static void tell(void)
{
	struct netfront_stats stats;

	netfront_stats(nf, &stats);
	say("%llu out, %llu not sent, %llu in, %llu dropped, %llu errors, %u of others\n",
	    (unsigned long long)stats.tx_packets, (unsigned long long)stats.tx_errors,
	    (unsigned long long)stats.rx_packets, (unsigned long long)stats.rx_dropped,
	    (unsigned long long)stats.rx_errors, strangers);
}

/* The grant table never shrinks: it is made as large as all of this can make it. */
static void grants_grow(void)
{
	enum { COUNT = 1500 };
	static grant_ref_t ref[COUNT];
	static uint8_t page[4096] __attribute__((aligned(4096)));
	unsigned int count = 0;

	while (count < COUNT && gnttab_grant(0, page, true, &ref[count]) == 0)
		count++;
	while (count > 0)
		gnttab_end(ref[--count]);
}

/* Without what the driver keeps for the next burst, as much as the largest so far took. */
static struct holdings net_holdings(void)
{
	struct holdings held = holdings();
	struct netfront_stats stats;

	for (unsigned int i = 0; netfront_open(i) != NULL; i++) {
		netfront_stats(netfront_open(i), &stats);
		held.pages -= stats.pages_kept + stats.copies_kept;
		held.objects -= stats.pages_kept;
		held.grants -= stats.grants_kept;
	}
	return held;
}

int main(int argc, char **argv)
{
	struct xenbus_stats xenbus;
	struct netfront_stats stats;
	uint64_t start_ns = time_monotonic_ns();

	if (xenbus_devices_ready(time_in(60 * TIME_S)) != 0)
		return verdict_error("net", "the device does not connect");
	xenbus_stats(&xenbus);
	say("connected after %llu us, %llu xenstore requests, %llu notifications\n",
	    (unsigned long long)(time_monotonic_ns() - start_ns) / 1000,
	    (unsigned long long)xenbus.requests, (unsigned long long)xenbus.notifies);
	nf = netfront_open(0);
	if (nf == NULL)
		return verdict_error("net", "there is no network device");
	netfront_info(nf, &info);
	say("mac %02x:%02x:%02x:%02x:%02x:%02x mtu %u\n", info.mac[0], info.mac[1], info.mac[2],
	    info.mac[3], info.mac[4], info.mac[5], info.mtu);
	CHECK(info.link);
	CHECK(info.mtu == 1500);
	netfront_set_client(nf, &client);
	CHECK(links == 1);

	bool second = argc > 1 && strcmp(argv[1], "second") == 0;
	CHECK((netfront_open(1) != NULL) == second);
	if (!CHECK(resolve())) {
		tell();
		return verdict("net");
	}
	grants_grow();
	struct holdings before = net_holdings();
	test_lengths();
	test_round_trips();
	test_flood();
	if (argc > 1 && strcmp(argv[1], "restart") == 0)
		test_restart();
	struct holdings after = net_holdings();
	holdings_compare(&before, &after);

	tell();
	netfront_stats(nf, &stats);
	CHECK(stats.violations == 0);
	CHECK(stats.rx_errors == 0);
	return verdict("net");
}
