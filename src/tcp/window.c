// SPDX-License-Identifier: BSD-2-Clause
/*
 * The window that is offered.
 *
 * It follows the room in the receive buffer, but in steps that are worth a segment (RFC 9293 section
 * 3.8.6.2.2, silly windows), and its right edge never moves to the left (section 3.8.6), except with
 * net.ipv4.tcp_shrink_window.
 */
#include "tcp/output.h"

static bool may_shrink(const struct sock *sk)
{
	return tcp_net_sk(sk)->sysctl_tcp_shrink_window && tcp_sk(sk)->rx_opt.rcv_wscale;
}

/* What the buffer looks like: bytes of data. */
struct room {
	int free;	/* that still fit */
	int allowed;	/* that fit in all */
	int full;	/* of these, no more than the largest window */
	int mss;	/* a segment of the peer's */
	int scale_unit; /* smallest change that a scaled window shows */
};

/*
 * Less than half is free: from now on the window closes. Return: whether it is to be closed at once,
 * because a segment would not fit or little of the buffer is left; later the buffer would overflow
 * before the peer hears of it.
 */
static bool nearly_full(struct sock *sk, struct room *r)
{
	struct tcp_sock *tp = tcp_sk(sk);

	inet_csk(sk)->icsk_ack.quick = 0;
	if (tcp_under_memory_pressure(sk))
		tp->rcv_ssthresh = min(tp->rcv_ssthresh, 4U * tp->advmss);
	r->free &= ~(r->scale_unit - 1);
	return r->free < (r->allowed >> 4) || r->free < r->mss;
}

/* Without scaling: in whole segments, and as long as that is about right the window stays. */
static int window_unscaled(const struct tcp_sock *tp, const struct room *r, int free)
{
	int window = (int)tp->rcv_wnd;

	if (window <= free - r->mss || window > free)
		return free - free % r->mss;
	if (r->mss == r->full && free > window + (r->full >> 1))
		return free;
	return window;
}

u32 __tcp_select_window(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct room r = {
		.free = tcp_space(sk),
		.allowed = tcp_full_space(sk),
		.mss = inet_csk(sk)->icsk_ack.rcv_mss,
		.scale_unit = 1 << tp->rx_opt.rcv_wscale,
	};
	int window;

	r.full = min_t(int, (int)min_t(u32, tp->window_clamp, INT32_MAX), r.allowed);
	r.mss = min(r.mss, r.full);
	if (unlikely(r.mss <= 0))
		return 0;
	if (may_shrink(sk))
		r.free &= ~(r.scale_unit - 1);
	if (r.free < (r.full >> 1) && nearly_full(sk, &r))
		return 0;
	if (may_shrink(sk) && r.free < (r.full >> 1) && r.free < r.scale_unit)
		return 0;
	window = min_t(int, r.free, (int)min_t(u32, tp->rcv_ssthresh, INT32_MAX));
	if (tp->rx_opt.rcv_wscale)
		/* Rounded up, or a window of less than the unit would read zero. */
		return (u32)ALIGN(window, r.scale_unit);
	return (u32)window_unscaled(tp, &r, window);
}

/* As it stands in the header: scaled, and no more than that can say. */
static u16 window_on_wire(const struct sock *sk, u32 win)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u8 scale = tp->rx_opt.rcv_wscale;

	if (!scale && tcp_net_sk(sk)->sysctl_tcp_workaround_signed_windows)
		win = min(win, TCP_MAX_WINDOW);
	else
		win = min(win, 65535U << scale);
	return (u16)(win >> scale);
}

u16 tcp_select_window(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 old_win = tp->rcv_wnd, cur_win, new_win;
	u16 shown;

	/* What came had to be dropped for want of memory: nothing more, please. */
	if (unlikely(inet_csk(sk)->icsk_ack.pending & ICSK_ACK_NOMEM)) {
		tp->rcv_wnd = 0;
		tp->rcv_wup = tp->rcv_nxt;
		return 0;
	}
	cur_win = tcp_receive_window(tp);
	new_win = __tcp_select_window(sk);
	if (new_win < cur_win && !may_shrink(sk)) {
		if (!new_win)
			NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPWANTZEROWINDOWADV);
		new_win = ALIGN(cur_win, 1U << tp->rx_opt.rcv_wscale);
	}
	tp->rcv_wnd = new_win;
	tp->rcv_wup = tp->rcv_nxt;
	shown = window_on_wire(sk, new_win);
	if (!shown && old_win)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPTOZEROWINDOWADV);
	else if (shown && !old_win)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFROMZEROWINDOWADV);
	return shown;
}

/* The scale that lets a window of @space bytes be said in 16 bits, RFC 7323 section 2.3. */
static u8 scale_for(u32 space)
{
	int bits = 31 - __builtin_clz(space | 1) - 15;

	return (u8)clamp(bits, 0, (int)TCP_MAX_WSCALE);
}

/**
 * tcp_select_initial_window() - window and scale of a new connection
 * @sk: the connection, or the listener that it belongs to
 * @space: data that the receive buffer holds, bytes
 * @mss: segment size announced
 * @rcv_wnd: gets the first window
 * @window_clamp: largest window, 0: none given; gets what can be said with the scale
 * @wscale_ok: scaling may be offered
 * @rcv_wscale: gets the scale
 * @init_rcv_wnd: first window of the route in segments, 0: none
 */
void tcp_select_initial_window(const struct sock *sk, int space, u32 mss, u32 *rcv_wnd,
			       u32 *window_clamp, int wscale_ok, u8 *rcv_wscale, u32 init_rcv_wnd)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	u32 top = *window_clamp ? *window_clamp : 65535U << TCP_MAX_WSCALE;
	u32 room = min_t(u32, space < 0 ? 0 : (u32)space, top);

	/* In whole segments, if it holds one. */
	if (mss && room > mss)
		room -= room % mss;
	*rcv_wnd = tn->sysctl_tcp_workaround_signed_windows ? min(room, TCP_MAX_WINDOW) : room;
	if (init_rcv_wnd)
		*rcv_wnd = (u32)min((u64)*rcv_wnd, (u64)init_rcv_wnd * mss);
	*rcv_wscale = 0;
	if (wscale_ok) {
		/* The scale can't change later, the buffer can: for the largest there may be. */
		room = max_t(u32, room, (u32)tn->sysctl_tcp_rmem[2]);
		room = max_t(u32, room, (u32)sock_limits(sock_net(sk))->rmem_max);
		*rcv_wscale = scale_for(min(room, top));
	}
	*window_clamp = min(65535U << *rcv_wscale, top);
}
