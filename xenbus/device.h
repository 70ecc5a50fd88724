/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bus: finds the devices under device/TYPE/ID, and takes each through the handshake
 * (handshake.h) by calling its driver.
 *
 *   device/vif/0/           ours, we write          backend's, we only read
 *     backend     = "/local/domain/0/backend/vif/5/0" ──────►  state, features, …
 *     backend-id  = "0"
 *     state       = "4"
 *     tx-ring-ref = "9" …
 *
 * One thread, "xenbus", runs every driver callback, so callbacks may block and never overlap.
 * All devices are on their way at once: the thread acts on whichever backend answers first.
 *
 * Devices come and go while the guest runs. What appears under device/ is found by a watch. What
 * the toolstack takes away closes like any other, but does not begin anew; if its directory just
 * vanishes, it is let go of without another word. The same number may be plugged in again.
 */
#ifndef LODGER_XENBUS_DEVICE_H
#define LODGER_XENBUS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xenbus.h>

#include "xenbus/handshake.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

struct xenbus_device;

/*
 * What a kind of device is to the bus. Callbacks that return int give 0 or a negative errno; an
 * error fails the device as xenbus_device_fail does.
 */
struct xenbus_driver {
	/* The directory under device/: "vif", "vbd". */
	const char *type;

	/* Our state on the wire once the rings are published: Initialised or Connected. */
	enum xenbus_state published;

	/*
	 * A node that is written before our state Connected, and by publish when the rings are new
	 * ones: what a back end must not find when it comes back and they are the old ones. Without
	 * a name: none. For drivers that publish as Initialised.
	 */
	struct xenbus_property connected;

	/* A device was found. Called once for each; the driver sets dev->driver_data. */
	int (*probe)(struct xenbus_device *dev);

	/*
	 * The backend has written what it offers. Make the rings and the channels (channel.h) and
	 * grant them. May block. What the backend must know of them goes to node[]; the
	 * count is returned. The bus writes these below dev->path and, at last, our state.
	 */
	int (*publish)(struct xenbus_device *dev, struct xenbus_property node[]);

	/*
	 * Has the backend every ring mapped that publish made? Asked of a backend that says that it is
	 * connected (device.c, device_mapped). NULL for a driver whose pages are not granted.
	 */
	bool (*mapped)(const struct xenbus_device *dev);

	/* The backend has mapped the rings: read what it offers and let requests flow. */
	int (*connect)(struct xenbus_device *dev);

	/*
	 * The backend has written its state anew, which is still Connected: something that it
	 * describes is another now (a disk's size). Perhaps nothing is. May block. NULL for a driver
	 * of devices that stay as they are.
	 */
	void (*changed)(struct xenbus_device *dev);

	/*
	 * Let no more requests flow. Does not block and takes a device in any state; the
	 * backend may still have everything mapped. What was in flight is kept for the next
	 * connection or failed, as the driver likes.
	 */
	void (*stop)(struct xenbus_device *dev);

	/*
	 * Free what publish made, or half made. The twin of publish, and idempotent. The backend
	 * has let go or was given up: pages go back through gnttab_end_and_free only.
	 */
	void (*release)(struct xenbus_device *dev);

	/*
	 * The toolstack has taken the device away for good; after release. The device is freed
	 * when this returns: what the driver has keeps no pointer to it. NULL for a driver that
	 * cannot say so: its devices stay in memory.
	 */
	void (*removed)(struct xenbus_device *dev);

	/* The bus's own. */
	struct xenbus_driver *next;
	bool enumerated;
};

struct xenbus_device {
	struct xenbus_driver *driver;
	void *driver_data;		/* the driver's */
	char path[XENBUS_PATH_SIZE];	/* "device/vif/0" */
	char backend[XENBUS_PATH_SIZE]; /* "/local/domain/0/backend/vif/5/0" */
	domid_t backend_id;		/* whom to grant pages to */
	unsigned int id;		/* the last part of path: 0, 51712, … */
	enum handshake_state state;
	uint64_t violations; /* failures with -EPROTO */

	/* The bus's own. */
	struct xenbus_device *next;
	struct xenbus_watch watch; /* on the backend's state node */
	char watch_path[XENBUS_PATH_SIZE];
	bool look;		   /* that node may have changed since it was read */
	uint64_t peer;		   /* the backend's state as last read */
	enum xenbus_state written; /* our state node as last written */
	bool unsure;		   /* … unless a write that failed was done all the same */
	enum xenbus_state wanted;  /* … and as it should be */
	uint64_t retry_ns;	   /* a request failed: look and write again then */
	uint64_t since_ns;	   /* when .state was entered */
	uint64_t connected_ns;	   /* when the device was last connected */
	uint64_t not_before_ns;	   /* no new connection earlier than this */
	unsigned int restarts;	   /* in short succession, for the rate of reconnection */
	bool vanished;		   /* its directory in xenstore is gone, or is another device's */
	bool gone;		   /* the toolstack has taken the device away */
	int failed;		   /* the errno of a failure not yet dealt with, or 0 */
	char failure[96]; /* and why; also why a driver's probe refuses it, if it says so */
};

/* At INIT_DRIVER. The bus looks for devices of that type as soon as its thread runs. */
void xenbus_driver_register(struct xenbus_driver *driver);

/*
 * A violation (-EPROTO) or another error: the device is stopped, the reason logged and written to the device's
 * error node in xenstore, and the device closed and connected again, the more slowly the more
 * often it fails. Never blocks: may be called from event handlers and driver callbacks alike. A
 * second failure before the first is dealt with changes nothing.
 */
void xenbus_device_fail(struct xenbus_device *dev, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The index-th device of the driver in the order of their ids, or NULL. */
struct xenbus_device *xenbus_device_find(const struct xenbus_driver *driver, unsigned int index);

/*
 * Waits until every device found at boot is connected: 0, or -ETIMEDOUT at the deadline with the
 * laggards named in the log. For INIT_SYSTEM.
 */
int xenbus_devices_ready(uint64_t deadline_ns);

#endif
