// SPDX-License-Identifier: BSD-2-Clause
/* Frames of one flow from a driver: what one costs when it is merged with others, and when not. */
#include <string.h>

#include <skiff/etherdevice.h>
#include <skiff/gro.h>
#include <skiff/skiff.h>
#include <skiff/udp.h>

#include "wire/eth.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "harness.h"

#define MSS 1448
#define BURST 44 /* full segments in 64 KB */
#define SRC htonl(0xc0000201)
#define DST htonl(0xc0000202)

static struct net *net;
static struct net_device *dev;
static struct napi_struct napi;
static struct sock *sk;
static unsigned char frame[2048];
static size_t frame_len;
static unsigned int left;
static uint32_t seq;

/* A frame as a driver has it: just written, with nothing known about its checksum. */
static struct sk_buff *next_frame(void)
{
	struct sk_buff *skb = netdev_alloc_skb_ip_align(dev, (unsigned int)frame_len);

	skb_put_data(skb, frame, (unsigned int)frame_len);
	skb->protocol = eth_type_trans(skb, dev);
	return skb;
}

/* The next one of the flow; the payload's sum makes up for the sequence number. */
static void advance(void)
{
	unsigned char *tcp = frame + ETH_HLEN + WIRE_IP_HLEN;
	uint32_t last = (uint32_t)(seq + MSS);

	if (frame[ETH_HLEN + 9] != IPPROTO_TCP)
		return;
	wire_put32(tcp, 4, last);
	wire_put32(tcp, 32, ~last);
	seq = last;
}

static int poll(struct napi_struct *n, int budget)
{
	int done = 0;

	while (left && done < budget) {
		napi_gro_receive(n, next_frame());
		advance();
		left--;
		done++;
	}
	if (done < budget)
		napi_complete_done(n, done);
	return done;
}

/* In the place of TCP: the checksum, where nobody has looked at it, and the end. */
static rx_handler_result_t take(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;

	if (skb->ip_summed == CHECKSUM_NONE)
		skb_checksum(skb, WIRE_IP_HLEN, (int)skb->len - (int)WIRE_IP_HLEN, 0);
	consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}

static void features(netdev_features_t on)
{
	dev->wanted_features = (dev->wanted_features & ~NETIF_F_GRO) | on;
	netdev_update_features(dev);
}

static void bursts(size_t times)
{
	size_t i;

	for (i = 0; i < times; i++) {
		left = BURST;
		napi_schedule(&napi);
		net_unlock(net);
		net_lock(net);
		if (sk)
			__skb_queue_purge(&sk->sk_receive_queue);
	}
}

static void make_frame(uint8_t protocol)
{
	const struct wire_ip_fields fields = { .ttl = 64,
					       .protocol = protocol,
					       .fragment = WIRE_IP_DF,
					       .payload_len = MSS + 32,
					       .saddr = SRC,
					       .daddr = DST };
	unsigned char *l4 = frame + ETH_HLEN + WIRE_IP_HLEN;

	wire_eth_build(frame, dev->dev_addr, (const u8 *)"\2\0\0\0\0\1", ETH_P_IP);
	wire_ip_build(frame + ETH_HLEN, WIRE_IP_HLEN, &fields);
	frame_len = ETH_HLEN + WIRE_IP_HLEN + 32 + MSS;
	memset(l4, 0, 32 + MSS);
	if (protocol == IPPROTO_UDP) {
		wire_udp_build(l4, 1000, 7000, MSS + 32 - WIRE_UDP_HLEN);
		wire_udp_set_csum(l4, SRC, DST);
		return;
	}
	wire_put16(l4, 0, 1000);
	wire_put16(l4, 2, 80);
	wire_put32(l4, 4, seq);
	wire_put32(l4, 32, ~seq);
	l4[12] = 8 << 4;
	l4[13] = WIRE_TCP_ACK;
	wire_put16(l4, 16,
		   ntohs((__force __be16)csum_tcpudp_magic(SRC, DST, MSS + 32, IPPROTO_TCP,
							   csum_partial(l4, MSS + 32, 0))));
}

static void tcp(size_t times, void *arg)
{
	net_lock(net);
	features(arg ? NETIF_F_GRO : 0);
	make_frame(IPPROTO_TCP);
	netdev_rx_handler_register(dev, take, NULL);
	bursts(times);
	netdev_rx_handler_unregister(dev);
	net_unlock(net);
}

static void udp(size_t times, void *arg)
{
	const struct udp_port_cfg cfg = { .family = AF_INET, .local_udp_port = htons(7000) };
	int on = arg != NULL;

	net_lock(net);
	features(NETIF_F_GRO);
	make_frame(IPPROTO_UDP);
	if (!udp_sock_create(net, &cfg, &sk)) {
		sk->sk_rcvbuf = 1 << 20;
		sk->sk_prot->setsockopt(sk, SOL_UDP, UDP_GRO, &on, sizeof(on));
		bursts(times);
		udp_sock_release(sk);
	}
	sk = NULL;
	net_unlock(net);
}

static netdev_tx_t drop_xmit(struct sk_buff *skb, struct net_device *d)
{
	(void)d;
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = { .ndo_start_xmit = drop_xmit };

static int make_host(void)
{
	net = skiff_init() ? NULL : skiff_net_create(NULL);
	dev = net ? alloc_etherdev(0) : NULL;
	if (!dev)
		return -ENOMEM;
	dev->netdev_ops = &ops;
	dev_net_set(dev, net);
	net_lock(net);
	eth_hw_addr_random(dev);
	netif_napi_add(dev, &napi, poll);
	if (register_netdevice(dev) || inet_insert_ifa(dev, DST, 24) || dev_open(dev, NULL))
		return -EINVAL;
	napi_enable(&napi);
	net_unlock(net);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct bench_case cases[] = {
		{ .name = "gro/tcp-alone", .ours = tcp, .times = 500, .units = BURST },
		{ .name = "gro/tcp-merged", .ours = tcp, .times = 500, .units = BURST, .arg = &net },
		{ .name = "gro/udp-alone", .ours = udp, .times = 500, .units = BURST },
		{ .name = "gro/udp-merged", .ours = udp, .times = 500, .units = BURST, .arg = &net },
	};
	size_t i;

	if (make_host())
		return 1;
	/* One case a few times over, for who counts instructions: its number and how often. */
	if (argc == 3) {
		i = (size_t)atoi(argv[1]);
		cases[i].ours((size_t)atoi(argv[2]), cases[i].arg);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	net_lock(net);
	unregister_netdevice(dev);
	net_unlock(net);
	free_netdev(dev);
	return skiff_net_destroy(net) != 0;
}
