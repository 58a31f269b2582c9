// SPDX-License-Identifier: BSD-2-Clause
/* The transmit watchdog: a driver whose queue stays stopped is told, so that it can reset itself. */
#include <skiff/printk.h>

#include "device/device.h"

/* Linux's default. */
#define WATCHDOG_TIMEO (5 * HZ)

static bool timed_out(const struct netdev_queue *txq, ktime_t now)
{
	return netif_xmit_stopped(txq) &&
	       now > txq->trans_start +
			       (ktime_t)jiffies_to_nsecs((unsigned long)txq->dev->watchdog_timeo);
}

/* The first of the queues: a driver that resets its device wakes all of them. */
static void look_at_queues(struct net_device *dev)
{
	ktime_t now = skiff_net_now(dev_net(dev));
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);

		if (!timed_out(txq, now))
			continue;
		txq->trans_timeout++;
		net_warn_ratelimited("%s: transmit queue %u timed out after %lld ms\n", dev->name,
				     i, (long long)((now - txq->trans_start) / NSEC_PER_MSEC));
		dev->netdev_ops->ndo_tx_timeout(dev, i);
		return;
	}
}

static void dev_watchdog(struct timer_list *timer)
{
	struct net_device *dev = from_timer(dev, timer, watchdog_timer);

	if (!netif_device_present(dev) || !netif_running(dev) || !netif_carrier_ok(dev))
		return;
	/* The driver may take its device down, or out. */
	dev_hold(dev);
	look_at_queues(dev);
	if (dev->flags & IFF_UP)
		dev_watchdog_up(dev);
	dev_put(dev);
}

void dev_watchdog_init(struct net_device *dev)
{
	timer_setup_net(&dev->watchdog_timer, dev_net(dev), dev_watchdog, 0);
}

void dev_watchdog_up(struct net_device *dev)
{
	if (!dev->netdev_ops->ndo_tx_timeout || dev->priv_flags & IFF_NO_QUEUE)
		return;
	if (dev->watchdog_timeo <= 0)
		dev->watchdog_timeo = WATCHDOG_TIMEO;
	if (!timer_pending(&dev->watchdog_timer))
		mod_timer_ns(&dev->watchdog_timer,
			     skiff_net_now(dev_net(dev)) +
				     (ktime_t)jiffies_to_nsecs((unsigned long)dev->watchdog_timeo));
}

void dev_watchdog_down(struct net_device *dev)
{
	del_timer(&dev->watchdog_timer);
}
