// SPDX-License-Identifier: BSD-2-Clause
/* Packet sockets: a device that sends and receives on a network interface of the kernel. */
#include <stdlib.h>
#include <sys/socket.h>

#include <skiff/printk.h>

#include "drivers/packet.h"

/*
 * Frames come by recvmmsg(), and leave by sendmmsg(): the kernel's transmit ring copies as well, and
 * takes no frames of 64 KB. Or they come by a ring that the kernel fills block by block (TPACKET_V3),
 * which it does without us, on another processor: that is for the highest rates, since a block is
 * handed over when it is full or a millisecond old, and a single frame waits for that. None is handed
 * over empty: while nobody reads, n blocks hold n frames or n milliseconds at least, but no more than
 * that at low rates. All of them carry the virtio header where the kernel has it, so that checksums
 * are left to each other.
 *
 * The device has an address of its own, which the kernel's interface is asked to accept. When that
 * interface is down the device has no carrier, and a timer looks for its return, of which the
 * socket says nothing.
 */

#define DOWN_CHECK_NS 100000000

static void membership(const struct packet_dev *p, int option, int type, const u8 *mac)
{
	struct packet_mreq mreq = { .mr_ifindex = p->ifindex, .mr_type = (unsigned short)type };

	if (mac) {
		mreq.mr_alen = ETH_ALEN;
		memcpy(mreq.mr_address, mac, ETH_ALEN);
	}
	/* It fails when the interface is gone, which shows in other ways. */
	if (setsockopt(p->f.fd, SOL_PACKET, option, &mreq, sizeof(mreq)) && errno != ENODEV)
		pr_warn_ratelimited("%s: the address filter of %s can't be set: %s\n",
				    p->f.dev->name, p->ifname, strerror(errno));
}

static void follow_flags(struct net_device *dev)
{
	struct packet_dev *p = packet_of(dev);
	bool promisc = dev->flags & IFF_PROMISC;

	if (promisc == p->promisc)
		return;
	p->promisc = promisc;
	membership(p, promisc ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, PACKET_MR_PROMISC,
		   NULL);
}

static void accept_mac(struct packet_dev *p, const u8 *mac)
{
	if (!is_zero_ether_addr(p->mac))
		membership(p, PACKET_DROP_MEMBERSHIP, PACKET_MR_UNICAST, p->mac);
	eth_zero_addr(p->mac);
	if (!mac)
		return;
	ether_addr_copy(p->mac, mac);
	membership(p, PACKET_ADD_MEMBERSHIP, PACKET_MR_UNICAST, mac);
}

static int packet_set_mac(struct net_device *dev, void *addr)
{
	int err = eth_mac_addr(dev, addr);

	if (!err && netif_running(dev))
		accept_mac(packet_of(dev), dev->dev_addr);
	return err;
}

/* Locked. */
static void look_at_interface(struct packet_dev *p)
{
	struct net_device *dev = p->f.dev;
	int state = packet_state(p);

	if (state == -ENODEV) {
		fdev_lost(&p->f);
		return;
	}
	if ((state == -ENETDOWN) != p->down) {
		p->down = state == -ENETDOWN;
		pr_info("%s: %s is %s\n", dev->name, p->ifname, p->down ? "down" : "up again");
		if (p->down)
			netif_carrier_off(dev);
		else
			netif_carrier_on(dev);
	}
	if (p->down)
		mod_timer_ns(&p->down_timer, skiff_net_now(dev_net(dev)) + DOWN_CHECK_NS);
}

static void packet_down_work(struct net *net, struct net_work *work)
{
	struct packet_dev *p = container_of(work, struct packet_dev, down_work);

	/* It may be up again already; what tells a removal from that comes a little later. */
	if (netif_running(p->f.dev)) {
		look_at_interface(p);
		mod_timer_ns(&p->down_timer, skiff_net_now(net) + DOWN_CHECK_NS);
	}
	dev_put(p->f.dev);
}

static void packet_down_timer(struct timer_list *timer)
{
	struct packet_dev *p = from_timer(p, timer, down_timer);

	look_at_interface(p);
}

static int packet_open(struct net_device *dev)
{
	struct packet_dev *p = packet_of(dev);
	int err = fdev_open(dev);

	if (err)
		return err;
	accept_mac(p, dev->dev_addr);
	/* Which groups are wanted the stack does not say: all of them are let through. */
	membership(p, PACKET_ADD_MEMBERSHIP, PACKET_MR_ALLMULTI, NULL);
	follow_flags(dev);
	look_at_interface(p);
	return 0;
}

static int packet_stop(struct net_device *dev)
{
	struct packet_dev *p = packet_of(dev);

	del_timer(&p->down_timer);
	membership(p, PACKET_DROP_MEMBERSHIP, PACKET_MR_ALLMULTI, NULL);
	accept_mac(p, NULL);
	return fdev_stop(dev);
}

static void packet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *storage)
{
	struct packet_dev *p = packet_of(dev);
	struct tpacket_stats_v3 stats = { .tp_drops = 0 };
	socklen_t len = sizeof(stats);

	fdev_get_stats64(dev, storage);
	/* Reading sets the kernel's counters back. */
	if (!getsockopt(p->f.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		p->missed += stats.tp_drops;
	storage->rx_missed_errors = p->missed;
}

static const struct net_device_ops packet_netdev_ops = {
	.ndo_init = fdev_init,
	.ndo_uninit = fdev_uninit,
	.ndo_open = packet_open,
	.ndo_stop = packet_stop,
	.ndo_start_xmit = fdev_xmit,
	.ndo_flush = fdev_flush,
	.ndo_set_rx_mode = follow_flags,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = packet_set_mac,
	.ndo_get_stats64 = packet_get_stats64,
};

static void packet_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &packet_netdev_ops;
	dev->max_mtu = PACKET_MAX_MTU;
}

/* Options. */

static const struct {
	const char *name;
	u16 mode;
} fanout_modes[] = {
	{ "hash", PACKET_FANOUT_HASH }, { "lb", PACKET_FANOUT_LB },
	{ "cpu", PACKET_FANOUT_CPU },	{ "rollover", PACKET_FANOUT_ROLLOVER },
	{ "rnd", PACKET_FANOUT_RND },
};

static int option_number(const char *text, u32 max, u32 *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n > max)
		return -EINVAL;
	*value = (u32)n;
	return 0;
}

static int option_fanout(struct packet_config *c, const char *value, char *err, size_t err_size)
{
	const char *colon = strchr(value, ':');
	char number[8] = "";
	size_t i, len = colon ? (size_t)(colon - value) : strlen(value);
	u32 group;

	c->mode = PACKET_FANOUT_HASH;
	for (i = 0; colon && i < ARRAY_SIZE(fanout_modes); i++)
		if (!strcmp(colon + 1, fanout_modes[i].name))
			break;
	if (len < sizeof(number))
		snprintf(number, sizeof(number), "%.*s", (int)len, value);
	if (i == ARRAY_SIZE(fanout_modes) || option_number(number, 65535, &group))
		return skiff_driver_error(
			err, err_size, -EINVAL,
			"fanout=%s: a group, 0 to 65535, is accepted, with :hash, "
			":lb, :cpu, :rollover or :rnd behind it if wanted",
			value);
	if (colon)
		c->mode = fanout_modes[i].mode;
	c->fanout = group + 1;
	return 0;
}

static int option_switch(bool *off, const char *key, const char *value, char *err, size_t err_size)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return skiff_driver_error(err, err_size, -EINVAL, "%s=%s: on or off is accepted",
					  key, value);
	*off = !strcmp(value, "off");
	return 0;
}

static int packet_option(void *config, const char *key, const char *value, char *err,
			 size_t err_size)
{
	struct packet_config *c = (struct packet_config *)config;

	if (!strcmp(key, "if")) {
		if (!*value || strlen(value) >= sizeof(c->ifname))
			return skiff_driver_error(err, err_size, -EINVAL,
						  "if=%s: the name of an interface, of 1 to 15 "
						  "characters, is accepted",
						  value);
		memcpy(c->ifname, value, strlen(value) + 1);
		return 0;
	}
	if (!strcmp(key, "fanout"))
		return option_fanout(c, value, err, err_size);
	if (!strcmp(key, "vnet_hdr"))
		return option_switch(&c->no_vnet_hdr, key, value, err, err_size);
	if (!strcmp(key, "bypass"))
		return option_switch(&c->no_bypass, key, value, err, err_size);
	if (strcmp(key, "blocks") != 0)
		return -ENOENT;
	if (option_number(value, PACKET_BLOCKS_MAX, &c->blocks) || c->blocks < 2)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "blocks=%s: 2 to %d blocks of %u KB are accepted", value,
					  PACKET_BLOCKS_MAX, PACKET_BLOCK_SIZE >> 10);
	return 0;
}

static int packet_create(struct net *net, const char *name, const void *config,
			 struct net_device **dev, char *err, size_t err_size)
{
	const struct packet_config *c = (const struct packet_config *)config;
	struct packet_dev *p;
	int fd;

	if (!c->ifname[0])
		return skiff_driver_error(err, err_size, -EINVAL,
					  "if= is missing: the name of an interface of the kernel");
	*dev = alloc_netdev(sizeof(*p), name, NET_NAME_USER, packet_setup);
	if (!*dev)
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	p = packet_of(*dev);
	memcpy(p->ifname, c->ifname, sizeof(p->ifname));
	p->blocks = c->blocks;
	p->vnet_hdr = !c->no_vnet_hdr;
	fd = packet_open_socket(p, c, err, err_size);
	if (fd < 0) {
		free_netdev(*dev);
		*dev = NULL;
		return fd;
	}
	fdev_prepare(*dev, net, fd, &packet_ops);
	p->f.rx_batch = FDEV_RX_BATCH;
	p->f.tx_batch = FDEV_TX_BATCH;
	net_work_init(&p->down_work, packet_down_work);
	timer_setup_net(&p->down_timer, net, packet_down_timer, 0);
	(*dev)->features = NETIF_F_SG | NETIF_F_HIGHDMA;
	if (p->vnet_hdr)
		(*dev)->features |= NETIF_F_HW_CSUM | NETIF_F_RXCSUM;
	(*dev)->hw_features = (*dev)->features;
	return 0;
}

struct skiff_driver packet_driver = {
	.kind = "packet",
	.options = "if=INTERFACE, fanout=GROUP:MODE, blocks=N, bypass=on|off, vnet_hdr=on|off",
	.config_size = sizeof(struct packet_config),
	.option = packet_option,
	.create = packet_create,
};
