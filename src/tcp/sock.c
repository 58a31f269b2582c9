// SPDX-License-Identifier: BSD-2-Clause
/* TCP sockets made, connected and destroyed, and what the protocol offers to the socket layer. */
#include <skiff/slab.h>
#include <skiff/sock_reuseport.h>

#include "tcp/tcp.h"

atomic_long_t tcp_memory_allocated;

/*
 * In pages of 4 KiB: 384, 512 and 768 MiB. Linux goes by the machine's memory; a host that is to run
 * the same everywhere can't.
 */
long sysctl_tcp_mem[3] = { 98304, 131072, 196608 };

/* Jiffies when it began, 0: there is none. */
static unsigned long tcp_memory_pressure;

static void tcp_enter_memory_pressure(struct sock *sk)
{
	unsigned long none = 0;

	if (READ_ONCE(tcp_memory_pressure))
		return;
	if (__atomic_compare_exchange_n(&tcp_memory_pressure, &none, jiffies ? jiffies : ~0ul,
					false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURES);
}

static void tcp_leave_memory_pressure(struct sock *sk)
{
	const unsigned long began =
		__atomic_exchange_n(&tcp_memory_pressure, 0ul, __ATOMIC_RELAXED);

	if (began)
		NET_ADD_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURESCHRONO,
			      jiffies_to_msecs(jiffies - began));
}

/* RFC 6298 section 2.1, RFC 6928, RFC 9293 section 3.7.1: before anything is known of the peer. */
static void init_sending(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	icsk->icsk_rto = TCP_TIMEOUT_INIT;
	icsk->icsk_rto_min =
		(u32)usecs_to_jiffies((unsigned int)tcp_net_sk(sk)->sysctl_tcp_rto_min_us);
	icsk->icsk_delack_max = TCP_DELACK_MAX;
	tp->mdev_us = jiffies_to_usecs(TCP_TIMEOUT_INIT);
	/* The first sample takes its place, whatever the time is. */
	minmax_reset(&tp->rtt_min, 0, ~0u);
	tp->snd_cwnd = TCP_INIT_CWND;
	tp->app_limited = ~0u;
	tp->rate_app_limited = 1;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->snd_cwnd_clamp = ~0u;
	tp->mss_cache = TCP_MSS_DEFAULT;
	tp->reordering = (u32)tcp_net_sk(sk)->sysctl_tcp_reordering;
	tp->rack.reo_wnd_steps = 1;
	sk->sk_pacing_rate = ~0ul;
	sk->sk_max_pacing_rate = ~0ul;
	sk->sk_pacing_shift = 10;
	sk->sk_txrehash = 1;
}

void tcp_init_sock(struct sock *sk)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->out_of_order_queue = RB_ROOT;
	sk->tcp_rtx_queue = RB_ROOT;
	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
	tcp_init_xmit_timers(sk);
	init_sending(sk);
	tcp_assign_congestion_control(sk);
	sk->sk_state = TCP_CLOSE;
	sk->sk_write_space = tcp_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	WRITE_ONCE(sk->sk_sndbuf, tn->sysctl_tcp_wmem[1]);
	WRITE_ONCE(sk->sk_rcvbuf, tn->sysctl_tcp_rmem[1]);
	/* Half of a buffer is data, until it is known what segments of this peer are like. */
	tp->scaling_ratio = 128;
	tcp_net_sk(sk)->sock_count++;
}

int tcp_v4_init_sock(struct sock *sk)
{
	if (tcp_net_sk(sk)->sock_count >= TCP_SOCKS_MAX)
		return -ENOBUFS;
	tcp_init_sock(sk);
	return 0;
}

/* Under the stack lock, while nobody has the last reference still: all that others know of ends. */
void tcp_v4_destroy_sock(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->fastopen_rsk)
		reqsk_fastopen_remove(sk, tp->fastopen_rsk, false);
	tcp_clear_xmit_timers(sk);
	tcp_tsq_stop(sk);
	tcp_free_congestion_control(sk);
	tcp_write_queue_purge(sk);
	tcp_fastopen_active_check(sk);
	if (!RB_EMPTY_ROOT(&tp->out_of_order_queue))
		skb_rbtree_purge(&tp->out_of_order_queue);
	tcp_sacks_free(tp);
	tcp_md5_destruct(sk);
	if (inet_csk(sk)->icsk_bind_hash)
		inet_put_port(sk);
	/* A group that it made by itself, for a program, and never listened with. */
	reuseport_detach_sock(sk);
	tcp_free_fastopen_req(tp);
	kfree(tp->saved_syn);
	tp->saved_syn = NULL;
	tcp_net_sk(sk)->sock_count--;
}

/* What the state means to those who count. */
static void count_state(struct sock *sk, int state, int old)
{
	struct net *net = sock_net(sk);

	if (state == TCP_ESTABLISHED && old != TCP_ESTABLISHED)
		TCP_INC_STATS(net, TCP_MIB_CURRESTAB);
	else if (state == TCP_CLOSE_WAIT && (old == TCP_SYN_RECV || old == TCP_SYN_SENT))
		TCP_INC_STATS(net, TCP_MIB_CURRESTAB);
	else if (state == TCP_CLOSE && (old == TCP_CLOSE_WAIT || old == TCP_ESTABLISHED))
		TCP_INC_STATS(net, TCP_MIB_ESTABRESETS);
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT &&
	    (old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT))
		TCP_DEC_STATS(net, TCP_MIB_CURRESTAB);
}

void tcp_set_state(struct sock *sk, int state)
{
	count_state(sk, state, sk->sk_state);
	if (state == TCP_CLOSE) {
		/* A port that bind() named stays the socket's until it is closed. */
		inet_unhash(sk);
		if (inet_csk(sk)->icsk_bind_hash && !(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			inet_put_port(sk);
	}
	/* Who sends or asks looks at it without the lock. */
	WRITE_ONCE(sk->sk_state, (unsigned char)state);
}

void tcp_done(struct sock *sk)
{
	struct request_sock *req = tcp_sk(sk)->fastopen_rsk;

	if (sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV)
		TCP_INC_STATS(sock_net(sk), TCP_MIB_ATTEMPTFAILS);
	tcp_set_state(sk, TCP_CLOSE);
	if (req)
		reqsk_fastopen_remove(sk, req, false);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sock_flag(sk, SOCK_DEAD)) {
		inet_csk_destroy_sock(sk);
		return;
	}
	tcp_clear_xmit_timers(sk);
	sk->sk_state_change(sk);
}

void tcp_done_with_error(struct sock *sk, int err)
{
	/* Before anybody is told that the state has changed. */
	sk->sk_err = err;
	tcp_write_queue_purge(sk);
	/* The last to be told may be the one that lets go of the socket. */
	sock_hold(sk);
	tcp_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
	sock_put(sk);
}

void tcp_init_transfer(struct sock *sk, int bpf_op, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	(void)bpf_op; /* there are no programs to be told */
	(void)skb;
	tcp_mtup_init(sk);
	inet_sk_rebuild_header(sk);
	tcp_init_metrics(sk);
	/* RFC 5681 section 3.1: a SYN that was lost more than once means a path that can't take much. */
	if (tp->total_retrans > 1 && tp->undo_marker)
		tcp_snd_cwnd_set(tp, 1);
	else
		tcp_snd_cwnd_set(tp, tcp_init_cwnd(tp, sk->sk_dst_cache));
	tp->snd_cwnd_stamp = tcp_jiffies32;
	if (!inet_csk(sk)->icsk_ca_initialized)
		tcp_init_congestion_control(sk);
	tcp_init_buffer_space(sk);
}

/* connect() */

/* The route to the peer, or to the first stop of a source route. */
static struct rtable *connect_route(struct sock *sk, struct flowi4 *fl4,
				    const struct sockaddr_in *usin)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct ip_options *opt = inet->inet_opt ? &inet->inet_opt->opt : NULL;
	__be32 daddr = (__force __be32)usin->sin_addr.s_addr;
	struct rtable *rt;

	if (opt && opt->srr && !daddr)
		return (struct rtable *)ERR_PTR(-EINVAL);
	memset(fl4, 0, sizeof(*fl4));
	fl4->daddr = opt && opt->srr ? opt->faddr : daddr;
	fl4->saddr = inet->inet_saddr;
	fl4->flowi4_oif = sk->sk_bound_dev_if;
	fl4->flowi4_tos = inet->tos;
	fl4->flowi4_proto = IPPROTO_TCP;
	fl4->flowi4_mark = sk->sk_mark;
	fl4->fl4_dport = (__force __be16)usin->sin_port;
	fl4->fl4_sport = inet->inet_sport;
	rt = ip_route_output_key(sock_net(sk), fl4);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return rt;
	}
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return (struct rtable *)ERR_PTR(-ENETUNREACH);
	}
	/* The destination is the last stop, whatever the packet's header says on its way. */
	if (opt && opt->srr)
		fl4->daddr = daddr;
	return rt;
}

/* Both addresses, and the peer's port. */
static void set_addresses(struct sock *sk, const struct flowi4 *fl4)
{
	struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!inet->inet_saddr)
		inet->inet_saddr = fl4->saddr;
	inet->inet_rcv_saddr = inet->inet_saddr;
	/* What is left of a connection to the same peer is good for the next one. */
	if (tp->rx_opt.ts_recent_stamp && inet->inet_daddr != fl4->daddr) {
		tp->rx_opt.ts_recent = 0;
		tp->rx_opt.ts_recent_stamp = 0;
		tp->write_seq = 0;
	}
	inet->inet_dport = fl4->fl4_dport;
	inet->inet_daddr = fl4->daddr;
	inet_csk(sk)->icsk_ext_hdr_len = inet->inet_opt ? inet->inet_opt->opt.optlen : 0;
	tp->rx_opt.mss_clamp = TCP_MSS_DEFAULT;
}

static void choose_sequence(struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tp->write_seq)
		tp->write_seq = tcp_v4_init_seq(sock_net(sk), inet->inet_saddr, inet->inet_daddr,
						inet->inet_sport, inet->inet_dport);
	tp->tsoffset = tcp_v4_init_ts_off(sock_net(sk), inet->inet_saddr, inet->inet_daddr);
}

/* It leaves the tables; the port goes too unless bind() named it. */
static void connect_failed(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	tcp_set_state(sk, TCP_CLOSE);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet->inet_saddr = inet->inet_rcv_saddr = 0;
	sk->sk_route_caps = 0;
	inet->inet_dport = 0;
}

int tcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *usin = (const struct sockaddr_in *)(const void *)uaddr;
	struct flowi4 fl4;
	struct rtable *rt;
	u64 random;
	int err = 0;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (addr_len < (int)sizeof(*usin))
		return -EINVAL;
	if (usin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	rt = connect_route(sk, &fl4, usin);
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	set_addresses(sk, &fl4);
	/* The state says that it is to be found: a port is chosen, and the tables entered. */
	tcp_set_state(sk, TCP_SYN_SENT);
	random = get_random_u64();
	err = inet_hash_connect(sk, (u16)random);
	if (err) {
		ip_rt_put(rt);
		connect_failed(sk);
		return err;
	}
	sk->sk_gso_type = SKB_GSO_TCPV4;
	sk_setup_caps(sk, &rt->dst);
	inet_sk(sk)->inet_id = (u16)(random >> 16);
	sk->sk_txhash = (u32)(random >> 32) | 1;
	choose_sequence(sk);
	if (tcp_fastopen_defer_connect(sk, &err))
		return err;
	if (!err)
		err = tcp_connect(sk);
	if (err)
		connect_failed(sk);
	return err;
}

/*
 * SOF_TIMESTAMPING_OPT_ID: bytes count from the first one that is not acknowledged, or (@unsent) that the
 * program has not written yet.
 */
static int tcp_set_tskey(struct sock *sk, bool unsent)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return -EINVAL;
	atomic_set(&sk->sk_tskey, (int)(unsent ? tp->write_seq : tp->snd_una));
	return 0;
}

_Static_assert(sizeof(void *) != 8 || sizeof(struct tcp_sock) <= 1392,
	       "doc/tcp.md says what a connection takes, and there may be a million");

/* The last reference is gone; any thread. */
static void free_queue(struct sock *sk)
{
	kfree(inet_csk(sk)->icsk_accept_queue);
}

struct proto tcp_prot = {
	.name = "TCP",
	.obj_size = sizeof(struct tcp_sock),
	.init = tcp_v4_init_sock,
	.destroy = free_queue,
	.close = tcp_close,
	.hash = inet_hash,
	.unhash = inet_unhash,
	.get_port = inet_csk_get_port,
	.connect = tcp_v4_connect,
	.disconnect = tcp_disconnect,
	.shutdown = tcp_shutdown,
	.set_tskey = tcp_set_tskey,
	.keepalive = tcp_set_keepalive,
	.ioctl = tcp_ioctl,
	.setsockopt = tcp_setsockopt,
	.getsockopt = tcp_getsockopt,
	.sendmsg = tcp_sendmsg,
	.recvmsg = tcp_recvmsg,
	.send_skb = tcp_send_skb_form,
	.memory_allocated = &tcp_memory_allocated,
	.sysctl_mem = sysctl_tcp_mem,
	.memory_pressure = &tcp_memory_pressure,
	.enter_memory_pressure = tcp_enter_memory_pressure,
	.leave_memory_pressure = tcp_leave_memory_pressure,
};
