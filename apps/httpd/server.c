/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/httpd/clock.h"
#include "apps/httpd/connection.h"
#include "apps/httpd/kept_file.h"
#include "apps/httpd/server.h"

#define BACKLOG	       255
#define ACCEPTS_A_TURN 64
/* How long to leave the listening socket alone when there is no memory for another client. */
#define ACCEPT_PAUSE_MS 100

/* Client i is polled at place i + 1; place 0 is the listener's. */
struct server {
	int listener;
	struct connection **client;
	struct pollfd *poll;
	unsigned int count, most;
	int64_t accept_again; /* clock_ms() */
};

int server_listen(unsigned short port)
{
	const struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* One socket for both: IPv4 clients come with mapped addresses. */
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    bind(fd, (const struct sockaddr *)&any6, sizeof(any6)) < 0 || listen(fd, BACKLOG) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The last one takes its place; whoever walks over the clients looks at the place again. */
static void client_remove(struct server *server, unsigned int i)
{
	connection_destroy(server->client[i]);
	server->count--;
	server->client[i] = server->client[server->count];
	server->poll[i + 1] = server->poll[server->count + 1];
}

/* Removes the client that has been idle for longest; false if none is. */
static bool room_make(struct server *server)
{
	unsigned int oldest = server->count;

	for (unsigned int i = 0; i < server->count; i++)
		if (connection_idle(server->client[i]) &&
		    (oldest == server->count ||
		     server->client[i]->deadline < server->client[oldest]->deadline))
			oldest = i;
	if (oldest == server->count)
		return false;
	client_remove(server, oldest);
	return true;
}

static bool client_accept(struct server *server)
{
	struct connection *connection;
	int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED)
			server->accept_again = clock_ms() + ACCEPT_PAUSE_MS;
		return false;
	}
	connection = connection_create(fd);
	if (!connection) {
		server->accept_again = clock_ms() + ACCEPT_PAUSE_MS;
		return false;
	}
	server->client[server->count++] = connection;
	server->poll[server->count] = (struct pollfd){.fd = fd, .events = POLLIN};
	return true;
}

static void clients_accept(struct server *server)
{
	for (int i = 0; i < ACCEPTS_A_TURN; i++)
		if ((server->count == server->most && !room_make(server)) || !client_accept(server))
			return;
}

/* The next point in time at which something is to be done without the network's asking. */
static int poll_timeout(const struct server *server, int64_t now)
{
	int64_t next = kept_files_tidy(now);

	for (unsigned int i = 0; i < server->count; i++)
		if (server->client[i]->deadline < next)
			next = server->client[i]->deadline;
	if (server->accept_again > now && server->accept_again < next)
		next = server->accept_again;
	if (next == INT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	return next - now > INT_MAX ? INT_MAX : (int)(next - now);
}

static void clients_serve(struct server *server)
{
	int64_t now = clock_read();
	unsigned int i = 0;

	while (i < server->count) {
		struct connection *client = server->client[i];
		bool stays = true;

		if (server->poll[i + 1].revents)
			stays = connection_ready(client);
		else if (client->deadline <= now)
			stays = connection_expired(client);
		if (stays) {
			server->poll[i + 1].events = connection_events(client);
			i++;
		} else {
			client_remove(server, i);
		}
	}
}

int server_run(int listener, unsigned int most)
{
	struct server server = {.listener = listener, .most = most};

	server.client = calloc(most, sizeof(*server.client));
	server.poll = calloc(most + 1, sizeof(*server.poll));
	if (!server.client || !server.poll) {
		free(server.client);
		free(server.poll);
		errno = ENOMEM;
		return -1;
	}
	for (;;) {
		int64_t now = clock_read();
		bool listens = server.accept_again <= now;

		server.poll[0] = (struct pollfd){.fd = listens ? listener : -1, .events = POLLIN};
		if (poll(server.poll, server.count + 1, poll_timeout(&server, now)) < 0 &&
		    errno != EINTR)
			return -1;
		clients_serve(&server);
		if (server.poll[0].revents)
			clients_accept(&server);
	}
}
