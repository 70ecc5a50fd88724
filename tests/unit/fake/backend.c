/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The back end's half of the handshake, as Linux' drivers play it:
 *
 *   front end says         back end does
 *   Initialising           back to InitWait, if it was Closed
 *   Initialised/Connected  maps the rings, says Connected
 *   Closing                says Closing
 *   Closed                 lets go of the rings, says Closed
 */
#include "tests/unit/fake/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_backend_state(struct fake_backend *self, enum xenbus_state state)
{
	char path[96];

	self->state = state;
	snprintf(path, sizeof(path), "%s/state", self->back);
	fake_store_write(path, "%d", (int)state);
}

long long fake_front_number(const struct fake_backend *self, const char *key)
{
	char path[128];

	if (strlen(self->front) + strlen(key) + 2 > sizeof(path))
		fake_violation("%s/%s is too long", self->front, key);
	/* Asked for after every change in the store: printf() would be most of it. */
	strcpy(stpcpy(stpcpy(path, self->front), "/"), key);
	return fake_store_number(path, -1);
}

enum xenbus_state fake_front_state(const struct fake_backend *self)
{
	const long long state = fake_front_number(self, "state");

	return state < 0 ? XenbusStateUnknown : (enum xenbus_state)state;
}

bool fake_backend_connected(const struct fake_backend *self)
{
	return self->state == XenbusStateConnected &&
	       fake_front_state(self) == XenbusStateConnected;
}

static void let_go(struct fake_backend *self)
{
	if (!self->clings)
		self->disconnect(self);
}

static bool shake(struct fake_backend *self)
{
	const unsigned refused = self->refused;

	switch (fake_front_state(self)) {
	case XenbusStateInitialising:
		if (self->state == XenbusStateClosed)
			fake_backend_state(self, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (self->state != XenbusStateInitWait)
			break;
		self->hollow = self->pretends > 0;
		if (self->hollow) {
			self->pretends--;
			fake_backend_state(self, XenbusStateConnected);
			break;
		}
		if (!self->connect(self)) {
			if (!self->lenient && self->refused == refused)
				fake_violation("%s: the front end's nodes make no sense",
					       self->front);
			fake_backend_state(self, XenbusStateClosing);
			break;
		}
		self->connects++;
		fake_backend_state(self, XenbusStateConnected);
		break;
	case XenbusStateClosing:
		if (self->state != XenbusStateClosing && self->state != XenbusStateClosed)
			fake_backend_state(self, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		let_go(self);
		if (self->state != XenbusStateClosed)
			fake_backend_state(self, XenbusStateClosed);
		break;
	default:
		break;
	}
	return true;
}

static bool step(void *arg)
{
	struct fake_backend *self = arg;
	bool did = false;

	if (!self->deaf && self->seen != fake_store_generation()) {
		self->seen = fake_store_generation();
		did = shake(self);
	}
	if (self->state == XenbusStateConnected && !self->hollow)
		did |= self->work(self);
	return did;
}

static void nodes_make(struct fake_backend *self)
{
	char path[128];

	/* All is there before the guest can see the first of it. */
	snprintf(path, sizeof(path), "%s/frontend", self->back);
	fake_store_write(path, "%s", self->front);
	snprintf(path, sizeof(path), "%s/frontend-id", self->back);
	fake_store_write(path, "%d", FAKE_GUEST);
	snprintf(path, sizeof(path), "%s/online", self->back);
	fake_store_write(path, "1");
	snprintf(path, sizeof(path), "%s/backend", self->front);
	fake_store_write(path, "%s", self->back);
	snprintf(path, sizeof(path), "%s/backend-id", self->front);
	fake_store_write(path, "%d", FAKE_DOM0);
	snprintf(path, sizeof(path), "%s/state", self->front);
	fake_store_write(path, "%d", XenbusStateInitialising);
}

void fake_backend_start(struct fake_backend *self)
{
	snprintf(self->front, sizeof(self->front), "/local/domain/%d/device/%s/%u", FAKE_GUEST,
		 self->type, self->id);
	snprintf(self->back, sizeof(self->back), "/local/domain/%d/backend/%s/%d/%u", FAKE_DOM0,
		 self->type, FAKE_GUEST, self->id);
	fake_store_allow(self->front);
	fake_backend_plug(self);
	fake_other_add(step, self);
}

void fake_backend_plug(struct fake_backend *self)
{
	nodes_make(self);
	self->deaf = false;
	fake_backend_state(self, XenbusStateInitWait);
}

void fake_backend_restart(struct fake_backend *self)
{
	self->disconnect(self);
	fake_backend_state(self, XenbusStateClosed);
}

void fake_backend_replace(struct fake_backend *self)
{
	self->disconnect(self);
	fake_backend_state(self, XenbusStateInitWait);
	if (fake_front_state(self) == XenbusStateConnected)
		shake(self);
}

void fake_backend_hollow(struct fake_backend *self)
{
	self->disconnect(self);
	self->hollow = true;
	fake_backend_state(self, XenbusStateConnected);
}

void fake_backend_ask_out(struct fake_backend *self)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/online", self->back);
	fake_store_write(path, "0");
	fake_backend_state(self, XenbusStateClosing);
}

void fake_backend_unplug(struct fake_backend *self)
{
	self->disconnect(self);
	self->deaf = true;
	self->state = XenbusStateUnknown;
	fake_store_remove(self->back);
	fake_store_remove(self->front);
}
