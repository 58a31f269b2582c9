// SPDX-License-Identifier: BSD-2-Clause
/* Who hears of what happens to devices. */
#include "base/fork.h"
#include "device/device.h"

/* Filled before the first host runs, read by all of them. */
static struct raw_notifier_head netdev_chain;
DEFINE_FORK_SAFE_SPINLOCK(netdev_chain_lock)

int register_netdevice_notifier(struct notifier_block *nb)
{
	int err;

	spin_lock(&netdev_chain_lock);
	err = raw_notifier_chain_register(&netdev_chain, nb);
	spin_unlock(&netdev_chain_lock);
	return err == -EEXIST ? -EALREADY : err;
}

int unregister_netdevice_notifier(struct notifier_block *nb)
{
	int err;

	spin_lock(&netdev_chain_lock);
	err = raw_notifier_chain_unregister(&netdev_chain, nb);
	spin_unlock(&netdev_chain_lock);
	return err;
}

static int call_chain(unsigned long val, struct netdev_notifier_change_info *info)
{
	ASSERT_NET_LOCKED(dev_net(info->info.dev));
	return raw_notifier_call_chain(&netdev_chain, val, info);
}

int call_netdevice_notifiers(unsigned long val, struct net_device *dev)
{
	return call_chain(val, &(struct netdev_notifier_change_info){ .info.dev = dev });
}

void dev_notify_flags(struct net_device *dev, unsigned int changed)
{
	call_chain(NETDEV_CHANGE, &(struct netdev_notifier_change_info){
					  .info.dev = dev, .flags_changed = changed });
}

const char *netdev_cmd_to_name(enum netdev_cmd cmd)
{
	static const char *const names[] = {
		[NETDEV_UP] = "NETDEV_UP",
		[NETDEV_DOWN] = "NETDEV_DOWN",
		[NETDEV_REBOOT] = "NETDEV_REBOOT",
		[NETDEV_CHANGE] = "NETDEV_CHANGE",
		[NETDEV_REGISTER] = "NETDEV_REGISTER",
		[NETDEV_UNREGISTER] = "NETDEV_UNREGISTER",
		[NETDEV_CHANGEMTU] = "NETDEV_CHANGEMTU",
		[NETDEV_CHANGEADDR] = "NETDEV_CHANGEADDR",
		[NETDEV_PRE_CHANGEADDR] = "NETDEV_PRE_CHANGEADDR",
		[NETDEV_GOING_DOWN] = "NETDEV_GOING_DOWN",
		[NETDEV_CHANGENAME] = "NETDEV_CHANGENAME",
		[NETDEV_FEAT_CHANGE] = "NETDEV_FEAT_CHANGE",
		[NETDEV_PRE_UP] = "NETDEV_PRE_UP",
		[NETDEV_POST_INIT] = "NETDEV_POST_INIT",
		[NETDEV_PRECHANGEMTU] = "NETDEV_PRECHANGEMTU",
		[NETDEV_CHANGE_TX_QUEUE_LEN] = "NETDEV_CHANGE_TX_QUEUE_LEN",
	};

	if ((size_t)cmd >= ARRAY_SIZE(names) || !names[cmd])
		return "UNKNOWN_NETDEV_EVENT";
	return names[cmd];
}
