// SPDX-License-Identifier: BSD-2-Clause
/* sendmsg() on a raw socket: a payload that gets a header, or a packet with its own (IP_HDRINCL). */
#include "raw/raw.h"
#include "wire/ip.h"

#define RAW_HEADROOM (LL_MAX_HEADER + 60)

static struct sk_buff *raw_copy(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct sk_buff *skb;
	int err;

	skb = sock_alloc_send_skb(sk, RAW_HEADROOM + len, (msg->msg_flags & MSG_DONTWAIT) != 0,
				  &err);
	if (!skb)
		return (struct sk_buff *)ERR_PTR(err);
	skb_reserve(skb, RAW_HEADROOM);
	if (!len || copy_from_iter_full(skb_put(skb, (unsigned int)len), len, &msg->msg_iter))
		return skb;
	kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
	return (struct sk_buff *)ERR_PTR(-EFAULT);
}

/* The program's header, completed where Linux does: length and checksum always, zeros if any. */
static int raw_send_hdrinc(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
			   struct rtable *rt, const struct inet_cookie *ipc)
{
	struct net *net = sock_net(sk);
	struct iphdr *iph = (struct iphdr *)(void *)skb->data;

	if (skb->len > rt->dst.dev->mtu) {
		ip_local_error(sk, EMSGSIZE, fl4->daddr, 0, rt->dst.dev->mtu);
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		return -EMSGSIZE;
	}
	if (skb->len < sizeof(*iph) || iph->ihl < 5 || iph->ihl * 4u > skb->len) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_INHDR);
		return -EINVAL;
	}
	if (unlikely(ipc->sockc.tsflags))
		skb_setup_tx_timestamp(skb, ipc->sockc.tsflags);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, (int)iph->ihl * 4);
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	if (!iph->saddr)
		iph->saddr = fl4->saddr;
	if (!iph->id)
		ip_select_ident(net, skb, NULL);
	skb->priority = ipc->sockc.priority;
	skb->mark = ipc->sockc.mark;
	skb_set_transmit_time(skb, sk, &ipc->sockc);
	dst_hold(&rt->dst);
	skb_dst_set(skb, &rt->dst);
	return ip_send_skb(net, skb);
}

static void raw_ipcm(struct ipcm_cookie *ipcm, const struct sock *sk, const struct rtable *rt,
		     const struct inet_cookie *ipc)
{
	const struct inet_sock *inet = inet_sk(sk);

	*ipcm = (struct ipcm_cookie){
		.tos = ipc->tos >= 0 ? ipc->tos : inet->tos,
		.df = inet->pmtudisc == IP_PMTUDISC_DO || inet->pmtudisc == IP_PMTUDISC_WANT,
		.opt = inet_cookie_opt(ipc, inet),
		.priority = ipc->sockc.priority,
		.mark = ipc->sockc.mark,
		.transmit_time = ipc->sockc.transmit_time,
	};
	if (ipc->ttl)
		ipcm->ttl = (u8)ipc->ttl;
	else
		ipcm->ttl = rt->rt_type == RTN_MULTICAST ? inet->mc_ttl : inet->uc_ttl;
}

static int raw_getfrag(void *from, char *to, int offset, int len, int odd, struct sk_buff *skb)
{
	(void)odd;
	(void)skb;
	return skb_copy_bits((const struct sk_buff *)from, offset, to, len);
}

/*
 * MSG_MORE: one more part of a packet, which goes where its last part says. What it is sent with was
 * said with the first one, as on Linux. Consumes @skb.
 */
static int raw_send_part(struct sock *sk, struct sk_buff *skb, struct flowi4 *fl4,
			 struct rtable *rt, const struct inet_cookie *ipc, unsigned int flags)
{
	struct ipcm_cookie ipcm;
	int err;

	raw_ipcm(&ipcm, sk, rt, ipc);
	sock_tx_timestamp(sk, ipc->sockc.tsflags, &ipcm.tx_flags);
	dst_hold(&rt->dst);
	err = ip_append_data(sk, fl4, raw_getfrag, skb, (int)skb->len, 0, &ipcm, &rt,
			     flags & MSG_MORE);
	ip_rt_put(rt); /* unless the packet has it now */
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG);
		ip_flush_pending_frames(sk);
		return err;
	}
	consume_skb(skb);
	return flags & MSG_MORE ? 0 : ip_push_pending_frames(sk, fl4);
}

static int raw_send_payload(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl4,
			    struct rtable *rt, const struct inet_cookie *ipc)
{
	u8 protocol = (u8)sk->sk_protocol;
	struct ipcm_cookie ipcm;

	if (ipc->protocol && sk->sk_protocol == IPPROTO_RAW)
		protocol = ipc->protocol;
	raw_ipcm(&ipcm, sk, rt, ipc);
	if (unlikely(ipc->sockc.tsflags))
		skb_setup_tx_timestamp(skb, ipc->sockc.tsflags);
	skb_reset_transport_header(skb);
	return ip_build_and_send(sock_net(sk), sk, skb, rt, fl4->saddr, fl4->daddr, protocol,
				 &ipcm);
}

static int raw_send_locked(struct sock *sk, struct sk_buff *skb, __be32 daddr, bool connected,
			   const struct inet_cookie *ipc, unsigned int flags)
{
	struct flowi4 fl4 = { .saddr = ipc->addr,
			      .flowi4_oif = ipc->oif,
			      .flowi4_proto = (__u8)sk->sk_protocol };
	struct rtable *rt;
	int err;

	fl4.daddr = connected ? sk->sk_daddr : daddr;
	rt = inet_route_datagram(sk, &fl4, false);
	if (IS_ERR(rt)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	if (flags & MSG_CONFIRM)
		dst_confirm_neigh(&rt->dst, &fl4.daddr);
	if (flags & MSG_PROBE) {
		consume_skb(skb);
		err = 0;
	} else if (inet_sk(sk)->hdrincl) {
		err = raw_send_hdrinc(sk, skb, &fl4, rt, ipc);
	} else if (flags & MSG_MORE || !skb_queue_empty(&sk->sk_write_queue)) {
		err = raw_send_part(sk, skb, &fl4, rt, ipc, flags);
	} else {
		err = raw_send_payload(sk, skb, &fl4, rt, ipc);
	}
	ip_rt_put(rt);
	return err == -ENOBUFS && !inet_sk(sk)->recverr ? 0 : err;
}

/* Where to and with what. */
static int raw_get_dest(struct sock *sk, struct skiff_msghdr *msg, __be32 *daddr,
			struct inet_cookie *ipc)
{
	int err = inet_packet_dest(sk, msg, daddr, ipc);

	/* A header of the program's own has the options that it wants. */
	if (!err && inet_sk(sk)->hdrincl && inet_cookie_opt(ipc, inet_sk(sk)))
		err = -EINVAL;
	return err;
}

int raw_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct inet_cookie ipc;
	struct sk_buff *skb;
	__be32 daddr = 0;
	int err;

	if (len > IP_MAX_MTU)
		return -EMSGSIZE;
	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = raw_get_dest(sk, msg, &daddr, &ipc);
	if (err)
		return err;
	skb = raw_copy(sk, msg, len);
	if (IS_ERR(skb))
		return (int)PTR_ERR(skb);
	err = net_enter(sock_net(sk));
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	err = raw_send_locked(sk, skb, daddr, !msg->msg_name, &ipc, msg->msg_flags);
	net_unlock(sock_net(sk));
	return err ? err : (int)len;
}

/* Why a buffer of the program's can't be a packet as it is, as -errno. */
static int raw_check_skb(struct sock *sk, struct sk_buff *skb)
{
	if (skb_shared(skb) || !skb_queue_empty(&sk->sk_write_queue))
		return -EINVAL;
	if (skb->len > IP_MAX_MTU)
		return -EMSGSIZE;
	/* Its header will be read, and completed. */
	if (inet_sk(sk)->hdrincl &&
	    (skb_cow(skb, RAW_HEADROOM) || !pskb_may_pull(skb, min_t(unsigned int, skb->len, 60))))
		return -ENOMEM;
	return inet_check_send(sk);
}

int raw_send_skb(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb)
{
	int err = raw_check_skb(sk, skb), len = (int)skb->len;
	struct inet_cookie ipc;
	__be32 daddr = 0;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!err)
		err = raw_get_dest(sk, msg, &daddr, &ipc);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	if (!inet_adopt_skb(sk, skb))
		return -EAGAIN;
	err = raw_send_locked(sk, skb, daddr, !msg->msg_name, &ipc,
			      msg->msg_flags & ~(unsigned int)MSG_MORE);
	return err ? err : len;
}
