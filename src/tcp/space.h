/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive buffer and the window, in numbers: asked for with each segment, in and out. */
#ifndef SKIFF_TCP_SPACE_H
#define SKIFF_TCP_SPACE_H

#include <skiff/sock.h>
#include <skiff/tcp.h>

/* Part of @space bytes of buffer that is for data. */
static inline int tcp_win_from_space(const struct sock *sk, int space)
{
	return (int)((s64)space * tcp_sk(sk)->scaling_ratio >> 8);
}

int tcp_space_from_win(const struct sock *sk, int win);

/* What there is room for now, and in the empty buffer. */
static inline int tcp_space(const struct sock *sk)
{
	return tcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf) - sk_rmem_alloc_get(sk));
}

static inline int tcp_full_space(const struct sock *sk)
{
	return tcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf));
}

/* How much of the window that was offered last is left. */
static inline u32 tcp_receive_window(const struct tcp_sock *tp)
{
	s32 win = (s32)(tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt);

	return win > 0 ? (u32)win : 0;
}

#endif /* SKIFF_TCP_SPACE_H */
