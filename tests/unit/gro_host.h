/* SPDX-License-Identifier: BSD-2-Clause */
/* A host whose device merges what the test puts in, and shows it before the stack gets it. */
#ifndef TESTS_GRO_HOST_H
#define TESTS_GRO_HOST_H

#include <skiff/gro.h>
#include <skiff/slab.h>

#include "wire/tcp.h"
#include "wire_host.h"

#define GOT_MAX 512

/* What a received packet is made of. */
enum gro_form { FORM_LINEAR, FORM_FRAGS, FORM_MIXED, FORM_FOREIGN, FORM_MAX };

/**
 * struct gro_host - the host
 * @w: with its device
 * @napi: where frames come from
 * @in: those that the next poll takes
 * @tap: sees what is delivered
 * @got: that, with a reference
 * @nr: how many
 * @polls: how often it was polled
 */
struct gro_host {
	struct wire_host w;
	struct napi_struct napi;
	struct sk_buff_head in;
	struct packet_type tap;
	struct sk_buff *got[GOT_MAX];
	unsigned int nr;
	unsigned int polls;
};

static inline int gro_tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
			  struct net_device *orig_dev)
{
	struct gro_host *g = container_of(pt, struct gro_host, tap);

	(void)dev;
	(void)orig_dev;
	BUG_ON(g->nr == GOT_MAX);
	g->got[g->nr++] = skb;
	return NET_RX_SUCCESS;
}

static inline int gro_poll(struct napi_struct *napi, int budget)
{
	struct gro_host *g = container_of(napi, struct gro_host, napi);
	struct sk_buff *skb;
	int done = 0;

	g->polls++;
	while (done < budget && (skb = __skb_dequeue(&g->in)) != NULL) {
		napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static inline void gro_open(struct gro_host *g)
{
	memset(g, 0, sizeof(*g));
	__skb_queue_head_init(&g->in);
	wire_host_bare(&g->w);
	net_lock(g->w.net);
	netif_napi_add(g->w.dev, &g->napi, gro_poll);
	napi_enable(&g->napi);
	BUG_ON(inet_insert_ifa(g->w.dev, HOST_IP, 24));
	BUG_ON(dev_open(g->w.dev, NULL));
	g->tap = (struct packet_type){
		.type = htons(ETH_P_ALL), .ignore_outgoing = true, .dev = g->w.dev, .func = gro_tap
	};
	dev_add_pack(&g->tap);
	net_unlock(g->w.net);
	wire_run(&g->w);
	wire_drop_sent(&g->w);
}

static inline void gro_forget(struct gro_host *g)
{
	while (g->nr)
		consume_skb(g->got[--g->nr]);
	wire_drop_sent(&g->w);
}

/* Return: how much was left over, which should be nothing. */
static inline size_t gro_close(struct gro_host *g)
{
	net_lock(g->w.net);
	dev_remove_pack(&g->tap);
	napi_disable(&g->napi);
	__skb_queue_purge(&g->in);
	netif_napi_del(&g->napi);
	net_unlock(g->w.net);
	gro_forget(g);
	return wire_host_close(&g->w);
}

/* @len bytes of frame, of which @linear are linear and the rest in two fragments. */
static inline struct sk_buff *gro_skb_frags(const u8 *frame, size_t len, size_t linear)
{
	struct sk_buff *skb = alloc_skb(NET_IP_ALIGN + linear + 64, GFP_KERNEL);
	size_t at = linear, part = (len - linear) / 3;
	int i;

	BUG_ON(!skb);
	skb_reserve(skb, NET_IP_ALIGN);
	skb_put_data(skb, frame, (unsigned int)linear);
	for (i = 0; at < len; i++, at += part, part = len - at) {
		struct page *page = dev_alloc_page();

		BUG_ON(!page);
		if (!part)
			part = len - at;
		memcpy((u8 *)page_address(page) + 100, frame + at, part);
		skb_add_rx_frag(skb, i, page, 100, (int)part, PAGE_SIZE);
	}
	return skb;
}

static inline struct sk_buff *gro_skb_foreign(const u8 *frame, size_t len)
{
	unsigned int room = SKB_DATA_ALIGN((unsigned int)len + 64) +
			    SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	void *data = kmalloc(room, GFP_KERNEL);
	struct sk_buff *skb = data ? build_skb(data, 0) : NULL;

	BUG_ON(!skb);
	skb_reserve(skb, 32 + NET_IP_ALIGN);
	skb_put_data(skb, frame, (unsigned int)len);
	return skb;
}

/* A frame as it comes from a driver; @linear: for FORM_FRAGS, bytes of header. */
static inline struct sk_buff *gro_skb(struct gro_host *g, const void *frame, size_t len,
				      enum gro_form form, size_t linear)
{
	const u8 *f = (const u8 *)frame;
	struct sk_buff *skb;

	if (linear > len)
		linear = len;
	if (form == FORM_FOREIGN) {
		skb = gro_skb_foreign(f, len);
	} else if (form == FORM_LINEAR) {
		skb = alloc_skb(NET_IP_ALIGN + (unsigned int)len, GFP_KERNEL);
		BUG_ON(!skb);
		skb_reserve(skb, NET_IP_ALIGN);
		skb_put_data(skb, f, (unsigned int)len);
	} else {
		if (form == FORM_MIXED && len - linear > 10)
			linear += 7;
		skb = gro_skb_frags(f, len, linear);
	}
	skb->dev = g->w.dev;
	skb->protocol = eth_type_trans(skb, g->w.dev);
	return skb;
}

static inline void gro_put(struct gro_host *g, const void *frame, size_t len)
{
	__skb_queue_tail(&g->in, gro_skb(g, frame, len, FORM_LINEAR, len));
}

static inline void gro_run(struct gro_host *g)
{
	napi_schedule(&g->napi);
	wire_run(&g->w);
}

static inline void gro_switch(struct gro_host *g, netdev_features_t feature, bool on)
{
	net_lock(g->w.net);
	if (on)
		g->w.dev->wanted_features |= feature;
	else
		g->w.dev->wanted_features &= ~feature;
	netdev_update_features(g->w.dev);
	net_unlock(g->w.net);
}

/* A TCP segment. */
struct seg {
	u32 seq, ack;
	u16 sport, window, urg, id, fragment, len;
	u8 flags, ttl, tos, options, option_byte;
};

/* From @id on, which counts by one. */
static inline struct seg seg_of(u32 seq, u16 len, u16 id)
{
	return (struct seg){ .seq = seq,
			     .ack = 77,
			     .sport = 1000,
			     .window = 500,
			     .id = id,
			     .len = len,
			     .flags = WIRE_TCP_ACK,
			     .ttl = 64,
			     .options = 12,
			     .option_byte = 5 };
}

static inline void frame_tcp_csum(u8 *tcp, size_t len)
{
	wire_put16(tcp, 16, 0);
	wire_put16(tcp, 16,
		   ntohs((__force __be16)csum_tcpudp_magic(PEER_IP, HOST_IP, (u32)len, IPPROTO_TCP,
							   csum_partial(tcp, (int)len, 0))));
}

/* Payload follows from the sequence number. Return: the frame's length. */
static inline size_t frame_tcp(u8 *f, const struct seg *s)
{
	size_t hlen = WIRE_TCP_HLEN + s->options, len = hlen + s->len, i;
	const struct wire_ip_fields fields = { .tos = s->tos,
					       .ttl = s->ttl,
					       .protocol = IPPROTO_TCP,
					       .id = s->id,
					       .fragment = s->fragment,
					       .payload_len = len,
					       .saddr = PEER_IP,
					       .daddr = HOST_IP };
	u8 *tcp = f + ETH_HLEN + WIRE_IP_HLEN;

	wire_eth_build(f, host_mac, peer_mac, ETH_P_IP);
	BUG_ON(wire_ip_build(f + ETH_HLEN, WIRE_IP_HLEN, &fields) != WIRE_IP_HLEN);
	wire_put16(tcp, 0, s->sport);
	wire_put16(tcp, 2, 80);
	wire_put32(tcp, 4, s->seq);
	wire_put32(tcp, 8, s->ack);
	tcp[12] = (u8)(hlen / 4 << 4);
	tcp[13] = s->flags;
	wire_put16(tcp, 14, s->window);
	wire_put16(tcp, 18, s->urg);
	memset(tcp + WIRE_TCP_HLEN, 1, s->options);
	if (s->options)
		tcp[WIRE_TCP_HLEN + s->options - 1] = s->option_byte;
	for (i = 0; i < s->len; i++)
		tcp[hlen + i] = (u8)((s->seq + i) * 7 + (s->seq + i) / 251);
	frame_tcp_csum(tcp, len);
	return ETH_HLEN + WIRE_IP_HLEN + len;
}

/* Cut it as a device without features of its own would have it. NULL: it is no good. */
static inline struct sk_buff *gro_cut(struct gro_host *g, struct sk_buff *skb,
				      netdev_features_t features)
{
	struct sk_buff *segs, *copy = skb_copy(skb, GFP_KERNEL);

	BUG_ON(!copy);
	/* A copy has no list: the form that was received is cut, but for the last reference. */
	if (skb_has_frag_list(skb) && !(__skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST)) {
		consume_skb(copy);
		copy = skb_clone(skb, GFP_KERNEL);
		BUG_ON(!copy || skb_unclone(copy, GFP_KERNEL));
	} else if (skb_has_frag_list(skb)) {
		consume_skb(copy);
		copy = skb_clone(skb, GFP_KERNEL);
		BUG_ON(!copy);
	}
	__skb_push(copy, (unsigned int)(copy->data - skb_mac_header(copy)));
	if (!skb_is_gso(copy))
		return copy;
	net_lock(g->w.net);
	segs = skb_gso_segment(copy, features);
	net_unlock(g->w.net);
	if (IS_ERR_OR_NULL(segs)) {
		consume_skb(copy);
		return NULL;
	}
	consume_skb(copy);
	return segs;
}

/* The frame as it would be on the wire. Return: its length. */
static inline size_t gro_bytes(struct sk_buff *skb, u8 *frame, size_t size)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		BUG_ON(skb_checksum_help(skb));
	BUG_ON(skb->len > size || skb_copy_bits(skb, 0, frame, (int)skb->len));
	return skb->len;
}

#endif /* TESTS_GRO_HOST_H */
