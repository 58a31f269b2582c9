/* SPDX-License-Identifier: BSD-2-Clause */
/* Two drivers for tests: a radio that always hears everything, and circuits that need no ARP. */
#ifndef TESTS_DRIVERS_FLAGDEV_H
#define TESTS_DRIVERS_FLAGDEV_H

#include <string.h>

#include <skiff/driver.h>
#include <skiff/netdevice.h>

/*
 * "air": as AX.25 on a radio. Whoever is on the air hears every frame, so the device is
 * promiscuous from the start and nobody can turn that off; what is for others is marked so.
 *
 * "circuit": as NET/ROM. There is nobody to ask for an address (IFF_NOARP): which node an IPv4
 * destination is reached by stands in the device's own static table, given as
 * to=10.0.0.2@BOB, and create() looks it up.
 *
 * Both have addresses of seven bytes, the header TO FROM TYPE, and what one device sends all the
 * others of its kind receive. Names of stations are given as station=BOB.
 */
#define FLAGDEV_ALEN 7
#define FLAGDEV_HLEN (2 * FLAGDEV_ALEN + 2)
#define FLAGDEV_MAX 8

struct circuit {
	__be32 ip;
	u8 station[FLAGDEV_ALEN];
};

struct flagdev_config {
	u8 station[FLAGDEV_ALEN];
	struct circuit table[FLAGDEV_MAX];
	unsigned int nr;
};

struct flagdev {
	struct flagdev_config config;
	u64 unknown; /* packets to nobody of the table */
};

static struct net_device *flagdevs[FLAGDEV_MAX];

static inline struct flagdev *flagdev_of(const struct net_device *dev)
{
	return (struct flagdev *)netdev_priv(dev);
}

static inline bool flagdev_is_air(const struct net_device *dev)
{
	return !(dev->flags & IFF_NOARP);
}

/* Who is reached by @skb's IPv4 destination; NULL when the table does not say. */
static inline const u8 *circuit_to(struct net_device *dev, const struct sk_buff *skb)
{
	const struct flagdev_config *c = &flagdev_of(dev)->config;
	__be32 ip;
	unsigned int i;

	memcpy(&ip, skb_network_header(skb) + 16, sizeof(ip));
	for (i = 0; i < c->nr; i++)
		if (c->table[i].ip == ip)
			return c->table[i].station;
	flagdev_of(dev)->unknown++;
	return NULL;
}

static inline int flagdev_header(struct sk_buff *skb, struct net_device *dev, unsigned short type,
				 const void *daddr, const void *saddr, unsigned int len)
{
	const __be16 wire_type = htons(type);
	u8 *h;

	if (!flagdev_is_air(dev))
		daddr = type == ETH_P_IP ? circuit_to(dev, skb) : NULL;
	h = (u8 *)skb_push(skb, FLAGDEV_HLEN);
	memset(h, 0, FLAGDEV_HLEN);
	memcpy(h + FLAGDEV_ALEN, saddr ? saddr : dev->dev_addr, FLAGDEV_ALEN);
	memcpy(h + 2 * FLAGDEV_ALEN, &wire_type, sizeof(wire_type));
	if (!daddr)
		return -FLAGDEV_HLEN;
	memcpy(h, daddr, FLAGDEV_ALEN);
	return FLAGDEV_HLEN;
}

static inline int flagdev_parse(const struct sk_buff *skb, unsigned char *haddr)
{
	memcpy(haddr, skb_mac_header(skb) + FLAGDEV_ALEN, FLAGDEV_ALEN);
	return FLAGDEV_ALEN;
}

static const struct header_ops flagdev_header_ops = {
	.create = flagdev_header,
	.parse = flagdev_parse,
};

static inline void flagdev_hear(struct net_device *dev, const struct sk_buff *sent)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, sent->len);
	bool ours;

	if (!skb) {
		dev->stats.rx_dropped++;
		return;
	}
	skb_copy_bits(sent, 0, skb_put(skb, sent->len), (int)sent->len);
	skb_reset_mac_header(skb);
	ours = !memcmp(skb->data, dev->dev_addr, FLAGDEV_ALEN);
	/* Circuits go from one to one. */
	if (!ours && !(dev->flags & IFF_PROMISC)) {
		consume_skb(skb);
		return;
	}
	memcpy(&skb->protocol, skb->data + 2 * FLAGDEV_ALEN, sizeof(skb->protocol));
	skb_pull(skb, FLAGDEV_HLEN);
	skb->pkt_type = ours ? PACKET_HOST : PACKET_OTHERHOST;
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += skb->len;
	netif_rx(skb);
}

static inline netdev_tx_t flagdev_xmit(struct sk_buff *skb, struct net_device *dev)
{
	static const u8 nobody[FLAGDEV_ALEN];
	int i;

	if (!memcmp(skb->data, nobody, FLAGDEV_ALEN)) {
		dev->stats.tx_errors++;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_HDR);
		return NETDEV_TX_OK;
	}
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	for (i = 0; i < FLAGDEV_MAX; i++)
		if (flagdevs[i] && flagdevs[i] != dev && netif_running(flagdevs[i]) &&
		    flagdevs[i]->type == dev->type)
			flagdev_hear(flagdevs[i], skb);
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static inline int flagdev_init(struct net_device *dev)
{
	int i;

	for (i = 0; i < FLAGDEV_MAX; i++) {
		if (!flagdevs[i]) {
			flagdevs[i] = dev;
			return 0;
		}
	}
	return -ENOSPC;
}

static inline void flagdev_uninit(struct net_device *dev)
{
	int i;

	for (i = 0; i < FLAGDEV_MAX; i++)
		if (flagdevs[i] == dev)
			flagdevs[i] = NULL;
}

/* One who wants all frames is the driver itself, while the device is up. */
static inline int air_open(struct net_device *dev)
{
	return dev_set_promiscuity(dev, 1);
}

static inline int air_stop(struct net_device *dev)
{
	return dev_set_promiscuity(dev, -1);
}

static const struct net_device_ops air_ops = {
	.ndo_init = flagdev_init,
	.ndo_uninit = flagdev_uninit,
	.ndo_open = air_open,
	.ndo_stop = air_stop,
	.ndo_start_xmit = flagdev_xmit,
};

static const struct net_device_ops circuit_ops = {
	.ndo_init = flagdev_init,
	.ndo_uninit = flagdev_uninit,
	.ndo_start_xmit = flagdev_xmit,
};

static inline void flagdev_setup(struct net_device *dev)
{
	dev->header_ops = &flagdev_header_ops;
	dev->hard_header_len = FLAGDEV_HLEN;
	dev->min_header_len = FLAGDEV_HLEN;
	dev->addr_len = FLAGDEV_ALEN;
	dev->mtu = 256;
	dev->min_mtu = 68;
	dev->max_mtu = 2048;
	dev->tx_queue_len = 10;
	dev->needs_free_netdev = true;
}

static inline void air_setup(struct net_device *dev)
{
	flagdev_setup(dev);
	dev->netdev_ops = &air_ops;
	dev->type = ARPHRD_AX25;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
}

static inline void circuit_setup(struct net_device *dev)
{
	flagdev_setup(dev);
	dev->netdev_ops = &circuit_ops;
	dev->type = ARPHRD_NETROM;
	dev->flags = IFF_NOARP;
}

static inline int flagdev_station(u8 *station, const char *name)
{
	size_t len = strlen(name);

	if (!len || len > FLAGDEV_ALEN - 1)
		return -EINVAL;
	memset(station, 0, FLAGDEV_ALEN);
	memcpy(station, name, len);
	return 0;
}

static inline int air_option(void *config, const char *key, const char *value, char *err,
			     size_t err_size)
{
	if (strcmp(key, "station") != 0)
		return -ENOENT;
	if (flagdev_station(((struct flagdev_config *)config)->station, value))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "station=%s: 1 to 6 characters are accepted", value);
	return 0;
}

static inline int circuit_option(void *config, const char *key, const char *value, char *err,
				 size_t err_size)
{
	struct flagdev_config *c = (struct flagdev_config *)config;
	unsigned int a[4];
	int end = 0;

	if (strcmp(key, "to") != 0)
		return air_option(config, key, value, err, err_size);
	if (c->nr == FLAGDEV_MAX ||
	    sscanf(value, "%u.%u.%u.%u@%n", &a[0], &a[1], &a[2], &a[3], &end) != 4 || !end ||
	    (a[0] | a[1] | a[2] | a[3]) > 255 ||
	    flagdev_station(c->table[c->nr].station, value + end))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "to=%s: ADDRESS@STATION is accepted, up to %d times",
					  value, FLAGDEV_MAX);
	c->table[c->nr++].ip = htonl(a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3]);
	return 0;
}

static inline int flagdev_create(struct net *net, const char *name, const void *config,
				 struct net_device **dev, void (*setup)(struct net_device *dev),
				 char *err, size_t err_size)
{
	*dev = alloc_netdev(sizeof(struct flagdev), name, NET_NAME_USER, setup);
	if (!*dev)
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	dev_net_set(*dev, net);
	flagdev_of(*dev)->config = *(const struct flagdev_config *)config;
	dev_addr_set(*dev, flagdev_of(*dev)->config.station);
	return 0;
}

static inline int air_create(struct net *net, const char *name, const void *config,
			     struct net_device **dev, char *err, size_t err_size)
{
	return flagdev_create(net, name, config, dev, air_setup, err, err_size);
}

static inline int circuit_create(struct net *net, const char *name, const void *config,
				 struct net_device **dev, char *err, size_t err_size)
{
	return flagdev_create(net, name, config, dev, circuit_setup, err, err_size);
}

static struct skiff_driver air_driver = {
	.kind = "air",
	.options = "station=NAME",
	.config_size = sizeof(struct flagdev_config),
	.option = air_option,
	.create = air_create,
};

static struct skiff_driver circuit_driver = {
	.kind = "circuit",
	.options = "station=NAME, to=ADDRESS@STATION",
	.config_size = sizeof(struct flagdev_config),
	.option = circuit_option,
	.create = circuit_create,
};

#endif /* TESTS_DRIVERS_FLAGDEV_H */
