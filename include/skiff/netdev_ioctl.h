/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests about devices in the form of struct ifreq, as ioctl() on a socket takes them. */
#ifndef SKIFF_NETDEV_IOCTL_H
#define SKIFF_NETDEV_IOCTL_H

#include <skiff/netdevice.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * dev_ioctl() - answer a request about a device
 * @net: host
 * @cmd: SIOCGIFNAME, SIOCGIFINDEX, and SIOCGIF or SIOCSIF with FLAGS, METRIC, MTU, HWADDR, MAP, TXQLEN;
 *       SIOCSIFHWBROADCAST, SIOCSIFNAME, SIOCADDMULTI, SIOCDELMULTI; SIOCETHTOOL; SIOCGMIIPHY,
 *       SIOCGMIIREG, SIOCSMIIREG, SIOCGHWTSTAMP, SIOCSHWTSTAMP; SIOCDEVPRIVATE to + 15, SIOCWANDEV
 * @ifr: the request, answered in place. What ifr_data points to is in this process, as long as the
 *       request says. A name with a colon ("eth0:1") means the device before it
 *
 * Whether the caller may is the caller's to know. Locked.
 *
 * Return: 0, or for SIOCETHTOOL what dev_ethtool() returns; -ENODEV when there is no such device or
 * it is not present; -ENOTTY for a request that there is not; -EOPNOTSUPP for one that the driver
 * has not; -EINVAL for values that can't be; or the driver's refusal.
 */
SKIFF_API int dev_ioctl(struct net *net, unsigned int cmd, struct ifreq *ifr);

/**
 * dev_ifconf() - answer SIOCGIFCONF
 * @net: host
 * @ifc: ifc_buf has room for ifc_len bytes of struct ifreq, one for each address of each device; NULL
 *       asks how many bytes there would be. ifc_len is set
 *
 * Locked. Return: 0.
 */
SKIFF_API int dev_ifconf(struct net *net, struct ifconf *ifc);

/**
 * typedef gifconf_func_t - write an address family's entries for a device
 * @dev: the device
 * @buf: room, or NULL to count
 * @len: bytes of it
 * @size: bytes of an entry
 *
 * Return: bytes written, or needed.
 */
typedef int gifconf_func_t(struct net_device *dev, char *buf, int len, int size);

/* Before the first host runs. Return: 0, or -EINVAL for a family that there is not. */
SKIFF_API int register_gifconf(unsigned int family, gifconf_func_t *gifconf);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_IOCTL_H */
