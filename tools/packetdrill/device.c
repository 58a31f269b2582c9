// SPDX-License-Identifier: BSD-2-Clause
/* tun0: packets without a link layer, whose other end is packetdrill. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/checksum.h>
#include <skiff/inetdevice.h>
#include <skiff/route.h>
#include <skiff/skbuff.h>

#include "adapter.h"

/* What the kernel's tun takes before nobody reads it. */
#define TX_QUEUE_LEN 500
#define IP_HLEN_MIN 20u

/**
 * struct sent - a packet on its way to packetdrill
 * @list: in pd.sent
 * @usecs: when it left, by the wall clock
 * @len: bytes of @data
 */
struct sent {
	struct list_head list;
	long long usecs;
	size_t len;
	u8 data[];
};

static __be32 addr_at(const u8 *p)
{
	__be32 addr;

	memcpy(&addr, p, sizeof(addr));
	return addr;
}

static bool good_payload(const u8 *ip, const u8 *payload, size_t len)
{
	switch (ip[9]) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return csum_tcpudp_magic(addr_at(ip + 12), addr_at(ip + 16), (u32)len, ip[9],
					 csum_partial(payload, (int)len, 0)) == 0;
	case IPPROTO_ICMP:
		return ip_compute_csum(payload, (int)len) == 0;
	default:
		return true;
	}
}

/* packetdrill looks at no checksum but the header's. A fragment has only a part of what is summed. */
static void check_sums(const u8 *ip, size_t len)
{
	size_t hlen = (ip[0] & 15u) * 4u;
	bool fragment = ((ip[6] & 0x3f) | ip[7]) != 0;

	if (ip[0] >> 4 != 4 || hlen < IP_HLEN_MIN || hlen > len)
		pd_die("a packet that is not IPv4 was sent");
	if (!fragment && !good_payload(ip, ip + hlen, len - hlen))
		pd_die("a packet with a wrong checksum was sent");
}

static netdev_tx_t pd_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct pd *pd = *(struct pd **)netdev_priv(dev);
	struct sent *s = (struct sent *)malloc(sizeof(*s) + skb->len);

	/* As the kernel's tun, where a packet waits for its reader in memory that nobody else waits for. */
	if (skb_orphan_frags_rx(skb, GFP_ATOMIC))
		pd_die("no memory for a packet of %u bytes", skb->len);
	if (!s || skb_copy_bits(skb, 0, s->data, (int)skb->len))
		pd_die("a packet of %u bytes does not let itself be copied", skb->len);
	s->usecs = skiff_clock_now_real(pd->clock) / NSEC_PER_USEC;
	s->len = skb->len;
	check_sums(s->data, s->len);
	list_add_tail(&s->list, &pd->sent);
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	skb_tx_timestamp(skb);
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops pd_netdev_ops = {
	.ndo_start_xmit = pd_xmit,
};

static void pd_setup(struct net_device *dev)
{
	dev->netdev_ops = &pd_netdev_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->min_mtu = 68;
	dev->max_mtu = 65535;
	dev->tx_queue_len = TX_QUEUE_LEN;
	dev->features = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA;
	dev->hw_features = dev->features;
	dev->needs_free_netdev = true;
}

static void add_route(struct pd *pd, __be32 remote)
{
	const struct fib_config route = { .fc_dst = remote,
					  .fc_dst_len = 32,
					  .fc_type = RTN_UNICAST,
					  .fc_scope = RT_SCOPE_LINK,
					  .fc_oif = pd->dev->ifindex };
	int err = fib_table_insert(pd->net, &route);

	if (err)
		pd_die("no route to the remote address: %s", strerror(-err));
}

void pd_device_create(struct pd *pd, __be32 addr, unsigned int plen, __be32 remote, int mtu)
{
	struct net_device *dev = alloc_netdev(sizeof(struct pd *), "tun0", NET_NAME_USER, pd_setup);
	int err;

	if (!dev)
		pd_die("no memory for a device");
	*(struct pd **)netdev_priv(dev) = pd;
	dev->mtu = (unsigned int)mtu;
	dev_net_set(dev, pd->net);
	pd->dev = dev;
	INIT_LIST_HEAD(&pd->sent);
	err = register_netdev(dev);
	if (err)
		pd_die("tun0 does not register: %s", strerror(-err));
	net_lock(pd->net);
	err = inet_insert_ifa(dev, addr, plen);
	if (!err)
		err = dev_open(dev, NULL);
	if (!err)
		err = dev_open(net_loopback_dev(pd->net), NULL);
	if (err)
		pd_die("tun0 does not come up: %s", strerror(-err));
	add_route(pd, remote);
	net_unlock(pd->net);
}

void pd_device_purge(struct pd *pd)
{
	struct sent *s, *next;

	list_for_each_entry_safe(s, next, &pd->sent, list)
		free(s);
	INIT_LIST_HEAD(&pd->sent);
}

bool pd_device_take(struct pd *pd, void *buf, size_t *count, long long *time_usecs)
{
	struct sent *s = list_first_entry_or_null(&pd->sent, struct sent, list);

	if (!s)
		return false;
	if (s->len > *count)
		pd_die("a packet of %zu bytes is more than the %zu asked for", s->len, *count);
	memcpy(buf, s->data, s->len);
	*count = s->len;
	*time_usecs = s->usecs;
	list_del(&s->list);
	free(s);
	return true;
}

/* A packet arrives; all that follows from it at once has happened when this returns. */
int pd_netdev_send(void *u, const void *buf, size_t count)
{
	struct pd *pd = pd_enter(u);
	struct sk_buff *skb = netdev_alloc_skb(pd->dev, (unsigned int)count);

	if (!skb)
		pd_die("no memory for a packet of %zu bytes", count);
	skb_put_data(skb, buf, (unsigned int)count);
	skb_reset_mac_header(skb);
	skb->protocol = htons(count && *(const u8 *)buf >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
	netif_rx(skb);
	pd_settle(pd);
	pd_report_counters(pd);
	return (int)pd_leave(pd, 0);
}
