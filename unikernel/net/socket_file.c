/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/stat.h>

#include <lwip/api.h>
#include <lwip/priv/sockets_priv.h>
#include <lwip/sockets.h>

#include "unikernel/core/heap.h"
#include "unikernel/net/socket_file.h"

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

static ssize_t outcome(ssize_t result)
{
	return result < 0 ? -errno : result;
}

static ssize_t socket_read(struct file *f, void *buf, size_t len)
{
	return outcome(lwip_recv(lwip_of(f), buf, len, 0));
}

static ssize_t socket_write(struct file *f, const void *buf, size_t len)
{
	return outcome(lwip_send(lwip_of(f), buf, len, 0));
}

static int socket_fstat(struct file *f, struct stat *st)
{
	(void)f;
	st->st_mode = S_IFSOCK | S_IRUSR | S_IWUSR;
	st->st_blksize = TCP_MSS;
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
	if (s->sendevent)
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

unsigned int socket_count(void)
{
	return sockets_open;
}
