// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams that are merged for who wants many at once, and packets that are cut into datagrams. */
#include <skiff/gro.h>

#include "ipv4/offload.h"
#include "udp/udp.h"
#include "wire/udp.h"

/*
 * Datagrams have borders that mean something, so they are merged only for a socket that asked to
 * be told (UDP_GRO), or for nobody here (NETIF_F_GRO_UDP_FWD). NETIF_F_GRO_FRAGLIST keeps them
 * whole, one behind the other: the others' way through the stack is saved, and no header is lost.
 */

/* Datagrams in one packet. */
#define UDP_GRO_CNT_MAX 64

static __wsum udp_pseudo(const struct sk_buff *skb, unsigned int len)
{
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len, IPPROTO_UDP, 0);
}

static __sum16 pseudo_field(const struct sk_buff *skb, unsigned int len)
{
	return (__force __sum16)(u16) ~(__force u16)csum_fold(udp_pseudo(skb, len));
}

static void leave_csum_to_device(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_transport_header(skb) - skb->head);
	skb->csum_offset = offsetof(struct udphdr, check);
}

/* Merging. */

/* The held datagram of the same ports; those of others are no candidates any more. */
static struct sk_buff *find_held(struct list_head *head, const struct udphdr *uh)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		const struct udphdr *uh2 = udp_hdr(p);

		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (uh->source == uh2->source && uh->dest == uh2->dest)
			return p;
		NAPI_GRO_CB(p)->same_flow = 0;
	}
	return NULL;
}

static bool append(struct sk_buff *p, struct sk_buff *skb, const struct udphdr *uh)
{
	if (!NAPI_GRO_CB(skb)->is_flist) {
		skb_gro_postpull_rcsum(skb, uh, WIRE_UDP_HLEN);
		return !skb_gro_receive(p, skb);
	}
	/* They stay as they are, so they have to be alike in what is known of their checksums. */
	return skb->ip_summed == p->ip_summed && skb->csum_level == p->csum_level &&
	       !skb_gro_receive_list(p, skb);
}

/* Return: the held packet that is complete, or NULL. */
static struct sk_buff *udp_gro_join(struct list_head *head, struct sk_buff *skb)
{
	const struct udphdr *uh = udp_hdr(skb);
	unsigned int ulen = ntohs(uh->len), size;
	struct sk_buff *p;

	p = find_held(head, uh);
	/* Without a checksum it could not be made again; nor could what follows the datagram. */
	if (!uh->check || ulen <= WIRE_UDP_HLEN || ulen != skb_gro_len(skb)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return p;
	}
	skb_gro_pull(skb, WIRE_UDP_HLEN);
	if (!p)
		return NULL;
	if (NAPI_GRO_CB(skb)->is_flist != NAPI_GRO_CB(p)->is_flist) {
		NAPI_GRO_CB(skb)->flush = 1;
		return p;
	}
	size = ntohs(udp_hdr(p)->len);
	/* The first that is shorter is the last one; a longer one begins anew. */
	if (ulen > size || NAPI_GRO_CB(p)->flush || !gro_id_goes_on(p) || !append(p, skb, uh) ||
	    ulen != size || NAPI_GRO_CB(p)->count >= UDP_GRO_CNT_MAX)
		return p;
	return NULL;
}

/* The socket that a datagram will go to, if any on this host wants more than one at a time. */
static const struct udp_sock *udp_gro_socket(const struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	const struct sock *sk;

	if (likely(!udp_net(net)->gro_wanted))
		return NULL;
	sk = __udp4_lib_lookup(net, ip_hdr(skb)->saddr, udp_hdr(skb)->source, ip_hdr(skb)->daddr,
			       udp_hdr(skb)->dest, skb->dev->ifindex, NULL);
	return sk ? udp_sk(sk) : NULL;
}

static struct sk_buff *udp_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	netdev_features_t features = skb->dev->features;
	const struct udp_sock *up = udp_gro_socket(skb);
	bool wanted = up ? up->gro_enabled : features & NETIF_F_GRO_UDP_FWD;

	NAPI_GRO_CB(skb)->is_flist = features & NETIF_F_GRO_FRAGLIST && !(up && up->gro_enabled);
	if (wanted || NAPI_GRO_CB(skb)->is_flist)
		return udp_gro_join(head, skb);
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

static __wsum udp4_gro_pseudo(const struct sk_buff *skb, int proto)
{
	(void)proto;
	return udp_pseudo(skb, skb_gro_len(skb));
}

static struct sk_buff *udp4_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct udphdr *uh;

	uh = (const struct udphdr *)skb_gro_header(skb, off + WIRE_UDP_HLEN, off);
	if (!uh)
		goto flush;
	/* Nobody wants it merged: leave its checksum to who gets it. */
	if (!udp_net(dev_net(skb->dev))->gro_wanted &&
	    !(skb->dev->features & (NETIF_F_GRO_UDP_FWD | NETIF_F_GRO_FRAGLIST)))
		goto flush;
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate_zero_check(skb, IPPROTO_UDP, uh->check, udp4_gro_pseudo))
		goto flush;
	return udp_gro_receive(head, skb);
flush:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* Whole datagrams in a list: the first one's header stands for all. */
static int complete_list(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	shinfo->gso_type |= SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4;
	shinfo->gso_segs = NAPI_GRO_CB(skb)->count;
	__skb_incr_checksum_unnecessary(skb);
	return 0;
}

static int udp4_gro_complete(struct sk_buff *skb, int nhoff)
{
	unsigned int len = skb->len - (unsigned int)nhoff;
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	udp_hdr(skb)->len = htons((u16)len);
	/* Datagrams of one size with one identification: it has to be the same again. */
	if (NAPI_GRO_CB(skb)->is_atomic)
		shinfo->gso_type |= SKB_GSO_TCP_FIXEDID;
	if (NAPI_GRO_CB(skb)->is_flist)
		return complete_list(skb);
	udp_hdr(skb)->check = pseudo_field(skb, len);
	leave_csum_to_device(skb);
	shinfo->gso_segs = NAPI_GRO_CB(skb)->count;
	shinfo->gso_type |= SKB_GSO_UDP_L4;
	return 0;
}

/* Cutting. */

static struct sk_buff *cut_list(struct sk_buff *skb, netdev_features_t features)
{
	unsigned int len = WIRE_UDP_HLEN + __skb_shinfo(skb)->gso_size;
	struct sk_buff *segs = skb_segment_list(skb, features, skb_mac_header_len(skb));

	if (!IS_ERR(segs))
		udp_hdr(segs)->len = htons((u16)len);
	return segs;
}

/* Lengths and checksums of the segments, whose headers are copies of the first. */
static void number_segments(struct sk_buff *segs)
{
	struct sk_buff *skb;

	for (skb = segs; skb; skb = skb->next) {
		unsigned int len =
			(unsigned int)(skb_tail_pointer(skb) - skb_transport_header(skb)) +
			skb->data_len;
		struct udphdr *uh = udp_hdr(skb);
		__wsum pseudo = udp_pseudo(skb, len);

		uh->len = htons((u16)len);
		uh->check = pseudo_field(skb, len);
		if (skb->ip_summed == CHECKSUM_PARTIAL) {
			gso_reset_checksum(skb, (__force __wsum) ~(__force u32)pseudo);
			continue;
		}
		uh->check = gso_make_checksum(skb, (__force __wsum) ~(__force u32)pseudo);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}
}

static struct sk_buff *udp4_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	unsigned int type = __skb_shinfo(skb)->gso_type, mss = __skb_shinfo(skb)->gso_size;
	struct sk_buff *segs;

	if (!(type & SKB_GSO_UDP_L4) || !pskb_may_pull(skb, WIRE_UDP_HLEN) ||
	    skb->len <= WIRE_UDP_HLEN + mss)
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		skb_shinfo(skb)->gso_segs =
			(unsigned short)DIV_ROUND_UP(skb->len - WIRE_UDP_HLEN, mss);
		return NULL;
	}
	if (type & SKB_GSO_FRAGLIST)
		return cut_list(skb, features);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		leave_csum_to_device(skb);
	__skb_pull(skb, WIRE_UDP_HLEN);
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	number_segments(segs);
	gso_charge_segments(skb, segs);
	return segs;
}

static const struct net_offload udpv4_offload = {
	.callbacks = {
		.gso_segment = udp4_gso_segment,
		.gro_receive = udp4_gro_receive,
		.gro_complete = udp4_gro_complete,
	},
};

void udpv4_offload_init(void)
{
	inet_add_offload(&udpv4_offload, IPPROTO_UDP);
}
