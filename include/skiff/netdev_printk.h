/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages about a device, which begin with its name. */
#ifndef SKIFF_NETDEV_PRINTK_H
#define SKIFF_NETDEV_PRINTK_H

#include <skiff/netdevice.h>
#include <skiff/printk.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a message says behind the name of a device that is not registered. Any thread. */
static inline const char *netdev_reg_state(const struct net_device *dev)
{
	switch (dev->reg_state) {
	case NETREG_UNINITIALIZED:
		return " (uninitialized)";
	case NETREG_REGISTERED:
		return "";
	case NETREG_UNREGISTERING:
		return " (unregistering)";
	case NETREG_UNREGISTERED:
		return " (unregistered)";
	case NETREG_RELEASED:
		return " (released)";
	}
	return " (unknown)";
}

/**
 * netdev_printk() - write a message about a device
 * @level: KERN_EMERG to KERN_DEBUG
 * @dev: the device, or NULL, which is said
 * @format: printf format, without a level
 *
 * The device's name, its state unless it is registered, a colon, and then what printk() would
 * write, with the same limits. Any thread and context.
 */
SKIFF_API void netdev_printk(const char *level, const struct net_device *dev, const char *format,
			     ...) __printf(3, 4);

#define netdev_emerg(dev, fmt, ...) netdev_printk(KERN_EMERG, dev, fmt, ##__VA_ARGS__)
#define netdev_alert(dev, fmt, ...) netdev_printk(KERN_ALERT, dev, fmt, ##__VA_ARGS__)
#define netdev_crit(dev, fmt, ...) netdev_printk(KERN_CRIT, dev, fmt, ##__VA_ARGS__)
#define netdev_err(dev, fmt, ...) netdev_printk(KERN_ERR, dev, fmt, ##__VA_ARGS__)
#define netdev_warn(dev, fmt, ...) netdev_printk(KERN_WARNING, dev, fmt, ##__VA_ARGS__)
#define netdev_notice(dev, fmt, ...) netdev_printk(KERN_NOTICE, dev, fmt, ##__VA_ARGS__)
#define netdev_info(dev, fmt, ...) netdev_printk(KERN_INFO, dev, fmt, ##__VA_ARGS__)
#define netdev_dbg(dev, fmt, ...) netdev_printk(KERN_DEBUG, dev, fmt, ##__VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_PRINTK_H */
