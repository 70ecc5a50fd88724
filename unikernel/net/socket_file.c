/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/stat.h>

#include <lwip/api.h>
#include <lwip/priv/sockets_priv.h>
#include <lwip/sockets.h>
#include <lwip/tcp.h>

#include "unikernel/core/heap.h"
#include "unikernel/net/datagram.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/socket_file.h"
#include "unikernel/net/vif.h"

#define SEND_SHARE_MIN ((size_t)4 * TCP_MSS)

/* By lwIP's number, for its events. */
static struct socket *sockets[NUM_SOCKETS];
static unsigned int sockets_open;

/* lwIP's own event function, which keeps the counters that socket_poll() reads. */
static netconn_callback lwip_event;

/* With the core lock held, in a thread that runs lwIP. */
static void socket_event(struct netconn *conn, enum netconn_evt event, u16_t length)
{
	lwip_event(conn, event, length);
	/* A connection that nobody has accepted yet has no socket, and nobody to tell. */
	if (conn->socket >= 0 && sockets[conn->socket])
		file_notify(&sockets[conn->socket]->file);
}

/*
 * Every netconn is born with lwIP's event function, or inherits its listener's.  The first that we
 * see tells us which one that is; from then on ours stands in front of it.
 */
static void events_intercept(struct netconn *conn)
{
	if (conn->callback == socket_event)
		return;
	lwip_event = conn->callback;
	conn->callback = socket_event;
}

static int lwip_of(const struct file *f)
{
	return ((const struct socket *)f)->lwip;
}

/* What every stream may have in its send buffer, so that all of them have room for as much. */
static size_t send_share(void)
{
	struct net_memory_stats memory;
	size_t share;

	net_memory_stats(&memory);
	/* Half of what there is for data: headers and rounding take a part, received data another. */
	share = memory.limit / 4 * 3 / 2 / (sockets_open > 0 ? sockets_open : 1);
	return LWIP_MAX(SEND_SHARE_MIN, LWIP_MIN(TCP_SND_BUF, share));
}

/* How many bytes a stream may take now; SIZE_MAX for what has no such bound. */
static size_t send_room(const struct socket *socket)
{
	const struct netconn *conn = lwip_socket_dbg_get_socket(socket->lwip)->conn;
	size_t share = send_share(), queued;

	if (NETCONNTYPE_GROUP(conn->type) != NETCONN_TCP || conn->state == NETCONN_LISTEN ||
	    !conn->pcb.tcp)
		return SIZE_MAX;
	queued = TCP_SND_BUF - conn->pcb.tcp->snd_buf; /* tcp_sndbuf() says 65,535 at most */
	return queued < share ? share - queued : 0;
}

/* Worth waking a writer for: a third of its share. */
static bool send_room_worthwhile(const struct socket *socket)
{
	const struct netconn *conn = lwip_socket_dbg_get_socket(socket->lwip)->conn;

	/* Most streams wait for input and have nothing queued; then the share does not matter. */
	if (conn->pcb.tcp && conn->state == NETCONN_NONE &&
	    NETCONNTYPE_GROUP(conn->type) == NETCONN_TCP && conn->pcb.tcp->snd_buf == TCP_SND_BUF)
		return true;
	return send_room(socket) >= send_share() / 3;
}

static ssize_t outcome(ssize_t result)
{
	return result < 0 ? -errno : result;
}

ssize_t socket_received(struct socket *socket, ssize_t received)
{
	received = outcome(received);
	if (received == -ENOTCONN && socket->ended)
		return 0;
	socket->ended |= received == 0;
	return received;
}

static ssize_t socket_read(struct file *f, void *buf, size_t len)
{
	return socket_received((struct socket *)f, lwip_recv(lwip_of(f), buf, len, 0));
}

void socket_wait_room(const struct socket *socket, int flags)
{
	const struct netconn *conn = lwip_socket_dbg_get_socket(socket->lwip)->conn;

	if (NETCONNTYPE_GROUP(conn->type) == NETCONN_UDP && !(flags & MSG_DONTWAIT) &&
	    !(socket->file.flags & O_NONBLOCK))
		vif_wait_room();
}

ssize_t socket_sendto(struct socket *socket, const void *data, size_t size, int flags,
		      const struct sockaddr *to, socklen_t length)
{
	struct netconn *conn = lwip_socket_dbg_get_socket(socket->lwip)->conn;
	ssize_t sent;

	if (datagram_send(conn, data, size, to, length, &sent))
		return sent;
	return outcome(to ? lwip_sendto(socket->lwip, data, size, flags, to, length)
			  : lwip_send(socket->lwip, data, size, flags));
}

ssize_t socket_send(struct socket *socket, const void *data, size_t size, int flags)
{
	if ((socket->file.flags & O_NONBLOCK) || (flags & MSG_DONTWAIT)) {
		size_t room = send_room(socket);

		if (room == 0)
			return -EAGAIN;
		size = LWIP_MIN(size, room);
	}
	socket_wait_room(socket, flags);
	return socket_sendto(socket, data, size, flags, NULL, 0);
}

static ssize_t socket_write(struct file *f, const void *buf, size_t len)
{
	return socket_send((struct socket *)f, buf, len, 0);
}

static int socket_fstat(struct file *f, struct stat *st)
{
	(void)f;
	st->st_mode = S_IFSOCK | S_IRUSR | S_IWUSR;
	st->st_blksize = 4096;
	return 0;
}

static int socket_ioctl(struct file *f, unsigned long request, void *arg)
{
	if (request != FIONREAD)
		return -ENOTTY;
	return (int)outcome(lwip_ioctl(lwip_of(f), FIONREAD, arg));
}

static short socket_poll(struct file *f)
{
	const struct lwip_sock *s = lwip_socket_dbg_get_socket(lwip_of(f));
	int ready = 0;

	if (s->lastdata.pbuf || s->rcvevent > 0)
		ready |= POLLIN | POLLRDNORM;
	if (s->sendevent && send_room_worthwhile((const struct socket *)f))
		ready |= POLLOUT | POLLWRNORM;
	if (s->errevent)
		ready |= POLLERR;
	return (short)ready;
}

static void socket_set_flags(struct file *f)
{
	int nonblocking = (f->flags & O_NONBLOCK) != 0;

	lwip_ioctl(lwip_of(f), FIONBIO, &nonblocking);
}

static int socket_close(struct file *f)
{
	struct socket *socket = (struct socket *)f;
	ssize_t result;

	/* lwIP may wait here, so its number is given up first: somebody else may get it next. */
	sockets[socket->lwip] = NULL;
	result = outcome(lwip_close(socket->lwip));
	heap_free(socket);
	sockets_open--;
	return (int)result;
}

static const struct file_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.fstat = socket_fstat,
	.ioctl = socket_ioctl,
	.poll = socket_poll,
	.set_flags = socket_set_flags,
	.close = socket_close,
};

int socket_install(int lwip, int flags)
{
	struct socket *socket = heap_zalloc(sizeof(*socket));
	int fd;

	if (!socket) {
		lwip_close(lwip);
		return -ENOMEM;
	}
	file_init(&socket->file, &socket_ops, O_RDWR | (flags & O_NONBLOCK));
	socket->lwip = lwip;
	sockets[lwip] = socket;
	sockets_open++;
	events_intercept(lwip_socket_dbg_get_socket(lwip)->conn);
	if (flags & O_NONBLOCK)
		socket_set_flags(&socket->file);
	fd = file_install(&socket->file);
	if (fd < 0)
		file_put(&socket->file);
	return fd;
}

int socket_get(int fd, struct socket **out)
{
	struct file *f = file_get(fd);

	if (!f)
		return -EBADF;
	if (f->ops != &socket_ops) {
		file_put(f);
		return -ENOTSOCK;
	}
	*out = (struct socket *)f;
	return 0;
}
