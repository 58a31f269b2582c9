// SPDX-License-Identifier: BSD-2-Clause
/* The send buffer: its buffers, its limits, and who is told when there is room. */
#include <sys/epoll.h>

#include <skiff/net.h>

#include "tcp/output.h"

/* Memory is short: what is queued has to become less before more is taken. */
static void moderate_sndbuf(struct sock *sk)
{
	int val;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	val = min(sk->sk_sndbuf, sk->sk_wmem_queued >> 1);
	WRITE_ONCE(sk->sk_sndbuf, max_t(int, val, SOCK_MIN_SNDBUF));
}

/**
 * tcp_stream_alloc_skb() - a buffer for data or a segment that stays queued
 * @sk: the socket
 * @gfp: allocation flags
 * @force_schedule: the limits of the protocol do not count: without it nothing would go on
 *
 * Return: the buffer with headroom for all headers, not charged yet; or NULL.
 */
struct sk_buff *tcp_stream_alloc_skb(struct sock *sk, gfp_t gfp, bool force_schedule)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, gfp);

	if (unlikely(!skb)) {
		moderate_sndbuf(sk);
		return NULL;
	}
	if (!sk_wmem_schedule(sk, (int)skb->truesize) && !force_schedule) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PROTO_MEM);
		return NULL;
	}
	skb_reserve(skb, MAX_TCP_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	return skb;
}

/* RFC 5681 section 4.1: nothing was sent for a timeout's time: the window of then says little. */
static void slow_start_after_idle(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 idle;

	if (!tcp_net_sk(sk)->sysctl_tcp_slow_start_after_idle || tp->packets_out ||
	    icsk->icsk_ca_ops->cong_control)
		return;
	idle = (s32)(tcp_jiffies32 - tp->lsndtime);
	if (idle > (s32)icsk->icsk_rto)
		tcp_cwnd_restart(sk, idle);
}

/* The end of the write queue from now on. */
void tcp_skb_entail(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *tcb = TCP_SKB_CB(skb);
	struct tcp_sock *tp = tcp_sk(sk);

	memset(tcb, 0, sizeof(*tcb));
	tcb->seq = tp->write_seq;
	tcb->end_seq = tp->write_seq;
	tcb->tcp_flags = TCPHDR_ACK;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	if (tcp_send_head(sk) == skb)
		tcp_chrono_start(sk, TCP_CHRONO_BUSY);
	tcp_wmem_charge_skb(sk, skb);
	tp->nonagle &= 0xf & ~TCP_NAGLE_PUSH;
	slow_start_after_idle(sk);
}

/* Nothing came into it: it must not be in the way. */
void tcp_remove_empty_skb(struct sock *sk)
{
	struct sk_buff *skb = tcp_write_queue_tail(sk);

	if (!skb || TCP_SKB_CB(skb)->seq != TCP_SKB_CB(skb)->end_seq)
		return;
	tcp_unlink_write_queue(skb, sk);
	if (tcp_write_queue_empty(sk))
		tcp_chrono_stop(sk, TCP_CHRONO_BUSY);
	tcp_wmem_free_skb(sk, skb);
}

static bool memory_free(const struct sock *sk, int wake)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 lowat = tp->notsent_lowat ? tp->notsent_lowat :
					tcp_net_sk(sk)->sysctl_tcp_notsent_lowat;

	if (READ_ONCE(sk->sk_wmem_queued) >= READ_ONCE(sk->sk_sndbuf))
		return false;
	return (u64)(tp->write_seq - tp->snd_nxt) << wake < lowat;
}

/* Room in the send buffer, and no more unsent than TCP_NOTSENT_LOWAT. */
bool tcp_stream_memory_free(const struct sock *sk)
{
	return memory_free(sk, 0);
}

bool tcp_stream_is_writeable(const struct sock *sk)
{
	int queued = READ_ONCE(sk->sk_wmem_queued);

	return READ_ONCE(sk->sk_sndbuf) - queued >= queued >> 1 && memory_free(sk, 1);
}

void tcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	void (*wake)(struct socket * sock, u32 events);

	if (!sock || !sock_flag(sk, SOCK_NOSPACE_WAIT) || !tcp_stream_is_writeable(sk))
		return;
	sock_reset_flag(sk, SOCK_NOSPACE_WAIT);
	wake = READ_ONCE(sock->wake);
	if (wake)
		wake(sock, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

static u32 round_up_pow2(u32 v)
{
	return v <= 1 ? 1 : 1U << (32 - __builtin_clz(v - 1));
}

/* Two windows, with the memory that their segments take when each is in a buffer of its own. */
void tcp_sndbuf_expand(struct sock *sk)
{
	const struct tcp_congestion_ops *ca = inet_csk(sk)->icsk_ca_ops;
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 per_mss, segs;
	u64 sndmem;

	per_mss = max((u32)tp->rx_opt.mss_clamp, tp->mss_cache) + MAX_TCP_HEADER +
		  (u32)SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	per_mss = round_up_pow2(per_mss) + (u32)SKB_DATA_ALIGN(sizeof(struct sk_buff));
	segs = max(tcp_snd_cwnd(tp), (u32)TCP_INIT_CWND);
	segs = max(segs, tp->reordering + 1);
	sndmem = ca->sndbuf_expand ? ca->sndbuf_expand(sk) : 2;
	sndmem *= (u64)segs * per_mss;
	if ((u64)sk->sk_sndbuf < sndmem)
		WRITE_ONCE(sk->sk_sndbuf,
			   (int)min(sndmem, (u64)tcp_net_sk(sk)->sysctl_tcp_wmem[2]));
}

void tcp_mark_push(struct tcp_sock *tp, struct sk_buff *skb)
{
	TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_PSH;
	tp->pushed_seq = tp->write_seq;
}
