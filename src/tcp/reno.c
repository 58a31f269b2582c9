// SPDX-License-Identifier: BSD-2-Clause
/* A peer without SACK: each duplicate acknowledgment says that one more segment arrived (RFC 6582). */
#include "tcp/tcp.h"

/* There can't be more than was sent, but for what is lost. Return: whether it had to be limited. */
bool tcp_limit_reno_sacked(struct tcp_sock *tp)
{
	/* With nothing under way there is nothing to limit: that is no sign of reordering. */
	u32 holes = min(max(tp->lost_out, 1U), tp->packets_out);

	if (tp->sacked_out + holes <= tp->packets_out)
		return false;
	tp->sacked_out = tp->packets_out - holes;
	return true;
}

/* More duplicates than segments in flight: they were sent because of reordering. */
static void check_reordering(struct sock *sk, u32 addend)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!tcp_limit_reno_sacked(tp))
		return;
	tp->reordering =
		min(tp->packets_out + addend, (u32)tcp_net_sk(sk)->sysctl_tcp_max_reordering);
	tp->reord_seen++;
	NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPRENOREORDER);
}

void tcp_add_reno_sack(struct sock *sk, int num_dupack, bool ece_ack)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 prior = tp->sacked_out;

	if (!num_dupack)
		return;
	tp->sacked_out += (u32)num_dupack;
	check_reordering(sk, 0);
	if (tp->sacked_out > prior)
		tcp_count_delivered(tp, tp->sacked_out - prior, ece_ack);
	tcp_verify_left_out(tp);
}

/* Account for segments that were acknowledged: one is the hole, the others had made duplicates. */
void tcp_remove_reno_sacks(struct sock *sk, int acked, bool ece_ack)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (acked > 0) {
		tcp_count_delivered(tp, (u32)max(acked - (int)tp->sacked_out, 1), ece_ack);
		if (acked - 1 >= (int)tp->sacked_out)
			tp->sacked_out = 0;
		else
			tp->sacked_out -= (u32)acked - 1;
	}
	check_reordering(sk, (u32)acked);
	tcp_verify_left_out(tp);
}

void tcp_reset_reno_sack(struct tcp_sock *tp)
{
	tp->sacked_out = 0;
}
