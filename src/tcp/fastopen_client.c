// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fast Open, RFC 7413: the client's side. Cookies are remembered with what else is known of a path.
 */
#include <fcntl.h>

#include <skiff/slab.h>

#include "tcp/fastopen.h"
#include "tcp/metrics.h"

static void cache_get(const struct sock *sk, u16 *mss, struct tcp_fastopen_cookie *cookie)
{
	const struct tcp_metrics_block *tm = tcp_get_metrics(sk, false);

	if (!tm)
		return;
	if (tm->mss)
		*mss = tm->mss;
	*cookie = tm->cookie;
	if (cookie->len <= 0 && tm->try_exp == 1)
		cookie->exp = true;
}

static void cache_set(const struct sock *sk, u16 mss, const struct tcp_fastopen_cookie *cookie,
		      u8 try_exp)
{
	struct tcp_metrics_block *tm = tcp_get_metrics(sk, true);

	if (!tm)
		return;
	if (mss)
		tm->mss = mss;
	if (cookie->len > 0)
		tm->cookie = *cookie;
	else if (try_exp > tm->try_exp && tm->cookie.len <= 0 && !tm->cookie.exp)
		tm->try_exp = try_exp;
}

bool tcp_fastopen_cookie_check(struct sock *sk, u16 *mss, struct tcp_fastopen_cookie *cookie)
{
	cache_get(sk, mss, cookie);
	if (tcp_fastopen_active_should_disable(sk)) {
		cookie->len = -1;
		return false;
	}
	if (tcp_fastopen_no_cookie(sk, sk->sk_dst_cache, TFO_CLIENT_NO_COOKIE)) {
		cookie->len = -1;
		return true;
	}
	if (cookie->len > 0)
		return true;
	tcp_sk(sk)->fastopen_client_fail = TFO_COOKIE_UNAVAILABLE;
	return false;
}

bool tcp_fastopen_defer_connect(struct sock *sk, int *err)
{
	struct tcp_fastopen_cookie cookie = { .len = 0 };
	struct tcp_sock *tp = tcp_sk(sk);
	u16 mss;

	if (!tp->fastopen_connect || tp->fastopen_req)
		return false;
	if (tcp_fastopen_cookie_check(sk, &mss, &cookie)) {
		inet_sk(sk)->defer_connect = 1;
		return true;
	}
	/* Ask for a cookie, for the next time. */
	tp->fastopen_req =
		(struct tcp_fastopen_request *)kzalloc(sizeof(*tp->fastopen_req), GFP_ATOMIC);
	if (tp->fastopen_req)
		tp->fastopen_req->cookie = cookie;
	else
		*err = -ENOBUFS;
	return false;
}

void tcp_free_fastopen_req(struct tcp_sock *tp)
{
	kfree(tp->fastopen_req);
	tp->fastopen_req = NULL;
}

/* Data in the SYN was not taken: it is sent again now, which is no congestion. */
static void retransmit_syn_data(struct sock *sk)
{
	struct sk_buff *skb;

	for (skb = tcp_rtx_queue_head(sk); skb; skb = skb_rb_next(skb))
		tcp_mark_skb_lost(sk, skb);
	tcp_non_congestion_loss_retransmit(sk);
}

/* The segment size that the SYN-ACK announces, when TCP_MAXSEG hides it. */
static u16 announced_mss(const struct sock *sk, const struct sk_buff *synack)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_options_received opt;

	if (tp->rx_opt.mss_clamp != tp->rx_opt.user_mss)
		return tp->rx_opt.mss_clamp;
	memset(&opt, 0, sizeof(opt));
	tcp_parse_options(sock_net(sk), synack, &opt, 0, NULL);
	return opt.mss_clamp;
}

bool tcp_rcv_fastopen_synack(struct sock *sk, struct sk_buff *synack,
			     struct tcp_fastopen_cookie *cookie)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool unacked = tp->syn_data && tcp_rtx_queue_head(sk);
	u8 try_exp = 0;

	if (!tp->syn_fastopen)
		cookie->len = -1; /* not asked for */
	else if (!tp->total_retrans && cookie->len < 0 && !tp->syn_data)
		try_exp = tp->syn_fastopen_exp ? 2 : 1;
	cache_set(sk, announced_mss(sk, synack), cookie, try_exp);
	if (unacked) {
		tp->fastopen_client_fail = tp->total_retrans ? TFO_SYN_RETRANSMITTED :
							       TFO_DATA_NOT_ACKED;
		retransmit_syn_data(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENACTIVEFAIL);
		return true;
	}
	tp->syn_data_acked = tp->syn_data;
	if (tp->syn_data_acked) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENACTIVE);
		/* SYN and data are two buffers of one segment. */
		if (tp->delivered > 1)
			tp->delivered--;
	}
	tcp_fastopen_add_skb(sk, synack);
	return false;
}

/* Paths that swallow SYNs with data: the host leaves it for a while (RFC 7413 section 7.1) */

void tcp_fastopen_active_disable(struct sock *sk)
{
	struct tcp_net *tn = tcp_net_sk(sk);

	if (!tn->sysctl_tcp_fastopen_blackhole_timeout)
		return;
	tn->tfo_active_disable_stamp = jiffies;
	tn->tfo_active_disable_times++;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENBLACKHOLE);
}

bool tcp_fastopen_active_should_disable(struct sock *sk)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	unsigned long span;

	if (!tn->sysctl_tcp_fastopen_blackhole_timeout || !tn->tfo_active_disable_times)
		return false;
	/* Twice as long each time, up to 64 times. */
	span = (unsigned long)tn->sysctl_tcp_fastopen_blackhole_timeout * HZ
	       << min(tn->tfo_active_disable_times - 1, 6u);
	if (time_before(jiffies, tn->tfo_active_disable_stamp + span))
		return true;
	tcp_sk(sk)->syn_fastopen_ch = 1;
	return false;
}

void tcp_fastopen_active_detect_blackhole(struct sock *sk, bool expired)
{
	u32 timeouts = inet_csk(sk)->icsk_retransmits;
	const struct tcp_sock *tp = tcp_sk(sk);

	if ((tp->syn_fastopen || tp->syn_data || tp->syn_data_acked) &&
	    (timeouts == 2 || (timeouts < 2 && expired))) {
		tcp_fastopen_active_disable(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENACTIVEFAIL);
	}
}

/*
 * At its end a connection says whether the path can be trusted. One with nothing but a FIN behind a hole:
 * its data was swallowed. One that was an attempt after a pause and got data: the path is good, unless
 * it never left the host.
 */
void tcp_fastopen_active_check(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *first;

	if (!tp->syn_fastopen)
		return;
	first = skb_rb_first(&tp->out_of_order_queue);
	if (!tp->data_segs_in) {
		if (first && !skb_rb_next(first) && (TCP_SKB_CB(first)->tcp_flags & TCPHDR_FIN))
			tcp_fastopen_active_disable(sk);
	} else if (tp->syn_fastopen_ch &&
		   !(sk->sk_dst_cache && sk->sk_dst_cache->dev->flags & IFF_LOOPBACK)) {
		tcp_net_sk(sk)->tfo_active_disable_times = 0;
	}
}

/* sendmsg() */

/* The SYN leaves, with as much of the data as fits. */
static int send_syn_with(struct sock *sk, struct skiff_msghdr *msg)
{
	struct sockaddr any = { .sa_family = AF_INET };
	struct socket *sock = sk->sk_socket;
	int err;

	if (!inet_sk(sk)->defer_connect) {
		if (msg->msg_name)
			return sock->ops->connect(sock, (struct sockaddr *)msg->msg_name,
						  msg->msg_namelen, O_NONBLOCK);
		/* How does it stand with what is on its way? */
		if (sock->state == SS_CONNECTING)
			return inet_stream_connect(sock, &any, sizeof(any), O_NONBLOCK);
		return sock->state == SS_CONNECTED || sk->sk_state != TCP_CLOSE ? -EISCONN :
										  -EINVAL;
	}
	inet_sk(sk)->defer_connect = 0;
	/* Since connect() the route may have changed. */
	err = inet_sk_rebuild_header(sk) ? -EHOSTUNREACH : tcp_connect(sk);
	if (!err)
		return -EINPROGRESS;
	tcp_set_state(sk, TCP_CLOSE);
	inet_sk(sk)->inet_dport = 0;
	sk->sk_route_caps = 0;
	sock->state = SS_UNCONNECTED;
	return err;
}

int tcp_sendmsg_fastopen(struct sock *sk, struct skiff_msghdr *msg, int *copied, size_t size,
			 struct ubuf_info *uarg)
{
	const struct sockaddr *name = (const struct sockaddr *)msg->msg_name;
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	*copied = 0;
	if (!(tcp_net_sk(sk)->sysctl_tcp_fastopen & TFO_CLIENT_ENABLE) || !sk->sk_socket ||
	    (name && msg->msg_namelen >= (int)sizeof(name->sa_family) &&
	     name->sa_family == AF_UNSPEC))
		return -EOPNOTSUPP;
	if (tp->fastopen_req)
		return -EALREADY;
	tp->fastopen_req =
		(struct tcp_fastopen_request *)kzalloc(sizeof(*tp->fastopen_req), GFP_ATOMIC);
	if (!tp->fastopen_req)
		return -ENOBUFS;
	tp->fastopen_req->data = msg;
	tp->fastopen_req->size = size;
	tp->fastopen_req->uarg = uarg;
	err = send_syn_with(sk, msg);
	/* It is gone when the attempt has failed already. */
	if (tp->fastopen_req)
		*copied = tp->fastopen_req->copied;
	tcp_free_fastopen_req(tp);
	return err;
}
