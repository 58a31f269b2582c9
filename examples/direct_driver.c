// SPDX-License-Identifier: BSD-2-Clause
/* A driver's functions called directly, without sockets: open, transmit, ioctl, stop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/sockios.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/ethtool.h>
#include <skiff/netconf.h>
#include <skiff/netdev_ioctl.h>
#include <skiff/netdevice.h>

/*
 * Two ways lead to a driver. Its methods can be called as they are, netdev_ops->ndo_start_xmit() and
 * so on: then the caller is the stack, and keeps its rules. Or the device layer is asked, which adds
 * what the stack does for everybody: flags, queues, statistics, software in place of hardware. This
 * program does both on one device, a "dummy", which takes every packet and counts it. All of it
 * happens under the stack lock of the host.
 */

#define FRAME_LEN 60
#define ETH_P_EXPERIMENT 0x88b5 /* IEEE 802, Local Experimental EtherType 1 */

static struct sk_buff *make_frame(struct net_device *dev)
{
	static const unsigned char text[] = "no socket was opened for this";
	struct sk_buff *skb = alloc_skb(FRAME_LEN + LL_RESERVED_SPACE(dev), GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, (int)LL_RESERVED_SPACE(dev));
	skb_reset_network_header(skb);
	memcpy(skb_put_zero(skb, FRAME_LEN - ETH_HLEN), text, sizeof(text));
	skb->dev = dev;
	skb->protocol = htons(ETH_P_EXPERIMENT);
	dev_hard_header(skb, dev, ETH_P_EXPERIMENT, dev->broadcast, NULL, skb->len);
	skb_reset_mac_header(skb);
	return skb;
}

/* The methods themselves. A frame that is refused is still ours. */
static int by_its_methods(struct net_device *dev)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	struct sk_buff *skb;
	int err = ops->ndo_open ? ops->ndo_open(dev) : 0;

	if (err)
		return err;
	skb = make_frame(dev);
	if (!skb)
		err = -ENOMEM;
	else if (ops->ndo_start_xmit(skb, dev) != NETDEV_TX_OK)
		kfree_skb(skb);
	if (ops->ndo_stop)
		ops->ndo_stop(dev);
	return err;
}

/* The same with the device layer in between. A frame is consumed in every case. */
static int by_the_device_layer(struct net_device *dev)
{
	struct sk_buff *skb;
	int err = dev_open(dev, NULL);

	if (err)
		return err;
	skb = make_frame(dev);
	err = skb ? dev_queue_xmit(skb) : -ENOMEM;
	dev_close(dev);
	return err;
}

/* What a program would ask by ioctl() on a socket. */
static int requests(struct net *net, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_flags = 0 };
	int err;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = dev_ioctl(net, SIOCGIFMTU, &ifr);
	if (err)
		return err;
	printf("%s: mtu %d", name, ifr.ifr_mtu);
	ifr.ifr_mtu = 1400;
	err = dev_ioctl(net, SIOCSIFMTU, &ifr);
	if (!err)
		err = dev_ioctl(net, SIOCGIFMTU, &ifr);
	if (err)
		return err;
	printf(", now %d\n", ifr.ifr_mtu);
	ifr.ifr_data = (char *)&info;
	err = dev_ioctl(net, SIOCETHTOOL, &ifr);
	if (err)
		return err;
	printf("%s: driver %s\n", name, info.driver);
	/* What a driver has not is refused, and changes nothing. */
	err = dev_ioctl(net, SIOCDEVPRIVATE, &ifr);
	printf("%s: a private request: %s\n", name, strerror(-err));
	return err == -EOPNOTSUPP ? 0 : -EPROTO;
}

static int run(struct net *net, struct net_device *dev)
{
	struct rtnl_link_stats64 stats;
	int err;

	net_lock(net);
	err = by_its_methods(dev);
	if (!err)
		err = by_the_device_layer(dev);
	if (!err)
		err = requests(net, dev->name);
	dev_get_stats(dev, &stats);
	printf("%s: %llu packets, %llu bytes sent\n", dev->name,
	       (unsigned long long)stats.tx_packets, (unsigned long long)stats.tx_bytes);
	if (!err && (stats.tx_packets != 2 || stats.tx_bytes != 2 * FRAME_LEN))
		err = -EIO;
	unregister_netdevice(dev);
	net_unlock(net);
	return err;
}

int main(void)
{
	struct net_device *dev;
	struct net *net;
	char why[256];
	int err;

	if (skiff_init())
		return 1;
	net = skiff_net_create(&(struct skiff_net_params){ .name = "direct" });
	if (!net)
		return 1;
	err = skiff_driver_create(net, "dummy", "dummy0", NULL, 0, &dev, why, sizeof(why));
	if (err)
		fprintf(stderr, "direct_driver: %s\n", why);
	else
		err = run(net, dev);
	skiff_net_destroy(net);
	if (err)
		fprintf(stderr, "direct_driver: %s\n", strerror(-err));
	return err ? 1 : 0;
}
