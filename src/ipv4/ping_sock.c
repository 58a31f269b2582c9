// SPDX-License-Identifier: BSD-2-Clause
/* Ping sockets: SOCK_DGRAM of IPPROTO_ICMP sends echo requests and gets the replies to them. */
#include <unistd.h>

#include <linux/sockios.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"
#include "wire/icmp.h"

/*
 * The identifier is the socket's port: chosen by bind() or when first needed, unique among the
 * sockets and the stack's own requests (ping.c), so that a reply is one owner's.
 */

static struct hlist_head *ping_slot(struct ipv4_net *in, u16 id)
{
	return &in->ping_socks[id % PING_HTABLE_SIZE];
}

bool ping_sock_has_id(const struct ipv4_net *in, u16 id)
{
	const struct sock *sk;

	hlist_for_each_entry(sk, &in->ping_socks[id % PING_HTABLE_SIZE], __sk_common.skc_node)
		if (sk->sk_num == id)
			return true;
	return false;
}

static bool ping_id_free(struct ipv4_net *in, const struct sock *sk, u16 id)
{
	const struct sock *sk2;

	if (ping_request_has_id(in, id))
		return false;
	hlist_for_each_entry(sk2, ping_slot(in, id), __sk_common.skc_node)
		if (sk2 != sk && sk2->sk_num == id && !(sk->sk_reuse && sk2->sk_reuse))
			return false;
	return true;
}

static u16 ping_choose_id(struct ipv4_net *in, const struct sock *sk)
{
	u16 start = get_random_u16(), id;

	for (u32 i = 0; i <= 0xffff; i++) {
		id = (u16)(start + i);
		if (id && ping_id_free(in, sk, id))
			return id;
	}
	return 0;
}

static int ping_get_port(struct sock *sk, unsigned short id)
{
	struct ipv4_net *in = ipv4_net(sock_net(sk));

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!id)
		id = ping_choose_id(in, sk);
	else if (!ping_id_free(in, sk, id))
		id = 0;
	if (!id)
		return -EADDRINUSE;
	sk->sk_num = id;
	inet_sk(sk)->inet_sport = htons(id);
	hlist_add_head(&sk->sk_node, ping_slot(in, id));
	return 0;
}

static void ping_unhash(struct sock *sk)
{
	if (hlist_unhashed(&sk->sk_node))
		return;
	hlist_del_init(&sk->sk_node);
	sk->sk_num = 0;
	inet_sk(sk)->inet_sport = 0;
}

/* net.ipv4.ping_group_range: of the process's group, as every program on this host is it. */
static int ping_init_sock(struct sock *sk)
{
	const int *range = ipv4_net(sock_net(sk))->sysctl.ping_group_range;
	long gid = (long)getegid();

	if (sk->sk_kern_sock)
		return 0;
	return gid >= range[0] && gid <= range[1] ? 0 : -EACCES;
}

/* An answer comes to an address of this host, so nothing else can be bound to. */
static int ping_bind(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *addr = (const struct sockaddr_in *)(const void *)uaddr;
	unsigned int type;

	if (addr_len < (int)sizeof(*addr))
		return -EINVAL;
	if (addr->sin_family != AF_INET && (addr->sin_family != AF_UNSPEC || addr->sin_addr.s_addr))
		return -EAFNOSUPPORT;
	type = inet_addr_type(sock_net(sk), (__force __be32)addr->sin_addr.s_addr);
	if (addr->sin_addr.s_addr && (type == RTN_BROADCAST || type == RTN_MULTICAST))
		return -EADDRNOTAVAIL;
	return __inet_bind(sk, (__force __be32)addr->sin_addr.s_addr,
			   ntohs((__force __be16)addr->sin_port));
}

static void ping_close(struct sock *sk, long timeout)
{
	(void)timeout;
	ping_unhash(sk);
	sock_orphan(sk);
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
}

/* Input */

static struct sock *ping_lookup(struct ipv4_net *in, u16 id, __be32 daddr, int dif)
{
	struct sock *sk;

	hlist_for_each_entry(sk, ping_slot(in, id), __sk_common.skc_node) {
		if (sk->sk_num != id || (sk->sk_rcv_saddr && sk->sk_rcv_saddr != daddr))
			continue;
		if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != dif)
			continue;
		return sk;
	}
	return NULL;
}

/* An echo reply, data at its ICMP header, which is not consumed. Return: whether a socket has it. */
bool ping_sock_rcv(struct sk_buff *skb)
{
	struct ipv4_net *in = ipv4_net(dev_net(skb->dev));
	struct sock *sk;

	sk = ping_lookup(in, wire_icmp_id(skb->data), ip_hdr(skb)->daddr, skb->dev->ifindex);
	if (!sk)
		return false;
	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb) {
		sk_drops_add(sk, 1);
		return true;
	}
	ipv4_pktinfo_prepare(sk, skb);
	if (sock_queue_rcv_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
	return true;
}

static int ping_icmp_errno(const struct sock *sk, const struct icmphdr *icmp, bool *hard)
{
	*hard = false;
	switch (icmp->type) {
	case ICMP_PARAMETERPROB:
		*hard = true;
		return EPROTO;
	case ICMP_DEST_UNREACH:
		if (icmp->code == ICMP_FRAG_NEEDED) {
			*hard = inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT;
			return *hard ? EMSGSIZE : 0;
		}
		if (icmp->code > NR_ICMP_UNREACH)
			return EHOSTUNREACH;
		*hard = icmp_err_convert[icmp->code].fatal;
		return icmp_err_convert[icmp->code].errno_;
	default:
		return EHOSTUNREACH;
	}
}

/* An error that quotes an echo request; data at the quoted header. Return: whether it was ours. */
bool ping_sock_err(struct sk_buff *skb, u32 info)
{
	struct ipv4_net *in = ipv4_net(dev_net(skb->dev));
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	u8 *icmp = skb->data + quoted->ihl * 4u;
	struct sock *sk;
	bool hard;
	int err;

	sk = ping_lookup(in, wire_icmp_id(icmp), quoted->saddr, skb->dev->ifindex);
	if (!sk)
		return false;
	err = ping_icmp_errno(sk, icmp_hdr(skb), &hard);
	if (!err)
		return true;
	if (inet_recverr(sk, sk->sk_daddr))
		ip_icmp_error(sk, skb, err, 0, info, icmp);
	else if (!hard || sk->sk_state != INET_STATE_CONNECTED)
		return true;
	sk->sk_err = err;
	sk_error_report(sk);
	return true;
}

/* Output */

#define PING_HEADROOM (LL_MAX_HEADER + 60)

/* The message with its payload: an echo request and nothing else. */
static struct sk_buff *ping_copy(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct sk_buff *skb;
	int err;

	if (len > IP_MAX_MTU - sizeof(struct iphdr))
		return (struct sk_buff *)ERR_PTR(-EMSGSIZE);
	if (len < WIRE_ICMP_HLEN)
		return (struct sk_buff *)ERR_PTR(-EINVAL);
	if (msg->msg_flags & MSG_OOB)
		return (struct sk_buff *)ERR_PTR(-EOPNOTSUPP);
	skb = sock_alloc_send_skb(sk, PING_HEADROOM + len, (msg->msg_flags & MSG_DONTWAIT) != 0,
				  &err);
	if (!skb)
		return (struct sk_buff *)ERR_PTR(err);
	skb_reserve(skb, PING_HEADROOM);
	if (!copy_from_iter_full(skb_put(skb, (unsigned int)len), len, &msg->msg_iter))
		err = -EFAULT;
	else if (wire_icmp_type(skb->data) != ICMP_ECHO || wire_icmp_code(skb->data))
		err = -EINVAL;
	else
		return skb;
	kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
	return (struct sk_buff *)ERR_PTR(err);
}

static void ping_ipcm(struct ipcm_cookie *ipcm, const struct sock *sk, const struct rtable *rt,
		      const struct inet_cookie *ipc)
{
	const struct inet_sock *inet = inet_sk(sk);

	memset(ipcm, 0, sizeof(*ipcm));
	ipcm->ttl = ipc->ttl			 ? (u8)ipc->ttl :
		    rt->rt_type == RTN_MULTICAST ? inet->mc_ttl :
						   inet->uc_ttl;
	ipcm->tos = ipc->tos >= 0 ? (u8)ipc->tos : inet->tos;
	ipcm->df = inet->pmtudisc == IP_PMTUDISC_DO || inet->pmtudisc == IP_PMTUDISC_WANT;
	ipcm->opt = inet_cookie_opt(ipc, inet);
	ipcm->priority = ipc->sockc.priority;
	ipcm->transmit_time = ipc->sockc.transmit_time;
	ipcm->mark = ipc->sockc.mark;
}

static int ping_send_locked(struct sock *sk, struct sk_buff *skb, __be32 daddr, bool connected,
			    const struct inet_cookie *ipc)
{
	struct net *net = sock_net(sk);
	struct flowi4 fl4 = { .saddr = ipc->addr,
			      .flowi4_oif = ipc->oif,
			      .flowi4_proto = IPPROTO_ICMP };
	struct ipcm_cookie ipcm;
	struct rtable *rt;
	int err;

	fl4.daddr = connected ? sk->sk_daddr : daddr;
	if (!inet_sk(sk)->inet_num && inet_autobind(sk))
		rt = (struct rtable *)ERR_PTR(-EAGAIN);
	else
		rt = inet_route_datagram(sk, &fl4, false);
	if (IS_ERR(rt)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	wire_icmp_set_id(skb->data, inet_sk(sk)->inet_num);
	wire_icmp_set_csum(skb->data, skb->len);
	skb_reset_transport_header(skb);
	if (unlikely(ipc->sockc.tsflags))
		skb_setup_tx_timestamp(skb, ipc->sockc.tsflags);
	ping_ipcm(&ipcm, sk, rt, ipc);
	icmp_out_count(net, ICMP_ECHO);
	err = ip_build_and_send(net, sk, skb, rt, fl4.saddr, fl4.daddr, IPPROTO_ICMP, &ipcm);
	ip_rt_put(rt);
	return err == -ENOBUFS && !inet_sk(sk)->recverr ? 0 : err;
}

static int ping_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	struct inet_cookie ipc;
	struct sk_buff *skb;
	__be32 daddr = 0;
	int err;

	/* What is to be sent is looked at first, and then where to. */
	skb = ping_copy(sk, msg, len);
	if (IS_ERR(skb))
		return (int)PTR_ERR(skb);
	err = inet_packet_dest(sk, msg, &daddr, &ipc);
	if (!err)
		err = net_enter(sock_net(sk));
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	err = ping_send_locked(sk, skb, daddr, !msg->msg_name, &ipc);
	net_unlock(sock_net(sk));
	return err ? err : (int)len;
}

/* Why a buffer of the program's can't be a message as it is, as -errno. */
static int ping_check_skb(struct sock *sk, struct sk_buff *skb)
{
	if (skb_shared(skb))
		return -EINVAL;
	if (skb->len > IP_MAX_MTU - sizeof(struct iphdr))
		return -EMSGSIZE;
	/* Identifier and checksum are written into it. */
	if (skb_linearize(skb) || skb_cow(skb, 0))
		return -ENOMEM;
	if (skb->len < WIRE_ICMP_HLEN || wire_icmp_type(skb->data) != ICMP_ECHO ||
	    wire_icmp_code(skb->data))
		return -EINVAL;
	return inet_check_send(sk);
}

/* proto.send_skb: the buffer is the message. */
static int ping_send_skb(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb)
{
	int err = ping_check_skb(sk, skb), len = (int)skb->len;
	struct inet_cookie ipc;
	__be32 daddr = 0;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!err)
		err = inet_packet_dest(sk, msg, &daddr, &ipc);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	if (!inet_adopt_skb(sk, skb))
		return -EAGAIN;
	err = ping_send_locked(sk, skb, daddr, !msg->msg_name, &ipc);
	return err ? err : len;
}

static struct proto ping_prot = {
	.name = "PING",
	.obj_size = sizeof(struct inet_sock),
	.init = ping_init_sock,
	.close = ping_close,
	.bind = ping_bind,
	.unhash = ping_unhash,
	.get_port = ping_get_port,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.sendmsg = ping_sendmsg,
	.send_skb = ping_send_skb,
	.recvmsg = inet_recv_packet,
};

static struct inet_protosw ping_protosw = {
	.type = SOCK_DGRAM,
	.protocol = IPPROTO_ICMP,
	.prot = &ping_prot,
	.ops = &inet_sockraw_ops,
	.flags = INET_PROTOSW_REUSE,
};

void ping_sock_init(void)
{
	inet_register_protosw(&ping_protosw);
}
