/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of devices: who wants to hear of them, and what they are called. */
#include <skiff/netdevice.h> /* outside of the guard: alone, this header is part of that one */
#ifndef SKIFF_NETDEV_NOTIFIER_H
#define SKIFF_NETDEV_NOTIFIER_H

#ifdef __cplusplus
extern "C" {
#endif

enum netdev_cmd {
	NETDEV_UP = 1, /* it is up */
	NETDEV_DOWN,   /* it is down */
	NETDEV_REBOOT,
	NETDEV_CHANGE, /* flags, carrier or the like */
	NETDEV_REGISTER,
	NETDEV_UNREGISTER, /* it goes: drop all references */
	NETDEV_CHANGEMTU,  /* the MTU is another one */
	NETDEV_CHANGEADDR, /* the address is another one */
	NETDEV_PRE_CHANGEADDR,
	NETDEV_GOING_DOWN, /* it is up and will be down */
	NETDEV_CHANGENAME,
	NETDEV_FEAT_CHANGE,
	NETDEV_PRE_UP, /* it will be up; may refuse */
	NETDEV_POST_INIT,
	NETDEV_PRECHANGEMTU, /* may refuse */
	NETDEV_CHANGE_TX_QUEUE_LEN,
};

struct netdev_notifier_info {
	struct net_device *dev;
};

/* What NETDEV_CHANGE brings: which of the flags that users may set have changed. */
struct netdev_notifier_change_info {
	struct netdev_notifier_info info;
	unsigned int flags_changed;
};

static inline struct net_device *
netdev_notifier_info_to_dev(const struct netdev_notifier_info *info)
{
	return info->dev;
}

/**
 * register_netdevice_notifier() - hear of what happens to devices of all hosts
 * @nb: the listener, which stays valid; called locked, with a struct netdev_notifier_info
 *
 * Before the first host runs. Return: 0, or -EALREADY.
 */
SKIFF_API int register_netdevice_notifier(struct notifier_block *nb);
SKIFF_API int unregister_netdevice_notifier(struct notifier_block *nb);

/*
 * Tell of an event; of NETDEV_CHANGE, one of the link. Locked. Return: what the last listener asked
 * returned, NOTIFY_*.
 */
SKIFF_API int call_netdevice_notifiers(unsigned long val, struct net_device *dev);

/* Name of an event for messages. */
SKIFF_API const char *netdev_cmd_to_name(enum netdev_cmd cmd);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETDEV_NOTIFIER_H */
