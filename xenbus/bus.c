/* SPDX-License-Identifier: BSD-2-Clause */
/* All devices, and the thread that takes them through their handshakes. */
#include "xenbus/bus.h"

#include <errno.h>

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

static struct {
	struct thread *thread;
	struct xenbus_driver *drivers;
	struct xenbus_device *devices; /* in the order of their ids */
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

static void bus_add(struct xenbus_driver *driver, const char *name)
{
	uint64_t id;
	struct xenbus_device *dev;

	if (!wire_number(name, &id) || id > UINT32_MAX) {
		log_warn("xenbus: device/%s/%.32s has no number for a name", driver->type, name);
		return;
	}
	dev = heap_zalloc(sizeof(*dev));
	if (dev == NULL) {
		log_error("xenbus: no memory for device/%s/%s", driver->type, name);
		return;
	}
	dev->driver = driver;
	dev->id = (unsigned int)id;
	format(dev->path, sizeof(dev->path), "device/%s/%u", driver->type, dev->id);

	int error = device_open(dev);
	if (error != 0) {
		log_error("xenbus: %s: cannot be used (error %d)", dev->path, -error);
		heap_free(dev);
		return;
	}
	bus_insert(dev);
}

static void bus_enumerate(struct xenbus_driver *driver)
{
	char path[XENBUS_PATH_SIZE], **names;

	format(path, sizeof(path), "device/%s", driver->type);
	int count = xenbus_list(XENBUS_NO_TX, path, &names);

	if (count < 0) {
		if (count != -ENOENT)
			log_error("xenbus: %s cannot be listed (error %d)", path, -count);
		return;
	}
	if (count > DEVICES_MAX) {
		log_warn("xenbus: %s: only %d of %d devices are used", path, DEVICES_MAX, count);
		count = DEVICES_MAX;
	}
	for (int i = 0; i < count; i++)
		bus_add(driver, names[i]);
	heap_free(names);
}

static void bus_thread(void *arg)
{
	(void)arg;
	for (;;) {
		uint64_t deadline_ns = TIME_FOREVER;

		bus.woken = false;
		for (struct xenbus_driver *driver = bus.drivers; driver; driver = driver->next) {
			if (!driver->enumerated) {
				bus_enumerate(driver);
				driver->enumerated = true;
			}
		}
		for (struct xenbus_device *dev = bus.devices; dev; dev = dev->next) {
			uint64_t next_ns = device_step(dev);

			if (next_ns < deadline_ns)
				deadline_ns = next_ns;
		}
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
	bus_wake();
}

/* The first device that is not connected, from dev on. */
static const struct xenbus_device *bus_laggard(const struct xenbus_device *dev)
{
	while (dev != NULL && (dev->gone || dev->state == HANDSHAKE_CONNECTED))
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
