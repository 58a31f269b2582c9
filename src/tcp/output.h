/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that send segments have from each other. */
#ifndef SKIFF_TCP_OUTPUT_H
#define SKIFF_TCP_OUTPUT_H

#include <skiff/inet_sock.h>
#include <skiff/netdevice.h>

#include "sock/sock.h"
#include "tcp/tcp.h"

/* No segment is cut smaller than this, so that tcp_gso_segs can count them. */
#define TCP_MIN_GSO_SIZE 8
/* Thin streams: fewer segments than this are in flight, and so many timeouts are not doubled. */
#define TCP_THIN_STREAM_SEGS 4
#define TCP_THIN_LINEAR_RETRIES 6

/* tcp_out_options.options */
#define OPTION_SACK_ADVERTISE BIT(0)
#define OPTION_TS BIT(1)
#define OPTION_MD5 BIT(2)
#define OPTION_WSCALE BIT(3)
#define OPTION_FAST_OPEN_COOKIE BIT(8)

/**
 * struct tcp_out_options - the options of a segment
 * @options: OPTION_*
 * @mss: segment size to announce, 0: none
 * @ws: window scale
 * @num_sack_blocks: SACK blocks, the D-SACK among them
 * @tsval: timestamp
 * @tsecr: and echo
 * @hash_location: where the signature is to go, set by tcp_options_write()
 * @fastopen_cookie: Fast Open
 */
struct tcp_out_options {
	u16 options;
	u16 mss;
	u8 ws;
	u8 num_sack_blocks;
	u32 tsval;
	u32 tsecr;
	u8 *hash_location;
	struct tcp_fastopen_cookie *fastopen_cookie;
};

/* options_out.c. The first three decide what goes in and return its bytes, a multiple of 4. */
unsigned int tcp_syn_options(struct sock *sk, const struct sk_buff *skb,
			     struct tcp_out_options *opts, const struct tcp_md5sig_key *md5);
unsigned int tcp_established_options(const struct sock *sk, const struct sk_buff *skb,
				     struct tcp_out_options *opts,
				     const struct tcp_md5sig_key *md5);
unsigned int tcp_synack_options(const struct sock *sk, struct request_sock *req, u32 mss,
				const struct sk_buff *skb, struct tcp_out_options *opts,
				const struct tcp_md5sig_key *md5, struct tcp_fastopen_cookie *foc,
				bool cookie);
/* Write them behind the header. @tp: for SACK blocks, which then count as told; or NULL. */
void tcp_options_write(struct tcphdr *th, struct tcp_sock *tp, struct tcp_out_options *opts);

/* ecn_out.c */
void tcp_ecn_send_syn(struct sock *sk, struct sk_buff *skb);
void tcp_ecn_send_synack(struct sock *sk, struct sk_buff *skb);
void tcp_ecn_clear_syn(const struct sock *sk, struct sk_buff *skb);
void tcp_ecn_send(struct sock *sk, struct sk_buff *skb, struct tcphdr *th, unsigned int hdrlen);

/* window.c */
u16 tcp_select_window(struct sock *sk);

/* output.c */
/* A segment without data. */
void tcp_init_nondata_skb(struct sk_buff *skb, u32 seq, u8 flags);
/* The same with its buffer, or NULL without memory; for what waits in no queue. */
struct sk_buff *tcp_alloc_control(gfp_t gfp, u32 seq, u8 flags);
/* The sequence number of segments that carry nothing: within the window even if it shrank. */
u32 tcp_acceptable_seq(const struct sock *sk);
/* A buffer was sent: it is the newest one in the order of sending. It is in the rtx queue. */
void tcp_sent_now(struct tcp_sock *tp, struct sk_buff *skb);
/* Charge a buffer that will wait in a queue. */
void tcp_wmem_charge_skb(struct sock *sk, struct sk_buff *skb);
/* Before it enters the rtx queue, out of the write queue: in no order of sending yet. */
static inline void tcp_rtx_queue_insert(struct sock *sk, struct sk_buff *skb)
{
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
	tcp_rbtree_insert(&sk->tcp_rtx_queue, skb);
}

/* copy.c: the program's data becomes fragments */
/* Append @len bytes of it to @skb, whose lengths and truesize grow. Return: 0 or -ENOMEM: part. */
int tcp_skb_copy_from(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len);
/* A buffer with @len bytes of it, not charged to anybody; no lock. NULL without memory. */
struct sk_buff *tcp_copy_bulk(struct iov_iter *from, size_t len);
/* Append up to @len bytes to the last fragment of @skb or a new one. Return: bytes, 0: no more fit
 * in this buffer; -ENOMEM. Charged. Stack lock. */
int tcp_append_small(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len);

/* zerocopy.c: the program's memory itself is the fragments */
/* The owner of what a call of @size bytes sends, with a reference; NULL: -ENOBUFS. Stack lock. */
struct ubuf_info *tcp_zerocopy_begin(struct sock *sk, size_t size);
/* Some of it was copied. */
void tcp_zerocopy_copied(struct ubuf_info *uarg);
/* Append up to @len bytes of it. Return: as tcp_append_small(). */
int tcp_append_zerocopy(struct sock *sk, struct sk_buff *skb, struct skiff_msghdr *msg, int len,
			struct ubuf_info *uarg);

/* mss.c */
int __tcp_mtu_to_mss(const struct sock *sk, int pmtu);
int tcp_bound_to_half_wnd(const struct tcp_sock *tp, int size);

static inline u16 tcp_mss_clamp(const struct tcp_sock *tp, u32 mss)
{
	u16 user_mss = READ_ONCE(tp->rx_opt.user_mss);

	return (u16)(user_mss && user_mss < mss ? user_mss : mss);
}

/* write.c */
bool tcp_snd_wnd_test(const struct tcp_sock *tp, const struct sk_buff *skb, unsigned int cur_mss);
bool tcp_grow_skb(struct sock *sk, struct sk_buff *skb, int amount);
void tcp_check_probe_timer(struct sock *sk);

/* pacing.c */
void tcp_update_skb_after_send(struct sock *sk, const struct sk_buff *skb, u64 prior_wstamp);
bool tcp_small_queue_check(struct sock *sk, const struct sk_buff *skb, unsigned int factor);
bool tcp_skb_still_in_host_queue(struct sock *sk, const struct sk_buff *skb);
void tcp_tsq_init(struct tcp_sock *tp);

/* tso.c */
bool tcp_tso_should_defer(struct sock *sk, struct sk_buff *skb, bool *is_cwnd_limited,
			  bool *is_rwnd_limited, u32 max_segs);

/* probe.c */
int tcp_xmit_probe_skb(struct sock *sk, int urgent, int mib);

/* timeout.c */
bool tcp_write_timeout(struct sock *sk);
void tcp_write_err(struct sock *sk);
void tcp_probe_timer(struct sock *sk);
void tcp_keepalive_timer(struct sock *sk);

/* Does the connection with an urgent byte still under way? */
static inline bool tcp_urg_mode(const struct tcp_sock *tp)
{
	return tp->snd_una != tp->snd_up;
}

static inline bool tcp_has_tx_tstamp(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->txstamp_ack || (__skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP);
}

static inline bool tcp_skb_can_collapse(const struct sk_buff *to, const struct sk_buff *from)
{
	return likely(tcp_skb_can_collapse_to(to)) && skb_pure_zcopy_same(to, from);
}

static inline bool tcp_ca_needs_ecn(const struct sock *sk)
{
	const struct tcp_congestion_ops *ops = inet_csk(sk)->icsk_ca_ops;

	return ops && (ops->flags & TCP_CONG_NEEDS_ECN);
}

static inline void tcp_highest_sack_replace(struct tcp_sock *tp, const struct sk_buff *old,
					    struct sk_buff *new_skb)
{
	if (old == tp->highest_sack)
		tp->highest_sack = new_skb;
}

#endif /* SKIFF_TCP_OUTPUT_H */
