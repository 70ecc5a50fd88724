/* SPDX-License-Identifier: BSD-2-Clause */
/* All devices, and the thread that takes them through their handshakes. */
#include "xenbus/bus.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/wire.h"

#define STACK_SIZE (32 * 1024)

/* More devices of one type than any toolstack makes: a bound on what xenstore can make us hold. */
#define DEVICES_MAX 64

/*
 * At most so often is looked for devices that have come or gone. A backend could say that it goes,
 * be believed, and come back, as fast as we can follow.
 */
#define LOOK_INTERVAL_NS (100 * TIME_MS)

/* When xenstored did not answer, or there was no memory for its answer. */
#define RETRY_NS TIME_S

static struct {
	struct thread *thread;
	struct xenbus_driver *drivers;
	struct xenbus_device *devices; /* in the order of their ids */
	struct xenbus_watch watch;     /* on device/ */
	bool watching;
	bool told;	  /* the event has come that every watch begins with */
	bool look;	  /* devices may have come or gone since they were listed */
	uint64_t look_ns; /* … but not before that */
	bool woken;
	bool staged;	      /* boot was told that all are connected */
	struct waitq work;    /* the thread waits here */
	struct waitq settled; /* woken after every round of the thread */
} bus = {.work = WAITQ_INIT, .settled = WAITQ_INIT};

void bus_wake(void)
{
	bus.woken = true;
	waitq_wake_one(&bus.work);
}

static void bus_insert(struct xenbus_device *dev)
{
	struct xenbus_device **at = &bus.devices;

	while (*at != NULL && (*at)->id < dev->id)
		at = &(*at)->next;
	dev->next = *at;
	*at = dev;
}

struct xenbus_device *xenbus_device_find(const struct xenbus_driver *driver, unsigned int index)
{
	struct xenbus_device *dev = bus.devices;

	while (dev != NULL && (dev->driver != driver || index-- > 0))
		dev = dev->next;
	return dev;
}

static struct xenbus_device *bus_find(const struct xenbus_driver *driver, uint64_t id)
{
	struct xenbus_device *dev = bus.devices;

	while (dev != NULL && (dev->driver != driver || dev->id != id))
		dev = dev->next;
	return dev;
}

/* --- which devices there are ------------------------------------------------------------- */

/* An error that says nothing about the devices is worth another look, a little later. */
static void bus_retry(int error)
{
	if (error != -ENOMEM && error != -ETIMEDOUT)
		return;
	bus.look = true;
	bus.look_ns = time_in(RETRY_NS);
}

/*
 * Is a device that was listed there yet? The toolstack takes a device away node by node as far as we see: between
 * the list of devices and what we read of one, or between two reads, it may have gone.
 */
static bool bus_lists(const struct xenbus_device *dev)
{
	uint64_t state;

	return xenbus_read_u64(XENBUS_NO_TX, dev->path, "state", &state) != -ENOENT;
}

static void bus_add(struct xenbus_driver *driver, unsigned int id)
{
	struct xenbus_device *dev = heap_zalloc(sizeof(*dev));

	if (dev == NULL) {
		log_error("xenbus: no memory for device/%s/%u", driver->type, id);
		bus_retry(-ENOMEM);
		return;
	}
	dev->driver = driver;
	dev->id = id;
	format(dev->path, sizeof(dev->path), "device/%s/%u", driver->type, dev->id);

	int error = device_open(dev, driver->enumerated);
	if (error != 0) {
		if (error != -ENODEV && bus_lists(dev))
			log_error("xenbus: %s: cannot be used%s%s (error %d)", dev->path,
				  dev->failure[0] != '\0' ? ", " : "", dev->failure, -error);
		heap_free(dev);
		bus_retry(error);
		return;
	}
	if (driver->enumerated)
		log_info("xenbus: %s: plugged in", dev->path);
	bus_insert(dev);
}

/* Adds an id to those that are new, in their order. False: there are too many. */
static bool bus_note(unsigned int ids[DEVICES_MAX], unsigned int *count, unsigned int max,
		     unsigned int id)
{
	unsigned int at = *count;

	if (at == max)
		return false;
	for (; at > 0 && ids[at - 1] > id; at--)
		ids[at] = ids[at - 1];
	ids[at] = id;
	++*count;
	return true;
}

/* Opens what is new of the devices of one driver, and marks what has gone. */
static void bus_compare(struct xenbus_driver *driver, char **names, int count)
{
	unsigned int ids[DEVICES_MAX], found = 0, max = DEVICES_MAX;
	uint64_t id;

	for (struct xenbus_device *dev = bus.devices; dev; dev = dev->next) {
		if (dev->driver != driver)
			continue;
		dev->vanished = true;
		max--;
	}
	for (int i = 0; i < count; i++) {
		struct xenbus_device *dev;

		if (!wire_number(names[i], &id) || id > UINT32_MAX)
			log_warn("xenbus: device/%s/%.32s has no number for a name", driver->type,
				 names[i]);
		else if ((dev = bus_find(driver, id)) != NULL)
			dev->vanished = device_replaced(dev);
		else if (!bus_note(ids, &found, max, (unsigned int)id))
			log_warn("xenbus: device/%s/%.32s is not used: it is one beyond %d",
				 driver->type, names[i], DEVICES_MAX);
	}
	/* A name may have been listed twice. */
	for (unsigned int i = 0; i < found; i++)
		if (bus_find(driver, ids[i]) == NULL)
			bus_add(driver, ids[i]);
}

static void bus_enumerate(struct xenbus_driver *driver)
{
	char path[XENBUS_PATH_SIZE], **names = NULL;

	format(path, sizeof(path), "device/%s", driver->type);
	int count = xenbus_list(XENBUS_NO_TX, path, &names);

	if (count >= 0 || count == -ENOENT) {
		bus_compare(driver, names, count);
	} else {
		log_error("xenbus: %s cannot be listed (error %d)", path, -count);
		bus_retry(count);
	}
	heap_free(names);
	driver->enumerated = true;
}

static void bus_changed(struct xenbus_watch *watch)
{
	(void)watch;
	bus.look = true;
	bus_wake();
}

/* The driver of "TYPE" or "TYPE/…"; *rest is what follows. */
static struct xenbus_driver *bus_driver(const char *type, const char **rest)
{
	for (struct xenbus_driver *driver = bus.drivers; driver; driver = driver->next) {
		const size_t len = strlen(driver->type);

		if (strncmp(type, driver->type, len) != 0)
			continue;
		*rest = type + len;
		if (**rest == '\0' || **rest == '/')
			return driver;
	}
	return NULL;
}

/*
 * Most of what changes under device/ is what we write there ourselves, the nodes of devices that we
 * know. Anything else may be a device that comes or goes: device/TYPE/ID itself, whatever is above
 * it, and what is below an ID that we do not know.
 */
static bool bus_concerned(struct xenbus_watch *watch, const char *changed)
{
	const size_t above = strlen(watch->path);
	const bool first = !bus.told;
	char name[12];
	uint64_t id;

	bus.told = true;
	/* Of what was there when the watch was set we know without being told. */
	if (strcmp(changed, watch->path) == 0)
		return !first;
	if (strncmp(changed, watch->path, above) != 0 || changed[above] != '/')
		return false;

	const char *rest;
	const struct xenbus_driver *driver = bus_driver(changed + above + 1, &rest);
	if (driver == NULL || *rest == '\0')
		return driver != NULL;
	const char *end = strchr(++rest, '/');
	if (end == NULL || end - rest >= (ptrdiff_t)sizeof(name))
		return true;
	format(name, sizeof(name), "%.*s", (int)(end - rest), rest);
	return !wire_number(name, &id) || bus_find(driver, id) == NULL;
}

/* Before the devices are listed for the first time: none can come in between. */
static void bus_watch(void)
{
	if (bus.watching)
		return;
	bus.watch = (struct xenbus_watch){
		.path = "device", .changed = bus_changed, .concerns = bus_concerned};

	int error = xenbus_watch(&bus.watch);
	bus.watching = error == 0;
	if (error != 0 && error != -EIO)
		log_error("xenbus: device/ cannot be watched (error %d)", -error);
	bus_retry(error);
}

/* Once for all that has happened since the last time. */
static void bus_look(void)
{
	bus.look = false;
	bus.look_ns = time_in(LOOK_INTERVAL_NS);
	bus_watch();
	for (struct xenbus_driver *driver = bus.drivers; driver; driver = driver->next)
		bus_enumerate(driver);
}

/* --- the thread -------------------------------------------------------------------------- */

/* A round through all devices; returns when to make another at the latest. */
static uint64_t bus_step(void)
{
	struct xenbus_device **at = &bus.devices, *dev;
	uint64_t deadline_ns = TIME_FOREVER;

	while ((dev = *at) != NULL) {
		uint64_t next_ns = device_step(dev);

		if (dev->gone) {
			*at = dev->next;
			/* There may be another by its name, of which we have heard already. */
			bus.look = true;
			device_close(dev);
			continue;
		}
		if (next_ns < deadline_ns)
			deadline_ns = next_ns;
		at = &dev->next;
	}
	return deadline_ns;
}

static void bus_thread(void *arg)
{
	(void)arg;
	for (;;) {
		bus.woken = false;
		if (bus.look && time_monotonic_ns() >= bus.look_ns)
			bus_look();
		uint64_t deadline_ns = bus_step();
		if (bus.look && bus.look_ns < deadline_ns)
			deadline_ns = bus.look_ns;
		waitq_wake_all(&bus.settled);
		waitq_wait_until(&bus.work, bus.woken, deadline_ns);
	}
}

void xenbus_driver_register(struct xenbus_driver *driver)
{
	driver->enumerated = false;
	driver->next = bus.drivers;
	bus.drivers = driver;
	if (bus.thread == NULL)
		bus.thread = thread_create("xenbus", bus_thread, NULL, STACK_SIZE);
	if (bus.thread == NULL)
		log_error("xenbus: no memory for the thread of the bus: no devices");
	bus.look = true;
	bus.look_ns = TIME_POLL;
	bus_wake();
}

/* The first device that is not connected, from dev on. */
static const struct xenbus_device *bus_laggard(const struct xenbus_device *dev)
{
	while (dev != NULL && dev->state == HANDSHAKE_CONNECTED)
		dev = dev->next;
	return dev;
}

static bool bus_enumerated(void)
{
	for (const struct xenbus_driver *driver = bus.drivers; driver; driver = driver->next)
		if (!driver->enumerated)
			return false;
	return true;
}

int xenbus_devices_ready(uint64_t deadline_ns)
{
	if (waitq_wait_until(&bus.settled, bus_enumerated() && bus_laggard(bus.devices) == NULL,
			     deadline_ns) == 0) {
		if (!bus.staged)
			boot_stage("devices");
		bus.staged = true;
		return 0;
	}

	if (!bus_enumerated())
		log_warn("xenbus: xenstore has not yet told which devices there are");
	for (const struct xenbus_device *dev = bus.devices; (dev = bus_laggard(dev)) != NULL;
	     dev = dev->next)
		log_warn("xenbus: %s: still %s, its backend %s", dev->path,
			 handshake_state_name(dev->state), xenbus_state_name(dev->peer));
	return -ETIMEDOUT;
}
