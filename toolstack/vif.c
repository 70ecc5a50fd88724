/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "toolstack/message.h"
#include "toolstack/netlink.h"
#include "toolstack/script.h"
#include "toolstack/vif.h"
#include "toolstack/wait.h"

#define INTERFACE_SECONDS 10

int vif_check(const struct config_vif *vif)
{
	char path[64];

	if (access("/sys/bus/xen-backend/drivers/vif", F_OK) < 0) {
		message_error("this kernel has no netback; load it with `modprobe xen-netback'");
		return -ENODEV;
	}
	if (vif->script) {
		if (access(vif->script, X_OK) < 0) {
			message_error("the script %s cannot be run: %s", vif->script,
				      strerror(errno));
			return -ENOENT;
		}
		return 0;
	}
	if (!if_nametoindex(vif->bridge)) {
		message_error("there is no bridge %s; create it, or name another with bridge=",
			      vif->bridge);
		return -ENODEV;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", vif->bridge);
	if (access(path, F_OK) < 0) {
		message_error("%s is no Linux bridge; for any other kind of switch set script=",
			      vif->bridge);
		return -ENODEV;
	}
	return 0;
}

static unsigned interface_mtu(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned mtu = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && !ioctl(fd, SIOCGIFMTU, &request) && request.ifr_mtu > 0)
		mtu = (unsigned)request.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

static int explain_missing(struct xenstore *xenstore, uint32_t domid, unsigned index,
			   const char *name, int error)
{
	char path[96];
	char *why = NULL;

	if (error == -ECANCELED)
		return error;
	snprintf(path, sizeof(path), "/local/domain/0/error/backend/vif/%u/%u/error", domid, index);
	if (xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &why))
		why = NULL;
	message_error("netback did not make the interface %s: %s%s%s", name, strerror(-error),
		      why ? ": " : "", why ? why : "");
	free(why);
	return error;
}

int vif_connect(struct xenstore *xenstore, int netlink, uint32_t domid, unsigned index,
		const struct config_vif *vif)
{
	char name[IFNAMSIZ], path[96];
	int interface, bridge, error;

	snprintf(name, sizeof(name), "vif%u.%u", domid, index);
	interface = netlink_wait_link(netlink, name, time_after_s(INTERFACE_SECONDS));
	if (interface < 0)
		return explain_missing(xenstore, domid, index, name, interface);
	if (vif->script)
		return script_run(vif->script, "vif", domid, index, true);

	bridge = (int)if_nametoindex(vif->bridge);
	error = bridge ? netlink_join_bridge(netlink, interface, vif->vifname,
					     vif->mtu ? vif->mtu : interface_mtu(vif->bridge),
					     bridge)
		       : -ENODEV;
	if (error) {
		if (error != -ECANCELED)
			message_error("cannot join %s%s%s to the bridge %s: %s", name,
				      vif->vifname ? " as " : "", vif->vifname ? vif->vifname : "",
				      vif->bridge, strerror(-error));
		return error;
	}
	/* netback stays unconnected until somebody has said that its interface is in place. */
	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u/%u/hotplug-status", domid,
		 index);
	return xenstore_write(xenstore, XENSTORE_NO_TRANSACTION, path, "connected");
}
