// SPDX-License-Identifier: BSD-2-Clause
/* Cutting packets into segments for the link, and how large those will be. */
/*
 * A segment is the headers of the packet, copied, and gso_size bytes of its payload. What of the
 * payload lies in the linear part is copied. What lies in blocks that can be referred to becomes
 * fragments, if the device gathers. A cursor moves over these pieces from segment to segment.
 * When a piece can't be referred to, or a segment would take too many fragments, that segment is
 * copied whole; so the shape of a packet never makes segmentation fail.
 */
#include <linux/if_ether.h>
#include <linux/udp.h>

#include <skiff/byteorder.h>
#include <skiff/printk.h>
#include <skiff/skbuff.h>

#include "skb/walk.h"

#define SCTP_HDR_LEN 12 /* RFC 9260, section 3.1 */
#define TCP_HDR_LEN 20	/* RFC 9293, section 3.1: without options, */
#define TCP_DOFF_AT 12	/* and the byte whose upper half is the length in words */

/* How large segments will be. */

/* Bytes of the TCP header at @th, as far as it can be seen. */
static unsigned int tcp_header_len(const struct sk_buff *skb, const unsigned char *th)
{
	u8 buffer;
	const u8 *doff = (const u8 *)skb_header_pointer(skb, (int)(th - skb->data) + TCP_DOFF_AT, 1,
							&buffer);

	return doff ? max((*doff >> 4) * 4U, (unsigned int)TCP_HDR_LEN) : TCP_HDR_LEN;
}

unsigned int skb_gso_transport_seglen(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	bool tcp = shinfo->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6);
	unsigned int hlen = 0;

	if (skb->encapsulation) {
		hlen = (unsigned int)(skb_inner_transport_header(skb) - skb_transport_header(skb));
		if (tcp)
			hlen += tcp_header_len(skb, skb_inner_transport_header(skb));
	} else if (tcp) {
		hlen = tcp_header_len(skb, skb_transport_header(skb));
	} else if (skb_is_gso_sctp(skb)) {
		hlen = SCTP_HDR_LEN;
	} else if (shinfo->gso_type & SKB_GSO_UDP_L4) {
		hlen = sizeof(struct udphdr);
	}
	/* UFO packets are cut at IP level: gso_size counts everything behind the IP header. */
	return hlen + shinfo->gso_size;
}

unsigned int skb_gso_network_seglen(const struct sk_buff *skb)
{
	return (unsigned int)(skb_transport_header(skb) - skb_network_header(skb)) +
	       skb_gso_transport_seglen(skb);
}

unsigned int skb_gso_mac_seglen(const struct sk_buff *skb)
{
	return (unsigned int)(skb_transport_header(skb) - skb_mac_header(skb)) +
	       skb_gso_transport_seglen(skb);
}

static bool seglen_fits(const struct sk_buff *skb, unsigned int seg_len, unsigned int max_len)
{
	const struct sk_buff *member;

	if (__skb_shinfo(skb)->gso_size != GSO_BY_FRAGS)
		return seg_len <= max_len;
	/* Here gso_size is no size: the members of the list are what counts. */
	seg_len -= GSO_BY_FRAGS;
	skb_walk_frags(skb, member)
		if ((u64)seg_len + skb_headlen(member) > max_len)
			return false;
	return true;
}

bool skb_gso_validate_network_len(const struct sk_buff *skb, unsigned int mtu)
{
	return seglen_fits(skb, skb_gso_network_seglen(skb), mtu);
}

bool skb_gso_validate_mac_len(const struct sk_buff *skb, unsigned int len)
{
	return seglen_fits(skb, skb_gso_mac_seglen(skb), len);
}

/* Cutting. */

/**
 * struct cursor - the next byte of payload that is not in a segment yet
 * @skb: the packet itself, or the member of its frag_list
 * @frag: piece of it: -1 for the linear part, else index of the fragment
 * @off: bytes of the piece that are done
 */
struct cursor {
	struct sk_buff *skb;
	int frag;
	unsigned int off;
};

/**
 * struct job - one packet on the way to its segments
 * @head: the packet
 * @mss: payload bytes per segment, GSO_BY_FRAGS for one member each
 * @gso_size: of the segments, when they are to be cut again
 * @hlen: bytes of headers from the MAC header on
 * @tnl_hlen: bytes of tunnel headers in front
 * @headroom: bytes in front of the MAC header
 * @done: payload bytes in segments so far
 * @sg: fragments may be used
 * @csum: the device computes the checksum
 */
struct job {
	struct sk_buff *head;
	unsigned int mss;
	unsigned int gso_size;
	unsigned int hlen;
	unsigned int tnl_hlen;
	unsigned int headroom;
	unsigned int done;
	bool sg;
	bool csum;
	struct cursor at;
};

static unsigned int piece_size(const struct cursor *at)
{
	return at->frag < 0 ? skb_headlen(at->skb) :
			      skb_frag_size(&__skb_shinfo(at->skb)->frags[at->frag]);
}

/* Past pieces that are done. False at the end. */
static bool cursor_settle(const struct job *job, struct cursor *at)
{
	while (at->off >= piece_size(at)) {
		at->off = 0;
		if (++at->frag < __skb_shinfo(at->skb)->nr_frags)
			continue;
		at->skb = at->skb == job->head ? __skb_shinfo(at->skb)->frag_list : at->skb->next;
		at->frag = -1;
		if (!at->skb)
			return false;
	}
	return true;
}

/* Past @len bytes. Nobody needs to know where when all is copied, by offset. */
static void cursor_skip(const struct job *job, struct cursor *at, unsigned int len)
{
	while (job->sg && len && cursor_settle(job, at)) {
		unsigned int n = min(len, piece_size(at) - at->off);

		at->off += n;
		len -= n;
	}
}

/* Bytes at the cursor that are in the packet's own linear part, which is always copied. */
static unsigned int linear_left(const struct job *job, unsigned int len)
{
	unsigned int headlen = skb_headlen(job->head);

	return job->done < headlen ? min(len, headlen - job->done) : 0;
}

/* Whether @len bytes from @at on can be fragments of one segment. */
static bool can_share(const struct job *job, struct cursor at, unsigned int len)
{
	const struct ubuf_info *owner = NULL;
	unsigned int n = 0;

	for (; len; n++) {
		unsigned int size;

		if (n == MAX_SKB_FRAGS || !cursor_settle(job, &at))
			return false;
		if (at.frag < 0 && !skb_head_has_page(at.skb))
			return false;
		/* One buffer can't have two owners of foreign memory. */
		if (owner && skb_zcopy(at.skb) && skb_zcopy(at.skb) != owner)
			return false;
		if (skb_zcopy(at.skb))
			owner = skb_zcopy(at.skb);
		size = min(len, piece_size(&at) - at.off);
		at.off += size;
		len -= size;
	}
	return true;
}

static int share_payload(struct job *job, struct sk_buff *seg, unsigned int len)
{
	struct skb_shared_info *to = skb_shinfo(seg);
	struct cursor *at = &job->at;

	seg->len += len;
	seg->data_len += len;
	seg->truesize += len;
	while (len && cursor_settle(job, at)) {
		struct skb_shared_info *from = skb_shinfo(at->skb);
		unsigned int n = min(len, piece_size(at) - at->off);
		skb_frag_t *frag = &to->frags[to->nr_frags];

		if (skb_zerocopy_clone(seg, at->skb, GFP_ATOMIC))
			return -ENOMEM;
		skb_zcopy_downgrade_managed(seg);
		to->nr_frags++;
		if (at->frag < 0) {
			skb_head_frag(frag, at->skb, at->skb->data + at->off, n);
		} else {
			*frag = from->frags[at->frag];
			skb_frag_off_add(frag, (int)at->off);
			skb_frag_size_set(frag, n);
			__skb_frag_ref(frag);
		}
		to->flags |= from->flags & SKBFL_SHARED_FRAG;
		at->off += n;
		len -= n;
	}
	return 0;
}

/* Without the device's help: what it can't gather is copied, and summed in the same pass. */
static void copy_payload(struct job *job, struct sk_buff *seg, unsigned int len)
{
	u8 *to = (u8 *)__skb_put(seg, len);

	if (job->csum)
		skb_copy_bits(job->head, (int)job->done, to, (int)len);
	else
		SKB_GSO_CB(seg)->csum =
			skb_copy_and_csum_bits(job->head, (int)job->done, to, (int)len);
}

/* A segment with headers alone, and room for @linear bytes of payload. */
static struct sk_buff *new_segment(const struct job *job, unsigned int linear)
{
	const struct sk_buff *head = job->head;
	struct sk_buff *seg;

	seg = alloc_skb(job->headroom + job->hlen + linear, GFP_ATOMIC);
	if (!seg)
		return NULL;
	/* The same headroom, so offsets of headers and checksum are the same. */
	skb_reserve(seg, (int)job->headroom);
	skb_put(seg, job->hlen);
	skb_copy_header(seg, head);
	skb_gso_reset(seg);
	skb_reset_mac_len(seg);
	memcpy(seg->data - job->tnl_hlen, head->data - job->hlen - job->tnl_hlen,
	       job->hlen + job->tnl_hlen);
	return seg;
}

/* The sum of the payload for the protocol, which adds its headers. */
static int leave_csum(const struct job *job, struct sk_buff *seg, bool summed)
{
	if (job->csum)
		return 0;
	/* Somebody may still change these fragments, the sum would not hold. */
	if (skb_has_shared_frag(seg) && __skb_linearize(seg))
		return -ENOMEM;
	if (!seg->remcsum_offload)
		seg->ip_summed = CHECKSUM_NONE;
	if (!summed)
		SKB_GSO_CB(seg)->csum =
			skb_checksum(seg, (int)job->hlen, (int)(seg->len - job->hlen), 0);
	SKB_GSO_CB(seg)->csum_start = (u16)(job->headroom + job->hlen);
	return 0;
}

/* The segment of the next @len bytes of payload. NULL without memory. */
static struct sk_buff *cut(struct job *job, unsigned int len)
{
	unsigned int linear = linear_left(job, len);
	struct cursor rest = job->at;
	struct sk_buff *seg;
	bool share;

	cursor_skip(job, &rest, linear);
	share = job->sg && len > linear && can_share(job, rest, len - linear);
	if (!share)
		linear = len;
	seg = new_segment(job, linear);
	if (!seg)
		return NULL;
	if (linear)
		copy_payload(job, seg, linear);
	cursor_skip(job, &job->at, linear);
	job->done += len;
	if (share && share_payload(job, seg, len - linear))
		goto fail;
	if (leave_csum(job, seg, linear == len && len))
		goto fail;
	if (job->gso_size && len > job->gso_size) {
		struct skb_shared_info *shinfo = skb_shinfo(seg);

		shinfo->gso_size = (unsigned short)job->gso_size;
		shinfo->gso_segs = (unsigned short)DIV_ROUND_UP(len, job->gso_size);
		shinfo->gso_type = (__skb_shinfo(job->head)->gso_type | SKB_GSO_PARTIAL) &
				   ~(unsigned int)SKB_GSO_DODGY;
		SKB_GSO_CB(seg)->data_offset = (int)(job->headroom + job->hlen);
	}
	return seg;
fail:
	kfree_skb_reason(seg, SKB_DROP_REASON_NOMEM);
	return NULL;
}

/* EtherType behind VLAN tags; 0 when headers don't reach that far. */
static __be16 inner_ethertype(const struct sk_buff *skb, unsigned int hlen)
{
	const unsigned char *mac = skb_mac_header(skb);
	unsigned int at = ETH_HLEN - 2;
	__be16 proto = skb->protocol;

	while (proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD)) {
		at += 4;
		if (at + 2 > hlen)
			return 0;
		memcpy(&proto, mac + at, sizeof(proto));
	}
	return proto;
}

/* Whether the device computes the transport checksum of this packet's segments. */
static bool device_csum(const struct sk_buff *skb, netdev_features_t features, unsigned int hlen)
{
	__be16 proto;

	if (features & NETIF_F_HW_CSUM)
		return true;
	proto = inner_ethertype(skb, hlen);
	if (proto == htons(ETH_P_IP))
		return features & NETIF_F_IP_CSUM;
	if (proto == htons(ETH_P_IPV6))
		return features & NETIF_F_IPV6_CSUM;
	return false;
}

/* Bytes in the members of frag_list; 0 when there are none. */
static u64 members_len(const struct sk_buff *skb)
{
	const struct sk_buff *member;
	u64 len = 0;

	skb_walk_frags(skb, member)
		len += member->len;
	return len;
}

/* Where headers and payload are; false when that makes no sense. */
static bool job_init(struct job *job, struct sk_buff *head, netdev_features_t features)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(head);
	int tnl_hlen = skb_tnl_header_len(head);

	*job = (struct job){ .head = head, .at = { .skb = head, .frag = -1 } };
	if (!skb_mac_header_was_set(head) || head->mac_header > skb_headroom(head) ||
	    tnl_hlen < 0 || tnl_hlen > head->mac_header || !shinfo->gso_size)
		return false;
	job->headroom = head->mac_header;
	job->hlen = skb_headroom(head) - job->headroom;
	job->tnl_hlen = (unsigned int)tnl_hlen;
	job->mss = shinfo->gso_size;
	job->sg = features & NETIF_F_SG;
	job->csum = device_csum(head, features, job->hlen);
	if (skb_headroom(head) > UINT16_MAX)
		return false;
	if (job->mss == GSO_BY_FRAGS)
		return skb_has_frag_list(head) && members_len(head) == head->len;
	if (job->sg && job->csum && (features & NETIF_F_GSO_PARTIAL)) {
		/* A multiple that can't be taken for GSO_BY_FRAGS. */
		unsigned int n = min(head->len, GSO_BY_FRAGS - 1U) / job->mss;

		if (n > 1) {
			job->gso_size = job->mss;
			job->mss *= n;
		}
	}
	return true;
}

/* Payload whose owner does not let segments hold on to it is copied first. */
static int orphan_all(struct job *job)
{
	struct sk_buff *member;

	if (!job->sg)
		return 0;
	if (skb_orphan_frags(job->head, GFP_ATOMIC))
		return -ENOMEM;
	skb_walk_frags(job->head, member) {
		/* A list inside the list is nothing to refer to. */
		if (skb_has_frag_list(member))
			job->sg = false;
		else if (skb_orphan_frags(member, GFP_ATOMIC))
			return -ENOMEM;
	}
	return 0;
}

static unsigned int next_len(const struct job *job, const struct sk_buff *member)
{
	if (job->mss == GSO_BY_FRAGS)
		return member->len;
	return min(job->mss, job->head->len - job->done);
}

struct sk_buff *skb_segment(struct sk_buff *head_skb, netdev_features_t features)
{
	struct sk_buff *segs = NULL, *tail = NULL, *member;
	struct job job;

	if (!job_init(&job, head_skb, features))
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (orphan_all(&job))
		return (struct sk_buff *)ERR_PTR(-ENOMEM);
	member = __skb_shinfo(head_skb)->frag_list;
	do {
		struct sk_buff *seg = cut(&job, next_len(&job, member));

		if (!seg) {
			kfree_skb_list_reason(segs, SKB_DROP_REASON_NOMEM);
			return (struct sk_buff *)ERR_PTR(-ENOMEM);
		}
		if (tail)
			tail->next = seg;
		else
			segs = seg;
		tail = seg;
		if (job.mss == GSO_BY_FRAGS)
			member = member->next;
	} while (job.mss == GSO_BY_FRAGS ? member != NULL : job.done < head_skb->len);
	segs->prev = tail;
	return segs;
}

void __skb_warn_lro_forwarding(const struct sk_buff *skb)
{
	pr_warn_ratelimited("sk_buff %p: received merged (LRO), can't be forwarded\n",
			    (const void *)skb);
}
