/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4's answers to ioctl() on a socket: addresses of devices, routes, ARP entries. */
#ifndef SKIFF_INET_IOCTL_H
#define SKIFF_INET_IOCTL_H

#include <net/route.h>

#include <skiff/netdevice.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All locked. Structures are in this process and answered in place. */

/**
 * devinet_ioctl() - addresses of devices
 * @net: host
 * @cmd: SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCSIFADDR, SIOCSIFNETMASK
 * @ifr: ifr_name and an AF_INET address. The first address of the device is meant, or, for a question,
 *       that which ifr_addr holds, if it is the device's
 *
 * SIOCSIFADDR replaces the address, with the prefix of its class (RFC 791), 32 bits on a
 * point-to-point link; 0.0.0.0 takes it away. Broadcast addresses follow from the prefix: setting one
 * that does not, or the other end's address, is not supported, nor are addresses with labels
 * ("eth0:1").
 *
 * Return: 0; -ENODEV; -EADDRNOTAVAIL when there is no such address; -EINVAL for another family, a mask
 * with holes or an address that is none of a host; -EOPNOTSUPP; -ENOTTY for another @cmd; -ENOMEM.
 */
SKIFF_API int devinet_ioctl(struct net *net, unsigned int cmd, struct ifreq *ifr);

/**
 * ip_rt_ioctl() - add a route or remove one
 * @net: host
 * @cmd: SIOCADDRT or SIOCDELRT
 * @rt: the route; rt_dev is a string or NULL
 *
 * Return: as fib_table_insert(), fib_table_delete(); -EAFNOSUPPORT for another family; -EINVAL for a
 * mask with holes, bits behind it, a gateway of 0.0.0.0 or another @cmd; -ENODEV.
 */
SKIFF_API int ip_rt_ioctl(struct net *net, unsigned int cmd, struct rtentry *rt);

/**
 * arp_ioctl() - look at an ARP entry, make one or remove one
 * @net: host
 * @cmd: SIOCGARP, SIOCSARP or SIOCDARP
 * @arg: struct arpreq
 *
 * Without arp_dev, the device that leads to the address is meant; SIOCGARP needs one. With ATF_PUBL
 * it is about an address that is answered for, on the device or, without arp_dev, on all; with a
 * netmask (ATF_NETMASK) of 0 about all addresses that are elsewhere (proxy_arp).
 *
 * Return: 0; -EPFNOSUPPORT for another family; -EINVAL; -ENODEV; -ENXIO when there is no entry;
 * -ENOENT for a published address that is none; -ENOBUFS; what routing or the table of neighbours refused with.
 */
SKIFF_API int arp_ioctl(struct net *net, unsigned int cmd, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_INET_IOCTL_H */
