/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: TCP and UDP over IPv4 and IPv6 with dom0, every byte known beforehand, with each feature of
 *       the network's protocol on and off.
 * Why:  a feature that is on must be used, one that is off must not, and data must be right in
 *       either case and while the back end goes and comes.
 * How:  serves what tests/guest/traffic-peer.c asks (protocol.h). The arguments say what the back
 *       end's offer and the command line leave: names of features, mtu=N, queues=N,
 *       connections=N (of the device) and downs=N (of its link).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/igmp.h>
#include <lwip/tcpip.h>

#include "netfront/netfront.h"
#include "tests/guest/traffic/protocol.h"
#include "tests/guest/traffic/settle.h"
#include "tests/guest/traffic/stall.h"
#include "tests/guest/verdict.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

static struct netfront_features expected = {.queues = 1};
static unsigned long expected_mtu = 1500, expected_connections = 1, expected_downs;

static struct stream *streams;
static unsigned int downs;
static bool over;
static struct waitq stream_ended = WAITQ_INIT;

/* --- streams --------------------------------------------------------------------------------- */

struct stream {
	int fd;
	struct traffic_order order;
	unsigned int threads; /* of it, still at work */
	uint64_t moved_ns;    /* when it last did */
	struct stream *next;
	uint8_t out[20000], in[20000];
};

static void stream_put(struct stream *stream)
{
	struct stream **link = &streams;

	if (--stream->threads > 0)
		return;
	CHECK(close(stream->fd) == 0);
	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	free(stream);
	waitq_wake_all(&stream_ended);
}

static void stream_send(void *arg)
{
	struct stream *stream = arg;
	uint32_t state = stream->order.seed, at = 0;
	ssize_t sent = 0;

	while (at < stream->order.down) {
		size_t len = piece_size(&state, sizeof(stream->out));

		if (len > stream->order.down - at)
			len = stream->order.down - at;
		pattern_fill(stream->order.seed + 1, at, stream->out, len);
		sent = send(stream->fd, stream->out, len, 0);
		if (!CHECK(sent > 0))
			break;
		at += (uint32_t)sent;
		stream->moved_ns = time_monotonic_ns();
		thread_yield();
	}
	if (sent >= 0)
		CHECK(shutdown(stream->fd, SHUT_WR) == 0);
	stream_put(stream);
}

static void stream_receive(void *arg)
{
	struct stream *stream = arg;
	uint32_t at = 0;
	ssize_t got;

	while ((got = recv(stream->fd, stream->in, sizeof(stream->in), 0)) > 0) {
		if (!CHECK(pattern_is(stream->order.seed, at, stream->in, (size_t)got)))
			break;
		at += (uint32_t)got;
		stream->moved_ns = time_monotonic_ns();
		thread_yield();
	}
	if (!CHECK(got == 0 && at == stream->order.up)) {
		say("stream %u: %u of %u bytes, error %d\n", stream->order.seed, at,
		    stream->order.up, got < 0 ? errno : 0);
		stall_say();
	}
	stream_put(stream);
}

static void stream_serve(int fd, const struct traffic_order *order)
{
	struct stream *stream = malloc(sizeof(*stream));

	if (!CHECK(stream != NULL)) {
		close(fd);
		return;
	}
	stream->fd = fd;
	stream->order = *order;
	stream->threads = 2;
	stream->moved_ns = time_monotonic_ns();
	stream->next = streams;
	streams = stream;
	CHECK(thread_create("send", stream_send, stream, 0) != NULL);
	CHECK(thread_create("receive", stream_receive, stream, 0) != NULL);
}

/*
 * A stream that stands still makes the test fail in the end; by then nobody knows why. Half a minute it may,
 * after a back end that was away for ten seconds: the peer's wait for the next attempt doubles.
 */
#define STILL_NS (45 * TIME_S)

static void streams_watch(void *arg)
{
	(void)arg;
	while (!over) {
		for (struct stream *stream = streams; stream != NULL; stream = stream->next)
			if (time_monotonic_ns() - stream->moved_ns > STILL_NS) {
				say("stream %u stands still\n", stream->order.seed);
				stream->moved_ns = time_monotonic_ns();
				stall_say();
			}
		thread_sleep_until(time_in(TIME_S));
	}
}

/* --- datagrams ------------------------------------------------------------------------------- */

static void datagrams_serve(void *arg)
{
	static uint8_t data[DATAGRAM_MAX + sizeof(struct traffic_datagram)];
	int fd = *(int *)arg;

	while (!over) {
		struct sockaddr_in6 from;
		socklen_t from_len = sizeof(from);
		struct traffic_datagram head;
		ssize_t got =
			recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);

		if (got < (ssize_t)sizeof(head))
			continue; /* a receive timeout, to look at `over` */
		memcpy(&head, data, sizeof(head));
		CHECK(pattern_is(head.seed, 0, data + sizeof(head), (size_t)got - sizeof(head)));
		if (!CHECK(head.answer <= DATAGRAM_MAX))
			continue;
		while (head.count > 0) {
			head.count--;
			head.seed++;
			memcpy(data, &head, sizeof(head));
			pattern_fill(head.seed, 0, data + sizeof(head), head.answer);
			/* One that finds no memory or no link is lost, as on any network. */
			sendto(fd, data, sizeof(head) + head.answer, 0, (struct sockaddr *)&from,
			       from_len);
		}
	}
}

/* --- what is expected of the device ---------------------------------------------------------- */

static void expect(const char *word)
{
	const struct {
		const char *name;
		bool *feature;
	} feature[] = {
		{"sg", &expected.scatter_gather},
		{"csum4", &expected.checksum_ipv4},
		{"csum6", &expected.checksum_ipv6},
		{"gso4", &expected.gso_ipv4},
		{"gso6", &expected.gso_ipv6},
		{"split", &expected.split_channels},
		{"lend", &expected.lend},
		{"multicast", &expected.multicast_control},
		{"mtu", &expected.mtu},
	};
	const char *equals = strchr(word, '=');
	unsigned long value = equals ? strtoul(equals + 1, NULL, 10) : 0;

	for (size_t i = 0; i < sizeof(feature) / sizeof(feature[0]); i++)
		if (!strcmp(word, feature[i].name)) {
			*feature[i].feature = true;
			return;
		}
	if (!strncmp(word, "mtu=", 4))
		expected_mtu = value;
	else if (!strncmp(word, "queues=", 7))
		expected.queues = (unsigned int)value;
	else if (!strncmp(word, "connections=", 12))
		expected_connections = value;
	else if (!strncmp(word, "downs=", 6))
		expected_downs = value;
	else
		CHECK(!"an argument that is known");
}

static void check_features(struct netfront *nf)
{
	struct netfront_info info;

	netfront_info(nf, &info);
	CHECK(info.features.scatter_gather == expected.scatter_gather);
	CHECK(info.features.checksum_ipv4 == expected.checksum_ipv4);
	CHECK(info.features.checksum_ipv6 == expected.checksum_ipv6);
	CHECK(info.features.gso_ipv4 == expected.gso_ipv4);
	CHECK(info.features.gso_ipv6 == expected.gso_ipv6);
	CHECK(info.features.split_channels == expected.split_channels);
	CHECK(info.features.multicast_control == expected.multicast_control);
	CHECK(info.features.mtu == expected.mtu);
	CHECK(info.features.lend == expected.lend);
	CHECK(info.features.queues == expected.queues);
	if (!CHECK(info.mtu == expected_mtu))
		say("mtu %u\n", info.mtu);
}

/* What the phase that ends here has done to the counters. */
static void check_phase(struct netfront *nf, uint32_t phase)
{
	static struct netfront_stats before;
	static const char *const name[] = {"begin", "TCP/IPv4", "TCP/IPv6", "UDP", "other group"};
	struct netfront_stats now;

	netfront_stats(nf, &now);
#define MOVED(counter) (now.counter - before.counter)
	say("%s: %llu out, %llu in, %llu and %llu large, %llu and %llu lent, %llu events, "
	    "%llu notifications\n",
	    name[phase], (unsigned long long)MOVED(tx_packets),
	    (unsigned long long)MOVED(rx_packets), (unsigned long long)MOVED(tx_gso),
	    (unsigned long long)MOVED(rx_gso), (unsigned long long)MOVED(tx_lent),
	    (unsigned long long)MOVED(rx_lent), (unsigned long long)MOVED(events),
	    (unsigned long long)MOVED(notifies));
	if (phase == PHASE_TCP4 || phase == PHASE_TCP6) {
		bool gso = phase == PHASE_TCP4 ? expected.gso_ipv4 : expected.gso_ipv6;

		CHECK((MOVED(tx_gso) > 0) == gso);
		CHECK((MOVED(rx_gso) > 0) == gso);
		/* Only large frames hold whole pages. */
		CHECK((MOVED(tx_lent) > 0) == (expected.lend && gso));
	}
	if (phase == PHASE_TCP4 || phase == PHASE_TCP6 || phase == PHASE_UDP)
		CHECK((MOVED(rx_lent) > 0) == expected.lend);
	if (phase == PHASE_OTHER_GROUP)
		CHECK((MOVED(rx_packets) < OTHER_GROUP_FRAMES / 2) == expected.multicast_control);
	before = now;
}

static void check_end(struct netfront *nf)
{
	struct netfront_stats stats;

	netfront_stats(nf, &stats);
	CHECK(stats.violations == 0);
	CHECK(stats.rx_errors == 0);
	CHECK(expected_connections == 0 || stats.connections == expected_connections);
	if (expected_connections == 1) {
		CHECK(stats.tx_errors == 0);
		CHECK(stats.tx_dropped == 0);
		CHECK(stats.rx_dropped == 0);
	}
	CHECK(downs >= expected_downs && (downs == 0) == (expected_downs == 0));
}

/* A link that is down for long enough to be noticed, which is what the script outside sees to. */
static void link_watch(void *nf)
{
	bool was = true;

	while (!over) {
		struct netfront_info info;

		netfront_info(nf, &info);
		downs += was && !info.link;
		was = info.link;
		thread_sleep_until(time_in(20 * TIME_MS));
	}
}

/* --- orders ---------------------------------------------------------------------------------- */

static bool order_read(int fd, struct traffic_order *order)
{
	return recv(fd, order, sizeof(*order), MSG_WAITALL) == sizeof(*order);
}

/* False at the end. */
static bool order_serve(struct netfront *nf, int fd)
{
	struct traffic_order order;

	if (!CHECK(order_read(fd, &order))) {
		close(fd);
		return true;
	}
	if (order.kind == TRAFFIC_STREAM) {
		stream_serve(fd, &order);
		return true;
	}
	CHECK(waitq_wait_until(&stream_ended, streams == NULL, time_in(PATIENCE_S * TIME_S)) == 0);
	if (order.kind == TRAFFIC_MARK && CHECK(order.phase <= PHASE_OTHER_GROUP))
		check_phase(nf, order.phase);
	if (order.kind == TRAFFIC_SETTLE)
		CHECK(settle());
	if (order.kind == TRAFFIC_END)
		CHECK(order.up == 0);
	CHECK(send(fd, "", 1, 0) == 1);
	/* The peer closes first: of a connection so closed nothing is kept here. */
	CHECK(recv(fd, &order, 1, 0) == 0);
	CHECK(close(fd) == 0);
	return order.kind != TRAFFIC_END;
}

static int server_open(int type)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(TRAFFIC_PORT)};
	int fd = socket(AF_INET6, type, 0);

	CHECK(bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0);
	return fd;
}

static void group_join(void)
{
	ip4_addr_t group;

	CHECK(ip4addr_aton(TRAFFIC_GROUP, &group));
	LOCK_TCPIP_CORE();
	CHECK(igmp_joingroup(IP4_ADDR_ANY4, &group) == ERR_OK);
	UNLOCK_TCPIP_CORE();
}

int main(int argc, char **argv)
{
	struct timeval moment = {.tv_usec = 200000};
	struct netfront *nf = netfront_open(0);
	int listener = server_open(SOCK_STREAM), datagrams = server_open(SOCK_DGRAM);

	if (nf == NULL)
		return verdict_error("traffic", "there is no network device");
	for (int i = 1; i < argc; i++)
		expect(argv[i]);
	check_features(nf);
	group_join();
	CHECK(listen(listener, 64) == 0);
	CHECK(setsockopt(datagrams, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment)) == 0);
	CHECK(thread_create("datagrams", datagrams_serve, &datagrams, 0) != NULL);
	CHECK(thread_create("streams", streams_watch, NULL, 0) != NULL);
	CHECK(thread_create("link", link_watch, nf, 0) != NULL);
	say("traffic: serving\n");
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (!CHECK(fd >= 0) || !order_serve(nf, fd))
			break;
	}
	over = true;
	check_features(nf);
	check_end(nf);
	return verdict("traffic");
}
