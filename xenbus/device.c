/* SPDX-License-Identifier: BSD-2-Clause */
/* One device on its way through the handshake: the actions of handshake.h, and its failures. */
#include "xenbus/device.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "xenbus/bus.h"

/*
 * A device that is closed and connected again waits before it connects: not at all the first
 * time, then 100 ms, 200 ms … at most 25.6 s, until a connection has lasted five seconds. So neither
 * a hostile backend nor a broken one can keep the guest busy with reconnections, and one that is
 * merely restarted often is met at once each time: whoever it serves has long waits of his own,
 * TCP's say, that double with each attempt that falls into ours.
 */
#define RESTART_DELAY_NS  (100 * TIME_MS)
#define RESTART_DOUBLINGS 8
#define RESTART_FORGET_NS (5 * TIME_S)

/* When xenstored did not answer, or there was no memory for its answer. */
#define RETRY_NS TIME_S

static void device_enter(struct xenbus_device *dev, enum handshake_state state)
{
	uint64_t now_ns = time_monotonic_ns();

	log_debug("xenbus: %s: %s, its backend %s, after %llu us %s", dev->path,
		  handshake_state_name(state), xenbus_state_name(dev->peer),
		  (unsigned long long)(now_ns - dev->since_ns) / TIME_US,
		  handshake_state_name(dev->state));
	dev->state = state;
	dev->since_ns = now_ns;
}

/* A request that failed for want of memory or an answer is worth another one, a little later. */
static void device_retry(struct xenbus_device *dev, int error)
{
	if (error == -ENOMEM || error == -ETIMEDOUT)
		dev->retry_ns = time_in(RETRY_NS);
}

/* Writes our state node, unless it holds that state already. */
static void device_write_state(struct xenbus_device *dev, enum xenbus_state state)
{
	struct xenbus_property node[2] = {dev->driver->connected};
	size_t count = state == XenbusStateConnected && node[0].name != NULL ? 1 : 0;

	dev->wanted = state;
	if (dev->written == state && !dev->unsure)
		return;
	node[count++] = (struct xenbus_property){.name = "state", .value = state};
	int error = xenbus_write_all(dev->path, node, count);
	/* It may be the answer alone that there was no memory for. */
	dev->unsure = error != 0;
	if (error == 0) {
		dev->written = state;
		return;
	}
	log_warn("xenbus: %s: cannot write its state (error %d)", dev->path, -error);
	device_retry(dev, error);
}

void xenbus_device_fail(struct xenbus_device *dev, int error, const char *format, ...)
{
	va_list args;

	if (dev->failed != 0)
		return;
	dev->failed = error;
	dev->violations += error == -EPROTO;
	va_start(args, format);
	vformat(dev->failure, sizeof(dev->failure), format, args);
	va_end(args);
	dev->driver->stop(dev);
	bus_wake();
}

/* Says why the device failed, on the console and where the toolstack looks for it. */
static void device_report(struct xenbus_device *dev)
{
	char path[XENBUS_PATH_SIZE + 16];

	log_error("xenbus: %s: %s (error %d)", dev->path, dev->failure, -dev->failed);
	format(path, sizeof(path), "error/%s/error", dev->path);
	int error = xenbus_write(XENBUS_NO_TX, path, "%d %s", -dev->failed, dev->failure);
	if (error != 0)
		log_debug("xenbus: %s: cannot write %s (error %d)", dev->path, path, -error);
}

static void device_delay(struct xenbus_device *dev)
{
	uint64_t now_ns = time_monotonic_ns();

	if (dev->connected_ns != 0 && now_ns - dev->connected_ns > RESTART_FORGET_NS)
		dev->restarts = 0;
	/* That was the last one: what fails from now on without a connection is in succession. */
	dev->connected_ns = 0;
	dev->not_before_ns = now_ns;
	if (dev->restarts > 0)
		dev->not_before_ns += RESTART_DELAY_NS << (dev->restarts - 1);
	if (dev->restarts <= RESTART_DOUBLINGS)
		dev->restarts++;
}

static void device_publish(struct xenbus_device *dev)
{
	struct xenbus_property node[XENBUS_PROPERTIES_MAX];
	int count;

	memset(node, 0, sizeof(node));
	count = dev->driver->publish(dev, node);
	if (count < 0) {
		xenbus_device_fail(dev, count, "cannot make its rings");
		return;
	}
	/* The state goes last: who reads it finds the rings. */
	node[count].name = "state";
	node[count++].value = dev->driver->published;
	int error = xenbus_write_all(dev->path, node, (size_t)count);
	if (error != 0) {
		dev->unsure = true;
		xenbus_device_fail(dev, error, "cannot write its nodes");
		return;
	}
	dev->unsure = false;
	dev->written = dev->wanted = dev->driver->published;
	device_enter(dev, HANDSHAKE_PUBLISHED);
}

/*
 * A backend that says Connected has mapped our rings, and if not, it is not connected. Linux' netback
 * comes to say so when it is bound again before we have noticed that it was gone:
 *
 *	we                                     netback
 *	                                       bound: InitWait. Reads that we are Connected
 *	see that it was away: 5, 6, 1
 *	read InitWait, publish new rings: 4
 *	                                       cannot map the old ones, says Closing
 *	                                       … and then Connected all the same
 *	                                       hears of us, reads 4: we are both connected
 *
 * Nothing would ever go through those rings. And of one that dies and comes back so while we do not look
 * we would read Connected before and after. Xen knows who has mapped what.
 */
static bool device_mapped(const struct xenbus_device *dev)
{
	return dev->driver->mapped == NULL || dev->driver->mapped(dev);
}

static void device_connect(struct xenbus_device *dev)
{
	int error;

	if (!device_mapped(dev)) {
		xenbus_device_fail(dev, -ESTALE, "its backend is connected to other rings");
		return;
	}
	error = dev->driver->connect(dev);
	if (error != 0) {
		xenbus_device_fail(dev, error, "cannot be used as its backend describes it");
		return;
	}
	device_write_state(dev, XenbusStateConnected);
	dev->connected_ns = time_monotonic_ns();
	device_enter(dev, HANDSHAKE_CONNECTED);
}

/*
 * A backend that is not "online" goes for good: the toolstack takes the device away. Of a node that is gone
 * xenstored says EACCES to who may not read the directory above it, as a guest may not.
 */
static bool device_offline(const struct xenbus_device *dev)
{
	uint64_t online;
	int error = xenbus_read_u64(XENBUS_NO_TX, dev->backend, "online", &online);

	return error == -ENOENT || error == -EACCES || (error == 0 && online == 0);
}

/*
 * The toolstack may take a device away and plug in another of that number before we look:
 *
 *   we wait, Closed, for the backend            the toolstack
 *                                               sees the backend Closed, removes both directories
 *                                               makes both anew: our state node is Initialising
 *   we read the state of the new backend
 *
 * and what the driver knows, a MAC address say, is the old one's. Our state node tells, since
 * nobody but us ever takes it back to Initialising. That is no help while it still is from the
 * start; then nothing was shared yet, and only what probe has read can be out of date.
 */
bool device_replaced(const struct xenbus_device *dev)
{
	uint64_t state;
	int error = xenbus_read_u64(XENBUS_NO_TX, dev->path, "state", &state);

	if (error == 0)
		return state == XenbusStateInitialising && dev->written != state &&
		       dev->wanted != state;
	return error == -ENOENT;
}

static void device_gone(struct xenbus_device *dev)
{
	log_info("xenbus: %s: taken away", dev->path);
	dev->gone = true;
}

static void device_restart(struct xenbus_device *dev)
{
	dev->driver->release(dev);
	if (device_offline(dev) || device_replaced(dev)) {
		device_gone(dev);
		return;
	}
	device_delay(dev);
	device_enter(dev, HANDSHAKE_INITIALISING);
	device_write_state(dev, XenbusStateInitialising);
}

static void device_act(struct xenbus_device *dev, enum handshake_action action)
{
	switch (action) {
	case HANDSHAKE_WAIT:
		break;
	case HANDSHAKE_PUBLISH:
		device_publish(dev);
		break;
	case HANDSHAKE_CONNECT:
		device_connect(dev);
		break;
	case HANDSHAKE_CLOSE:
		dev->driver->stop(dev);
		device_enter(dev, HANDSHAKE_CLOSING);
		device_write_state(dev, XenbusStateClosing);
		break;
	case HANDSHAKE_FINISH:
		device_enter(dev, HANDSHAKE_CLOSED);
		device_write_state(dev, XenbusStateClosed);
		break;
	case HANDSHAKE_RESTART:
		device_restart(dev);
		break;
	}
}

/* What a failure asks for: to close, if anything is open; to try again later otherwise. */
static void device_failed(struct xenbus_device *dev)
{
	device_report(dev);
	dev->failed = 0;
	if (dev->state == HANDSHAKE_PUBLISHED || dev->state == HANDSHAKE_CONNECTED) {
		device_act(dev, HANDSHAKE_CLOSE);
	} else if (dev->state == HANDSHAKE_INITIALISING) {
		dev->driver->release(dev);
		device_delay(dev);
		device_write_state(dev, XenbusStateInitialising);
	}
}

static void device_look(struct xenbus_device *dev)
{
	uint64_t peer = XenbusStateUnknown;

	dev->look = false;
	int error = xenbus_read_u64(XENBUS_NO_TX, dev->backend, "state", &peer);
	/* That xenstored does not answer says nothing about the backend. */
	if (error == -ENOMEM || error == -ETIMEDOUT || error == -EIO)
		device_retry(dev, error);
	else
		dev->peer = peer;
	if (dev->state != HANDSHAKE_CONNECTED || dev->peer != XenbusStateConnected ||
	    dev->failed != 0)
		return;
	if (!device_mapped(dev))
		xenbus_device_fail(dev, -ESTALE, "its backend has let go of the rings");
	else if (dev->driver->changed != NULL)
		dev->driver->changed(dev);
}

/* When the state that the device is in, or the delay before its next connection, runs out. */
static uint64_t device_deadline(const struct xenbus_device *dev)
{
	uint64_t patience_ns = handshake_patience_ns(dev->state);

	if (patience_ns != 0)
		return dev->since_ns + patience_ns;
	if (dev->state == HANDSHAKE_INITIALISING)
		if (handshake(dev->state, dev->peer) == HANDSHAKE_PUBLISH)
			return dev->not_before_ns;
	return TIME_FOREVER;
}

static uint64_t first_of(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/*
 * Nobody is left to agree with. The backend may have everything mapped for a moment yet: whatever
 * it has stays out of use until it has let go (gnttab_end_and_free).
 */
static void device_vanish(struct xenbus_device *dev)
{
	dev->driver->stop(dev);
	dev->driver->release(dev);
	device_gone(dev);
}

uint64_t device_step(struct xenbus_device *dev)
{
	while (!dev->gone) {
		enum handshake_action action;

		if (dev->vanished) {
			device_vanish(dev);
			continue;
		}
		if (dev->retry_ns <= time_monotonic_ns()) {
			dev->retry_ns = TIME_FOREVER;
			dev->look = true;
			device_write_state(dev, dev->wanted);
		}
		if (dev->look)
			device_look(dev);
		if (dev->failed != 0) {
			device_failed(dev);
			continue;
		}
		/* First it is said: who reads that we are Connected may map what is no more there. */
		if (dev->retry_ns != TIME_FOREVER && (dev->unsure || dev->written != dev->wanted))
			return dev->retry_ns;
		action = handshake(dev->state, dev->peer);

		uint64_t now_ns = time_monotonic_ns();
		if (action == HANDSHAKE_WAIT && now_ns >= device_deadline(dev)) {
			action = handshake_expired(dev->state);
			if (action != HANDSHAKE_WAIT)
				log_warn("xenbus: %s: its backend stays %s", dev->path,
					 xenbus_state_name(dev->peer));
		}
		if (action == HANDSHAKE_PUBLISH && now_ns < dev->not_before_ns)
			action = HANDSHAKE_WAIT;
		if (action == HANDSHAKE_WAIT)
			return first_of(device_deadline(dev), dev->retry_ns);
		device_act(dev, action);
	}
	return TIME_FOREVER;
}

static void device_changed(struct xenbus_watch *watch)
{
	struct xenbus_device *dev = watch->context;

	dev->look = true;
	bus_wake();
}

int device_open(struct xenbus_device *dev, bool late)
{
	struct xenbus_property node[] = {
		{.name = "backend",
		 .into = dev->backend,
		 .size = sizeof(dev->backend) - sizeof("/state")},
		{.name = "backend-id"},
	};
	int error = xenbus_read_all(dev->path, node, 2);

	for (int i = 0; i < 2 && error == 0; i++)
		error = node[i].error;
	if (error != 0)
		return error;
	if (dev->backend[0] != '/' || node[1].value >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	dev->backend_id = (domid_t)node[1].value;
	if (late && device_offline(dev))
		return -ENODEV;

	format(dev->watch_path, sizeof(dev->watch_path), "%s/state", dev->backend);
	dev->watch.path = dev->watch_path;
	dev->watch.changed = device_changed;
	dev->watch.context = dev;
	error = xenbus_watch(&dev->watch);
	if (error != 0)
		return error;

	/* The toolstack made our state node with this value. */
	dev->written = dev->wanted = XenbusStateInitialising;
	dev->retry_ns = TIME_FOREVER;
	dev->state = HANDSHAKE_INITIALISING;
	dev->since_ns = time_monotonic_ns();
	error = dev->driver->probe(dev);
	if (error != 0)
		xenbus_unwatch(&dev->watch);
	return error;
}

void device_close(struct xenbus_device *dev)
{
	if (dev->driver->removed != NULL)
		dev->driver->removed(dev);
	xenbus_unwatch(&dev->watch);
	if (dev->driver->removed != NULL)
		heap_free(dev);
}
