/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of a device: carrier, operational state, presence. */
#include <skiff/netdevice.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_NETDEV_LINK_H
#define SKIFF_NETDEV_LINK_H

#ifdef __cplusplus
extern "C" {
#endif

/* The cable is in, or out. Locked: IFF_RUNNING follows, and the notifiers are told. */
SKIFF_API void netif_carrier_on(struct net_device *dev);
SKIFF_API void netif_carrier_off(struct net_device *dev);

/*
 * The link is up, but waits for something, such as authentication; or it is being tested. Locked:
 * operstate follows, IFF_RUNNING with it, and the notifiers are told. Packets go on being sent.
 */
SKIFF_API void netif_dormant_on(struct net_device *dev);
SKIFF_API void netif_dormant_off(struct net_device *dev);
SKIFF_API void netif_testing_on(struct net_device *dev);
SKIFF_API void netif_testing_off(struct net_device *dev);

/* The device itself is gone (unplugged), or back. Locked. */
SKIFF_API void netif_device_detach(struct net_device *dev);
SKIFF_API void netif_device_attach(struct net_device *dev);

static inline bool netif_carrier_ok(const struct net_device *dev)
{
	return !test_bit(__LINK_STATE_NOCARRIER, &dev->state);
}

static inline bool netif_device_present(const struct net_device *dev)
{
	return test_bit(__LINK_STATE_PRESENT, &dev->state);
}

/* Between ndo_open and ndo_stop. Any thread. */
static inline bool netif_running(const struct net_device *dev)
{
	return test_bit(__LINK_STATE_START, &dev->state);
}

static inline bool netif_dormant(const struct net_device *dev)
{
	return test_bit(__LINK_STATE_DORMANT, &dev->state);
}

static inline bool netif_testing(const struct net_device *dev)
{
	return test_bit(__LINK_STATE_TESTING, &dev->state);
}

static inline bool netif_oper_up(const struct net_device *dev)
{
	return dev->operstate == IF_OPER_UP || dev->operstate == IF_OPER_UNKNOWN;
}

/**
 * dev_set_link_mode() - whether a link that comes up is in use at once
 * @dev: the device
 * @mode: IF_LINK_MODE_DEFAULT; IF_LINK_MODE_DORMANT: a program decides, by dev_set_operstate()
 *
 * Locked. Return: 0 or -EINVAL.
 */
SKIFF_API int dev_set_link_mode(struct net_device *dev, unsigned char mode);

/**
 * dev_set_operstate() - a program's decision about a link (RFC 2863 section 3.1.14)
 * @dev: the device
 * @transition: IF_OPER_UP, IF_OPER_DORMANT, or IF_OPER_TESTING; any other state is the device's own
 *              to say, and is ignored, as Linux does
 *
 * Locked. The notifiers are told of a change.
 */
SKIFF_API void dev_set_operstate(struct net_device *dev, unsigned char transition);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_LINK_H */
