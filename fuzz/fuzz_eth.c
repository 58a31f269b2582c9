// SPDX-License-Identifier: BSD-2-Clause
/* Ethernet input: any bytes, through a device, the backlog and the taps to packet handlers. */
#include <stdlib.h>

#include <skiff/etherdevice.h>
#include <skiff/netdevice.h>
#include <skiff/skb/pool.h>

#include "ethernet/virtio_net.h"

/*
 * The first bytes choose: the shape of the buffer, and a virtio header in front of the frame. The
 * rest is the frame.
 */
static struct skiff_clock *fuzz_clock;
static struct net *net;
static struct net_device *dev;

static netdev_tx_t swallow(struct sk_buff *skb, struct net_device *on)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = { .ndo_start_xmit = swallow };

/* A handler that reads all that it is given, and all that the headers say. */
static int look(struct sk_buff *skb, struct net_device *on, struct packet_type *pt,
		struct net_device *orig_dev)
{
	unsigned char haddr[MAX_ADDR_LEN], *all;
	volatile unsigned char sum = 0;
	unsigned int i;

	dev_parse_header(skb, haddr);
	eth_header_parse_protocol(skb);
	if (skb_network_offset(skb) != 0 || skb_mac_offset(skb) > 0)
		abort();
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb || skb_linearize(skb)) {
		kfree_skb(skb);
		return NET_RX_DROP;
	}
	all = skb->data;
	for (i = 0; i < skb->len; i++)
		sum += all[i];
	eth_get_headlen(on, skb_mac_header(skb),
			(u32)(skb->len + (unsigned int)-skb_mac_offset(skb)));
	if (skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) &&
	    skb_checksum_start_offset(skb) >= 0 && skb_checksum_help(skb))
		abort();
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type handlers[] = {
	{ .type = 0, .func = look }, { .type = 0, .func = look }, { .type = 0, .func = look },
	{ .type = 0, .func = look }, { .type = 0, .func = look },
};

static void start(void)
{
	static const u16 types[] = { ETH_P_ALL, ETH_P_IP, ETH_P_IPV6, ETH_P_802_2, ETH_P_ARP };
	static const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
	struct skiff_net_params params = { .clock = skiff_clock_virtual(0, 0) };
	size_t i;

	fuzz_clock = params.clock;
	if (skiff_device_init())
		abort();
	net = skiff_net_create(&params);
	net_lock(net);
	dev = alloc_etherdev(0);
	dev->netdev_ops = &ops;
	dev_net_set(dev, net);
	eth_hw_addr_set(dev, mac);
	if (register_netdevice(dev) || dev_open(dev, NULL))
		abort();
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		handlers[i].type = htons(types[i]);
		handlers[i].af_packet_net = net;
		dev_add_pack(&handlers[i]);
	}
	net_unlock(net);
}

/* The frame, its end in a fragment if @shape says so. */
static struct sk_buff *build(const u8 *data, unsigned int len, u8 shape)
{
	unsigned int linear = shape & 1 ? len * (shape >> 1) / 128 : len;
	struct sk_buff *skb = netdev_alloc_skb_ip_align(dev, len);
	struct page *page;

	if (!skb)
		return NULL;
	skb_put_data(skb, data, linear);
	if (linear == len)
		return skb;
	page = alloc_pages(GFP_KERNEL, 4);
	if (!page) {
		kfree_skb(skb);
		return NULL;
	}
	memcpy(page_address(page), data + linear, len - linear);
	skb_add_rx_frag(skb, 0, page, 0, (int)(len - linear), PAGE_SIZE << 4);
	return skb;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr hdr;
	struct sk_buff *skb;

	if (!net)
		start();
	if (size < 1 + sizeof(hdr) || size > 60000)
		return 0;
	memcpy(&hdr, data + 1, sizeof(hdr));
	skb = build(data + 1 + sizeof(hdr), (unsigned int)(size - 1 - sizeof(hdr)), data[0]);
	if (!skb)
		return 0;
	if (virtio_net_hdr_to_skb(skb, &hdr)) {
		kfree_skb(skb);
	} else {
		skb->protocol = eth_type_trans(skb, dev);
		netif_rx(skb);
		if (skiff_clock_run_until(fuzz_clock, skiff_clock_now(fuzz_clock) + 1000))
			abort();
	}
	if (skb_live_buffers())
		abort();
	return 0;
}
