// SPDX-License-Identifier: BSD-2-Clause
/*
 * The SYN queue: connections whose handshake is not complete.
 *
 * A request is a few hundred bytes, in the table of connections by its flow and in a list of its
 * listening socket. The reference that it begins with is the table's; when the handshake is complete
 * it goes to the accept queue.
 */
#include <skiff/slab.h>

#include "tcp/output.h"
#include "tcp/tcp.h"

struct request_sock *tcp_reqsk_alloc(const struct sock *sk)
{
	struct request_sock *req = (struct request_sock *)spares_alloc(
		&tcp_net(sock_net(sk))->requests, sizeof(*req), GFP_ATOMIC | __GFP_ZERO);
	struct sock *as_sk = req_to_sk(req);

	if (!req)
		return NULL;
	sock_hold((struct sock *)(uintptr_t)sk);
	req->rsk_listener = (struct sock *)(uintptr_t)sk;
	as_sk->sk_family = sk->sk_family;
	as_sk->sk_prot = sk->sk_prot;
	as_sk->sk_net = sk->sk_net;
	as_sk->sk_state = TCP_NEW_SYN_RECV;
	as_sk->sk_reuse = sk->sk_reuse;
	as_sk->sk_reuseport = sk->sk_reuseport;
	as_sk->sk_bound_dev_if = sk->sk_bound_dev_if;
	refcount_set(&req->rsk_refcnt, 1);
	INIT_LIST_HEAD(&req->queue_node);
	req->timeout = TCP_TIMEOUT_INIT;
	return req;
}

void reqsk_free(struct request_sock *req)
{
	struct tcp_net *tn = tcp_net(sock_net(req_to_sk(req)));

	if (unlikely(req->ireq_opt))
		kfree(req->ireq_opt);
	if (unlikely(req->saved_syn))
		kfree(req->saved_syn);
	if (req->rsk_listener)
		sock_put(req->rsk_listener);
	spares_put(&tn->requests, req);
}

void reqsk_put(struct request_sock *req)
{
	if (refcount_dec_and_test(&req->rsk_refcnt))
		reqsk_free(req);
}

/* Its timer */

static unsigned long reqsk_timeout(const struct request_sock *req)
{
	unsigned long most = tcp_rto_max(req->rsk_listener);

	/* A shift beyond this is beyond the limit anyway. */
	return min(req->timeout << min_t(unsigned int, req->num_timeout, 20), most);
}

/*
 * While the queue is short, each gets all of its attempts. When it is more than half full of those
 * that were answered more than once, they make room for young ones sooner.
 */
static int synack_attempts(const struct sock *sk)
{
	const struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	int most = inet_csk(sk)->icsk_syn_retries, young = q->young << 1;

	if (!most)
		most = tcp_net_sk(sk)->sysctl_tcp_synack_retries;
	if ((u32)q->qlen << 1 <= max(8u, sk->sk_max_ack_backlog))
		return most;
	for (; most > 2 && q->qlen >= young; most--)
		young <<= 1;
	return most;
}

/* Whether it has lasted too long, and whether its SYN-ACK is sent again if not. */
static void synack_recalc(const struct request_sock *req, int most, bool *expire, bool *resend)
{
	int defer = inet_csk_defer_accept(req->rsk_listener);

	*expire = req->num_timeout >= most;
	*resend = true;
	if (!defer)
		return;
	/* TCP_DEFER_ACCEPT: the handshake is complete, data is waited for; only the end asks again. */
	*expire = *expire && (!req->acked || req->num_timeout >= defer);
	*resend = !req->acked || req->num_timeout >= defer - 1;
}

static void reqsk_timer_handler(struct timer_list *t)
{
	struct request_sock *req = from_timer(req, t, rsk_timer);
	struct sock *sk = req->rsk_listener;
	bool expire, resend;

	synack_recalc(req, synack_attempts(sk), &expire, &resend);
	tcp_syn_ack_timeout(req);
	if (expire || (resend && tcp_rtx_synack(sk, req) && !req->acked)) {
		inet_csk_reqsk_queue_drop(sk, req);
		return;
	}
	if (req->num_timeout++ == 0)
		inet_csk(sk)->icsk_accept_queue->young--;
	mod_timer_ns(&req->rsk_timer, tcp_jiffies_ahead((long)reqsk_timeout(req)));
}

/* Into the queue. Its reference is the table's from now on. */
static void queue_hash_add(struct sock *sk, struct request_sock *req)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	timer_setup_net(&req->rsk_timer, sock_net(sk), reqsk_timer_handler, 0);
	inet_ehash_insert(req_to_sk(req), NULL);
	list_add_tail(&req->queue_node, &q->requests);
	q->qlen++;
	q->young++;
	mod_timer_ns(&req->rsk_timer, tcp_jiffies_ahead((long)reqsk_timeout(req)));
}

/* Out of it; the reference is the caller's now. Return: whether it was in. */
static bool queue_unlink(struct sock *sk, struct request_sock *req)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	if (list_empty(&req->queue_node))
		return false;
	del_timer(&req->rsk_timer);
	tcp_hash_del(&tcp_net_sk(sk)->hashinfo.ehash, &req_to_sk(req)->sk_node);
	list_del_init(&req->queue_node);
	q->qlen--;
	if (!req->num_timeout)
		q->young--;
	return true;
}

void inet_csk_reqsk_queue_drop(struct sock *sk, struct request_sock *req)
{
	if (queue_unlink(sk, req))
		reqsk_put(req);
}

/* A SYN comes */

void tcp_openreq_init(struct request_sock *req, const struct tcp_options_received *rx_opt,
		      const struct sk_buff *skb, const struct sock *sk)
{
	const struct tcphdr *th = tcp_hdr(skb);

	(void)sk;
	req->rcv_isn = TCP_SKB_CB(skb)->seq;
	req->rcv_nxt = TCP_SKB_CB(skb)->seq + 1;
	req->mss = rx_opt->mss_clamp;
	req->ts_recent = rx_opt->saw_tstamp ? rx_opt->rcv_tsval : 0;
	req->tstamp_ok = rx_opt->tstamp_ok;
	req->sack_ok = rx_opt->sack_ok & 1;
	req->snd_wscale = rx_opt->snd_wscale;
	req->wscale_ok = rx_opt->wscale_ok;
	req->ir_rmt_port = th->source;
	req->ir_num = ntohs(th->dest);
	req->ir_rmt_addr = ip_hdr(skb)->saddr;
	req->ir_loc_addr = ip_hdr(skb)->daddr;
	req->ir_mark = sk->sk_mark;
	req->ir_iif = sk->sk_bound_dev_if;
}

void tcp_openreq_init_random(struct request_sock *req)
{
	u64 random = get_random_u64();

	req->txhash = (u32)random | 1;
	req->ir_id = (u16)(random >> 32);
}

struct ip_options_rcu *tcp_v4_save_options(struct net *net, struct sk_buff *skb)
{
	const struct ip_options *opt = &TCP_SKB_CB(skb)->header.h4.opt;
	struct ip_options_rcu *dopt;

	if (!opt->optlen)
		return NULL;
	dopt = (struct ip_options_rcu *)kzalloc(sizeof(struct ip_options_data), GFP_ATOMIC);
	if (dopt && __ip_options_echo(net, &dopt->opt, skb, opt)) {
		kfree(dopt);
		dopt = NULL;
	}
	return dopt;
}

struct dst_entry *tcp_v4_route_req(const struct sock *sk, const struct request_sock *req)
{
	const struct ip_options_rcu *opt = req->ireq_opt;
	struct net *net = sock_net(sk);
	struct flowi4 fl4 = {
		.daddr = opt && opt->opt.srr ? opt->opt.faddr : req->ir_rmt_addr,
		.saddr = req->ir_loc_addr,
		.flowi4_oif = req->ir_iif,
		.flowi4_tos = inet_sk(sk)->tos,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_mark = req->ir_mark,
		.fl4_sport = htons(req->ir_num),
		.fl4_dport = req->ir_rmt_port,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (!IS_ERR(rt))
		return &rt->dst;
	IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
	return NULL;
}

void tcp_openreq_init_rwin(struct request_sock *req, const struct sock *sk,
			   const struct dst_entry *dst)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 mss = tcp_mss_clamp(tp, dst_metric_advmss(dst));
	u32 init_wnd = dst_metric(dst, RTAX_INITRWND), clamp;
	int space = tcp_full_space(sk);
	u8 wscale = 0;

	clamp = tp->window_clamp ? tp->window_clamp : dst_metric(dst, RTAX_WINDOW);
	/* A buffer that the program chose limits the window, however it is scaled. */
	if ((sk->sk_userlocks & SOCK_RCVBUF_LOCK) && (clamp > (u32)space || !clamp))
		clamp = (u32)space;
	req->rsk_window_clamp = clamp;
	tcp_select_initial_window(sk, space, mss - (req->tstamp_ok ? TCPOLEN_TSTAMP_ALIGNED : 0),
				  &req->rsk_rcv_wnd, &req->rsk_window_clamp, req->wscale_ok,
				  &wscale, init_wnd);
	req->rcv_wscale = wscale & 15;
}

/* RFC 3168 section 6.1.1: the SYN asks for it, and is not itself marked. */
static void ecn_create_request(struct request_sock *req, const struct sk_buff *skb,
			       const struct sock *sk, const struct dst_entry *dst)
{
	u32 by_route = dst_feature(dst, RTAX_FEATURE_ECN | DST_FEATURE_ECN_CA);
	const struct tcphdr *th = tcp_hdr(skb);
	bool ect = TCP_SKB_CB(skb)->ip_dsfield & 3;

	if (!th->ece || !th->cwr)
		return;
	if ((!ect && (tcp_net_sk(sk)->sysctl_tcp_ecn || by_route)) ||
	    (by_route & DST_FEATURE_ECN_CA) ||
	    (READ_ONCE(inet_csk(sk)->icsk_ca_ops->flags) & TCP_CONG_NEEDS_ECN))
		req->ecn_ok = 1;
}

int tcp_v4_send_synack(const struct sock *sk, struct dst_entry *dst, struct request_sock *req,
		       struct tcp_fastopen_cookie *foc, bool cookie, struct sk_buff *syn_skb)
{
	u8 tos = inet_stream_tos(sk, req->ir_rmt_addr);
	struct sk_buff *skb;
	int err;

	skb = tcp_make_synack(sk, dst, req, foc, cookie, syn_skb);
	if (!skb)
		return -ENOMEM;
	__tcp_v4_send_check(skb, req->ir_loc_addr, req->ir_rmt_addr);
	if (tcp_net_sk(sk)->sysctl_tcp_reflect_tos)
		tos = (u8)((req->syn_tos & ~3) | (tos & 3));
	skb->mark = req->ir_mark;
	err = ip_build_and_send_pkt(skb, sk, req->ir_loc_addr, req->ir_rmt_addr, req->ireq_opt,
				    tos);
	return net_xmit_eval(err);
}

int tcp_rtx_synack(const struct sock *sk, struct request_sock *req)
{
	struct dst_entry *dst = tcp_v4_route_req(sk, req);
	int err = -EHOSTUNREACH;

	/* Another path, if there are several. */
	req->txhash = get_random_u32() | 1;
	if (dst)
		err = tcp_v4_send_synack(sk, dst, req, NULL, false, NULL);
	dst_release(dst);
	if (err)
		return err;
	TCP_INC_STATS(sock_net(sk), TCP_MIB_RETRANSSEGS);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPSYNRETRANS);
	if (req->tfo_listener)
		tcp_sk(sk)->total_retrans++;
	req->num_retrans++;
	return 0;
}

bool tcp_syn_flood_action(const struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	struct net *net = sock_net(sk);
	bool cookies = tcp_net(net)->sysctl_tcp_syncookies;

	NET_INC_STATS(net, cookies ? LINUX_MIB_TCPREQQFULLDOCOOKIES : LINUX_MIB_TCPREQQFULLDROP);
	if (!q->synflood_warned && tcp_net(net)->sysctl_tcp_syncookies != 2) {
		q->synflood_warned = 1;
		net_info_ratelimited("%s: possible SYN flooding on port %u, %s\n",
				     skiff_net_name(net), sk->sk_num,
				     cookies ? "sending cookies" : "dropping requests");
	}
	return cookies;
}

/* TCP_SAVE_SYN: 1 from the IP header on, 2 with the link-layer header. */
static void record_syn(const struct sock *sk, struct request_sock *req, const struct sk_buff *skb)
{
	u32 mac_len = 0, len = skb_network_header_len(skb) + tcp_hdrlen(skb);
	const u8 *from = skb_network_header(skb);
	struct saved_syn *saved;

	if (!tcp_sk(sk)->save_syn)
		return;
	if (tcp_sk(sk)->save_syn == 2 && skb_mac_header_was_set(skb)) {
		from = skb_mac_header(skb);
		mac_len = (u32)(skb_network_header(skb) - from);
	}
	saved = (struct saved_syn *)kmalloc(sizeof(*saved) + mac_len + len, GFP_ATOMIC);
	if (!saved)
		return;
	saved->mac_hdrlen = mac_len;
	saved->network_hdrlen = skb_network_header_len(skb);
	saved->tcp_hdrlen = tcp_hdrlen(skb);
	memcpy(saved->data, from, mac_len + len);
	req->saved_syn = saved;
}

/* Is there a place for one more? *@want_cookie: only in the peer's memory (RFC 4987). */
static bool admit_syn(struct sock *sk, u32 isn, bool *want_cookie)
{
	const struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	*want_cookie = false;
	/* Who was known a minute ago, in TIME_WAIT, is no flood. */
	if ((tcp_net_sk(sk)->sysctl_tcp_syncookies == 2 ||
	     (u32)max(q->qlen, 0) > sk->sk_max_ack_backlog) &&
	    !isn) {
		*want_cookie = tcp_syn_flood_action(sk);
		if (!*want_cookie)
			return false;
	}
	if (sk_acceptq_is_full(sk)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENOVERFLOWS);
		return false;
	}
	return true;
}

static void parse_syn(const struct sock *sk, const struct sk_buff *skb,
		      struct tcp_options_received *opt, struct tcp_fastopen_cookie *foc,
		      bool want_cookie)
{
	memset(opt, 0, sizeof(*opt));
	opt->mss_clamp = TCP_MSS_DEFAULT;
	opt->user_mss = tcp_sk(sk)->rx_opt.user_mss;
	tcp_parse_options(sock_net(sk), skb, opt, 0, want_cookie ? NULL : foc);
	/* A cookie has no room for options: they are in the timestamp, if there is one. */
	if (want_cookie && !opt->saw_tstamp)
		tcp_clear_options(opt);
	opt->tstamp_ok = opt->saw_tstamp;
}

/*
 * Without cookies, the last quarter of tcp_max_syn_backlog is for those who were here before, of
 * whom nothing is kept here: so it stays free.
 */
static bool backlog_is_short(const struct sock *sk)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	int most = tn->sysctl_tcp_max_syn_backlog;

	return !tn->sysctl_tcp_syncookies &&
	       most - inet_csk(sk)->icsk_accept_queue->qlen < most >> 2;
}

static u32 choose_isn(struct sock *sk, struct sk_buff *skb, struct request_sock *req, u32 isn,
		      bool want_cookie)
{
	const struct tcphdr *th = tcp_hdr(skb);

	if (want_cookie) {
		if (!req->tstamp_ok)
			req->ecn_ok = 0;
		tcp_synq_overflow(sk);
		NET_INC_STATS(sock_net(sk), LINUX_MIB_SYNCOOKIESSENT);
		return cookie_v4_init_sequence(skb, &req->mss);
	}
	if (isn)
		return isn;
	return tcp_v4_init_seq(sock_net(sk), ip_hdr(skb)->daddr, ip_hdr(skb)->saddr, th->dest,
			       th->source);
}

/* Remember it, or not, and answer. Consumes the reference to @req. */
static void answer_syn(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
		       struct dst_entry *dst, struct tcp_fastopen_cookie *foc, bool want_cookie)
{
	struct sock *child = NULL;

	if (!want_cookie) {
		record_syn(sk, req, skb);
		child = tcp_try_fastopen(sk, skb, req, foc, dst);
	}
	if (child) {
		tcp_v4_send_synack(child, dst, req, foc, false, skb);
		/* It can be accepted, with its data, before the handshake is complete. */
		inet_csk_reqsk_queue_add(sk, req, child);
		sk->sk_data_ready(sk);
		return;
	}
	/* In the queue first: the answer to what is sent may be here before the call returns. */
	if (!want_cookie)
		queue_hash_add(sk, req);
	tcp_v4_send_synack(sk, dst, req, foc, want_cookie, skb);
	if (want_cookie)
		reqsk_put(req);
}

void tcp_conn_request(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_fastopen_cookie foc = { .len = -1 };
	u32 isn = TCP_SKB_CB(skb)->tcp_tw_isn;
	struct net *net = sock_net(sk);
	struct tcp_options_received opt;
	struct request_sock *req;
	struct dst_entry *dst;
	bool want_cookie;

	/* RFC 1122 section 4.2.3.10 */
	if (skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST) ||
	    !admit_syn(sk, isn, &want_cookie))
		goto drop;
	req = tcp_reqsk_alloc(sk);
	if (!req)
		goto drop;
	req->syncookie = want_cookie;
	parse_syn(sk, skb, &opt, &foc, want_cookie);
	tcp_openreq_init(req, &opt, skb, sk);
	req->no_srccheck = inet_sk(sk)->transparent;
	req->ireq_opt = tcp_v4_save_options(net, skb);
	dst = tcp_v4_route_req(sk, req);
	if (!dst)
		goto drop_free;
	if (req->tstamp_ok)
		req->ts_off = tcp_v4_init_ts_off(net, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr);
	if (!want_cookie && !isn && backlog_is_short(sk))
		goto drop_release;
	ecn_create_request(req, skb, sk, dst);
	req->snt_isn = choose_isn(sk, skb, req, isn, want_cookie);
	tcp_openreq_init_random(req);
	req->syn_tos = TCP_SKB_CB(skb)->ip_dsfield;
	tcp_openreq_init_rwin(req, sk, dst);
	answer_syn(sk, skb, req, dst, &foc, want_cookie);
	dst_release(dst);
	return;
drop_release:
	dst_release(dst);
drop_free:
	reqsk_put(req);
drop:
	tcp_listendrop(sk);
}
