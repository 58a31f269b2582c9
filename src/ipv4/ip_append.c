// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams put together from what a program brings, in the pieces that will be fragments. */
#include <linux/net_tstamp.h>

#include <skiff/inet_sock.h>
#include <skiff/mm.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"
#include "wire/ip.h"

/*
 * Theory of operation
 *
 * Each buffer of the queue holds the payload of one fragment, with headroom for the IPv4 header and
 * everything below. A fragment that others follow is a multiple of 8 bytes, but the last one may be
 * as long as the path takes; so a buffer is filled up to that while it may still be the last one,
 * and when it turns out not to be, what is beyond the multiple moves to the next buffer.
 *
 * A buffer's payload is linear as far as its size was known when it was allocated. What later calls
 * add to it goes into pages behind.
 *
 * At the end the buffers but the first become the frag_list of the first, which then is the packet;
 * ip_do_fragment() takes the list apart again without copying.
 *
 * Nothing here needs the stack lock: the queue and the cork are the caller's, the route is held,
 * the socket's accounting is atomic.
 */

int ip_generic_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	struct skiff_msghdr *msg = (struct skiff_msghdr *)from;
	__wsum csum = 0;

	(void)offset;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return copy_from_iter_full(to, (size_t)len, &msg->msg_iter) ? 0 : -EFAULT;
	if (!csum_and_copy_from_iter_full(to, (size_t)len, &csum, &msg->msg_iter))
		return -EFAULT;
	skb->csum = csum_block_add(skb->csum, csum, odd);
	return 0;
}

/**
 * struct ip_append - one call's part of a datagram
 * @sk: the socket
 * @rt: the route
 * @queue: the buffers
 * @cork: what the datagram is sent with
 * @getfrag: brings the payload
 * @from: for @getfrag
 * @offset: payload bytes of this call that are in buffers
 * @left: bytes still to be put into buffers, transport header included
 * @hlen: bytes of IPv4 header with options
 * @last: largest payload of a packet on the path
 * @inner: the same in a fragment that others follow: a multiple of 8
 * @csummode: of the first buffer
 * @flags: MSG_*
 */
struct ip_append {
	struct sock *sk;
	struct rtable *rt;
	struct sk_buff_head *queue;
	struct inet_cork *cork;
	ip_getfrag_t *getfrag;
	void *from;
	int offset;
	int left;
	int hlen;
	int last;
	int inner;
	int transhdrlen;
	u8 csummode;
	unsigned int flags;
};

/* The device sums a packet only when it is sent whole, as one buffer or cut by the device. */
static u8 append_csummode(const struct ip_append *a, int length)
{
	netdev_features_t features = a->rt->dst.dev->features;

	if (!a->transhdrlen || !(features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)) ||
	    a->rt->dst.header_len)
		return CHECKSUM_NONE;
	if (a->cork->gso_size)
		return CHECKSUM_PARTIAL;
	return length <= a->last && !(a->flags & MSG_MORE) ? CHECKSUM_PARTIAL : CHECKSUM_NONE;
}

static int append_check_length(const struct ip_append *a, int length)
{
	int most = (int)IP_MAX_MTU - a->hlen;

	if (!ip_sk_ignore_df(a->sk))
		most = min_t(int, most, a->last);
	return a->cork->length > most - length ? -EMSGSIZE : 0;
}

static struct sk_buff *append_alloc(const struct ip_append *a, unsigned int size, int *err)
{
	struct sock *sk = a->sk;
	struct sk_buff *skb;

	if (skb_queue_empty(a->queue))
		return sock_alloc_send_skb(sk, size, (a->flags & MSG_DONTWAIT) != 0, err);
	/* A datagram that was begun may be completed beyond the limit, but not without end. */
	if (sk_wmem_alloc_get(sk) > 2 * READ_ONCE(sk->sk_sndbuf) || sk_host_full(sk)) {
		*err = -ENOBUFS;
		return NULL;
	}
	skb = sock_wmalloc(sk, size, 1, sk->sk_allocation);
	if (!skb)
		*err = -ENOBUFS;
	return skb;
}

/* What the first buffer says about the whole. */
static void append_mark_first(const struct ip_append *a, struct sk_buff *skb)
{
	struct inet_cork *cork = a->cork;

	skb->ip_summed = a->csummode;
	skb_shinfo(skb)->tx_flags = cork->tx_flags;
	if ((cork->tx_flags & SKBTX_ANY_TSTAMP) && (a->sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID))
		skb_shinfo(skb)->tskey = (u32)atomic_inc_return(&a->sk->sk_tskey) - 1;
}

/* Bytes of the buffer before that belong into the next one: a fragment ends at a multiple of 8. */
static void append_move_gap(const struct ip_append *a, struct sk_buff *prev, struct sk_buff *skb,
			    int gap)
{
	__wsum csum = skb_copy_and_csum_bits(prev, a->inner, skb->data, gap);

	skb->csum = csum;
	prev->csum = csum_block_sub(prev->csum, csum, a->inner);
	pskb_trim_unique(prev, (unsigned int)a->inner);
}

/* A new buffer with as much of the payload as its fragment holds. */
static int append_new(struct ip_append *a)
{
	struct sk_buff *prev = skb_peek_tail(a->queue), *skb;
	int gap = prev ? (int)prev->len - a->inner : 0, transhdrlen = prev ? 0 : a->transhdrlen;
	int len = a->left + gap, copy, err = 0;
	unsigned int headroom = LL_RESERVED_SPACE(a->rt->dst.dev) + a->rt->dst.header_len;

	headroom += (unsigned int)a->hlen;
	if (len > a->last)
		len = a->inner;
	skb = append_alloc(a,
			   headroom + (unsigned int)len + a->rt->dst.trailer_len +
				   a->rt->dst.dev->needed_tailroom,
			   &err);
	if (!skb)
		return err;
	skb_reserve(skb, (int)headroom);
	skb->csum = 0;
	skb->ip_summed = CHECKSUM_NONE;
	if (!prev)
		append_mark_first(a, skb);
	skb_put(skb, (unsigned int)len);
	skb_reset_transport_header(skb);
	copy = len - transhdrlen - gap;
	if (copy > 0)
		err = a->getfrag(a->from, (char *)skb->data + transhdrlen + gap, a->offset, copy,
				 gap, skb);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		return err;
	}
	if (gap) {
		__wsum csum = skb->csum;

		append_move_gap(a, prev, skb, gap);
		skb->csum = csum_add(skb->csum, csum);
	}
	a->offset += copy;
	a->left -= copy + transhdrlen;
	__skb_queue_tail(a->queue, skb);
	return 0;
}

/* A page behind the buffer, to grow into. */
static int append_page(const struct ip_append *a, struct sk_buff *skb)
{
	int i = skb_shinfo(skb)->nr_frags;
	struct page *page;

	if (i >= (int)MAX_SKB_FRAGS)
		return -EMSGSIZE;
	page = alloc_page(a->sk->sk_allocation);
	if (!page)
		return -ENOBUFS;
	skb_fill_page_desc(skb, i, page, 0, 0);
	skb->truesize += PAGE_SIZE;
	sk_wmem_grown(a->sk, (int)PAGE_SIZE);
	return 0;
}

/* Room behind the last fragment, in the page that it is alone in. */
static unsigned int append_page_room(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);

	return shinfo->nr_frags ? PAGE_SIZE - skb_frag_size(&shinfo->frags[shinfo->nr_frags - 1]) :
				  0;
}

static int append_to_page(struct ip_append *a, struct sk_buff *skb, int copy)
{
	skb_frag_t *frag;
	int err = 0;

	if (!append_page_room(skb))
		err = append_page(a, skb);
	if (err)
		return err;
	copy = min_t(int, copy, (int)append_page_room(skb));
	frag = &skb_shinfo(skb)->frags[skb_shinfo(skb)->nr_frags - 1];
	err = a->getfrag(a->from, (char *)skb_frag_address(frag) + skb_frag_size(frag), a->offset,
			 copy, (int)skb->len, skb);
	if (err)
		return err;
	skb_frag_size_add(frag, copy);
	skb->len += (unsigned int)copy;
	skb->data_len += (unsigned int)copy;
	return copy;
}

static int append_to_tailroom(struct ip_append *a, struct sk_buff *skb, int copy)
{
	int err, odd = (int)skb->len;

	copy = min_t(int, copy, skb_tailroom(skb));
	err = a->getfrag(a->from, (char *)skb_put(skb, (unsigned int)copy), a->offset, copy, odd,
			 skb);
	if (err) {
		__skb_trim(skb, (unsigned int)odd);
		return err;
	}
	return copy;
}

/* Fill the last buffer further. Return: bytes; 0 when it is full; or a negative errno. */
static int append_to_last(struct ip_append *a)
{
	struct sk_buff *skb = skb_peek_tail(a->queue);
	int room, copied;

	if (!skb || !a->left)
		return 0;
	room = a->last - (int)skb->len;
	if (room < a->left)
		room = a->inner - (int)skb->len;
	if (room <= 0)
		return 0;
	room = min_t(int, room, a->left);
	/* What the device sums has to be in one piece from the start. */
	if (!skb_is_nonlinear(skb) && skb_tailroom(skb) > 0)
		copied = append_to_tailroom(a, skb, room);
	else
		copied = append_to_page(a, skb, room);
	if (copied > 0) {
		a->offset += copied;
		a->left -= copied;
	}
	return copied;
}

/* The device was told to sum one buffer: further ones would be left out. */
static bool append_sums_apart(const struct ip_append *a)
{
	const struct sk_buff *skb = skb_peek(a->queue);

	return skb && skb->ip_summed == CHECKSUM_PARTIAL && !a->cork->gso_size &&
	       a->cork->length + a->left > a->last;
}

static int __ip_append_data(struct ip_append *a, int length)
{
	struct inet_cork *cork = a->cork;
	int err;

	a->hlen = (int)sizeof(struct iphdr) + (cork->flags & IPCORK_OPT ? cork->opt->optlen : 0);
	a->last = (int)(cork->gso_size ? IP_MAX_MTU : cork->fragsize) - a->hlen;
	a->inner = a->last & ~7;
	a->left = length;
	err = append_check_length(a, length);
	if (!err && append_sums_apart(a))
		err = -EINVAL;
	if (err)
		return err;
	a->csummode = append_csummode(a, length);
	cork->length += length;
	do {
		err = skb_queue_empty(a->queue) ? append_new(a) : append_to_last(a);
		if (!err && a->left)
			err = append_new(a);
	} while (err >= 0 && a->left > 0);
	if (err < 0) {
		cork->length -= a->left;
		return err;
	}
	return 0;
}

/* The cork */

static void ip_cork_release(struct inet_cork *cork)
{
	cork->flags &= ~(unsigned int)IPCORK_OPT;
	kfree(cork->opt);
	cork->opt = NULL;
	dst_release(cork->dst);
	cork->dst = NULL;
}

static int cork_set_options(struct inet_cork *cork, const struct ipcm_cookie *ipc)
{
	const struct ip_options *opt = ipc->opt ? &ipc->opt->opt : NULL;

	cork->addr = ipc->addr;
	if (!opt || !opt->optlen)
		return 0;
	cork->opt = (struct ip_options *)kmemdup(opt, sizeof(*opt) + opt->optlen, GFP_ATOMIC);
	if (!cork->opt)
		return -ENOBUFS;
	cork->flags |= IPCORK_OPT;
	return 0;
}

/* Start a datagram: takes the route over, whatever comes of it. */
static int ip_setup_cork(struct sock *sk, struct inet_cork *cork, const struct ipcm_cookie *ipc,
			 struct rtable **rtp)
{
	struct rtable *rt = *rtp;
	int err;

	if (unlikely(!rt))
		return -EFAULT;
	*rtp = NULL;
	memset(cork, 0, sizeof(*cork));
	cork->dst = &rt->dst;
	/* The device may be going: then there is nobody left to ask. */
	if (unlikely(!READ_ONCE(rt->dst.dev))) {
		err = -ENETUNREACH;
		goto fail;
	}
	cork->fragsize = ip_sk_use_pmtu(sk) ? dst_mtu(&rt->dst) :
					      min_t(unsigned int, rt->dst.dev->mtu, IP_MAX_MTU);
	err = cork->fragsize < IPV4_MIN_MTU ? -ENETUNREACH : cork_set_options(cork, ipc);
	if (err)
		goto fail;
	cork->gso_size = ipc->gso_size;
	cork->ttl = ipc->ttl;
	cork->tos = ipc->tos;
	cork->priority = ipc->priority;
	cork->mark = ipc->mark;
	cork->transmit_time = ipc->transmit_time;
	cork->tx_flags = ipc->tx_flags;
	return 0;
fail:
	ip_cork_release(cork);
	return err;
}

static void append_init(struct ip_append *a, struct sock *sk, struct sk_buff_head *queue,
			struct inet_cork *cork, ip_getfrag_t *getfrag, void *from, int transhdrlen,
			unsigned int flags)
{
	*a = (struct ip_append){
		.sk = sk,
		.rt = dst_rtable(cork->dst),
		.queue = queue,
		.cork = cork,
		.getfrag = getfrag,
		.from = from,
		.transhdrlen = transhdrlen,
		.flags = flags,
	};
}

int ip_append_data(struct sock *sk, struct flowi4 *fl4, ip_getfrag_t *getfrag, void *from, int len,
		   int protolen, struct ipcm_cookie *ipc, struct rtable **rtp, unsigned int flags)
{
	struct inet_cork *cork = inet_sk(sk)->cork;
	struct ip_append a;
	int err;

	(void)fl4;
	ASSERT_NET_LOCKED(sock_net(sk));
	if (flags & MSG_PROBE)
		return 0;
	if (skb_queue_empty(&sk->sk_write_queue)) {
		err = ip_setup_cork(sk, cork, ipc, rtp);
		if (err)
			return err;
	} else {
		protolen = 0;
		if (!cork->dst || !cork->dst->dev)
			return -ENETUNREACH;
	}
	append_init(&a, sk, &sk->sk_write_queue, cork, getfrag, from, protolen, flags);
	err = __ip_append_data(&a, len);
	if (err)
		IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTDISCARDS);
	return err;
}

/* Making one packet of it */

/* What follows becomes the frag_list of the first, which pays for all of it from now on. */
static struct sk_buff *make_join(struct sk_buff_head *queue)
{
	struct sk_buff *skb = __skb_dequeue(queue), *next, **at;

	if (!skb)
		return NULL;
	at = &skb_shinfo(skb)->frag_list;
	while ((next = __skb_dequeue(queue)) != NULL) {
		*at = next;
		at = &next->next;
		skb->len += next->len;
		skb->data_len += next->len;
		skb->truesize += next->truesize;
		next->destructor = NULL;
		next->sk = NULL;
	}
	return skb;
}

static u8 make_ttl(const struct inet_sock *inet, const struct inet_cork *cork)
{
	const struct rtable *rt = (const struct rtable *)(const void *)cork->dst;

	if (cork->ttl)
		return cork->ttl;
	if (rt->rt_type == RTN_MULTICAST)
		return inet->mc_ttl;
	if (inet->uc_ttl)
		return inet->uc_ttl;
	return ip4_dst_hoplimit(cork->dst);
}

static void make_header(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
			const struct inet_cork *cork)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct ip_options *opt = cork->flags & IPCORK_OPT ? cork->opt : NULL;
	unsigned int hlen = sizeof(struct iphdr) + (opt ? opt->optlen : 0);
	struct iphdr *iph = (struct iphdr *)skb_push(skb, hlen);

	skb_reset_network_header(skb);
	/* Unless the program wants real path MTU discovery, we may cut what does not fit. */
	skb->ignore_df = ip_sk_ignore_df(sk);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	IPCB(skb)->flags = IPSKB_UNNUMBERED;
	iph->version = 4;
	iph->ihl = 5;
	iph->tos = (u8)(cork->tos >= 0 ? cork->tos : inet->tos);
	iph->id = 0;
	iph->frag_off = 0;
	if (inet->pmtudisc == IP_PMTUDISC_DO || inet->pmtudisc == IP_PMTUDISC_PROBE ||
	    (skb->len <= cork->fragsize && ip_dont_fragment(sk, cork->dst)))
		iph->frag_off = htons(IP_DF);
	iph->ttl = make_ttl(inet, cork);
	iph->protocol = (u8)sk->sk_protocol;
	iph->saddr = fl4->saddr;
	iph->daddr = fl4->daddr;
	if (opt) {
		iph->ihl = (hlen >> 2) & 15;
		ip_options_build(skb, opt, opt->srr && cork->addr ? cork->addr : fl4->daddr,
				 dst_rtable(cork->dst));
	}
}

/* The cork is released and the route becomes the packet's. */
static struct sk_buff *__ip_make_skb(struct sock *sk, const struct flowi4 *fl4,
				     struct sk_buff_head *queue, struct inet_cork *cork)
{
	struct sk_buff *skb = make_join(queue);

	if (!skb)
		goto out;
	make_header(sk, skb, fl4, cork);
	skb->priority = cork->priority;
	skb->mark = cork->mark;
	skb_set_delivery_time(skb, (ktime_t)cork->transmit_time, true);
	skb_dst_set(skb, cork->dst);
	cork->dst = NULL;
out:
	ip_cork_release(cork);
	return skb;
}

struct sk_buff *ip_finish_skb(struct sock *sk, struct flowi4 *fl4)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	return __ip_make_skb(sk, fl4, &sk->sk_write_queue, inet_sk(sk)->cork);
}

int ip_push_pending_frames(struct sock *sk, struct flowi4 *fl4)
{
	struct sk_buff *skb = ip_finish_skb(sk, fl4);

	return skb ? ip_send_skb(sock_net(sk), skb) : 0;
}

static void flush_queue(struct sk_buff_head *queue, struct inet_cork *cork)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue_tail(queue)) != NULL)
		kfree_skb_reason(skb, SKB_DROP_REASON_QUEUE_PURGE);
	ip_cork_release(cork);
}

void ip_flush_pending_frames(struct sock *sk)
{
	ASSERT_NET_LOCKED(sock_net(sk));
	flush_queue(&sk->sk_write_queue, inet_sk(sk)->cork);
}

struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl4, ip_getfrag_t *getfrag, void *from,
			    int length, int transhdrlen, struct ipcm_cookie *ipc,
			    struct rtable **rtp, struct inet_cork *cork, unsigned int flags)
{
	struct sk_buff_head queue;
	struct ip_append a;
	int err;

	if (flags & MSG_PROBE)
		return NULL;
	__skb_queue_head_init(&queue);
	err = ip_setup_cork(sk, cork, ipc, rtp);
	if (err)
		return (struct sk_buff *)ERR_PTR(err);
	append_init(&a, sk, &queue, cork, getfrag, from, transhdrlen, flags);
	err = __ip_append_data(&a, length);
	if (err) {
		flush_queue(&queue, cork);
		return (struct sk_buff *)ERR_PTR(err);
	}
	return __ip_make_skb(sk, fl4, &queue, cork);
}
