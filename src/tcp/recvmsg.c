// SPDX-License-Identifier: BSD-2-Clause
/* The program reads. */
#include <limits.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "tcp/tcp.h"

/**
 * struct read - one recvmsg()
 * @sk: the socket
 * @msg: where to
 * @len: bytes that are still wanted
 * @flags: MSG_*
 * @seq: where it stands
 * @copied: bytes so far
 * @tstamp: when the last of them came, 0: unknown
 */
struct read {
	struct sock *sk;
	struct skiff_msghdr *msg;
	size_t len;
	int flags;
	u32 seq;
	int copied;
	ktime_t tstamp;
};

/* The buffer is read: release it, and its memory. */
static void eat_skb(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	consume_skb(skb);
}

/*
 * Acknowledge what the program has read: when that opens the window by enough, or when the
 * acknowledgment was only held back for it.
 */
void tcp_cleanup_rbuf(struct sock *sk, int copied)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	bool time_to_ack = false;

	if (inet_csk_ack_scheduled(sk)) {
		bool pushed = (icsk->icsk_ack.pending & ICSK_ACK_PUSHED2) ||
			      ((icsk->icsk_ack.pending & ICSK_ACK_PUSHED) &&
			       !inet_csk_in_pingpong_mode(sk));

		if (tp->rcv_nxt - tp->rcv_wup > icsk->icsk_ack.rcv_mss ||
		    (copied > 0 && pushed && !sk_rmem_alloc_get(sk)))
			time_to_ack = true;
	}
	/* RFC 9293 section 3.8.6.2.2: twice as much as the peer knows of. */
	if (copied > 0 && !time_to_ack && !(sk->sk_shutdown & RCV_SHUTDOWN)) {
		u32 now = tcp_receive_window(tp);

		if (2 * now <= tp->window_clamp) {
			u32 next = __tcp_select_window(sk);

			if (next && next >= 2 * now)
				time_to_ack = true;
		}
	}
	if (time_to_ack) {
		tcp_mstamp_refresh(tp);
		tcp_send_ack(sk);
	}
}

/* The byte of urgent data, apart from the stream. */
static int recv_urg(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sock_flag(sk, SOCK_URGINLINE) || !tp->urg_data || tp->urg_data == TCP_URG_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (tp->urg_data & TCP_URG_VALID) {
		char c = (char)tp->urg_data;

		if (!(flags & MSG_PEEK))
			WRITE_ONCE(tp->urg_data, TCP_URG_READ);
		msg->msg_flags |= MSG_OOB;
		if (!len) {
			msg->msg_flags |= MSG_TRUNC;
			return 0;
		}
		if (!(flags & MSG_TRUNC) && copy_to_iter(&c, 1, &msg->msg_iter) != 1)
			return -EFAULT;
		return 1;
	}
	if (sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN))
		return 0;
	/* It is announced and has not come: that is nothing to wait for. */
	return -EAGAIN;
}

/* Nothing to read. Return: what the call says, with nothing read so far. */
static int nothing_to_read(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (READ_ONCE(sk->sk_err))
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	/* It was never connected. */
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	return -EAGAIN;
}

/* The buffer in which @seq lies, a FIN included. *@offset: where in it. */
static struct sk_buff *find_skb(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (WARN_ON_ONCE(before(seq, TCP_SKB_CB(skb)->seq)))
			return NULL;
		*offset = seq - TCP_SKB_CB(skb)->seq;
		if (*offset < skb->len || (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN))
			return skb;
	}
	return NULL;
}

/* Urgent data interrupts the stream. Return: bytes up to it of @used; the byte itself is skipped. */
static u32 stop_at_urg(struct read *r, u32 *offset, u32 used)
{
	struct tcp_sock *tp = tcp_sk(r->sk);
	u32 urg_offset;

	if (likely(!tp->urg_data))
		return used;
	urg_offset = tp->urg_seq - r->seq;
	if (urg_offset >= used)
		return used;
	if (urg_offset)
		return urg_offset;
	if (!sock_flag(r->sk, SOCK_URGINLINE)) {
		r->seq++;
		(*offset)++;
		used--;
	}
	return used;
}

/* Where the program stands, for all to see. */
static void advance(struct read *r)
{
	struct tcp_sock *tp = tcp_sk(r->sk);

	if (r->flags & MSG_PEEK)
		return;
	WRITE_ONCE(tp->copied_seq, r->seq);
	if (unlikely(tp->urg_data) && after(tp->copied_seq, tp->urg_seq))
		WRITE_ONCE(tp->urg_data, 0);
}

/* Read from one buffer. Return: whether to go on. */
static bool read_skb(struct read *r, struct sk_buff *skb, u32 offset)
{
	u32 used;

	if (offset < skb->len) {
		used = stop_at_urg(r, &offset, (u32)min((size_t)(skb->len - offset), r->len));
		if (used && !(r->flags & MSG_TRUNC) &&
		    skb_copy_datagram_msg(skb, (int)offset, r->msg, (int)used)) {
			if (!r->copied)
				r->copied = -EFAULT;
			return false;
		}
		r->seq += used;
		r->copied += (int)used;
		r->len -= used;
		advance(r);
		if (TCP_SKB_CB(skb)->has_rxtstamp)
			r->tstamp = skb->tstamp;
		if (offset + used < skb->len)
			return r->len > 0;
	}
	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN) {
		r->seq++;
		advance(r);
		if (!(r->flags & MSG_PEEK))
			eat_skb(r->sk, skb);
		return false;
	}
	if (!(r->flags & MSG_PEEK))
		eat_skb(r->sk, skb);
	return r->len > 0;
}

/* Return: bytes, or what there was instead. */
static int read_stream(struct read *r)
{
	struct tcp_sock *tp = tcp_sk(r->sk);
	struct sk_buff *skb = NULL;
	u32 offset = 0;
	bool more;

	do {
		/* One read never goes across the urgent byte; MSG_MORE: it began in an earlier call. */
		if (unlikely(tp->urg_data) && tp->urg_seq == r->seq &&
		    (r->copied || (r->flags & MSG_MORE)))
			return r->copied;
		skb = find_skb(r->sk, r->seq, &offset);
		if (!skb)
			break;
		more = read_skb(r, skb, offset);
	} while (more);
	if (r->copied > 0)
		return r->copied;
	if (r->copied < 0 || skb)
		return r->copied;
	return nothing_to_read(r->sk);
}

/* How much is left to be read, for TCP_INQ; the end of the stream counts as a byte, read or not. */
static int inq_hint(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int inq = (int)(tp->rcv_nxt - tp->copied_seq);

	return inq || !sock_flag(sk, SOCK_DONE) ? inq : 1;
}

static void put_cmsgs(struct read *r)
{
	if (r->tstamp)
		sock_recv_time(r->msg, r->sk, r->tstamp);
	if (tcp_sk(r->sk)->recvmsg_inq) {
		int inq = inq_hint(r->sk);

		put_cmsg(r->msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
	}
}

static int recv_locked(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct read r = { .sk = sk,
			  .msg = msg,
			  .len = min(len, (size_t)INT_MAX),
			  .flags = flags,
			  .seq = tp->copied_seq };
	int ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return recv_urg(sk, msg, len, flags);
	if ((flags & MSG_PEEK) && sk->sk_peek_off >= 0)
		r.seq += (u32)sk->sk_peek_off;
	ret = read_stream(&r);
	if (ret < 0)
		return ret;
	if (flags & MSG_PEEK) {
		sk_peek_offset_fwd(sk, r.copied);
	} else {
		sk_peek_offset_bwd(sk, r.copied);
		tcp_rcv_space_adjust(sk);
		tcp_cleanup_rbuf(sk, r.copied);
	}
	put_cmsgs(&r);
	return ret;
}

int tcp_recvmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags, int *addr_len)
{
	struct net *net = sock_net(sk);
	int ret;

	if (unlikely(flags & MSG_ERRQUEUE))
		return ip_recv_error(sk, msg, (int)min(len, (size_t)INT_MAX), addr_len);
	ret = net_enter(net);
	if (ret)
		return ret;
	ret = recv_locked(sk, msg, len, flags);
	net_unlock(net);
	return ret;
}

/* SIOCINQ: what can be read now; stops in front of urgent data. */
int tcp_inq(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int answ;

	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	if (!sock_flag(sk, SOCK_URGINLINE) && tp->urg_data &&
	    !before(tp->urg_seq, tp->copied_seq) && before(tp->urg_seq, tp->rcv_nxt))
		return (int)(tp->urg_seq - tp->copied_seq);
	answ = (int)(tp->rcv_nxt - tp->copied_seq);
	/* A FIN is no byte. */
	if (answ && sock_flag(sk, SOCK_DONE))
		answ--;
	return answ;
}

int tcp_ioctl(struct sock *sk, int cmd, int *karg)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (cmd) {
	case SIOCINQ:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		*karg = tcp_inq(sk);
		return 0;
	case SIOCATMARK:
		*karg = tp->urg_data && tp->urg_seq == tp->copied_seq;
		return 0;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
			*karg = 0;
		else
			*karg = (int)(tp->write_seq -
				      (cmd == SIOCOUTQ ? tp->snd_una : tp->snd_nxt));
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

/* Whether what is left of a buffer has the urgent byte in it, read or not: it is not of the stream. */
static bool urgent_byte_in(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	return unlikely(tp->urg_data) && !before(tp->urg_seq, tp->copied_seq) &&
	       before(tp->urg_seq, TCP_SKB_CB(skb)->end_seq);
}

/*
 * The next data as a buffer, which belongs to the caller and is not charged any more; NULL with *@err: 0
 * at the end of the stream. Stack lock.
 */
struct sk_buff *tcp_recv_skb_form(struct socket *sock, unsigned int flags, int *err)
{
	struct sock *sk = sock->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 offset = 0;

	(void)flags;
	*err = -ENOTCONN;
	if (sk->sk_state == TCP_LISTEN)
		return NULL;
	skb = find_skb(sk, tp->copied_seq, &offset);
	if (!skb) {
		*err = nothing_to_read(sk);
		return NULL;
	}
	*err = -EBADMSG;
	if (urgent_byte_in(tp, skb) && !sock_flag(sk, SOCK_URGINLINE))
		return NULL;
	*err = 0;
	/* Buffers before it, if any, were read: only urgent data leaves them. */
	while (skb_peek(&sk->sk_receive_queue) != skb)
		eat_skb(sk, skb_peek(&sk->sk_receive_queue));
	if (offset && offset < skb->len) {
		/* What was acknowledged stays when memory ends. */
		if (!pskb_pull(skb, offset)) {
			*err = -ENOMEM;
			return NULL;
		}
		TCP_SKB_CB(skb)->seq += offset;
		offset = 0;
	}
	WRITE_ONCE(tp->copied_seq, TCP_SKB_CB(skb)->end_seq);
	if (tp->urg_data && after(tp->copied_seq, tp->urg_seq))
		WRITE_ONCE(tp->urg_data, 0);
	if (offset >= skb->len) {
		eat_skb(sk, skb);
		return NULL;
	}
	__skb_unlink(skb, &sk->sk_receive_queue);
	skb_orphan(skb);
	tcp_rcv_space_adjust(sk);
	tcp_cleanup_rbuf(sk, (int)skb->len);
	return skb;
}
