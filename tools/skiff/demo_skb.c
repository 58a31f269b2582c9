// SPDX-License-Identifier: BSD-2-Clause
/* One real sk_buff on its way from allocation to the wire, drawn after each move. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <skiff/checksum.h>
#include <skiff/ip.h>
#include <skiff/udp.h>

#include "demo.h"

/* The buffer: small, so that its parts are seen. */
#define ROOM 320
#define HEADROOM 64

static const char payload[] = "A datagram that was built by hand in one sk_buff: reserved, put, "
			      "pushed, pulled, pushed again and sent.";
#define PAYLOAD ((unsigned int)sizeof(payload) - 1)

/**
 * struct album - the pictures
 * @skb: the buffer
 * @out: as SVG
 * @y: where the next one goes
 */
struct album {
	struct sk_buff *skb;
	FILE *out;
	int y;
};

#define PICTURES 7

static void draw(struct album *album, const char *what)
{
	char text[SKB_DRAW_TEXT_SIZE];

	skb_draw_text(text, sizeof(text), album->skb, what);
	printf("%s\n", text);
	skb_draw_svg(album->out, album->skb, what, album->y);
	album->y += SKB_DRAW_SVG_HEIGHT;
}

static void push_udp(struct sk_buff *skb, u16 port)
{
	struct udphdr *uh = skb_push(skb, sizeof(*uh));
	struct sockaddr_in from = demo_sockaddr(DEMO_ADDR, port);
	struct sockaddr_in to = demo_sockaddr(DEMO_PEER_ADDR, DEMO_PEER_PORT);

	skb_reset_transport_header(skb);
	uh->source = from.sin_port;
	uh->dest = to.sin_port;
	uh->len = htons((u16)skb->len);
	uh->check = 0;
	uh->check = (u16)csum_tcpudp_magic(from.sin_addr.s_addr, to.sin_addr.s_addr, skb->len,
					   IPPROTO_UDP, csum_partial(uh, (int)skb->len, 0));
}

static void push_ip(struct sk_buff *skb)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons((u16)skb->len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = 64;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = demo_sockaddr(DEMO_ADDR, 0).sin_addr.s_addr;
	iph->daddr = demo_sockaddr(DEMO_PEER_ADDR, 0).sin_addr.s_addr;
	iph->check = (u16)ip_fast_csum(iph, iph->ihl);
}

static void push_ethernet(struct sk_buff *skb, const struct net_device *dev, const u8 *to)
{
	struct ethhdr *eth = skb_push(skb, sizeof(*eth));

	skb_reset_mac_header(skb);
	memcpy(eth->h_dest, to, ETH_ALEN);
	memcpy(eth->h_source, dev->dev_addr, ETH_ALEN);
	eth->h_proto = htons(ETH_P_IP);
}

static void build(struct album *album, struct net_device *dev, const u8 *mac, u16 port)
{
	struct sk_buff *skb = album->skb;
	char what[64];

	draw(album, "alloc_skb(320): an empty buffer");
	skb_reserve(skb, HEADROOM);
	draw(album, "skb_reserve(64): room for headers");
	skb_put_data(skb, payload, PAYLOAD);
	snprintf(what, sizeof(what), "skb_put(%u): the payload", PAYLOAD);
	draw(album, what);
	push_udp(skb, port);
	draw(album, "skb_push(8): the UDP header");
	push_ip(skb);
	draw(album, "skb_push(20): the IP header");
	push_ethernet(skb, dev, mac);
	draw(album, "skb_push(14): the Ethernet header, ready for the wire");
	skb_pull(skb, ETH_HLEN);
	draw(album, "skb_pull(14): as IP sees it at the other end");
	skb_push(skb, ETH_HLEN);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
}

/* Build it and send it. Return: 0 or a negative errno. */
static int build_and_send(struct demo *demo, struct album *album)
{
	struct net_device *dev;
	u8 mac[ETH_ALEN];
	int err = demo->peer->mac(demo, mac);

	if (err)
		return err;
	album->skb = alloc_skb(ROOM, GFP_KERNEL);
	if (!album->skb)
		return -ENOMEM;
	net_lock(demo->net);
	dev = __dev_get_by_name(demo->net, DEMO_DEV);
	if (dev) {
		build(album, dev, mac, skiff_udp_port(demo->udp));
		err = dev_queue_xmit(album->skb);
		err = net_xmit_eval(err) ? -EIO : 0;
	} else {
		kfree_skb(album->skb);
		err = -ENODEV;
	}
	net_unlock(demo->net);
	return err;
}

void step_skb(struct demo *demo, struct step_result *result)
{
	struct album album = { .out = fopen(demo->svg_path, "w") };
	int err, n = 0;

	if (!demo->udp) {
		step_failed(result, "there is no open port");
		if (album.out)
			fclose(album.out);
		return;
	}
	if (!album.out) {
		step_failed(result, "%s: %s", demo->svg_path, strerror(errno));
		return;
	}
	outcome_reset(&demo->received);
	skb_draw_svg_begin(album.out, PICTURES * SKB_DRAW_SVG_HEIGHT);
	err = build_and_send(demo, &album);
	skb_draw_svg_end(album.out);
	if (fclose(album.out) && !err)
		err = -errno;
	if (!err)
		n = demo->peer->answer(demo);
	if (!err && n >= 0)
		err = min(outcome_wait(&demo->received), 0);
	if (err || n < 0)
		step_failed(result, "%s", strerror(err ? -err : -n));
	else if (n != (int)PAYLOAD)
		step_failed(result, "%d bytes arrived instead of %u", n, PAYLOAD);
	else
		step_ok(result, "%d bytes arrived and came back", n);
}
