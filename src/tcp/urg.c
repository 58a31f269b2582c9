// SPDX-License-Identifier: BSD-2-Clause
/* Urgent data: one byte that can be read apart from the stream (RFC 6093). */
#include "tcp/tcp.h"

/* A new urgent pointer. */
static void check_urg(struct sock *sk, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 ptr = ntohs(th->urg_ptr);

	/* It points behind the byte, or with tcp_stdurg at it (RFC 1122 section 4.2.2.4). */
	if (ptr && !tcp_net_sk(sk)->sysctl_tcp_stdurg)
		ptr--;
	ptr += ntohl(th->seq);
	/* Read already, or about what was read. */
	if (after(tp->copied_seq, ptr) || before(ptr, tp->rcv_nxt))
		return;
	if (tp->urg_data && !after(ptr, tp->urg_seq))
		return;
	sk->sk_error_report(sk);
	/* The old urgent byte was next in the stream: it is not part of it. */
	if (tp->urg_seq == tp->copied_seq && tp->urg_data && !sock_flag(sk, SOCK_URGINLINE) &&
	    tp->copied_seq != tp->rcv_nxt) {
		struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);

		tp->copied_seq++;
		if (skb && !before(tp->copied_seq, TCP_SKB_CB(skb)->end_seq)) {
			__skb_unlink(skb, &sk->sk_receive_queue);
			consume_skb(skb);
		}
	}
	WRITE_ONCE(tp->urg_data, TCP_URG_NOTYET);
	WRITE_ONCE(tp->urg_seq, ptr);
}

void __tcp_urg(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 ptr;
	u8 tmp;

	if (unlikely(th->urg))
		check_urg(sk, th);
	if (likely(tp->urg_data != TCP_URG_NOTYET))
		return;
	/* Is the byte in this segment? */
	ptr = tp->urg_seq - ntohl(th->seq) + th->doff * 4U - th->syn;
	if (ptr >= skb->len)
		return;
	BUG_ON(skb_copy_bits(skb, (int)ptr, &tmp, 1));
	WRITE_ONCE(tp->urg_data, (u16)(TCP_URG_VALID | tmp));
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}
