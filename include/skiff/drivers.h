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

/*
 * Devices whose other end is a stream socket are made by skiff_driver_create(), of these kinds, with the socket
 * as an option:
 *
 *	fd	fd=N: a connected stream socket of the caller's, who keeps his descriptor; the device has another one,
 *		and shuts the connection down with its end. It goes down when the other end is closed.
 *	socket	socket=PATH, an AF_UNIX socket to connect to, again every reconnect= seconds when the other end is
 *		closed; server=on: to listen at. The carrier tells whether somebody is there.
 *	veth	fd=N, one end of a socketpair() whose other end becomes a device of another process: as
 *		veth_create() between two. The device is unregistered when the other end is closed.
 *
 * Each frame, from its Ethernet header on, is preceded by its length as a 32-bit number in network order. With
 * vnet_hdr=on, and always of the kind veth, there is a struct virtio_net_hdr between both, in the machine's byte
 * order, counted in the length: checksums and segments are left to the other end.
 */

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
