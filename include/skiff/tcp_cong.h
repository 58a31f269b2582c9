/* SPDX-License-Identifier: BSD-2-Clause */
/* Congestion controls of TCP: what they are told, and what they do. */
#include <skiff/tcp.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_TCP_CONG_H
#define SKIFF_TCP_CONG_H

#ifdef __cplusplus
extern "C" {
#endif

#define TCP_CA_NAME_MAX 16
#define TCP_CA_MAX 128
#define TCP_CA_BUF_MAX (TCP_CA_NAME_MAX * TCP_CA_MAX)

/* tcp_congestion_ops.flags */
#define TCP_CA_UNSPEC 0		       /* the key of none */
#define TCP_CONG_NON_RESTRICTED BIT(0) /* any program may choose it */
#define TCP_CONG_NEEDS_ECN BIT(1)      /* wants ECT on all packets */

/* tcp_congestion_ops.cwnd_event() */
enum tcp_ca_event {
	CA_EVENT_TX_START,     /* first segment after a pause */
	CA_EVENT_CWND_RESTART, /* the window was reset after it */
	CA_EVENT_COMPLETE_CWR, /* the reduction is done */
	CA_EVENT_LOSS,	       /* timeout */
	CA_EVENT_ECN_NO_CE,    /* ECT without CE came */
	CA_EVENT_ECN_IS_CE,    /* CE came */
};

/* tcp_congestion_ops.in_ack_event() */
enum tcp_ca_ack_event_flags {
	CA_ACK_SLOWPATH = 1 << 0,
	CA_ACK_WIN_UPDATE = 1 << 1,
	CA_ACK_ECE = 1 << 2,
};

/**
 * struct ack_sample - what an acknowledgment told
 * @pkts_acked: segments that it newly acknowledged
 * @rtt_us: round trip, below 0: unknown
 * @in_flight: segments in flight when the newest of them was sent
 */
struct ack_sample {
	u32 pkts_acked;
	s32 rtt_us;
	u32 in_flight;
};

/**
 * struct rate_sample - delivery rate, as of an acknowledgment
 * @prior_mstamp: when the interval began
 * @prior_delivered: tcp_sock.delivered then
 * @prior_delivered_ce: and delivered_ce
 * @delivered: segments in the interval, below 0: not valid
 * @delivered_ce: those with congestion experienced
 * @interval_us: its length, below 0: not valid
 * @snd_interval_us: sending side of it
 * @rcv_interval_us: acknowledging side
 * @rtt_us: round trip of the last segment, below 0: unknown
 * @losses: segments marked lost by this acknowledgment
 * @acked_sacked: segments newly acknowledged, by either way
 * @prior_in_flight: segments in flight before
 * @last_end_seq: end of the segment the sample is of
 * @is_app_limited: the program was what held it back
 * @is_retrans: the segment was sent again
 * @is_ack_delayed: the acknowledgment was probably delayed
 * @is_ece: it carried ECE
 */
struct rate_sample {
	u64 prior_mstamp;
	u32 prior_delivered;
	u32 prior_delivered_ce;
	s32 delivered;
	s32 delivered_ce;
	long interval_us;
	u32 snd_interval_us;
	u32 rcv_interval_us;
	long rtt_us;
	int losses;
	u32 acked_sacked;
	u32 prior_in_flight;
	u32 last_end_seq;
	bool is_app_limited;
	bool is_retrans;
	bool is_ack_delayed;
	bool is_ece;
};

union tcp_cc_info;

/**
 * struct tcp_congestion_ops - a congestion control
 * @list: for the registry only
 * @key: of the name; for the registry only
 * @flags: TCP_CONG_*
 * @name: for TCP_CONGESTION
 * @priv_size: bytes of inet_csk_ca() that it uses, 0: ICSK_CA_PRIV_SIZE. Up to ICSK_CA_PRIV_WITHIN a connection
 *             takes no more memory for it
 * @init: a connection starts to use it, inet_csk_ca() zeroed; may be NULL
 * @release: it stops; may be NULL
 * @ssthresh: the slow start threshold after a loss; required
 * @cong_avoid: @acked segments were acknowledged: grow the window; required unless @cong_control
 * @set_state: TCP_CA_* is about to change; may be NULL
 * @cwnd_event: may be NULL
 * @in_ack_event: an acknowledgment came, CA_ACK_*; may be NULL
 * @pkts_acked: what it told; may be NULL
 * @min_tso_segs: least segments in a buffer; may be NULL
 * @cong_control: all of window and pacing, instead of @cong_avoid; may be NULL
 * @undo_cwnd: the window after a reduction that was wrong; required
 * @sndbuf_expand: how many windows the send buffer holds; NULL: 2
 * @get_info: for TCP_CC_INFO, @attr: its INET_DIAG_* number. Return: bytes; may be NULL
 *
 * Run under the stack lock.
 */
struct tcp_congestion_ops {
	struct list_head list;
	u32 key;
	u32 flags;
	char name[TCP_CA_NAME_MAX];
	unsigned int priv_size;
	void (*init)(struct sock *sk);
	void (*release)(struct sock *sk);
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	void (*set_state)(struct sock *sk, u8 new_state);
	void (*cwnd_event)(struct sock *sk, enum tcp_ca_event ev);
	void (*in_ack_event)(struct sock *sk, u32 flags);
	void (*pkts_acked)(struct sock *sk, const struct ack_sample *sample);
	u32 (*min_tso_segs)(struct sock *sk);
	void (*cong_control)(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs);
	u32 (*undo_cwnd)(struct sock *sk);
	u32 (*sndbuf_expand)(struct sock *sk);
	size_t (*get_info)(struct sock *sk, u32 ext, int *attr, union tcp_cc_info *info);
};

/**
 * tcp_register_congestion_control() - offer a congestion control to all hosts
 * @type: stays valid until it is unregistered
 *
 * Before the first host runs. Return: 0; -EINVAL without what is required; -EEXIST.
 */
SKIFF_API int tcp_register_congestion_control(struct tcp_congestion_ops *type);

/* Take it back; not while connections use it. */
SKIFF_API void tcp_unregister_congestion_control(struct tcp_congestion_ops *type);

/* The window grows by one per segment; RFC 5681 section 3.1. Return: segments left over. */
SKIFF_API u32 tcp_slow_start(struct tcp_sock *tp, u32 acked);
/* The window grows by one per @w segments acknowledged. */
SKIFF_API void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked);
/* Reno, RFC 5681. */
SKIFF_API u32 tcp_reno_ssthresh(struct sock *sk);
SKIFF_API u32 tcp_reno_undo_cwnd(struct sock *sk);
SKIFF_API void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked);
SKIFF_API extern struct tcp_congestion_ops tcp_reno;

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_TCP_CONG_H */
