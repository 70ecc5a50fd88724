/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/channel.h"

#include "unikernel/core/evtchn.h"

static void channel_event(evtchn_port_t port, void *arg)
{
	struct xenbus_channel *channel = arg;

	(void)port;
	channel->events++;
	channel->event(channel->arg);
}

int xenbus_channel_open(struct xenbus_channel *channel, domid_t backend, void (*event)(void *arg),
			void *arg)
{
	if (channel->port != 0)
		return 0;
	channel->event = event;
	channel->arg = arg;
	return evtchn_alloc_unbound(backend, channel_event, channel, &channel->port);
}

void xenbus_channel_close(struct xenbus_channel *channel)
{
	if (channel->port != 0)
		evtchn_close(channel->port);
	channel->port = 0;
}

void xenbus_channel_notify(struct xenbus_channel *channel)
{
	channel->notifies++;
	evtchn_notify(channel->port);
}
