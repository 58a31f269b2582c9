// SPDX-License-Identifier: BSD-2-Clause
/* The link of a device: carrier, operational state (RFC 2863), presence. */
#include "device/device.h"

/* What the device itself knows. */
static unsigned char device_operstate(const struct net_device *dev)
{
	if (!netif_carrier_ok(dev))
		return IF_OPER_DOWN;
	if (netif_testing(dev))
		return IF_OPER_TESTING;
	if (netif_dormant(dev))
		return IF_OPER_DORMANT;
	return IF_OPER_UP;
}

void dev_update_operstate(struct net_device *dev)
{
	unsigned char operstate = device_operstate(dev);

	/* A link that is ready still waits for the program that was to decide. */
	if (operstate == IF_OPER_UP && dev->link_mode == IF_LINK_MODE_DORMANT)
		operstate = IF_OPER_DORMANT;
	if (operstate == IF_OPER_UP && dev->link_mode == IF_LINK_MODE_TESTING)
		operstate = IF_OPER_TESTING;
	WRITE_ONCE(dev->operstate, operstate);
}

/* Packets wait only while there is a carrier. */
static void link_changed(struct net_device *dev)
{
	dev_update_operstate(dev);
	if (dev->reg_state != NETREG_REGISTERED || !(dev->flags & IFF_UP))
		return;
	if (netif_carrier_ok(dev))
		dev_activate(dev);
	else
		dev_deactivate(dev);
	call_netdevice_notifiers(NETDEV_CHANGE, dev);
}

void netif_carrier_on(struct net_device *dev)
{
	if (!test_and_clear_bit(__LINK_STATE_NOCARRIER, &dev->state))
		return;
	dev->carrier_changes++;
	link_changed(dev);
}

void netif_carrier_off(struct net_device *dev)
{
	if (test_and_set_bit(__LINK_STATE_NOCARRIER, &dev->state))
		return;
	dev->carrier_changes++;
	link_changed(dev);
}

void netif_dormant_on(struct net_device *dev)
{
	if (!test_and_set_bit(__LINK_STATE_DORMANT, &dev->state))
		link_changed(dev);
}

void netif_dormant_off(struct net_device *dev)
{
	if (test_and_clear_bit(__LINK_STATE_DORMANT, &dev->state))
		link_changed(dev);
}

void netif_testing_on(struct net_device *dev)
{
	if (!test_and_set_bit(__LINK_STATE_TESTING, &dev->state))
		link_changed(dev);
}

void netif_testing_off(struct net_device *dev)
{
	if (test_and_clear_bit(__LINK_STATE_TESTING, &dev->state))
		link_changed(dev);
}

int dev_set_link_mode(struct net_device *dev, unsigned char mode)
{
	ASSERT_NET_LOCKED(dev_net(dev));
	if (mode != IF_LINK_MODE_DEFAULT && mode != IF_LINK_MODE_DORMANT)
		return -EINVAL;
	dev->link_mode = mode;
	return 0;
}

void dev_set_operstate(struct net_device *dev, unsigned char transition)
{
	unsigned char operstate = dev->operstate;

	ASSERT_NET_LOCKED(dev_net(dev));
	switch (transition) {
	case IF_OPER_UP:
		if (operstate == IF_OPER_DORMANT || operstate == IF_OPER_TESTING ||
		    operstate == IF_OPER_UNKNOWN)
			operstate = netif_dormant(dev) ? IF_OPER_DORMANT : IF_OPER_UP;
		break;
	case IF_OPER_TESTING:
		if (netif_oper_up(dev))
			operstate = IF_OPER_TESTING;
		break;
	case IF_OPER_DORMANT:
		if (netif_oper_up(dev))
			operstate = IF_OPER_DORMANT;
		break;
	default:
		break;
	}
	if (operstate == dev->operstate)
		return;
	WRITE_ONCE(dev->operstate, operstate);
	if (dev->flags & IFF_UP)
		call_netdevice_notifiers(NETDEV_CHANGE, dev);
}

void netif_device_detach(struct net_device *dev)
{
	if (test_and_clear_bit(__LINK_STATE_PRESENT, &dev->state) && netif_running(dev))
		netif_tx_stop_all_queues(dev);
}

void netif_device_attach(struct net_device *dev)
{
	if (test_and_set_bit(__LINK_STATE_PRESENT, &dev->state) || !netif_running(dev))
		return;
	netif_tx_wake_all_queues(dev);
	if (netif_carrier_ok(dev))
		dev_watchdog_up(dev);
}
