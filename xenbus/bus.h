/* SPDX-License-Identifier: BSD-2-Clause */
/* Between bus.c, which has all devices and their thread, and device.c, which knows about one. */
#ifndef LODGER_XENBUS_BUS_H
#define LODGER_XENBUS_BUS_H

#include "xenbus/device.h"

/* Makes the bus's thread look at its devices. Never blocks. */
void bus_wake(void);

/* Reads where the backend is, has the driver probe, and watches the backend's state. */
int device_open(struct xenbus_device *dev);

/* Does all that there is to do now; returns when to come again at the latest. */
uint64_t device_step(struct xenbus_device *dev);

#endif
