/* SPDX-License-Identifier: BSD-2-Clause */
/* Between bus.c, which has all devices and their thread, and device.c, which knows about one. */
#ifndef LODGER_XENBUS_BUS_H
#define LODGER_XENBUS_BUS_H

#include "xenbus/device.h"

/* Makes the bus's thread look at its devices. Never blocks. */
void bus_wake(void);

/*
 * Reads where the backend is, has the driver probe, and watches the backend's state. With `late`,
 * for a device that was not there at boot: -ENODEV if it is on its way out, not in.
 */
int device_open(struct xenbus_device *dev, bool late);

/*
 * Does all that there is to do now; returns when to come again at the latest. dev->gone is set
 * once the toolstack has taken the device away: nothing is shared any more, and device_close ends
 * it.
 */
uint64_t device_step(struct xenbus_device *dev);

/* Has the driver forget the device, and frees it. Blocks. */
void device_close(struct xenbus_device *dev);

/* What xenstore has under the device's name is another device by now. Blocks. */
bool device_replaced(const struct xenbus_device *dev);

#endif
