// SPDX-License-Identifier: BSD-2-Clause
/* What happens to a host's devices, addresses and routes is to be seen in the images that its programs have. */
#include "follow.h"

#include <skiff/fib_notifier.h>
#include <skiff/inetdevice.h>
#include <skiff/netdevice.h>

#include "program/mirror.h"

static int device_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct follow *f = container_of(nb, struct follow, devices);

	if (dev_net(netdev_notifier_info_to_dev(data)) == f->net)
		mirrors_changed(f->mirrors);
	return NOTIFY_DONE;
}

static int address_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct in_ifaddr *ifa = data;
	struct follow *f = container_of(nb, struct follow, addresses);

	if (dev_net(ifa->ifa_dev->dev) == f->net)
		mirrors_changed(f->mirrors);
	return NOTIFY_DONE;
}

static int route_event(struct notifier_block *nb, unsigned long event, void *data)
{
	mirrors_changed(container_of(nb, struct follow, routes)->mirrors);
	return NOTIFY_DONE;
}

int follow_begin(struct follow *f, struct net *net, struct mirrors *mirrors)
{
	int err;

	*f = (struct follow){
		.net = net,
		.mirrors = mirrors,
		.devices.notifier_call = device_event,
		.addresses.notifier_call = address_event,
		.routes.notifier_call = route_event,
	};
	err = register_netdevice_notifier(&f->devices);
	if (!err)
		err = register_inetaddr_notifier(&f->addresses);
	net_lock(net);
	if (!err)
		err = register_fib_notifier(net, &f->routes, NULL, NULL);
	net_unlock(net);
	return err;
}

void follow_end(struct follow *f)
{
	if (!f->net)
		return;
	net_lock(f->net);
	unregister_fib_notifier(f->net, &f->routes);
	net_unlock(f->net);
	unregister_inetaddr_notifier(&f->addresses);
	unregister_netdevice_notifier(&f->devices);
	f->net = NULL;
}
