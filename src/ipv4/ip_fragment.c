// SPDX-License-Identifier: BSD-2-Clause
/* Fragments that arrive, RFC 791 section 3.2 and RFC 1122 section 3.3.2: packets made of them. */
#include <skiff/slab.h>

#include "ip/inet_frag.h"
#include "ipv4/ipv4.h"
#include "wire/ip.h"

/* Buckets of sources whose fragments are counted, see ip_frag_too_far(). */
#define IP_FRAG_PEERS 256

/**
 * struct ip_frag_key - what fragments of one packet have in common
 * @saddr: source
 * @daddr: destination
 * @user: IP_DEFRAG_*: who puts them together
 * @id: identification
 * @protocol: IPPROTO_*
 * @zero: all bytes count
 */
struct ip_frag_key {
	__be32 saddr;
	__be32 daddr;
	u32 user;
	__be16 id;
	u8 protocol;
	u8 zero;
};

/**
 * struct ipq - a packet that is being put together
 * @q: its fragments
 * @key: follows, as inet_frag_find() wants it
 * @ecn: IPFRAG_ECN_* of all fragments
 * @max_df_size: largest fragment with DF, header included
 * @max_size: largest fragment
 * @iif: device that the last one came from
 * @rid: fragments of this source so far, see ip_frag_too_far()
 */
struct ipq {
	struct inet_frag_queue q;
	struct ip_frag_key key;
	u8 ecn;
	u16 max_df_size;
	u16 max_size;
	int iif;
	u32 rid;
};

/**
 * struct ip_frag_peer - fragments of a source
 * @saddr: the source
 * @rid: how many there were
 */
struct ip_frag_peer {
	__be32 saddr;
	u32 rid;
};

/**
 * struct ip_frags - a host's reassembly
 * @fqdir: the queues
 * @peers: see ip_frag_too_far()
 */
struct ip_frags {
	struct fqdir fqdir;
	struct ip_frag_peer peers[IP_FRAG_PEERS];
};

_Static_assert(sizeof(struct inet_skb_parm) <= sizeof_field(struct inet_frag_cb, header),
	       "what IPv4 notes stays while fragments wait");

static struct ipq *frag_ipq(struct inet_frag_queue *q)
{
	return container_of(q, struct ipq, q);
}

/* RFC 1122 section 3.3.2: the sender hears of it if the first fragment, which tells what it was, came. */
static void ip_frag_tell(struct net *net, const struct ipq *qp, struct sk_buff *head)
{
	struct net_device *dev = __dev_get_by_index(net, qp->iif);
	const struct iphdr *iph = ip_hdr(head);

	if (!dev)
		return;
	head->dev = dev;
	skb_dst_drop(head);
	if (ip_route_input_noref(head, iph->daddr, iph->saddr, iph->tos, dev))
		return;
	/* RFC 792: the destination alone puts together. */
	if (skb_rtable(head)->rt_type == RTN_LOCAL)
		icmp_send(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
}

static void ip_expire(struct inet_frag_queue *q)
{
	struct net *net = q->fqdir->net;

	IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	IP_INC_STATS(net, IPSTATS_MIB_REASMTIMEOUT);
	if (q->first)
		ip_frag_tell(net, frag_ipq(q), q->first);
}

static void ip_evicted(struct inet_frag_queue *q)
{
	IP_INC_STATS(q->fqdir->net, IPSTATS_MIB_REASMFAILS);
}

int ip_frags_init(struct ipv4_net *in)
{
	struct ip_frags *frags = (struct ip_frags *)kzalloc(sizeof(*frags), GFP_KERNEL);

	if (!frags)
		return -ENOMEM;
	frags->fqdir.net = in->net;
	frags->fqdir.qsize = sizeof(struct ipq);
	frags->fqdir.keylen = sizeof(struct ip_frag_key);
	frags->fqdir.expired = ip_expire;
	frags->fqdir.dropped = ip_evicted;
	fqdir_init(&frags->fqdir);
	in->frags = frags;
	return 0;
}

void ip_frags_exit(struct ipv4_net *in)
{
	if (in->frags)
		fqdir_exit(&in->frags->fqdir);
	kfree(in->frags);
	in->frags = NULL;
}

long ip_frag_mem(const struct net *net)
{
	return ipv4_net(net)->frags->fqdir.mem;
}

/* The settings may have changed since the last fragment. */
static struct fqdir *ip_fqdir(struct ipv4_net *in)
{
	struct fqdir *f = &in->frags->fqdir;

	f->high_thresh = in->sysctl.ipfrag_high_thresh;
	f->low_thresh = min(in->sysctl.ipfrag_low_thresh, in->sysctl.ipfrag_high_thresh);
	f->timeout = (ktime_t)in->sysctl.ipfrag_time * NSEC_PER_SEC;
	return f;
}

static struct ipq *ip_find(struct ipv4_net *in, const struct iphdr *iph, u32 user)
{
	const struct ip_frag_key key = {
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.user = user,
		.id = iph->id,
		.protocol = iph->protocol,
	};
	struct inet_frag_queue *q;
	bool fresh;

	q = inet_frag_find(ip_fqdir(in), &key, &fresh);
	return q ? frag_ipq(q) : NULL;
}

/*
 * Whether so many other fragments of the same source came since this packet's last one that its
 * identification may be another packet's by now (RFC 4963).
 */
static bool ip_frag_too_far(struct ipv4_net *in, struct ipq *qp)
{
	u32 hash = (u32)siphash_1u32((__force u32)qp->key.saddr, &in->hash_key), before = qp->rid;
	struct ip_frag_peer *peer = &in->frags->peers[hash % IP_FRAG_PEERS];
	bool known = peer->saddr == qp->key.saddr;

	peer->saddr = qp->key.saddr;
	qp->rid = ++peer->rid;
	return in->sysctl.ipfrag_max_dist && known && qp->q.nr &&
	       qp->rid - before > (u32)in->sysctl.ipfrag_max_dist;
}

static void ip_frag_restart(struct ipv4_net *in, struct ipq *qp)
{
	IP_INC_STATS(in->net, IPSTATS_MIB_REASMFAILS);
	inet_frag_reinit(&qp->q);
	qp->ecn = 0;
	qp->max_df_size = 0;
	qp->max_size = 0;
}

/* Where a fragment belongs. Return: the end of its payload, 0 when it makes no sense. */
static u32 ip_frag_range(struct sk_buff *skb)
{
	u32 hlen = ip_hdrlen(skb), offset = (ntohs(ip_hdr(skb)->frag_off) & IP_OFFSET) * 8u;
	u32 len = skb->len - hlen;

	INET_FRAG_CB(skb)->offset = offset;
	INET_FRAG_CB(skb)->hlen = hlen;
	/* What is no multiple of 8 can't be followed; the rest comes again in the next one. */
	if (ip_hdr(skb)->frag_off & htons(IP_MF) && len & 7) {
		len &= ~7u;
		if (pskb_trim_rcsum(skb, hlen + len))
			return 0;
	}
	/* The packet's total length has 16 bits. */
	return len && offset + len + hlen <= IP_MAX_MTU ? offset + len : 0;
}

static void ip_frag_note(struct ipq *qp, const struct sk_buff *skb, int iif)
{
	const struct iphdr *iph = ip_hdr(skb);
	u16 size = ntohs(iph->tot_len);

	qp->iif = iif;
	qp->ecn |= (u8)(1 << (iph->tos & 3));
	qp->max_size = max(qp->max_size, size);
	if (iph->frag_off & htons(IP_DF))
		qp->max_df_size = max(qp->max_df_size, size);
}

/* The payload is whole: the first fragment's header becomes the packet's. */
static struct sk_buff *ip_frag_reasm(struct net *net, struct ipq *qp)
{
	struct sk_buff *skb;
	struct iphdr *iph;
	u8 ecn = ip_frag_ecn_table[qp->ecn & 15];

	if (ecn == 0xff || qp->q.len + INET_FRAG_CB(qp->q.first)->hlen > IP_MAX_MTU)
		return NULL;
	skb = inet_frag_join(&qp->q);
	if (!skb)
		return NULL;
	iph = ip_hdr(skb);
	iph->tot_len = htons((u16)skb->len);
	iph->tos |= ecn;
	iph->frag_off = 0;
	/* Cut by the sender on purpose: it goes on in the same pieces, if it goes on. */
	if (qp->max_df_size == qp->max_size) {
		IPCB(skb)->flags |= IPSKB_FRAG_PMTU;
		iph->frag_off = htons(IP_DF);
	}
	IPCB(skb)->flags |= IPSKB_FRAG_COMPLETE;
	IPCB(skb)->frag_max_size = max(qp->max_size, qp->max_df_size);
	ip_send_check(iph);
	IP_INC_STATS(net, IPSTATS_MIB_REASMOKS);
	return skb;
}

/* Nothing more can come of this packet; @skb, if any, is its last fragment. */
static struct sk_buff *ip_frag_give_up(struct net *net, struct ipq *qp, struct sk_buff *skb)
{
	IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	kfree_skb_reason(skb, SKB_DROP_REASON_IP_FRAGMENT);
	inet_frag_kill(&qp->q);
	inet_frag_destroy(&qp->q);
	return NULL;
}

/* All of it is there: it arrived by @dev, with @dst, the reference to which is taken over. */
static struct sk_buff *ip_frag_finish(struct net *net, struct ipq *qp, struct net_device *dev,
				      struct dst_entry *dst)
{
	struct sk_buff *whole;

	inet_frag_kill(&qp->q);
	whole = ip_frag_reasm(net, qp);
	if (!whole)
		IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	inet_frag_destroy(&qp->q);
	if (!whole) {
		dst_release(dst);
		return NULL;
	}
	whole->dev = dev;
	skb_dst_set(whole, dst);
	return whole;
}

static struct sk_buff *ip_frag_queue(struct ipv4_net *in, struct ipq *qp, struct sk_buff *skb)
{
	bool last = !(ip_hdr(skb)->frag_off & htons(IP_MF));
	struct net_device *dev = skb->dev;
	struct dst_entry *dst;
	u32 end;

	if (ip_frag_too_far(in, qp))
		ip_frag_restart(in, qp);
	end = ip_frag_range(skb);
	if (!end)
		return ip_frag_give_up(in->net, qp, skb);
	switch (inet_frag_queue_insert(&qp->q, skb, end, last)) {
	case IPFRAG_OK:
		break;
	case IPFRAG_DUP:
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_FRAGMENT);
		return NULL;
	case IPFRAG_OVERLAP:
		IP_INC_STATS(in->net, IPSTATS_MIB_REASM_OVERLAPS);
		return ip_frag_give_up(in->net, qp, skb);
	default:
		return ip_frag_give_up(in->net, qp, skb);
	}
	ip_frag_note(qp, skb, dev->ifindex);
	/* While it waits, device and route may go. */
	dst = dst_clone(skb_dst(skb));
	skb_dst_drop(skb);
	skb->dev = NULL;
	if (inet_frag_whole(&qp->q))
		return ip_frag_finish(in->net, qp, dev, dst);
	dst_release(dst);
	return NULL;
}

/**
 * ip_defrag() - give a fragment to reassembly
 * @net: host
 * @skb: the fragment, header checked and linear, data at it; consumed
 * @user: IP_DEFRAG_*: who asks; each one puts together what it saw itself
 *
 * Stack lock. Return: the whole packet, which is the caller's, data at its header; NULL as long as
 * there is none.
 */
struct sk_buff *ip_defrag(struct net *net, struct sk_buff *skb, u32 user)
{
	struct ipv4_net *in = ipv4_net(net);
	struct ipq *qp;

	ASSERT_NET_LOCKED(net);
	IP_INC_STATS(net, IPSTATS_MIB_REASMREQDS);
	/* What a device merged is a list already: lists in lists are nobody's friend. */
	if (skb_has_frag_list(skb) && skb_linearize(skb)) {
		IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return NULL;
	}
	qp = ip_find(in, ip_hdr(skb), user);
	if (qp)
		return ip_frag_queue(in, qp, skb);
	IP_INC_STATS(net, IPSTATS_MIB_REASMFAILS);
	kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
	return NULL;
}
