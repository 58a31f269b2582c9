// SPDX-License-Identifier: BSD-2-Clause
/* The options of level SOL_TCP. */
#include <limits.h>

#include <skiff/slab.h>
#include <skiff/tcp_info.h>

#include "tcp/info.h"
#include "tcp/tcp.h"

/* Newer than the C library's headers. */
#define TCP_IS_MPTCP 43
#define TCP_RTO_MAX_MS 44
#define TCP_RTO_MIN_US 45
#define TCP_DELACK_MAX_US 46

/* What some options do, which the stack itself uses as well */

void __tcp_sock_set_cork(struct sock *sk, bool on)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (on) {
		tp->nonagle |= TCP_NAGLE_CORK;
		return;
	}
	tp->nonagle &= (u8)~TCP_NAGLE_CORK & 0xf;
	if (tp->nonagle & TCP_NAGLE_OFF)
		tp->nonagle |= TCP_NAGLE_PUSH;
	tcp_push_pending_frames(sk);
}

/* Set while corked it has no effect until the cork is drawn, but for what is queued now. */
void __tcp_sock_set_nodelay(struct sock *sk, bool on)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (on) {
		tp->nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH;
		tcp_push_pending_frames(sk);
	} else {
		tp->nonagle &= (u8)~TCP_NAGLE_OFF & 0xf;
	}
}

/* 0: delay; 1: at once from now on; an even number: only what is due now. */
static void set_quickack(struct sock *sk, int val)
{
	if (!val) {
		inet_csk_enter_pingpong_mode(sk);
		return;
	}
	inet_csk_exit_pingpong_mode(sk);
	if (((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) &&
	    inet_csk_ack_scheduled(sk)) {
		inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_PUSHED;
		tcp_cleanup_rbuf(sk, 1);
		if (!(val & 1))
			inet_csk_enter_pingpong_mode(sk);
	}
}

int tcp_set_window_clamp(struct sock *sk, int val)
{
	int least = SOCK_MIN_RCVBUF / 2;
	u32 old;
	struct tcp_sock *tp = tcp_sk(sk);

	if (!val) {
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		tp->window_clamp = 0;
		return 0;
	}
	old = tp->window_clamp;
	tp->window_clamp = (u32)max(val, least);
	if (tp->window_clamp == old)
		return 0;
	/* The window must not shrink below what was offered. */
	if (tp->window_clamp < old)
		tp->rcv_ssthresh = min(tp->rcv_ssthresh, tp->window_clamp);
	else
		tp->rcv_ssthresh = max(min(tp->rcv_wnd, tp->window_clamp), tp->rcv_ssthresh);
	return 0;
}

/* TCP_DEFER_ACCEPT counts seconds, the stack retransmissions of the SYN-ACK. */
static u8 secs_to_retrans(int seconds, int timeout, int rto_max)
{
	u8 res = 0;

	if (seconds > 0) {
		int period = timeout;

		res = 1;
		while (seconds > period && res < 255) {
			res++;
			timeout = min(timeout << 1, rto_max);
			period += timeout;
		}
	}
	return res;
}

static int retrans_to_secs(u8 retrans, int timeout, int rto_max)
{
	int period = 0;

	if (retrans > 0) {
		period = timeout;
		while (--retrans) {
			timeout = min(timeout << 1, rto_max);
			period += timeout;
		}
	}
	return period;
}

#define TIMEOUT_INIT_SEC ((int)(TCP_TIMEOUT_INIT / HZ))
#define RTO_MAX_SEC ((int)(TCP_RTO_MAX / HZ))

/* Setting */

static int set_string(struct sock *sk, const void *optval, unsigned int optlen)
{
	char name[TCP_CA_NAME_MAX] = "";

	if (optlen < 1)
		return -EINVAL;
	memcpy(name, optval, min((size_t)optlen, sizeof(name) - 1));
	/* Sockets have no privileges of their own: the setting is by whom the host belongs to. */
	return tcp_set_congestion_control(sk, name);
}

static int set_keepalive(struct sock *sk, int optname, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);

	switch (optname) {
	case TCP_KEEPIDLE:
		return tcp_keepalive_set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		if (val < 1 || val > MAX_TCP_KEEPINTVL)
			return -EINVAL;
		tp->keepalive_intvl = (u16)val;
		return 0;
	default:
		if (val < 1 || val > MAX_TCP_KEEPCNT)
			return -EINVAL;
		tp->keepalive_probes = (u8)val;
		return 0;
	}
}

static void set_linger2(struct tcp_sock *tp, int val)
{
	if (val < 0)
		tp->linger2 = -1;
	else if (val > TCP_FIN_TIMEOUT_MAX / HZ)
		tp->linger2 = TCP_FIN_TIMEOUT_MAX / HZ;
	else
		tp->linger2 = (s16)val;
}

static int set_fastopen(struct sock *sk, int optname, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct request_sock_queue *q;
	bool unused = (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN);

	switch (optname) {
	case TCP_FASTOPEN:
		if (val < 0 || !unused)
			return -EINVAL;
		q = inet_csk_make_queue(sk);
		if (!q)
			return -ENOMEM;
		q->max_fastopen = min(val, sock_limits(sock_net(sk))->somaxconn);
		return 0;
	case TCP_FASTOPEN_CONNECT:
		if (val > 1 || val < 0)
			return -EINVAL;
		if (!(tcp_net_sk(sk)->sysctl_tcp_fastopen & 1 /* client */))
			return -EOPNOTSUPP;
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		tp->fastopen_connect = val & 1;
		return 0;
	default:
		if (val > 1 || val < 0 || !unused)
			return -EINVAL;
		tp->fastopen_no_cookie = val & 1;
		return 0;
	}
}

/* Bounds of a connection's timers, in the unit that the name says. */
static int set_bound(struct sock *sk, int optname, int val)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	u32 j;

	if (optname == TCP_RTO_MAX_MS) {
		if (val < 1000 || val > (int)(TCP_RTO_MAX / HZ) * 1000)
			return -EINVAL;
		icsk->icsk_rto_max = (u32)msecs_to_jiffies((unsigned int)val);
		return 0;
	}
	if (val <= 0)
		return -EINVAL;
	j = (u32)usecs_to_jiffies((unsigned int)val);
	if (optname == TCP_RTO_MIN_US) {
		if (j > TCP_RTO_MIN || j < TCP_TIMEOUT_MIN)
			return -EINVAL;
		icsk->icsk_rto_min = j;
		return 0;
	}
	if (j > TCP_DELACK_MAX || j < TCP_TIMEOUT_MIN)
		return -EINVAL;
	icsk->icsk_delack_max = j;
	return 0;
}

static int set_sending(struct sock *sk, int optname, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);

	switch (optname) {
	case TCP_NODELAY:
		__tcp_sock_set_nodelay(sk, val);
		return 0;
	case TCP_CORK:
		__tcp_sock_set_cork(sk, val);
		return 0;
	case TCP_MAXSEG:
		if (val && (val < (int)TCP_MIN_MSS || val > (int)TCP_MAX_WINDOW))
			return -EINVAL;
		tp->rx_opt.user_mss = (u16)val;
		return 0;
	case TCP_NOTSENT_LOWAT:
		WRITE_ONCE(tp->notsent_lowat, (u32)val);
		sk->sk_write_space(sk);
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		if (val < 0 || val > 1)
			return -EINVAL;
		tp->thin_lto = val & 1;
		return 0;
	default: /* TCP_THIN_DUPACK: as on Linux, nothing depends on it any more */
		return val < 0 || val > 1 ? -EINVAL : 0;
	}
}

static int set_life(struct sock *sk, int optname, int val)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct request_sock_queue *q;

	switch (optname) {
	case TCP_SYNCNT:
		if (val < 1 || val > MAX_TCP_SYNCNT)
			return -EINVAL;
		icsk->icsk_syn_retries = (u8)val;
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		icsk->icsk_user_timeout = (u32)val;
		return 0;
	case TCP_LINGER2:
		set_linger2(tp, val);
		return 0;
	case TCP_DEFER_ACCEPT:
		q = inet_csk_make_queue(sk);
		if (!q)
			return -ENOMEM;
		q->defer_accept = secs_to_retrans(val, TIMEOUT_INIT_SEC, RTO_MAX_SEC);
		return 0;
	default: /* TCP_SAVE_SYN */
		if (val < 0 || val > 2)
			return -EINVAL;
		tp->save_syn = val & 3;
		return 0;
	}
}

static int set_int(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case TCP_NODELAY:
	case TCP_CORK:
	case TCP_MAXSEG:
	case TCP_NOTSENT_LOWAT:
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_THIN_DUPACK:
		return set_sending(sk, optname, val);
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keepalive(sk, optname, val);
	case TCP_SYNCNT:
	case TCP_USER_TIMEOUT:
	case TCP_LINGER2:
	case TCP_DEFER_ACCEPT:
	case TCP_SAVE_SYN:
		return set_life(sk, optname, val);
	case TCP_FASTOPEN:
	case TCP_FASTOPEN_CONNECT:
	case TCP_FASTOPEN_NO_COOKIE:
		return set_fastopen(sk, optname, val);
	case TCP_RTO_MAX_MS:
	case TCP_RTO_MIN_US:
	case TCP_DELACK_MAX_US:
		return set_bound(sk, optname, val);
	case TCP_WINDOW_CLAMP:
		return tcp_set_window_clamp(sk, val);
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_INQ:
		if (val < 0 || val > 1)
			return -EINVAL;
		tcp_sk(sk)->recvmsg_inq = val & 1;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_setsockopt(struct sock *sk, int level, int optname, const void *optval, unsigned int optlen)
{
	int val;

	if (level == SOL_IP)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_TCP)
		return -ENOPROTOOPT;
	if (!optval && optlen)
		return -EFAULT;
	switch (optname) {
	case TCP_CONGESTION:
		return set_string(sk, optval, optlen);
	case TCP_MD5SIG:
	case TCP_MD5SIG_EXT:
		return tcp_parse_md5_keys(sk, optname, optval, optlen);
	case TCP_FASTOPEN_KEY:
		return tcp_fastopen_set_keys(sk, optval, optlen);
	default:
		break;
	}
	if (optlen < sizeof(int))
		return -EINVAL;
	memcpy(&val, optval, sizeof(val));
	return set_int(sk, optname, val);
}

/* Getting */

static int get_maxseg(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->rx_opt.user_mss && ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return tp->rx_opt.user_mss;
	return (int)tp->mss_cache;
}

static int get_linger2(const struct sock *sk)
{
	int val = tcp_sk(sk)->linger2;

	if (val < 0)
		return val;
	return val ? val : tcp_net_sk(sk)->sysctl_tcp_fin_timeout / HZ;
}

static int get_life(const struct sock *sk, int optname)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (optname) {
	case TCP_KEEPIDLE:
		return (int)(keepalive_time_when(tp) / HZ);
	case TCP_KEEPINTVL:
		return (int)(keepalive_intvl_when(tp) / HZ);
	case TCP_KEEPCNT:
		return keepalive_probes(tp);
	case TCP_SYNCNT:
		return icsk->icsk_syn_retries ? icsk->icsk_syn_retries :
						tcp_net_sk(sk)->sysctl_tcp_syn_retries;
	case TCP_LINGER2:
		return get_linger2(sk);
	case TCP_USER_TIMEOUT:
		return (int)icsk->icsk_user_timeout;
	default: /* TCP_DEFER_ACCEPT */
		return retrans_to_secs(inet_csk_defer_accept(sk), TIMEOUT_INIT_SEC, RTO_MAX_SEC);
	}
}

static int get_int(struct sock *sk, int optname, int *val)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (optname) {
	case TCP_MAXSEG:
		*val = get_maxseg(sk);
		return 0;
	case TCP_NODELAY:
		*val = !!(tp->nonagle & TCP_NAGLE_OFF);
		return 0;
	case TCP_CORK:
		*val = !!(tp->nonagle & TCP_NAGLE_CORK);
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
	case TCP_SYNCNT:
	case TCP_LINGER2:
	case TCP_USER_TIMEOUT:
	case TCP_DEFER_ACCEPT:
		*val = get_life(sk, optname);
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = (int)tp->window_clamp;
		return 0;
	case TCP_QUICKACK:
		*val = !inet_csk_in_pingpong_mode(sk);
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		*val = tp->thin_lto;
		return 0;
	case TCP_THIN_DUPACK:
	case TCP_IS_MPTCP:
		*val = 0;
		return 0;
	case TCP_FASTOPEN:
		*val = icsk->icsk_accept_queue ? icsk->icsk_accept_queue->max_fastopen : 0;
		return 0;
	case TCP_FASTOPEN_CONNECT:
		*val = tp->fastopen_connect;
		return 0;
	case TCP_FASTOPEN_NO_COOKIE:
		*val = tp->fastopen_no_cookie;
		return 0;
	case TCP_TIMESTAMP:
		*val = (int)(tcp_clock_ns(sk) / 1000000 + tp->tsoffset);
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = (int)tp->notsent_lowat;
		return 0;
	case TCP_INQ:
		*val = tp->recvmsg_inq;
		return 0;
	case TCP_SAVE_SYN:
		*val = tp->save_syn;
		return 0;
	case TCP_RTO_MAX_MS:
		*val = (int)jiffies_to_msecs(tcp_rto_max(sk));
		return 0;
	case TCP_RTO_MIN_US:
		*val = (int)jiffies_to_usecs(icsk->icsk_rto_min);
		return 0;
	case TCP_DELACK_MAX_US:
		*val = (int)jiffies_to_usecs(icsk->icsk_delack_max);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_info(struct sock *sk, void *optval, int *optlen)
{
	struct skiff_tcp_info info;

	tcp_get_info(sk, &info);
	return sock_put_option(optval, optlen, &info, sizeof(info));
}

static int get_cc_info(struct sock *sk, void *optval, int *optlen)
{
	const struct tcp_congestion_ops *ca = inet_csk(sk)->icsk_ca_ops;
	union tcp_cc_info info;
	size_t len = 0;
	int attr;

	if (ca->get_info)
		len = ca->get_info(sk, ~0U, &attr, &info);
	return sock_put_option(optval, optlen, &info, (int)len);
}

/* Read once: the headers are released. */
static int get_saved_syn(struct sock *sk, void *optval, int *optlen)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 len;
	int err;

	if (!tp->saved_syn) {
		*optlen = 0;
		return 0;
	}
	len = tp->saved_syn->mac_hdrlen + tp->saved_syn->network_hdrlen + tp->saved_syn->tcp_hdrlen;
	if ((u32)*optlen < len) {
		*optlen = (int)len;
		return -EINVAL;
	}
	err = sock_put_option(optval, optlen, tp->saved_syn->data, (int)len);
	if (err)
		return err;
	kfree(tp->saved_syn);
	tp->saved_syn = NULL;
	return 0;
}

int tcp_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen)
{
	char name[TCP_CA_NAME_MAX] = "";
	siphash_key_t keys[2];
	int val, err;

	if (level == SOL_IP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	/* The network layer answers for levels that nobody knows. */
	if (level != SOL_TCP)
		return sk->sk_family == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
	if (*optlen < 0)
		return -EINVAL;
	switch (optname) {
	case TCP_INFO:
		return get_info(sk, optval, optlen);
	case TCP_CC_INFO:
		return get_cc_info(sk, optval, optlen);
	case TCP_CONGESTION:
		memcpy(name, inet_csk(sk)->icsk_ca_ops->name, sizeof(name));
		return sock_put_option(optval, optlen, name, sizeof(name));
	case TCP_FASTOPEN_KEY:
		val = (int)(sizeof(keys[0]) * tcp_fastopen_get_keys(sk, keys));
		return sock_put_option(optval, optlen, keys, val);
	case TCP_SAVED_SYN:
		return get_saved_syn(sk, optval, optlen);
	default:
		break;
	}
	err = get_int(sk, optname, &val);
	return err ? err : sock_put_option(optval, optlen, &val, sizeof(val));
}
