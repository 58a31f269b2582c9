/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's inside: what its files have from each other, and what it keeps per host. */
#ifndef SKIFF_TCP_TCP_INTERNAL_H
#define SKIFF_TCP_TCP_INTERNAL_H

#include <linux/inet_diag.h>
#include <linux/snmp.h>

#include <skiff/inet_common.h>
#include <skiff/ip_sock.h>
#include <skiff/net_namespace.h>
#include <skiff/random.h>
#include <skiff/sysctl.h>
#include <skiff/tcp.h>

#include "tcp/net.h"
#include "tcp/queue.h"
#include "tcp/space.h"
#include "tcp/time.h"

extern unsigned int tcp_net_id;

static inline struct tcp_net *tcp_net(const struct net *net)
{
	return (struct tcp_net *)net_generic(net, tcp_net_id);
}

static inline struct tcp_net *tcp_net_sk(const struct sock *sk)
{
	return tcp_net(sock_net(sk));
}

/*
 * init.c, sysctl.c, mib.c: the host's part
 */
int tcp_sysctl_init(struct net *net, struct tcp_net *tn);
void tcp_sysctl_exit(struct tcp_net *tn);

/*
 * sock.c: sockets made, connected and destroyed; proto
 */
int tcp_v4_init_sock(struct sock *sk);
void tcp_init_sock(struct sock *sk);
void tcp_v4_destroy_sock(struct sock *sk);
int tcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);
/* Everything but CLOSE: counts, unhashes, tells. */
void tcp_set_state(struct sock *sk, int state);
/* The same with @err as what the program is told. */
void tcp_done_with_error(struct sock *sk, int err);
/* Lost, reset or timed out: sk_err is set; no more segments, tables left, the program told. */
void tcp_done(struct sock *sk);
/* The segment size and congestion control of a connection that is established now. */
void tcp_init_transfer(struct sock *sk, int bpf_op, struct sk_buff *skb);

/*
 * close.c: close, shutdown, disconnect, abort, orphans
 */
void tcp_close(struct sock *sk, long timeout);
void tcp_shutdown(struct sock *sk, int how);
int tcp_disconnect(struct sock *sk, int flags);
void tcp_orphan_count_inc(struct sock *sk);
bool tcp_check_oom(struct sock *sk, int shift);
void inet_csk_destroy_sock(struct sock *sk);
void tcp_write_queue_purge(struct sock *sk);
int tcp_close_state(struct sock *sk);
/* proto_ops.linger: SO_LINGER. */
int tcp_linger(struct socket *sock);

/*
 * ipv4.c: segments in: look-up, checksum, dispatch; ICMP errors; resets
 */
int tcp_v4_rcv(struct sk_buff *skb);
int tcp_v4_err(struct sk_buff *skb, u32 info);
/* A segment for nobody: it is answered by a reset. Consumes @skb, IPCB as IP left it. */
void tcp_v4_refuse(struct sk_buff *skb);
/*
 * A SYN that was kept back, for @sk, which listens wherever it is bound to. Consumes @skb, of which
 * nothing has changed; @isn: as struct ip_catch_all says.
 */
void tcp_v4_rcv_syn(struct sock *sk, struct sk_buff *skb, u32 isn);
/* To a segment without a socket, or one that the socket refuses; @skb stays the caller's. */
void tcp_v4_send_reset(const struct sock *sk, struct sk_buff *skb);
void tcp_v4_reqsk_send_ack(const struct sock *sk, struct sk_buff *skb, struct request_sock *req);
void tcp_v4_timewait_ack(struct sock *sk, struct sk_buff *skb);
/* Checksum of a segment that is sent, left to the device where it can: CHECKSUM_PARTIAL. */
void tcp_v4_send_check(struct sock *sk, struct sk_buff *skb);
void __tcp_v4_send_check(struct sk_buff *skb, __be32 saddr, __be32 daddr);
/* Route of a connected socket, remembered. Return: 0 or -errno with sk_err_soft set. */
int inet_sk_rebuild_header(struct sock *sk);
/* Its path takes packets of @path_mtu bytes only. */
void tcp_v4_mtu_reduced(struct sock *sk, u32 path_mtu);
u32 tcp_v4_init_seq(const struct net *net, __be32 saddr, __be32 daddr, __be16 sport, __be16 dport);
u32 tcp_v4_init_ts_off(const struct net *net, __be32 saddr, __be32 daddr);

/*
 * request.c: the SYN queue; accept.c: listen and accept
 */
void tcp_conn_request(struct sock *sk, struct sk_buff *skb);
/* A segment for a request_sock. Return: the socket to go on with, or NULL: consumed nothing. */
struct sock *tcp_check_req(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			   bool fastopen, enum skb_drop_reason *reason);
struct sock *tcp_create_openreq_child(const struct sock *sk, struct request_sock *req,
				      struct sk_buff *skb);
struct sock *tcp_v4_syn_recv_sock(const struct sock *sk, struct sk_buff *skb,
				  struct request_sock *req);
int tcp_rtx_synack(const struct sock *sk, struct request_sock *req);
void reqsk_free(struct request_sock *req);
void reqsk_put(struct request_sock *req);
void inet_csk_reqsk_queue_drop(struct sock *sk, struct request_sock *req);
struct sock *inet_csk_reqsk_queue_add(struct sock *sk, struct request_sock *req,
				      struct sock *child);
/* What it will have when it listens. Return: NULL without memory. */
struct request_sock_queue *inet_csk_make_queue(struct sock *sk);
int inet_csk_listen_start(struct sock *sk);

static inline int inet_csk_defer_accept(const struct sock *sk)
{
	const struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;

	return q ? q->defer_accept : 0;
}

void inet_csk_listen_stop(struct sock *sk);
int tcp_listen(struct socket *sock, int backlog);
int tcp_accept(struct socket *sock, struct socket *newsock, int flags, bool kern);
bool tcp_syn_flood_action(const struct sock *sk);
struct request_sock *tcp_reqsk_alloc(const struct sock *sk);
/* What a SYN, or a cookie, says of the connection to be. */
void tcp_openreq_init(struct request_sock *req, const struct tcp_options_received *rx_opt,
		      const struct sk_buff *skb, const struct sock *sk);
/* What nobody is to foresee of it. */
void tcp_openreq_init_random(struct request_sock *req);
/* The route of a SYN-ACK. Return: a reference for the caller, or NULL. */
struct dst_entry *tcp_v4_route_req(const struct sock *sk, const struct request_sock *req);
/* Windows of the connection to be, by the route. */
void tcp_openreq_init_rwin(struct request_sock *req, const struct sock *sk,
			   const struct dst_entry *dst);
int tcp_v4_send_synack(const struct sock *sk, struct dst_entry *dst, struct request_sock *req,
		       struct tcp_fastopen_cookie *foc, bool cookie, struct sk_buff *syn_skb);
/* IP options of a received segment, as its answers carry them; NULL: none. */
struct ip_options_rcu *tcp_v4_save_options(struct net *net, struct sk_buff *skb);

static inline void tcp_listendrop(const struct sock *sk)
{
	sk_drops_add((struct sock *)(uintptr_t)sk, 1);
	NET_INC_STATS(sock_net(sk), LINUX_MIB_LISTENDROPS);
}

static inline bool sk_acceptq_is_full(const struct sock *sk)
{
	return sk->sk_ack_backlog > sk->sk_max_ack_backlog;
}

/*
 * syncookies.c
 */
u32 cookie_v4_init_sequence(const struct sk_buff *skb, u16 *mss);
u64 cookie_init_timestamp(struct request_sock *req, u64 now);
/* The socket of an ACK that answers a cookie, @sk when it is none, NULL to drop it. */
struct sock *cookie_v4_check(struct sock *sk, struct sk_buff *skb);
void tcp_synq_overflow(struct sock *sk);

/*
 * timewait.c
 */
enum tcp_tw_status {
	TCP_TW_SUCCESS,
	TCP_TW_RST,
	TCP_TW_ACK,
	TCP_TW_SYN,
	TCP_TW_ACK_OOW,
};
void tcp_time_wait(struct sock *sk, int state, int timeo);
enum tcp_tw_status tcp_timewait_state_process(struct inet_timewait_sock *tw, struct sk_buff *skb,
					      const struct tcphdr *th, u32 *tw_isn);
void inet_twsk_deschedule_put(struct inet_timewait_sock *tw);
void inet_twsk_put(struct inet_timewait_sock *tw);
/* May a new connection take over the tuple of @sktw? Then its write_seq and timestamps are set. */
int tcp_twsk_unique(struct sock *sk, struct sock *sktw);

/*
 * fastopen.c
 */
void tcp_fastopen_init_key(struct tcp_net *tn);
/* Those for the cookies of a listening socket. Return: how many there are, 1 or 2. */
unsigned int tcp_fastopen_get_keys(const struct sock *sk, siphash_key_t keys[2]);
int tcp_fastopen_set_keys(struct sock *sk, const void *keys, unsigned int len);
bool tcp_fastopen_cookie_check(struct sock *sk, u16 *mss, struct tcp_fastopen_cookie *cookie);
bool tcp_fastopen_defer_connect(struct sock *sk, int *err);
struct sock *tcp_try_fastopen(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			      struct tcp_fastopen_cookie *foc, const struct dst_entry *dst);
void tcp_fastopen_add_skb(struct sock *sk, struct sk_buff *skb);
bool tcp_rcv_fastopen_synack(struct sock *sk, struct sk_buff *synack,
			     struct tcp_fastopen_cookie *cookie);
void tcp_free_fastopen_req(struct tcp_sock *tp);
bool tcp_fastopen_active_should_disable(struct sock *sk);
void tcp_fastopen_active_disable(struct sock *sk);
void tcp_fastopen_active_check(struct sock *sk);
void tcp_fastopen_active_detect_blackhole(struct sock *sk, bool expired);
/* listen() may turn it on (net.ipv4.tcp_fastopen), and the end of listening forgets who was reset. */
void tcp_fastopen_listen(struct sock *sk, int backlog);
void tcp_fastopen_drop_rst(struct sock *sk);
void reqsk_fastopen_remove(struct sock *sk, struct request_sock *req, bool reset);
/* sendmsg() with MSG_FASTOPEN, or the first after TCP_FASTOPEN_CONNECT. Stack lock. */
int tcp_sendmsg_fastopen(struct sock *sk, struct skiff_msghdr *msg, int *copied, size_t size,
			 struct ubuf_info *uarg);

/*
 * input.c, state.c, urg.c: what segments do to a connection
 */
void tcp_rcv_established(struct sock *sk, struct sk_buff *skb);
/* All other states. Return: SKB_NOT_DROPPED_YET, or why a reset is to be sent. Consumes then only
 * when it returns SKB_NOT_DROPPED_YET. */
enum skb_drop_reason tcp_rcv_state_process(struct sock *sk, struct sk_buff *skb);
/* A segment of a child that was just created, before it is accepted. Consumes @skb. */
enum skb_drop_reason tcp_child_process(struct sock *parent, struct sock *child,
				       struct sk_buff *skb);
void tcp_data_queue(struct sock *sk, struct sk_buff *skb);
bool tcp_validate_incoming(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
			   int syn_inerr);
void tcp_rcv_nxt_update(struct tcp_sock *tp, u32 seq);
/* After a segment: send what may be sent now, and acknowledge. */
void tcp_after_segment(struct sock *sk);
void __tcp_urg(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th);

/* RFC 9293 section 3.10.7.4, sixth step. @skb: data at the header. */
static inline void tcp_urg(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	if (unlikely(th->urg || tcp_sk(sk)->urg_data == TCP_URG_NOTYET))
		__tcp_urg(sk, skb, th);
}

/* A segment came, whatever becomes of it. */
static inline void tcp_segs_in(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 segs = max((u16)1, __skb_shinfo(skb)->gso_segs);

	tp->segs_in += segs;
	if (skb->len > tcp_hdrlen(skb))
		tp->data_segs_in += segs;
}

void tcp_fin(struct sock *sk);
void tcp_reset(struct sock *sk);
void tcp_finish_connect(struct sock *sk, struct sk_buff *skb);
void tcp_data_ready(struct sock *sk);
int tcp_set_rcvlowat(struct sock *sk, int val);
int tcp_queue_rcv(struct sock *sk, struct sk_buff *skb, bool *fragstolen);
bool tcp_oow_rate_limited(struct net *net, const struct sk_buff *skb, int mib_idx,
			  u32 *last_oow_ack_time);
void tcp_send_challenge_ack(struct sock *sk);

/*
 * options_in.c: options of received segments
 */
void tcp_parse_options(const struct net *net, const struct sk_buff *skb,
		       struct tcp_options_received *opt_rx, int estab,
		       struct tcp_fastopen_cookie *foc);
bool tcp_fast_parse_options(const struct net *net, const struct sk_buff *skb,
			    const struct tcphdr *th, struct tcp_sock *tp);
bool __tcp_paws_check(const struct net *net, const struct tcp_options_received *rx_opt);

/* RFC 7323 section 5.3: a timestamp that is not older than the last one. */
static inline bool tcp_paws_check(const struct net *net, const struct tcp_options_received *rx_opt,
				  int paws_win)
{
	return likely((s32)(rx_opt->ts_recent - rx_opt->rcv_tsval) <= paws_win) ||
	       __tcp_paws_check(net, rx_opt);
}

bool tcp_paws_reject(const struct net *net, const struct tcp_options_received *rx_opt, int rst);
void tcp_store_ts_recent(struct tcp_sock *tp);
void tcp_replace_ts_recent(struct tcp_sock *tp, u32 seq);

/*
 * ofo.c: data out of order; dsack.c: SACK blocks to be sent; prune.c: the receive queues are too
 * large
 */
void tcp_data_queue_ofo(struct sock *sk, struct sk_buff *skb);
void tcp_ofo_queue(struct sock *sk);
bool tcp_try_coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from, bool *fragstolen);
void tcp_drop_reason(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason reason);
/* The blocks of a connection. Return: NULL without memory. */
struct tcp_sacks *tcp_sacks_make(struct tcp_sock *tp);
void tcp_sacks_free(struct tcp_sock *tp);
void tcp_sack_remove(struct tcp_sock *tp);
void tcp_sack_new_ofo_skb(struct sock *sk, u32 seq, u32 end_seq);
void tcp_dsack_set(struct sock *sk, u32 seq, u32 end_seq);
void tcp_dsack_extend(struct sock *sk, u32 seq, u32 end_seq);
/* A segment that is no news: say what was received, with a D-SACK. */
void tcp_send_dupack(struct sock *sk, const struct sk_buff *skb);
int tcp_try_rmem_schedule(struct sock *sk, const struct sk_buff *skb, unsigned int size);
void tcp_check_space(struct sock *sk);

/*
 * rcvbuf.c: the receive window and its buffer; delack.c: when to acknowledge
 */
void tcp_init_buffer_space(struct sock *sk);
void tcp_clamp_window(struct sock *sk);

static inline bool tcp_under_memory_pressure(const struct sock *sk)
{
	return sk->sk_prot->memory_pressure && READ_ONCE(*sk->sk_prot->memory_pressure);
}

void tcp_rcv_space_adjust(struct sock *sk);
void tcp_grow_window(struct sock *sk, const struct sk_buff *skb, bool adjust);
void tcp_rcv_rtt_measure(struct tcp_sock *tp);
void tcp_rcv_rtt_measure_ts(struct sock *sk, const struct sk_buff *skb);
void tcp_event_data_recv(struct sock *sk, struct sk_buff *skb);
void tcp_measure_rcv_mss(struct sock *sk, const struct sk_buff *skb);
void tcp_initialize_rcv_mss(struct sock *sk);
void tcp_enter_quickack_mode(struct sock *sk, unsigned int max_quickacks);
void __tcp_ack_snd_check(struct sock *sk, int ofo_possible);

/*
 * ack.c: acknowledgments
 */
/* Return: 1: fine; 0: old; below 0: the negative SKB_DROP_REASON_* for which it is to be dropped. */
int tcp_ack(struct sock *sk, const struct sk_buff *skb, int flag);
bool tcp_may_update_window(const struct tcp_sock *tp, u32 ack, u32 ack_seq, u32 nwin);
/* metrics.c: a connection begins, with what is known of its path; it ends, and leaves what it learned */
void tcp_init_metrics(struct sock *sk);
void tcp_update_metrics(struct sock *sk);
/* rtt.c */
long tcp_rtt_tsopt_us(const struct tcp_sock *tp, u32 min_delta);
bool tcp_ack_update_rtt(struct sock *sk, int flag, long seq_rtt_us, long sack_rtt_us,
			long ca_rtt_us, struct rate_sample *rs);
void tcp_rearm_rto(struct sock *sk);
void tcp_set_rto(struct sock *sk);
void tcp_synack_rtt_meas(struct sock *sk, struct request_sock *req);
void tcp_rtt_estimator(struct sock *sk, long mrtt_us);
u32 tcp_init_cwnd(const struct tcp_sock *tp, const struct dst_entry *dst);
#define FLAG_DATA 0x01	     /* the segment had data */
#define FLAG_WIN_UPDATE 0x02 /* it changed the window */
#define FLAG_DATA_ACKED 0x04 /* it acknowledged data */
#define FLAG_RETRANS_DATA_ACKED 0x08
#define FLAG_SYN_ACKED 0x10
#define FLAG_DATA_SACKED 0x20
#define FLAG_ECE 0x40
#define FLAG_LOST_RETRANS 0x80
#define FLAG_SLOWPATH 0x100
#define FLAG_ORIG_SACK_ACKED 0x200 /* something that was never sent again */
#define FLAG_SND_UNA_ADVANCED 0x400
#define FLAG_DSACKING_ACK 0x800
#define FLAG_SET_XMIT_TIMER 0x1000
#define FLAG_SACK_RENEGING 0x2000
#define FLAG_UPDATE_TS_RECENT 0x4000
#define FLAG_NO_CHALLENGE_ACK 0x8000
#define FLAG_ACK_MAYBE_DELAYED 0x10000
#define FLAG_DSACK_TLP 0x20000
#define FLAG_ACKED (FLAG_DATA_ACKED | FLAG_SYN_ACKED)
#define FLAG_NOT_DUP (FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED)
#define FLAG_CA_ALERT (FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK)
#define FLAG_FORWARD_PROGRESS (FLAG_ACKED | FLAG_DATA_SACKED)

/*
 * sack.c: SACK blocks that came
 */
/**
 * struct tcp_sacktag_state - what the SACK blocks of an acknowledgment say
 * @first_sackt: when the first of the segments that they newly acknowledge was sent, microseconds
 * @last_sackt: and the last one
 * @reord: lowest sequence number that arrived after higher ones
 * @sack_delivered: segments delivered
 * @flag: FLAG_*
 * @rate: delivery rate
 */
struct tcp_sacktag_state {
	u64 first_sackt;
	u64 last_sackt;
	u32 reord;
	u32 sack_delivered;
	int flag;
	struct rate_sample *rate;
};

int tcp_sacktag_write_queue(struct sock *sk, const struct sk_buff *ack_skb, u32 prior_snd_una,
			    struct tcp_sacktag_state *state);
/* Something of @low_seq arrived after what is higher: more reordering than was known? */
void tcp_check_sack_reordering(struct sock *sk, u32 low_seq, int ts);
void tcp_count_delivered(struct tcp_sock *tp, u32 delivered, bool ece_ack);

/*
 * recovery.c: the congestion state machine, PRR, undo, F-RTO
 */
void tcp_enter_loss(struct sock *sk);
void tcp_enter_cwr(struct sock *sk);
void tcp_enter_recovery(struct sock *sk, bool ece_ack);
void tcp_init_undo(struct tcp_sock *tp);
void tcp_simple_retransmit(struct sock *sk);
/* Send again what is marked as lost, which is not for congestion: the window stays. */
void tcp_non_congestion_loss_retransmit(struct sock *sk);
void tcp_cwnd_restart(struct sock *sk, s32 delta);
void tcp_mark_skb_lost(struct sock *sk, struct sk_buff *skb);
void tcp_verify_left_out(struct tcp_sock *tp);
void tcp_init_cwnd_reduction(struct sock *sk);
void tcp_cwnd_reduction(struct sock *sk, int newly_acked_sacked, int newly_lost, int flag);
void tcp_end_cwnd_reduction(struct sock *sk);
void tcp_try_keep_open(struct sock *sk);
bool tcp_any_retrans_done(const struct sock *sk);

/* What is to be sent after an acknowledgment. */
enum tcp_rexmit { REXMIT_NONE, REXMIT_LOST, REXMIT_NEW };
void tcp_fastretrans_alert(struct sock *sk, u32 prior_snd_una, int num_dupack, int *ack_flag,
			   enum tcp_rexmit *rexmit);
/* undo.c */
bool tcp_try_undo_recovery(struct sock *sk);
bool tcp_try_undo_dsack(struct sock *sk);
bool tcp_try_undo_partial(struct sock *sk, u32 prior_snd_una);
bool tcp_try_undo_loss(struct sock *sk, bool frto_undo);
/* reno.c: without SACK, duplicates are counted as if they were blocks */
void tcp_add_reno_sack(struct sock *sk, int num_dupack, bool ece_ack);
void tcp_remove_reno_sacks(struct sock *sk, int acked, bool ece_ack);
void tcp_reset_reno_sack(struct tcp_sock *tp);
bool tcp_limit_reno_sacked(struct tcp_sock *tp);
bool tcp_skb_spurious_retrans(const struct tcp_sock *tp, const struct sk_buff *skb);
bool tcp_tsopt_ecr_before(const struct tcp_sock *tp, u32 when);

/*
 * ecn.c, RFC 3168
 */
void tcp_ecn_queue_cwr(struct tcp_sock *tp);
void tcp_ecn_withdraw_cwr(struct tcp_sock *tp);
void tcp_ecn_accept_cwr(struct sock *sk, const struct sk_buff *skb);
void tcp_ecn_check_ce(struct sock *sk, const struct sk_buff *skb);
void tcp_ecn_rcv_synack(struct tcp_sock *tp, const struct tcphdr *th);
void tcp_ecn_rcv_syn(struct tcp_sock *tp, const struct tcphdr *th);
bool tcp_ecn_rcv_ecn_echo(const struct tcp_sock *tp, const struct tcphdr *th);

/*
 * rack.c
 */
bool tcp_rack_mark_lost(struct sock *sk);
void tcp_rack_advance(struct tcp_sock *tp, u8 sacked, u32 end_seq, u64 xmit_time);
void tcp_rack_reo_timeout(struct sock *sk);
void tcp_rack_update_reo_wnd(struct sock *sk, struct rate_sample *rs);
u32 tcp_rack_reo_wnd(const struct sock *sk);
s32 tcp_rack_skb_timeout(struct tcp_sock *tp, struct sk_buff *skb, u32 reo_wnd);
void tcp_newreno_mark_lost(struct sock *sk, bool snd_una_advanced);

/*
 * rate.c: delivery rate
 */
void tcp_rate_skb_sent(struct sock *sk, struct sk_buff *skb);
void tcp_rate_skb_delivered(struct sock *sk, struct sk_buff *skb, struct rate_sample *rs);
void tcp_rate_gen(struct sock *sk, u32 delivered, u32 lost, bool is_sack_reneg,
		  struct rate_sample *rs);
void tcp_rate_check_app_limited(struct sock *sk);

/*
 * cong.c, cubic.c, bbr.c, dctcp.c: congestion control
 */
extern struct tcp_congestion_ops tcp_cubic;
extern struct tcp_congestion_ops tcp_bbr;
extern struct tcp_congestion_ops tcp_dctcp;
void tcp_assign_congestion_control(struct sock *sk);
/* The route's, if it has one, which then counts more than the program's. Return: whether it has. */
bool tcp_ca_dst_init(struct sock *sk, const struct dst_entry *dst);
u32 tcp_ca_get_key_by_name(const char *name, bool *ecn_ca);
/* A connection that was accepted: its route's, the listener's if the program chose one, or the host's. */
void tcp_inherit_congestion_control(struct sock *child, const struct dst_entry *dst);
/* For good, with what it has for its own. */
void tcp_free_congestion_control(struct sock *sk);
void tcp_init_congestion_control(struct sock *sk);
void tcp_cleanup_congestion_control(struct sock *sk);
int tcp_set_congestion_control(struct sock *sk, const char *name);
struct tcp_congestion_ops *tcp_ca_find(const char *name);
int tcp_set_default_congestion_control(struct net *net, const char *name);
void tcp_get_available_congestion_control(char *buf, size_t len);
void tcp_get_allowed_congestion_control(char *buf, size_t len);
int tcp_set_allowed_congestion_control(const char *names);
void tcp_set_ca_state(struct sock *sk, u8 ca_state);
void tcp_update_pacing_rate(struct sock *sk);
void minmax_reset(struct minmax *m, u32 t, u32 meas);
u32 minmax_running_min(struct minmax *m, u32 win, u32 t, u32 meas);
u32 minmax_running_max(struct minmax *m, u32 win, u32 t, u32 meas);

static inline void tcp_ca_event(struct sock *sk, const enum tcp_ca_event event)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_ca_ops->cwnd_event)
		icsk->icsk_ca_ops->cwnd_event(sk, event);
}

/*
 * output.c: segments out: header, options, window; single control segments
 */
int tcp_transmit_skb(struct sock *sk, struct sk_buff *skb, int clone_it, gfp_t gfp_mask);
int __tcp_transmit_skb(struct sock *sk, struct sk_buff *skb, int clone_it, gfp_t gfp_mask,
		       u32 rcv_nxt);
int tcp_connect(struct sock *sk);
void tcp_send_fin(struct sock *sk);
void tcp_send_active_reset(struct sock *sk, gfp_t priority);
int tcp_send_synack(struct sock *sk);
void tcp_send_ack(struct sock *sk);
void __tcp_send_ack(struct sock *sk, u32 rcv_nxt);
void tcp_send_delayed_ack(struct sock *sk);
int tcp_write_wakeup(struct sock *sk, int mib);
void tcp_send_probe0(struct sock *sk);
struct sk_buff *tcp_make_synack(const struct sock *sk, struct dst_entry *dst,
				struct request_sock *req, struct tcp_fastopen_cookie *foc,
				bool cookie, struct sk_buff *syn_skb);
u32 __tcp_select_window(struct sock *sk);
void tcp_select_initial_window(const struct sock *sk, int space, u32 mss, u32 *rcv_wnd,
			       u32 *window_clamp, int wscale_ok, u8 *rcv_wscale, u32 init_rcv_wnd);

/*
 * mss.c: segment size, path MTU and its probing
 */
unsigned int tcp_sync_mss(struct sock *sk, u32 pmtu);
unsigned int tcp_current_mss(struct sock *sk);
int tcp_mtu_to_mss(struct sock *sk, int pmtu);
int tcp_mss_to_mtu(struct sock *sk, int mss);
void tcp_mtup_init(struct sock *sk);
u16 tcp_advertise_mss(struct sock *sk);
int tcp_mtu_probe(struct sock *sk);
int tcp_send_mss(struct sock *sk, int *size_goal, int flags);

/*
 * write.c: what may be sent now
 */
bool tcp_write_xmit(struct sock *sk, unsigned int mss_now, int nonagle, int push_one, gfp_t gfp);
void __tcp_push_pending_frames(struct sock *sk, unsigned int cur_mss, int nonagle);
void tcp_push_one(struct sock *sk, unsigned int mss_now);
void tcp_push(struct sock *sk, int flags, int mss_now, int nonagle, int size_goal);
bool tcp_schedule_loss_probe(struct sock *sk, bool advancing_rto);
void tcp_send_loss_probe(struct sock *sk);
u32 tcp_tso_segs(struct sock *sk, unsigned int mss_now);
bool tcp_event_new_data_sent(struct sock *sk, struct sk_buff *skb);
bool tcp_pacing_check(struct sock *sk);
void tcp_tsq_handler(struct sock *sk);
void tcp_wfree(struct sk_buff *skb);
/* The socket ends: devices that free its segments ask for no more. */
void tcp_tsq_stop(struct sock *sk);
void tcp_cwnd_validate(struct sock *sk, bool is_cwnd_limited);
void tcp_chrono_start(struct sock *sk, enum tcp_chrono type);
void __tcp_chrono_stop(struct sock *sk, enum tcp_chrono type);

static inline void tcp_chrono_stop(struct sock *sk, enum tcp_chrono type)
{
	/* Nothing is counted for what is sent without data. */
	if (tcp_sk(sk)->chrono_type != TCP_CHRONO_UNSPEC)
		__tcp_chrono_stop(sk, type);
}

/*
 * fragment.c: cutting and joining queued buffers
 */
enum tcp_queue { TCP_FRAG_IN_WRITE_QUEUE, TCP_FRAG_IN_RTX_QUEUE };
int tcp_fragment(struct sock *sk, enum tcp_queue tcp_queue, struct sk_buff *skb, u32 len,
		 unsigned int mss_now, gfp_t gfp);
int tcp_trim_head(struct sock *sk, struct sk_buff *skb, u32 len);
int tcp_set_skb_tso_segs(struct sk_buff *skb, unsigned int mss_now);
int tcp_skb_shift(struct sk_buff *to, struct sk_buff *from, int pcount, int shiftlen);
void tcp_skb_collapse_tstamp(struct sk_buff *skb, const struct sk_buff *next_skb);
void tcp_adjust_pcount(struct sock *sk, const struct sk_buff *skb, int decr);
void tcp_fragment_tstamp(struct sk_buff *skb, struct sk_buff *skb2);

/*
 * retransmit.c
 */
int tcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs);
int __tcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs);
void tcp_xmit_retransmit_queue(struct sock *sk);
/* @skb waits to be sent again. */
void tcp_rexmit_note_lost(struct tcp_sock *tp, const struct sk_buff *skb);

/*
 * sendmsg.c
 */
int tcp_sendmsg(struct sock *sk, struct skiff_msghdr *msg, size_t size);
int tcp_send_skb_form(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb);
struct sk_buff *tcp_stream_alloc_skb(struct sock *sk, gfp_t gfp, bool force_schedule);
void tcp_skb_entail(struct sock *sk, struct sk_buff *skb);
void tcp_remove_empty_skb(struct sock *sk);
bool tcp_stream_memory_free(const struct sock *sk);
void tcp_mark_push(struct tcp_sock *tp, struct sk_buff *skb);
void tcp_tx_timestamp(struct sock *sk, const struct sockcm_cookie *sockc);
/* A send buffer that the program did not choose grows with the congestion window. */
void tcp_sndbuf_expand(struct sock *sk);
/* Whether the program may be told that it can write: a third is free, and little is not sent. */
bool tcp_stream_is_writeable(const struct sock *sk);
/* sk_write_space. Stack lock. */
void tcp_write_space(struct sock *sk);
/* When the host ends: what small writes were copied into. */
void tcp_page_frag_put(struct tcp_net *tn);
/* SCM_TSTAMP_ACK for a buffer that was acknowledged. */
void tcp_tx_stamp_acked(struct sock *sk, struct sk_buff *skb);

/*
 * timer.c
 */
void tcp_init_xmit_timers(struct sock *sk);
/* Arm one of a socket's timers, in @delay jiffies or at an instant; or see to it that it is not. */
void tcp_timer_set(struct sock *sk, enum inet_csk_timer which, long delay);
void tcp_timer_set_ns(struct sock *sk, enum inet_csk_timer which, ktime_t when);

static inline void tcp_timer_stop(struct sock *sk, enum inet_csk_timer which)
{
	inet_csk(sk)->icsk_due[which] = KTIME_MAX;
}

static inline bool tcp_timer_is_set(const struct sock *sk, enum inet_csk_timer which)
{
	return inet_csk(sk)->icsk_due[which] != KTIME_MAX;
}

void tcp_clear_xmit_timers(struct sock *sk);
void inet_csk_clear_xmit_timer(struct sock *sk, int what);
void inet_csk_reset_xmit_timer(struct sock *sk, int what, unsigned long when,
			       unsigned long max_when);
void tcp_reset_xmit_timer(struct sock *sk, int what, unsigned long when, bool pace_delay);
void inet_csk_reset_keepalive_timer(struct sock *sk, unsigned long len);
void inet_csk_delete_keepalive_timer(struct sock *sk);
void tcp_set_keepalive(struct sock *sk, int val);
int tcp_keepalive_set_keepidle(struct sock *sk, int val);
unsigned long tcp_probe0_base(const struct sock *sk);
unsigned long tcp_probe0_when(const struct sock *sk, unsigned long max_when);
u32 tcp_clamp_probe0_to_user_timeout(const struct sock *sk, u32 when);
void tcp_retransmit_timer(struct sock *sk);
void tcp_syn_ack_timeout(const struct request_sock *req);
u32 tcp_rto_min(const struct sock *sk);

/* Most of the retransmission timeout, jiffies: TCP_RTO_MAX_MS, or the host's. */
static inline unsigned long tcp_rto_max(const struct sock *sk)
{
	u32 own = inet_csk(sk)->icsk_rto_max;

	return own ? own : (unsigned long)tcp_net_sk(sk)->sysctl_tcp_rto_max_ms * HZ / MSEC_PER_SEC;
}

/* Timeouts, doublings, probes: who is asked to be patient by TCP_USER_TIMEOUT may have more than can be said. */
static inline void tcp_count_once_more(u8 *n)
{
	*n += *n < UINT8_MAX;
}

u32 tcp_fin_time(const struct sock *sk);
u32 keepalive_time_when(const struct tcp_sock *tp);
u32 keepalive_intvl_when(const struct tcp_sock *tp);
int keepalive_probes(const struct tcp_sock *tp);
u32 keepalive_time_elapsed(const struct tcp_sock *tp);

/*
 * recvmsg.c, poll.c, sockopt.c, info.c, ioctl: the program's side
 */
int tcp_recvmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags, int *addr_len);
void tcp_cleanup_rbuf(struct sock *sk, int copied);
u32 tcp_poll(struct socket *sock);
int tcp_ioctl(struct sock *sk, int cmd, int *karg);
int tcp_setsockopt(struct sock *sk, int level, int optname, const void *optval,
		   unsigned int optlen);
int tcp_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen);
int tcp_inq(struct sock *sk);
int tcp_set_window_clamp(struct sock *sk, int val);
void __tcp_sock_set_cork(struct sock *sk, bool on);
void __tcp_sock_set_nodelay(struct sock *sk, bool on);
struct sk_buff *tcp_recv_skb_form(struct socket *sock, unsigned int flags, int *err);

/*
 * md5.c
 */
struct tcp_md5sig_key;
enum skb_drop_reason tcp_inbound_md5_hash(const struct sock *sk, const struct sk_buff *skb,
					  __be32 saddr, __be32 daddr, int dif);
struct tcp_md5sig_key *tcp_md5_lookup(const struct sock *sk, __be32 addr, int l3index);
int tcp_md5_hash_skb(char *md5_hash, const struct tcp_md5sig_key *key, __be32 saddr, __be32 daddr,
		     const struct sk_buff *skb);
/*
 * Sign the reset of a segment by @sk, which may be NULL; options follow in @opt. Return: false when
 * that segment's own signature was wrong: then nothing is answered.
 */
bool tcp_md5_sign_reset(const struct sock *sk, struct sk_buff *skb, struct tcphdr *th, __be32 *opt);
/* Sign an answer to @skb; behind what stands in @opt already. */
void tcp_md5_sign_reply(const struct tcp_md5sig_key *key, const struct sk_buff *skb,
			struct tcphdr *th, __be32 *opt);
int tcp_parse_md5_keys(struct sock *sk, int optname, const void *optval, unsigned int optlen);
void tcp_md5_destruct(struct sock *sk);
/* A key of one's own, or NULL of NULL. */
struct tcp_md5sig_key *tcp_md5_key_dup(const struct tcp_md5sig_key *key);
int tcp_md5_copy_key(struct sock *child, const struct sock *listener, __be32 addr);

/* Could a signature be among the options? Those of nearly every segment are too short for one. */
static inline bool tcp_has_room_for_md5(const struct tcphdr *th)
{
	return th->doff * 4u >= sizeof(*th) + TCPOLEN_MD5SIG;
}

/* Window of the peer that begins with the first byte not acknowledged: where it ends. */
static inline u32 tcp_wnd_end(const struct tcp_sock *tp)
{
	return tp->snd_una + tp->snd_wnd;
}

/* Send what may be sent now. */
static inline void tcp_push_pending_frames(struct sock *sk)
{
	if (tcp_send_head(sk))
		__tcp_push_pending_frames(sk, tcp_current_mss(sk), tcp_sk(sk)->nonagle);
}

/* Is any part of a segment between @s_win and @e_win? */
static inline bool tcp_in_window(u32 seq, u32 end_seq, u32 s_win, u32 e_win)
{
	if (seq == s_win)
		return true;
	if (after(end_seq, s_win) && before(seq, e_win))
		return true;
	return seq == e_win && seq == end_seq;
}

static inline bool tcp_is_sack(const struct tcp_sock *tp)
{
	return likely(tp->rx_opt.sack_ok);
}

static inline bool tcp_is_reno(const struct tcp_sock *tp)
{
	return !tcp_is_sack(tp);
}

static inline void tcp_clear_options(struct tcp_options_received *rx_opt)
{
	rx_opt->tstamp_ok = rx_opt->sack_ok = 0;
	rx_opt->wscale_ok = rx_opt->snd_wscale = 0;
}

static inline void tcp_dec_quickack_mode(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (!icsk->icsk_ack.quick)
		return;
	/* An acknowledgment was sent: unless it was a forced one, one less is left. */
	if (icsk->icsk_ack.quick == 1) {
		icsk->icsk_ack.quick = 0;
		icsk->icsk_ack.ato = TCP_ATO_MIN;
	} else {
		icsk->icsk_ack.quick--;
	}
}

static inline bool tcp_needs_internal_pacing(const struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED;
}

static inline u32 tcp_highest_sack_seq(struct tcp_sock *tp)
{
	if (!tp->sacked_out)
		return tp->snd_una;
	return tp->highest_sack ? TCP_SKB_CB(tp->highest_sack)->seq : tp->snd_nxt;
}

/* It is not known what waits to be sent again: a walk through the queue will tell. */
static inline void tcp_rexmit_forget(struct tcp_sock *tp)
{
	if (tp->sacks)
		tp->sacks->nothing_lost = (struct tcp_sack_block){ 0, 0 };
}

static inline void tcp_clear_all_retrans_hints(struct tcp_sock *tp)
{
	tp->retransmit_skb_hint = NULL;
	tcp_rexmit_forget(tp);
}

/* The next probe or retransmission: when, at most. */
static inline unsigned long __tcp_set_rto(const struct tcp_sock *tp)
{
	return (tp->srtt_us >> 3) + tp->rttvar_us; /* microseconds */
}

static inline u32 tcp_current_ssthresh(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tcp_in_cwnd_reduction(sk))
		return tp->snd_ssthresh;
	return max(tp->snd_ssthresh, (tcp_snd_cwnd(tp) >> 1) + (tcp_snd_cwnd(tp) >> 2));
}

#endif /* SKIFF_TCP_TCP_INTERNAL_H */
