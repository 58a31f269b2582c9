// SPDX-License-Identifier: BSD-2-Clause
/* Listening, and connections whose handshake completes: from a request to a socket that is accepted. */
#include <fcntl.h>

#include <skiff/slab.h>

#include "tcp/output.h"
#include "tcp/tcp.h"

/* The child of a request */

static void child_sequence(struct tcp_sock *tp, const struct request_sock *req)
{
	u32 seq = req->rcv_isn + 1;

	tp->rcv_wup = tp->copied_seq = tp->rcv_nxt = seq;
	seq = req->snt_isn + 1;
	tp->snd_sml = tp->snd_una = tp->snd_nxt = tp->snd_up = seq;
	tp->write_seq = tp->pushed_seq = seq;
	tp->snd_wl1 = req->rcv_isn;
}

static void child_options(struct tcp_sock *tp, const struct request_sock *req,
			  const struct sk_buff *skb)
{
	struct tcp_options_received *opt = &tp->rx_opt;

	opt->tstamp_ok = req->tstamp_ok;
	opt->sack_ok = req->sack_ok;
	opt->wscale_ok = req->wscale_ok;
	opt->snd_wscale = req->wscale_ok ? req->snd_wscale : 0;
	opt->rcv_wscale = req->wscale_ok ? req->rcv_wscale : 0;
	opt->mss_clamp = req->mss;
	opt->ts_recent_stamp = 0;
	opt->dsack = 0;
	opt->num_sacks = 0;
	tp->window_clamp = req->rsk_window_clamp;
	if (!req->wscale_ok)
		tp->window_clamp = min(tp->window_clamp, 65535u);
	tp->rcv_ssthresh = tp->rcv_wnd = req->rsk_rcv_wnd;
	tp->snd_wnd = (u32)ntohs(tcp_hdr(skb)->window) << opt->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (!req->tstamp_ok)
		return;
	opt->ts_recent = req->ts_recent;
	opt->ts_recent_stamp = (int)tcp_seconds(sock_net((struct sock *)tp));
	tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
}

/* SYN-ACKs that were lost count as timeouts of the connection (RFC 5681 section 3.1). */
static void child_history(struct tcp_sock *tp, const struct request_sock *req)
{
	tp->total_retrans = req->num_retrans;
	tp->undo_marker = 0;
	tp->retrans_stamp = 0;
	if (!req->num_timeout)
		return;
	tp->total_rto = req->num_timeout;
	tp->total_rto_recoveries = 1;
	tp->undo_marker = req->snt_isn;
	tp->retrans_stamp = (u32)(req->snt_synack / (USEC_PER_SEC / TCP_TS_HZ));
	tp->total_rto_time =
		(u32)(tcp_clock_ns((struct sock *)tp) / NSEC_PER_MSEC) - tp->retrans_stamp;
}

/* What the listening socket keeps for itself. */
static void child_begin(struct sock *sk, const struct request_sock *req)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	sk->sk_state = TCP_SYN_RECV;
	sk->sk_daddr = req->ir_rmt_addr;
	sk->sk_rcv_saddr = inet->inet_saddr = req->ir_loc_addr;
	sk->sk_dport = req->ir_rmt_port;
	sk->sk_num = req->ir_num;
	sk->sk_bound_dev_if = req->ir_iif;
	sk->sk_mark = req->ir_mark;
	sk->sk_txhash = req->txhash;
	inet->inet_sport = htons(req->ir_num);
	inet->mc_list = NULL;
	inet->inet_opt = NULL;
	icsk->icsk_bind_hash = NULL;
	INIT_HLIST_NODE(&icsk->icsk_bind_node);
	icsk->icsk_retransmits = 0;
	icsk->icsk_backoff = 0;
	icsk->icsk_pending = 0;
	icsk->icsk_probes_out = 0;
	icsk->icsk_probes_tstamp = 0;
	icsk->icsk_accept_queue = NULL;
	inet_csk_delack_init(sk);
	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
	tp->out_of_order_queue = RB_ROOT;
	tp->ooo_last_skb = NULL;
	tp->sacks = NULL;
	tp->fastopen_req = NULL;
	tp->fastopen_rsk = NULL;
	tp->saved_syn = NULL;
	tp->md5sig_info = NULL;
	tp->tsq_flags = 0;
}

struct sock *tcp_create_openreq_child(const struct sock *sk, struct request_sock *req,
				      struct sk_buff *skb)
{
	struct inet_connection_sock *icsk;
	struct ipv6_pinfo *np = NULL;
	struct sock *newsk;
	struct tcp_sock *tp;

	if (tcp_net_sk(sk)->sock_count >= TCP_SOCKS_MAX)
		return NULL;
	if (inet6_sk(sk)) {
		np = (struct ipv6_pinfo *)kmemdup(inet6_sk(sk), sizeof(*np), GFP_ATOMIC);
		if (!np)
			return NULL;
	}
	newsk = sk_clone(sk, GFP_ATOMIC);
	if (!newsk) {
		kfree(np);
		return NULL;
	}
	tcp_net_sk(sk)->sock_count++;
	icsk = inet_csk(newsk);
	tp = tcp_sk(newsk);
	inet_sk(newsk)->pinet6 = np;
	child_begin(newsk, req);
	tcp_init_xmit_timers(newsk);
	child_sequence(tp, req);
	child_options(tp, req, skb);
	child_history(tp, req);
	tp->segs_in = 1;
	minmax_reset(&tp->rtt_min, tcp_jiffies32, ~0u);
	icsk->icsk_ack.lrcvtime = tcp_jiffies32;
	tp->lsndtime = tcp_jiffies32;
	tp->tsoffset = req->ts_off;
	tp->ecn_flags = req->ecn_ok ? TCP_ECN_OK : 0;
	if (skb->len >= TCP_MSS_DEFAULT + tp->tcp_header_len)
		icsk->icsk_ack.last_seg_size = (u16)min(skb->len - tp->tcp_header_len, 65535u);
	if (sock_flag(newsk, SOCK_KEEPOPEN))
		inet_csk_reset_keepalive_timer(newsk, keepalive_time_when(tp));
	TCP_INC_STATS(sock_net(sk), TCP_MIB_PASSIVEOPENS);
	return newsk;
}

/* It can't be: whoever made it lets go of it before anybody has seen it. */
static void child_give_up(struct sock *newsk)
{
	sock_set_flag(newsk, SOCK_DEAD);
	tcp_orphan_count_inc(newsk);
	inet_sk(newsk)->inet_num = 0;
	tcp_done(newsk);
}

/* Options of the answers, time to live and the like: what IP has to do with it. */
static void child_ip(struct sock *newsk, struct request_sock *req, const struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(newsk);

	newsk->sk_gso_type = SKB_GSO_TCPV4;
	inet->inet_opt = req->ireq_opt;
	req->ireq_opt = NULL;
	inet_csk(newsk)->icsk_ext_hdr_len = inet->inet_opt ? inet->inet_opt->opt.optlen : 0;
	inet->mc_index = TCP_SKB_CB(skb)->header.h4.iif;
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	inet->inet_id = req->ir_id;
	/* ECN is set when the transfer begins. */
	if (tcp_net_sk(newsk)->sysctl_tcp_reflect_tos)
		inet->tos = req->syn_tos & (u8)~3;
}

struct sock *tcp_v4_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				  struct request_sock *req)
{
	struct dst_entry *dst;
	struct tcp_sock *tp;
	struct sock *newsk;
	struct sock *osk;

	if (sk_acceptq_is_full(sk)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENOVERFLOWS);
		goto drop;
	}
	dst = tcp_v4_route_req(sk, req);
	if (!dst)
		goto drop;
	newsk = tcp_create_openreq_child(sk, req, skb);
	if (!newsk) {
		dst_release(dst);
		goto drop;
	}
	tp = tcp_sk(newsk);
	child_ip(newsk, req, skb);
	sk_setup_caps(newsk, dst);
	tcp_inherit_congestion_control(newsk, dst);
	tcp_set_ca_state(newsk, TCP_CA_Open);
	tcp_sync_mss(newsk, dst_mtu(dst));
	tp->advmss = tcp_mss_clamp(tcp_sk(sk), dst_metric_advmss(dst));
	tcp_initialize_rcv_mss(newsk);
	if (tcp_md5_copy_key(newsk, sk, req->ir_rmt_addr) || __inet_inherit_port(sk, newsk))
		goto give_up;
	/* A cookie's request is in no table. */
	osk = hlist_unhashed(&req_to_sk(req)->sk_node) ? NULL : req_to_sk(req);
	inet_ehash_insert(newsk, osk);
	tp->saved_syn = req->saved_syn;
	req->saved_syn = NULL;
	return newsk;
give_up:
	child_give_up(newsk);
drop:
	tcp_listendrop(sk);
	return NULL;
}

/* A segment for a request */

/**
 * struct req_segment - what matters of a segment for a request
 * @opt: options
 * @flags: TCPHDR_RST, _SYN, _ACK
 * @paws_reject: its timestamp is too old
 * @tsecr_reject: it echoes a timestamp that was never sent
 */
struct req_segment {
	struct tcp_options_received opt;
	u8 flags;
	bool paws_reject;
	bool tsecr_reject;
};

static u32 req_tsval_now(const struct request_sock *req)
{
	const struct net *net = sock_net(req_to_sk((struct request_sock *)(uintptr_t)req));

	return tcp_net_timestamp(net) + req->ts_off;
}

static void req_parse(const struct sock *sk, const struct sk_buff *skb,
		      const struct request_sock *req, bool fastopen, struct req_segment *s)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct net *net = sock_net(sk);

	memset(s, 0, sizeof(*s));
	s->flags = tcp_flag_byte(th) & (TCPHDR_RST | TCPHDR_SYN | TCPHDR_ACK);
	if (th->doff == sizeof(struct tcphdr) / 4)
		return;
	tcp_parse_options(net, skb, &s->opt, 0, NULL);
	if (!s->opt.saw_tstamp)
		return;
	s->opt.ts_recent = req->ts_recent;
	if (s->opt.rcv_tsecr) {
		if (req->tstamp_ok && !fastopen)
			s->tsecr_reject = !between(s->opt.rcv_tsecr, req->snt_tsval_first,
						   req_tsval_now(req));
		s->opt.rcv_tsecr -= req->ts_off;
	}
	/* When the stamp came is not kept, but it can be told from the timeouts since. */
	s->opt.ts_recent_stamp =
		(int)(tcp_seconds(net) -
		      (s64)((req->timeout << min_t(unsigned int, req->num_timeout, 7)) / HZ));
	s->paws_reject = tcp_paws_reject(net, &s->opt, th->rst);
}

/* The SYN again: the SYN-ACK was lost. */
static void req_retransmitted_syn(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
				  bool fastopen)
{
	unsigned long expires;

	if (tcp_oow_rate_limited(sock_net(sk), skb, LINUX_MIB_TCPACKSKIPPEDSYNRECV,
				 &req->last_oow_ack_time) ||
	    tcp_rtx_synack(sk, req))
		return;
	expires = jiffies +
		  min(req->timeout << min_t(unsigned int, req->num_timeout, 20), tcp_rto_max(sk));
	if (!fastopen)
		mod_timer_pending(&req->rsk_timer, expires);
}

static void req_out_of_window(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			      const struct req_segment *s, enum skb_drop_reason *reason)
{
	struct net *net = sock_net(sk);

	if (!(s->flags & TCPHDR_RST) &&
	    !tcp_oow_rate_limited(net, skb, LINUX_MIB_TCPACKSKIPPEDSYNRECV,
				  &req->last_oow_ack_time))
		tcp_v4_reqsk_send_ack(sk, skb, req);
	if (s->paws_reject) {
		*reason = SKB_DROP_REASON_TCP_RFC7323_PAWS;
		NET_INC_STATS(net, LINUX_MIB_PAWSESTABREJECTED);
	} else {
		*reason = SKB_DROP_REASON_TCP_OVERWINDOW;
	}
}

/* The attempt is over: the peer reset it, or does not speak sense and is reset. */
static void req_reset(struct sock *sk, struct sk_buff *skb, struct request_sock *req, bool fastopen,
		      const struct req_segment *s)
{
	if (!(s->flags & TCPHDR_RST)) {
		/* One by Fast Open may be in use: a guessed segment must not end it. */
		tcp_v4_send_reset(sk, skb);
	} else if (fastopen) {
		reqsk_fastopen_remove(sk, req, true);
		tcp_reset(sk);
	}
	if (fastopen)
		return;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_EMBRYONICRSTS);
	inet_csk_reqsk_queue_drop(sk, req);
}

/* The handshake is complete. Return: the socket, which is in the accept queue, or NULL. */
static struct sock *req_complete(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
				 const struct req_segment *s)
{
	struct sock *child = tcp_v4_syn_recv_sock(sk, skb, req);

	if (!child) {
		if (!tcp_net_sk(sk)->sysctl_tcp_abort_on_overflow) {
			/* When it is asked again, there may be room. */
			req->acked = 1;
			return NULL;
		}
		req_reset(sk, skb, req, false, s);
		return NULL;
	}
	if (s->opt.saw_tstamp && !after(TCP_SKB_CB(skb)->seq, req->rcv_nxt))
		tcp_sk(child)->rx_opt.ts_recent = s->opt.rcv_tsval;
	tcp_synack_rtt_meas(child, req);
	/* The table's reference was the request's: it is the accept queue's now. */
	refcount_inc(&req->rsk_refcnt);
	inet_csk_reqsk_queue_drop(sk, req);
	return inet_csk_reqsk_queue_add(sk, req, child);
}

struct sock *tcp_check_req(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			   bool fastopen, enum skb_drop_reason *reason)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct req_segment s;

	req_parse(sk, skb, req, fastopen, &s);
	if (cb->seq == req->rcv_isn && s.flags == TCPHDR_SYN && !s.paws_reject) {
		req_retransmitted_syn(sk, skb, req, fastopen);
		return NULL;
	}
	/* RFC 9293 section 3.10.7.4: an ACK of something else gets a reset, by the listening socket. */
	if ((s.flags & TCPHDR_ACK) && !fastopen && cb->ack_seq != req->snt_isn + 1)
		return sk;
	if (s.paws_reject || s.tsecr_reject ||
	    !tcp_in_window(cb->seq, cb->end_seq, req->rcv_nxt, req->rcv_nxt + req->rsk_rcv_wnd)) {
		req_out_of_window(sk, skb, req, &s, reason);
		return NULL;
	}
	if (s.opt.saw_tstamp && !after(cb->seq, req->rcv_nxt))
		req->ts_recent = s.opt.rcv_tsval;
	/* A SYN that is cut off by the window, for it was received before. */
	if (cb->seq == req->rcv_isn)
		s.flags &= (u8)~TCPHDR_SYN;
	if (s.flags & (TCPHDR_RST | TCPHDR_SYN)) {
		*reason = s.flags & TCPHDR_RST ? SKB_DROP_REASON_TCP_RESET :
						 SKB_DROP_REASON_TCP_INVALID_SYN;
		TCP_INC_STATS(sock_net(sk), TCP_MIB_ATTEMPTFAILS);
		req_reset(sk, skb, req, fastopen, &s);
		return NULL;
	}
	if (!(s.flags & TCPHDR_ACK)) {
		*reason = SKB_DROP_REASON_TCP_FLAGS;
		return NULL;
	}
	/* There is a socket already. */
	if (fastopen)
		return sk;
	/* TCP_DEFER_ACCEPT: an ACK alone is not what wakes the server. */
	if (req->num_timeout < inet_csk_defer_accept(sk) && cb->end_seq == req->rcv_isn + 1) {
		req->acked = 1;
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPDEFERACCEPTDROP);
		return NULL;
	}
	return req_complete(sk, skb, req, &s);
}

/* The accept queue */

struct sock *inet_csk_reqsk_queue_add(struct sock *sk, struct request_sock *req, struct sock *child)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	req->sk = child;
	req->dl_next = NULL;
	if (!q->rskq_accept_head)
		q->rskq_accept_head = req;
	else
		q->rskq_accept_tail->dl_next = req;
	q->rskq_accept_tail = req;
	sk->sk_ack_backlog++;
	return child;
}

static struct request_sock *queue_remove(struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	struct request_sock *req = q->rskq_accept_head;

	if (!req)
		return NULL;
	sk->sk_ack_backlog--;
	q->rskq_accept_head = req->dl_next;
	if (!q->rskq_accept_head)
		q->rskq_accept_tail = NULL;
	return req;
}

/* It stays until the socket's memory goes: requests that outlive the listening count in it. */
struct request_sock_queue *inet_csk_make_queue(struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	if (q)
		return q;
	q = (struct request_sock_queue *)kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return NULL;
	INIT_LIST_HEAD(&q->requests);
	INIT_LIST_HEAD(&q->fastopen_rst);
	inet_csk(sk)->icsk_accept_queue = q;
	return q;
}

int inet_csk_listen_start(struct sock *sk)
{
	int err;

	sk->sk_ack_backlog = 0;
	inet_csk_delack_init(sk);
	/* The state first: a socket that listens shares its port less willingly. */
	sk->sk_state = TCP_LISTEN;
	err = inet_csk_get_port(sk, inet_sk(sk)->inet_num);
	if (!err) {
		inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
		sk_dst_reset(sk);
		err = inet_hash(sk);
	}
	if (!err)
		return 0;
	sk->sk_state = TCP_CLOSE;
	return err;
}

/* Nobody will accept it: the peer is told by a reset. */
static void forget_child(struct sock *child)
{
	tcp_disconnect(child, O_NONBLOCK);
	sock_orphan(child);
	tcp_orphan_count_inc(child);
	inet_csk_destroy_sock(child);
}

void inet_csk_listen_stop(struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	struct request_sock *req, *next;
	struct sock *child;

	list_for_each_entry_safe(req, next, &q->requests, queue_node)
		inet_csk_reqsk_queue_drop(sk, req);
	while ((req = queue_remove(sk)) != NULL) {
		child = req->sk;
		if (child)
			forget_child(child);
		reqsk_put(req);
	}
	tcp_fastopen_drop_rst(sk);
}

int tcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		return -EINVAL;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	sk->sk_max_ack_backlog = (u32)backlog;
	if (sk->sk_state == TCP_LISTEN)
		return 0;
	if (!inet_csk_make_queue(sk))
		return -ENOMEM;
	tcp_fastopen_listen(sk, backlog);
	return inet_csk_listen_start(sk);
}

int tcp_accept(struct socket *sock, struct socket *newsock, int flags, bool kern)
{
	struct sock *sk = sock->sk, *newsk;
	struct request_sock *req;

	(void)flags;
	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_state != TCP_LISTEN)
		return -EINVAL;
	req = queue_remove(sk);
	if (!req)
		return -EAGAIN;
	newsk = req->sk;
	newsk->sk_kern_sock = kern;
	/* By Fast Open: the request is needed until the handshake is complete, without the socket. */
	if (tcp_sk(newsk)->fastopen_rsk == req)
		req->sk = NULL;
	else
		reqsk_put(req);
	newsk->sk_type = (u16)newsock->type;
	sock_graft(newsk, newsock);
	newsock->state = SS_CONNECTED;
	return 0;
}
