// SPDX-License-Identifier: BSD-2-Clause
/* TCP headers of segments that are merged into one, and of one that is cut into segments. */
#include <linux/tcp.h>

#include <skiff/gro.h>
#include <skiff/inet_common.h>

#include "ipv4/ipv4.h"
#include "ipv4/offload.h"
#include "wire/tcp.h"

/*
 * Merged are segments of a flow that follow one another without a gap, have the same headers but
 * for sequence number, checksum and the flags that end a burst, and the same size; a shorter one is
 * the last. Neither a socket nor the state of a connection is needed for that.
 */

/* The word with header length, flags and window, in wire order. */
#define FLAG_WORD(flag) htonl((u32)(flag) << 16)
#define FLAGS_ENDING FLAG_WORD(WIRE_TCP_FIN | WIRE_TCP_PSH)
#define FLAGS_ALONE \
	FLAG_WORD(WIRE_TCP_URG | WIRE_TCP_PSH | WIRE_TCP_RST | WIRE_TCP_SYN | WIRE_TCP_FIN)

static __be32 flag_word(const struct tcphdr *th)
{
	__be32 word;

	memcpy(&word, (const u8 *)th + 12, sizeof(word));
	return word;
}

static struct tcphdr *tcp_header(const struct sk_buff *skb)
{
	return (struct tcphdr *)(void *)skb_transport_header(skb);
}

static __wsum tcp_pseudo(const struct sk_buff *skb, unsigned int len)
{
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len, IPPROTO_TCP, 0);
}

/* Merging. */

/* The held segment of the same ports; those of others are no candidates any more. */
static struct sk_buff *find_held(struct list_head *head, const struct tcphdr *th)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		const struct tcphdr *th2 = tcp_header(p);

		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (th->source == th2->source && th->dest == th2->dest)
			return p;
		NAPI_GRO_CB(p)->same_flow = 0;
	}
	return NULL;
}

/* Whether a header is what cutting would make behind the one of @p. */
static bool headers_fit(const struct sk_buff *p, const struct tcphdr *th, unsigned int thlen)
{
	const struct tcphdr *th2 = tcp_header(p);
	__be32 differ = (flag_word(th) ^ flag_word(th2)) &
			~(FLAG_WORD(WIRE_TCP_CWR) | FLAGS_ENDING);

	/* CWR (RFC 3168 section 6.1.2) is in the first of a burst only. The lengths are equal. */
	return !(flag_word(th) & FLAG_WORD(WIRE_TCP_CWR)) && !differ &&
	       th->ack_seq == th2->ack_seq && th->urg_ptr == th2->urg_ptr &&
	       !memcmp(th + 1, th2 + 1, thlen - sizeof(*th));
}

/* Whether @len bytes of payload in @skb, as large as @p's segments or smaller, follow @p's. */
static bool payload_fits(const struct sk_buff *p, const struct sk_buff *skb,
			 const struct tcphdr *th, unsigned int len, unsigned int mss)
{
	const struct tcphdr *th2 = tcp_header(p);
	unsigned int before = p->len - (unsigned int)((const u8 *)th2 - p->data) - th2->doff * 4u;

	if (unlikely(skb_is_gso(skb)))
		return __skb_shinfo(skb)->gso_size == mss &&
		       ntohl(th2->seq) + before == ntohl(th->seq);
	return len && len <= mss && ntohl(th2->seq) + before == ntohl(th->seq);
}

/* Return: whether @skb, now at its payload, is part of @p. */
static bool join(struct sk_buff *p, struct sk_buff *skb, const struct tcphdr *th,
		 unsigned int thlen, unsigned int mss)
{
	__be32 ending = flag_word(th) & FLAGS_ENDING;
	struct tcphdr *th2 = tcp_header(p);

	if (NAPI_GRO_CB(p)->flush || !headers_fit(p, th, thlen) ||
	    !payload_fits(p, skb, th, skb_gro_len(skb), mss) || !gro_id_goes_on(p))
		return false;
	if (skb_gro_receive(p, skb))
		return false;
	th2->fin |= !!(ending & FLAG_WORD(WIRE_TCP_FIN));
	th2->psh |= !!(ending & FLAG_WORD(WIRE_TCP_PSH));
	return true;
}

/* Nothing may follow: a segment that is shorter, or whose flags end the burst. */
static bool is_last(const struct sk_buff *skb, __be32 flags, unsigned int len, unsigned int mss)
{
	if (unlikely(skb_is_gso(skb)))
		return len != __skb_shinfo(skb)->gso_segs *
				       (unsigned int)__skb_shinfo(skb)->gso_size ||
		       (flags & FLAGS_ALONE);
	return len < mss || (flags & FLAGS_ALONE);
}

struct sk_buff *tcp_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb), thlen = 0, mss = 1, len;
	const struct tcphdr *th;
	struct sk_buff *p;
	bool joined = false, last;
	__be32 flags;

	th = (const struct tcphdr *)skb_gro_header(skb, off + sizeof(*th), off);
	if (th)
		thlen = th->doff * 4u;
	if (thlen >= sizeof(*th))
		th = (const struct tcphdr *)skb_gro_header(skb, off + thlen, off);
	if (!th || thlen < sizeof(*th)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	skb_gro_pull(skb, thlen);
	len = skb_gro_len(skb);
	flags = flag_word(th);
	p = find_held(head, th);
	if (p)
		mss = __skb_shinfo(p)->gso_size;
	joined = p && join(p, skb, th, thlen, mss);
	last = is_last(skb, flags, len, joined ? mss : 1);
	NAPI_GRO_CB(skb)->flush |= last;
	return p && (!joined || last) ? p : NULL;
}

static __wsum tcp4_gro_pseudo(const struct sk_buff *skb, int proto)
{
	(void)proto;
	return tcp_pseudo(skb, skb_gro_len(skb));
}

static struct sk_buff *tcp4_gro_receive(struct list_head *head, struct sk_buff *skb)
{
	/* What will be flushed anyway is checked by TCP itself. */
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate(skb, IPPROTO_TCP, tcp4_gro_pseudo)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	return tcp_gro_receive(head, skb);
}

/* As if it came from a sender on this machine, which leaves segments and checksum to the device. */
int tcp_gro_complete(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_transport_header(skb) - skb->head);
	skb->csum_offset = offsetof(struct tcphdr, check);
	shinfo->gso_segs = NAPI_GRO_CB(skb)->count;
	if (tcp_header(skb)->cwr)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
	return 0;
}

static int tcp4_gro_complete(struct sk_buff *skb, int thoff)
{
	unsigned int len = skb->len - (unsigned int)thoff;

	tcp_header(skb)->check =
		(__force __sum16)(u16) ~(__force u16)csum_fold(tcp_pseudo(skb, len));
	skb_shinfo(skb)->gso_type |= SKB_GSO_TCPV4;
	if (NAPI_GRO_CB(skb)->is_atomic)
		skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	return tcp_gro_complete(skb);
}

/* Cutting. */

/* The stamp that a sender wants is that of the segment with its byte. */
static void tcp_gso_tstamp(struct sk_buff *segs, const struct sk_buff *gso_skb, u32 seq,
			   unsigned int mss)
{
	u32 key = __skb_shinfo(gso_skb)->tskey;
	struct sk_buff *skb;

	if (!(__skb_shinfo(gso_skb)->tx_flags & SKBTX_SW_TSTAMP))
		return;
	for (skb = segs; skb; skb = skb->next, seq += mss) {
		if ((s32)(key - (seq + mss)) >= 0)
			continue;
		skb_shinfo(skb)->tx_flags |= SKBTX_SW_TSTAMP;
		skb_shinfo(skb)->tskey = key;
		return;
	}
}

/*
 * @check, the complement of what the field holds, is the pseudo header's sum by now; with a device
 * that sums it stays there, else the payload's sum comes in.
 */
static void set_check(struct sk_buff *skb, __sum16 check)
{
	struct tcphdr *th = tcp_header(skb);
	__wsum pseudo = (__force __wsum)(u32)(u16) ~(__force u16)check;

	th->check = check;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		gso_reset_checksum(skb, pseudo);
	else
		th->check = gso_make_checksum(skb, pseudo);
}

/* Sequence numbers, flags and checksums of the segments, whose headers are copies of the first. */
static void number_segments(struct sk_buff *segs, unsigned int mss, u32 oldlen)
{
	const struct tcphdr *first = tcp_header(segs);
	bool fin = first->fin, psh = first->psh;
	unsigned int thlen = first->doff * 4u;
	__wsum check = csum_unfold(first->check);
	u32 seq = ntohl(first->seq);
	struct sk_buff *skb;
	struct tcphdr *th;

	for (skb = segs; skb; skb = skb->next, seq += mss) {
		unsigned int len = skb->next ? thlen + mss :
					       (unsigned int)(skb_tail_pointer(skb) -
							      skb_transport_header(skb)) +
						       skb->data_len;
		__wsum delta = csum_add((__force __wsum)htonl(len),
					(__force __wsum) ~(__force u32)htonl(oldlen));

		th = tcp_header(skb);
		th->seq = htonl(seq);
		th->fin = fin && !skb->next;
		th->psh = psh && !skb->next;
		if (skb != segs)
			th->cwr = 0;
		set_check(skb,
			  (__force __sum16)(u16) ~(__force u16)csum_fold(csum_add(check, delta)));
	}
}

/* Whether the length of the header is one, and all of it linear. */
static bool header_is_there(struct sk_buff *skb)
{
	return pskb_may_pull(skb, sizeof(struct tcphdr)) &&
	       tcp_header(skb)->doff * 4u >= sizeof(struct tcphdr) &&
	       pskb_may_pull(skb, tcp_header(skb)->doff * 4u);
}

struct sk_buff *tcp_gso_segment(struct sk_buff *gso_skb, netdev_features_t features)
{
	unsigned int mss = __skb_shinfo(gso_skb)->gso_size;
	unsigned int oldlen = gso_skb->len;
	bool ooo_okay = gso_skb->ooo_okay;
	struct sk_buff *segs;

	if (!header_is_there(gso_skb))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	__skb_pull(gso_skb, tcp_header(gso_skb)->doff * 4u);
	if (unlikely(gso_skb->len <= mss))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (skb_gso_ok(gso_skb, features | NETIF_F_GSO_ROBUST)) {
		/* The device cuts it; but how often, only its sender has said. */
		skb_shinfo(gso_skb)->gso_segs = (unsigned short)DIV_ROUND_UP(gso_skb->len, mss);
		return NULL;
	}
	gso_skb->ooo_okay = 0;
	segs = skb_segment(gso_skb, features);
	gso_skb->ooo_okay = ooo_okay;
	if (IS_ERR(segs))
		return segs;
	/* In front of all others one may change its queue, as the whole could. */
	segs->ooo_okay = ooo_okay;
	/* Left to the device are multiples, all of the same size but the last. */
	if (skb_is_gso(segs))
		mss *= __skb_shinfo(segs)->gso_segs;
	tcp_gso_tstamp(segs, gso_skb, ntohl(tcp_header(segs)->seq), mss);
	number_segments(segs, mss, oldlen);
	gso_charge_segments(gso_skb, segs);
	return segs;
}

static struct sk_buff *tcp4_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	if (!(__skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4) || !header_is_there(skb))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (unlikely(skb->ip_summed != CHECKSUM_PARTIAL)) {
		/* The field holds a checksum, of the whole: what follows wants the pseudo header. */
		tcp_header(skb)->check =
			(__force __sum16)(u16) ~(__force u16)csum_fold(tcp_pseudo(skb, skb->len));
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (u16)(skb_transport_header(skb) - skb->head);
		skb->csum_offset = offsetof(struct tcphdr, check);
	}
	return tcp_gso_segment(skb, features);
}

static const struct net_offload tcpv4_offload = {
	.callbacks = {
		.gso_segment = tcp4_gso_segment,
		.gro_receive = tcp4_gro_receive,
		.gro_complete = tcp4_gro_complete,
	},
};

void tcpv4_offload_init(void)
{
	inet_add_offload(&tcpv4_offload, IPPROTO_TCP);
}
