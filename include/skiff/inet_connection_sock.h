/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets over IP that have connections: their timers, their acceptance, their path. */
#ifndef SKIFF_INET_CONNECTION_SOCK_H
#define SKIFF_INET_CONNECTION_SOCK_H

#include <skiff/inet_sock.h>
#include <skiff/jiffies.h>
#include <skiff/siphash.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct inet_bind_bucket;
struct request_sock;
struct tcp_congestion_ops;

/* icsk_pending: what the retransmission timer stands for. */
#define ICSK_TIME_RETRANS 1	/* retransmission */
#define ICSK_TIME_DACK 2	/* delayed acknowledgment */
#define ICSK_TIME_PROBE0 3	/* zero window probe */
#define ICSK_TIME_LOSS_PROBE 5	/* tail loss probe */
#define ICSK_TIME_REO_TIMEOUT 6 /* reordering timer of RACK */

/* The timers of a connection, in the order in which they go off when they are due at once. */
enum inet_csk_timer {
	ICSK_TIMER_WRITE,	   /* for what icsk_pending says */
	ICSK_TIMER_DELACK,	   /* delayed acknowledgment */
	ICSK_TIMER_KEEPALIVE,	   /* and FIN_WAIT2 without an owner */
	ICSK_TIMER_PACING,	   /* the next segment may leave */
	ICSK_TIMER_COMPRESSED_ACK, /* acknowledgments that were held back */
	ICSK_TIMERS,
};

/* icsk_ack.pending */
enum inet_csk_ack_state_t {
	ICSK_ACK_SCHED = 1,   /* an acknowledgment is due */
	ICSK_ACK_TIMER = 2,   /* its timer is armed */
	ICSK_ACK_PUSHED = 4,  /* the peer waits: it pushed */
	ICSK_ACK_PUSHED2 = 8, /* twice */
	ICSK_ACK_NOW = 16,    /* send it with the next chance */
	ICSK_ACK_NOMEM = 32,  /* a segment was refused for want of memory */
};

/* Bytes that a congestion control has for its own, and how many of them are part of the socket. */
#define ICSK_CA_PRIV_SIZE (13 * sizeof(u64))
#define ICSK_CA_PRIV_WITHIN (8 * sizeof(u64))

/**
 * struct request_sock_queue - what a listening socket has on its hands, and was told to do with it
 * @qlen: connections whose handshake is not complete (SYN queue)
 * @young: those of them whose SYN was answered once only
 * @synflood_warned: said once
 * @rskq_accept_head: complete ones that accept() takes, oldest first
 * @rskq_accept_tail: newest
 * @requests: all that are in the SYN queue
 * @fastopen_qlen: Fast Open: how many are under way
 * @max_fastopen: TCP_FASTOPEN: how many may be, 0: not on
 * @defer_accept: TCP_DEFER_ACCEPT, as a number of retransmissions
 * @fastopen_rst: those reset by the peer lately: they count, or resets would hide a flood
 * @fastopen_keys: keys of its own for cookies (TCP_FASTOPEN_KEY), 0: the host's
 * @fastopen_key: the one in use, and the one that was before
 */
struct request_sock_queue {
	int qlen;
	int young;
	u8 synflood_warned;
	u8 defer_accept;
	struct request_sock *rskq_accept_head;
	struct request_sock *rskq_accept_tail;
	struct list_head requests;
	int fastopen_qlen;
	int max_fastopen;
	struct list_head fastopen_rst;
	u8 fastopen_keys;
	siphash_key_t fastopen_key[2];
};

/**
 * struct inet_connection_sock - a socket over IP that has connections
 * @icsk_inet: the rest; must be first
 * @icsk_bind_hash: the port that it is bound to
 * @icsk_bind_node: among the sockets of that port
 * @icsk_due: by ICSK_TIMER_*: when each is due, KTIME_MAX: not armed; sk_timer is for all of them
 * @icsk_rto: retransmission timeout, jiffies
 * @icsk_rto_min: least of it
 * @icsk_rto_max: most of it, 0: the host's
 * @icsk_delack_max: longest that an acknowledgment is delayed, jiffies
 * @icsk_pmtu_cookie: path MTU that the segment size was computed for
 * @icsk_ca_ops: congestion control
 * @icsk_ext_hdr_len: bytes of IP options
 * @icsk_ca_state: TCP_CA_*
 * @icsk_ca_outside: the congestion control has more for its own than a socket holds: @icsk_ca_block
 * @icsk_ca_initialized: icsk_ca_ops.init() was called
 * @icsk_ca_setsockopt: the program chose it
 * @icsk_ca_dst_locked: its route did
 * @icsk_retransmits: timeouts in a row without an acknowledgment of anything new
 * @icsk_pending: ICSK_TIME_*, 0: none
 * @icsk_backoff: how often the timeout was doubled
 * @icsk_syn_retries: TCP_SYNCNT, 0: net.ipv4.tcp_syn_retries
 * @icsk_probes_out: zero window and keepalive probes not answered
 * @icsk_probes_tstamp: when the first of them was sent
 * @icsk_user_timeout: TCP_USER_TIMEOUT, milliseconds
 * @icsk_accept_queue: of a socket that listens, has, or was told how; see inet_csk_make_queue()
 * @icsk_ack: delayed acknowledgments
 * @icsk_mtup: path MTU probing (RFC 4821)
 * @icsk_ca_priv: for the congestion control, inet_csk_ca()
 * @icsk_ca_block: the same, if it needs more than ICSK_CA_PRIV_WITHIN
 */
struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct inet_bind_bucket *icsk_bind_hash;
	struct hlist_node icsk_bind_node;
	ktime_t icsk_due[ICSK_TIMERS];
	u32 icsk_rto;
	u32 icsk_rto_min;
	u32 icsk_rto_max;
	u32 icsk_delack_max;
	u32 icsk_pmtu_cookie;
	u32 icsk_probes_tstamp;
	const struct tcp_congestion_ops *icsk_ca_ops;
	struct request_sock_queue *icsk_accept_queue;
	u16 icsk_ext_hdr_len;
	u8 icsk_ca_state : 4;
	u8 icsk_ca_outside : 1;
	u8 icsk_ca_initialized : 1;
	u8 icsk_ca_setsockopt : 1;
	u8 icsk_ca_dst_locked : 1;
	u8 icsk_retransmits;
	u8 icsk_pending;
	u8 icsk_backoff;
	u8 icsk_syn_retries;
	u8 icsk_probes_out;
	u32 icsk_user_timeout;
	/**
	 * @pending: ICSK_ACK_*
	 * @quick: acknowledgments that are still sent at once
	 * @pingpong: number of times data went both ways: acknowledgments then ride on it
	 * @retry: attempts to send one
	 * @ato: how long one is delayed, jiffies
	 * @dst_quick_ack: the route wants them at once
	 * @last_seg_size: of the segment before this one
	 * @rcv_mss: estimate of the peer's segment size
	 * @timeout: when the timer is due, low bits of jiffies
	 * @lrcvtime: when data came last, low bits of jiffies
	 */
	struct {
		u8 pending;
		u8 quick;
		u8 pingpong;
		u8 retry;
		u8 ato;
		u8 dst_quick_ack : 1;
		u16 last_seg_size;
		u16 rcv_mss;
		u32 timeout;
		u32 lrcvtime;
	} icsk_ack;
	/**
	 * @search_high: an MTU that does not pass, or has not been tried
	 * @search_low: one that passes
	 * @probe_size: of the probe under way, 0: none
	 * @enabled: net.ipv4.tcp_mtu_probing asks for it
	 * @probe_timestamp: when a search ended, low bits of jiffies
	 */
	struct {
		int search_high;
		int search_low;
		u32 probe_size : 31;
		u32 enabled : 1;
		u32 probe_timestamp;
	} icsk_mtup;
	__extension__ union {
		u64 icsk_ca_priv[ICSK_CA_PRIV_WITHIN / sizeof(u64)];
		u64 *icsk_ca_block;
	};
};

static inline struct inet_connection_sock *inet_csk(const struct sock *sk)
{
	return (struct inet_connection_sock *)(void *)(uintptr_t)sk;
}

static inline void *inet_csk_ca(const struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	return icsk->icsk_ca_outside ? icsk->icsk_ca_block : icsk->icsk_ca_priv;
}

static inline void inet_csk_schedule_ack(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_SCHED;
}

static inline bool inet_csk_ack_scheduled(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ack.pending & ICSK_ACK_SCHED;
}

static inline void inet_csk_delack_init(struct sock *sk)
{
	memset(&inet_csk(sk)->icsk_ack, 0, sizeof(inet_csk(sk)->icsk_ack));
}

/* Data goes both ways in turns: acknowledgments wait for it. */
#define TCP_PINGPONG_THRESH 1

static inline void inet_csk_enter_pingpong_mode(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pingpong = TCP_PINGPONG_THRESH;
}

static inline void inet_csk_exit_pingpong_mode(struct sock *sk)
{
	inet_csk(sk)->icsk_ack.pingpong = 0;
}

static inline bool inet_csk_in_pingpong_mode(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ack.pingpong >= TCP_PINGPONG_THRESH;
}

static inline void inet_csk_inc_pingpong_cnt(struct sock *sk)
{
	if (inet_csk(sk)->icsk_ack.pingpong < UINT8_MAX)
		inet_csk(sk)->icsk_ack.pingpong++;
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_INET_CONNECTION_SOCK_H */
