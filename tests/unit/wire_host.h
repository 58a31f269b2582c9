/* SPDX-License-Identifier: BSD-2-Clause */
/* A host with one Ethernet device whose other end is the test: frames are put in and taken out. */
#ifndef TESTS_WIRE_HOST_H
#define TESTS_WIRE_HOST_H

#include <stdlib.h>
#include <string.h>

#include <skiff/arp.h>
#include <skiff/etherdevice.h>
#include <skiff/icmp.h>
#include <skiff/ip.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/skiff.h>
#include <skiff/udp.h>

#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/udp.h"

/* The host is 192.0.2.2, the test plays 192.0.2.1 and whoever else it likes. */
#define HOST_IP htonl(0xc0000202)
#define PEER_IP htonl(0xc0000201)
#define BCAST_IP htonl(0xc00002ff)
#define FAR_IP htonl(0xc6336401) /* 198.51.100.1 */
#define FRAME_MAX 2048

static const u8 host_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };
static const u8 peer_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
static const u8 other_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
static const u8 bcast_mac[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/**
 * struct wire_host - the host
 * @clock: virtual
 * @net: the host
 * @dev: its device
 * @sent: what it sent and nobody has taken
 */
struct wire_host {
	struct skiff_clock *clock;
	struct net *net;
	struct net_device *dev;
	struct sk_buff_head sent;
};

static inline netdev_tx_t wire_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct wire_host *h = *(struct wire_host **)netdev_priv(dev);

	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_queue_tail(&h->sent, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops wire_ops = {
	.ndo_start_xmit = wire_xmit,
	.ndo_set_mac_address = eth_mac_addr,
};

/* Up to the present: whatever is due or arrived is done. */
static inline void wire_run(struct wire_host *h)
{
	BUG_ON(skiff_clock_run_until(h->clock, skiff_clock_now(h->clock)));
}

static inline void wire_sleep(struct wire_host *h, ktime_t ns)
{
	BUG_ON(skiff_clock_run_until(h->clock, skiff_clock_now(h->clock) + ns));
}

/* The host with its device, without an address. @h keeps its place. */
static inline void wire_host_bare(struct wire_host *h)
{
	struct net_device *dev;

	BUG_ON(skiff_init());
	skb_queue_head_init(&h->sent);
	h->clock = skiff_clock_virtual(NSEC_PER_SEC, 1800000000ll * NSEC_PER_SEC);
	BUG_ON(!h->clock);
	h->net = skiff_net_create(&(struct skiff_net_params){ .name = "host", .clock = h->clock });
	BUG_ON(!h->net);
	dev = alloc_etherdev(sizeof(struct wire_host *));
	BUG_ON(!dev);
	strcpy(dev->name, "wire0");
	*(struct wire_host **)netdev_priv(dev) = h;
	dev->netdev_ops = &wire_ops;
	dev->needs_free_netdev = true;
	dev_net_set(dev, h->net);
	eth_hw_addr_set(dev, host_mac);
	BUG_ON(register_netdev(dev));
	h->dev = dev;
}

static inline void wire_drop_sent(struct wire_host *h)
{
	skb_queue_purge(&h->sent);
}

/* With 192.0.2.2/24, up, its announcement taken away. */
static inline void wire_host_open(struct wire_host *h)
{
	wire_host_bare(h);
	net_lock(h->net);
	BUG_ON(inet_insert_ifa(h->dev, HOST_IP, 24));
	BUG_ON(dev_open(h->dev, NULL));
	net_unlock(h->net);
	wire_run(h);
	wire_drop_sent(h);
}

/* Return: how much was left over, which should be nothing. */
static inline size_t wire_host_close(struct wire_host *h)
{
	size_t left;

	wire_drop_sent(h);
	left = (size_t)skiff_net_destroy(h->net);
	wire_drop_sent(h);
	skiff_clock_put(h->clock);
	return left + skb_live_buffers();
}

/* Hand @len bytes of frame to the device; false when there is no memory for it. */
static inline bool wire_inject_quiet(struct wire_host *h, const void *frame, size_t len)
{
	struct sk_buff *skb = netdev_alloc_skb_ip_align(h->dev, (unsigned int)len);

	if (!skb)
		return false;
	skb_put_data(skb, frame, (unsigned int)len);
	if (len < ETH_HLEN) {
		kfree_skb(skb);
		return true;
	}
	skb->protocol = eth_type_trans(skb, h->dev);
	netif_rx(skb);
	return true;
}

static inline void wire_inject(struct wire_host *h, const void *frame, size_t len)
{
	BUG_ON(!wire_inject_quiet(h, frame, len));
	wire_run(h);
}

/* Take the next frame that the host sent. Return: its length, 0 when there is none. */
static inline size_t wire_take(struct wire_host *h, u8 frame[FRAME_MAX])
{
	struct sk_buff *skb = skb_dequeue(&h->sent);
	size_t len;

	if (!skb)
		return 0;
	len = skb->len;
	BUG_ON(len > FRAME_MAX || skb_copy_bits(skb, 0, frame, (int)len));
	consume_skb(skb);
	return len;
}

/* Frames. Each returns its length. */

static inline size_t frame_arp(u8 *f, u16 op, const u8 *dst, const u8 *sha, __be32 sip,
			       const u8 *tha, __be32 tip)
{
	wire_eth_build(f, dst, sha, ETH_P_ARP);
	wire_arp_build(f + ETH_HLEN, op, sha, sip, tha, tip);
	return ETH_HLEN + WIRE_ARP_LEN;
}

static inline size_t frame_ip(u8 *f, __be32 saddr, __be32 daddr, u8 protocol, const void *payload,
			      size_t len)
{
	const struct wire_ip_fields fields = { .ttl = 64,
					       .protocol = protocol,
					       .id = 1,
					       .payload_len = len,
					       .saddr = saddr,
					       .daddr = daddr };

	wire_eth_build(f, host_mac, peer_mac, ETH_P_IP);
	BUG_ON(wire_ip_build(f + ETH_HLEN, FRAME_MAX - ETH_HLEN, &fields) != WIRE_IP_HLEN);
	if (len)
		memmove(f + ETH_HLEN + WIRE_IP_HLEN, payload, len);
	return ETH_HLEN + WIRE_IP_HLEN + len;
}

static inline size_t frame_icmp(u8 *f, u8 type, u8 code, u32 rest, const void *data, size_t len)
{
	u8 icmp[FRAME_MAX];

	wire_icmp_build(icmp, type, code, rest);
	if (len)
		memcpy(icmp + WIRE_ICMP_HLEN, data, len);
	wire_icmp_set_csum(icmp, WIRE_ICMP_HLEN + len);
	return frame_ip(f, PEER_IP, HOST_IP, IPPROTO_ICMP, icmp, WIRE_ICMP_HLEN + len);
}

static inline size_t frame_udp(u8 *f, u16 sport, u16 dport, const void *data, size_t len)
{
	u8 udp[FRAME_MAX];

	BUG_ON(wire_udp_build(udp, sport, dport, len));
	if (len)
		memcpy(udp + WIRE_UDP_HLEN, data, len);
	wire_udp_set_csum(udp, PEER_IP, HOST_IP);
	return frame_ip(f, PEER_IP, HOST_IP, IPPROTO_UDP, udp, WIRE_UDP_HLEN + len);
}

/* The IPv4 checksum again, after a change of the header. */
static inline void frame_fix_ip(u8 *f)
{
	wire_ip_set_csum(f + ETH_HLEN);
}

/* The host knows where the peer is. */
static inline void wire_teach_peer(struct wire_host *h)
{
	u8 f[FRAME_MAX];

	wire_inject(h, f,
		    frame_arp(f, WIRE_ARP_REQUEST, bcast_mac, peer_mac, PEER_IP, NULL, HOST_IP));
	wire_drop_sent(h);
}

static inline u64 wire_snmp(struct wire_host *h, const char *name)
{
	u64 value = ~0ull;

	BUG_ON(skiff_snmp_get(h->net, name, &value));
	return value;
}

static inline u64 wire_drops(struct wire_host *h, enum skb_drop_reason reason)
{
	return __atomic_load_n(&h->net->drops[reason], __ATOMIC_RELAXED);
}

#endif /* TESTS_WIRE_HOST_H */
