/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers that come with the library. */
#ifndef SKIFF_DRIVERS_H
#define SKIFF_DRIVERS_H

#include <skiff/netdevice.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * skiff_drivers_init() - fill the table of drivers, and give every host its loopback device
 *
 * After skiff_device_init(), before the first host is created. Hosts made later have "lo"; skiff_init() sees to it
 * that it is up and has 127.0.0.1/8, other than in a new network namespace.
 * Return: 0 or a negative errno.
 */
SKIFF_API int skiff_drivers_init(void);

/**
 * veth_create() - join two hosts by a cable
 * @net: one host
 * @name: name of its end, a pattern or NULL for "veth%d"
 * @peer_net: the other host, which may be the same
 * @peer_name: name of its end
 * @dev: set to the end in @net, or NULL
 * @peer: set to the end in @peer_net, or NULL
 *
 * Ethernet devices with random addresses, down, freed when they are unregistered; each end goes
 * with the other one. What one end sends the other receives, when both are up. An end has carrier
 * unless the other one was closed. The pointers are good while their device is registered.
 * Any thread, without a stack lock.
 *
 * Return: 0; or as register_netdevice(), and there is no cable.
 */
SKIFF_API int veth_create(struct net *net, const char *name, struct net *peer_net,
			  const char *peer_name, struct net_device **dev, struct net_device **peer);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_DRIVERS_H */
