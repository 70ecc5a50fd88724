/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "toolstack/netlink.h"
#include "toolstack/wait.h"

#define ANSWER_SECONDS 10

int netlink_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/*
 * One datagram of messages from the kernel, waited for. Its size, or -ENOBUFS
 * when some were lost because they came faster than they were read.
 */
static int receive(int fd, void *buffer, size_t size, uint64_t deadline_ns)
{
	for (;;) {
		struct sockaddr_nl from;
		socklen_t from_size = sizeof(from);
		ssize_t got = recvfrom(fd, buffer, size, 0, (struct sockaddr *)&from, &from_size);
		int error;

		/* Processes can send to this socket too; only the kernel has port 0. */
		if (got >= 0 && from.nl_pid == 0)
			return (int)got;
		if (got >= 0 || errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		error = wait_fd(fd, POLLIN, deadline_ns);
		if (error)
			return error;
	}
}

/*
 * A message only says that it is time to look. What it is about is not asked: the interface's own
 * announcement may have been lost in a flood, or read while the answer to another request was
 * waited for; but whoever has looked in vain is told of what comes after.
 */
int netlink_wait_link(int fd, const char *name, uint64_t deadline_ns)
{
	char messages[16384];

	for (;;) {
		unsigned index = if_nametoindex(name);
		int got;

		if (index)
			return (int)index;
		got = receive(fd, messages, sizeof(messages), deadline_ns);
		if (got < 0 && got != -ENOBUFS)
			return got;
	}
}

struct set_link {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[128];
};

static void attach(struct set_link *request, unsigned short type, const void *data, size_t size)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), data, size);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + (unsigned)RTA_ALIGN(attribute->rta_len);
}

/* The kernel's answer to the request with this number: 0 or -errno. */
static int await_answer(int fd, unsigned number)
{
	uint64_t deadline = time_after_s(ANSWER_SECONDS);
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buffer;

	for (;;) {
		int got = receive(fd, &buffer, sizeof(buffer), deadline);
		unsigned left = (unsigned)got;

		if (got == -ENOBUFS)
			continue;
		if (got < 0)
			return got;
		for (struct nlmsghdr *header = &buffer.header; NLMSG_OK(header, left);
		     header = NLMSG_NEXT(header, left)) {
			const struct nlmsgerr *answer = NLMSG_DATA(header);

			if (header->nlmsg_type == NLMSG_ERROR && header->nlmsg_seq == number &&
			    header->nlmsg_len >= NLMSG_LENGTH(sizeof(*answer)))
				return answer->error;
		}
	}
}

int netlink_join_bridge(int fd, int index, const char *name, unsigned mtu, int bridge_index)
{
	static unsigned number;
	struct set_link request = {
		.header =
			{
				.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
				.nlmsg_type = RTM_SETLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				.nlmsg_seq = ++number,
			},
		.link =
			{
				.ifi_family = AF_UNSPEC,
				.ifi_index = index,
				.ifi_flags = IFF_UP,
				.ifi_change = IFF_UP,
			},
	};

	if (name)
		attach(&request, IFLA_IFNAME, name, strlen(name) + 1);
	if (mtu)
		attach(&request, IFLA_MTU, &mtu, sizeof(mtu));
	attach(&request, IFLA_MASTER, &bridge_index, sizeof(bridge_index));
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	return await_answer(fd, number);
}
