// SPDX-License-Identifier: BSD-2-Clause
/* Changing the options of SOL_SOCKET. */
#include <limits.h>

#include <skiff/filter.h>
#include <skiff/ktime.h>
#include <skiff/net.h>
#include <skiff/sock.h>
#include <skiff/sock_reuseport.h>

#include "sock/sock.h"

/*
 * What a privileged program may do on Linux, every program may here: whoever has a host in its
 * own process owns it. Options whose effect does not exist here give -ENOPROTOOPT.
 */

static const struct {
	int optname;
	enum sock_flags flag;
} flag_options[] = {
	{ SO_DEBUG, SOCK_DBG },
	{ SO_DONTROUTE, SOCK_LOCALROUTE },
	{ SO_BROADCAST, SOCK_BROADCAST },
	{ SO_KEEPALIVE, SOCK_KEEPOPEN },
	{ SO_OOBINLINE, SOCK_URGINLINE },
	{ SO_RXQ_OVFL, SOCK_RXQ_OVFL },
	{ SO_WIFI_STATUS, SOCK_WIFI_STATUS },
	{ SO_NOFCS, SOCK_NOFCS },
	{ SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE },
	{ SO_RCVMARK, SOCK_RCVMARK },
	{ SO_RCVPRIORITY, SOCK_RCVPRIORITY },
	{ SO_PREFER_BUSY_POLL, SOCK_PREFER_BUSY_POLL },
};

int sock_flag_of_option(int optname)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_options); i++)
		if (flag_options[i].optname == optname)
			return (int)flag_options[i].flag;
	return -1;
}

/* Twice what is asked for, since the limit counts overhead as well. */
static int doubled(int val, int least)
{
	return max(min(val, INT_MAX / 2) * 2, least);
}

static void set_sndbuf(struct sock *sk, int val)
{
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, doubled(val, SOCK_MIN_SNDBUF));
	/* Whoever waits for room may have it now. Nothing is half done here, as where a buffer is freed. */
	if (sock_flag(sk, SOCK_USE_WRITE_QUEUE))
		sk->sk_write_space(sk);
	else
		sock_tell_space(sk);
}

static void set_rcvbuf(struct sock *sk, int val)
{
	sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sk->sk_rcvbuf, doubled(val, SOCK_MIN_RCVBUF));
}

/* A negative value asks for the most there is, as it does on Linux. */
static int at_most(int val, int limit)
{
	return (unsigned int)val > (unsigned int)limit ? limit : val;
}

static int set_buffers(struct sock *sk, int optname, int val)
{
	const struct sock_limits *limits = sock_limits(sock_net(sk));

	switch (optname) {
	case SO_SNDBUF:
		set_sndbuf(sk, at_most(val, limits->wmem_max));
		return 0;
	case SO_SNDBUFFORCE:
		set_sndbuf(sk, max(val, 0));
		return 0;
	case SO_RCVBUF:
		set_rcvbuf(sk, at_most(val, limits->rmem_max));
		return 0;
	case SO_RCVBUFFORCE:
		set_rcvbuf(sk, max(val, 0));
		return 0;
	case SO_BUF_LOCK:
		if (val & ~(SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK))
			return -EINVAL;
		sk->sk_userlocks &= SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK;
		sk->sk_userlocks |= val & (SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int bind_to_index(struct sock *sk, int ifindex)
{
	if (ifindex < 0)
		return -EINVAL;
	sk->sk_bound_dev_if = ifindex;
	sk_dst_reset(sk);
	return 0;
}

static int set_mark(struct sock *sk, u32 mark)
{
	if (sk->sk_mark != mark) {
		sk->sk_mark = mark;
		sk_dst_reset(sk);
	}
	return 0;
}

static int set_peek_off(struct socket *sock, int val)
{
	if (!sock->ops || !sock->ops->set_peek_off)
		return -EOPNOTSUPP;
	return sock->ops->set_peek_off(sock->sk, val);
}

static int set_rcvlowat(struct socket *sock, int val)
{
	val = val < 0 ? INT_MAX : max(val, 1);
	if (sock->ops && sock->ops->set_rcvlowat)
		return sock->ops->set_rcvlowat(sock->sk, val);
	WRITE_ONCE(sock->sk->sk_rcvlowat, val);
	return 0;
}

/* Of what has connections: only they time out. -1 is the default. */
static int set_txrehash(struct sock *sk, int val)
{
	if (!sk_paces(sk))
		return -EOPNOTSUPP;
	if (val < -1 || val > 1)
		return -EINVAL;
	sk->sk_txrehash = val != 0;
	return 0;
}

/* Bytes per second, of 4 or 8 bytes; all ones: no limit. */
static int set_max_pacing_rate(struct sock *sk, const void *optval, unsigned int optlen)
{
	unsigned long rate;
	u32 val;

	if (!sk_paces(sk))
		return -ENOPROTOOPT;
	if (optlen == sizeof(rate)) {
		memcpy(&rate, optval, sizeof(rate));
	} else {
		memcpy(&val, optval, sizeof(val));
		rate = val == ~0u ? ~0ul : val;
	}
	if (rate != ~0ul && sk->sk_pacing_status == SK_PACING_NONE)
		sk->sk_pacing_status = SK_PACING_NEEDED;
	sk->sk_max_pacing_rate = rate;
	sk->sk_pacing_rate = min(sk->sk_pacing_rate, rate);
	return 0;
}

int sk_set_peek_off(struct sock *sk, int val)
{
	WRITE_ONCE(sk->sk_peek_off, val);
	return 0;
}

static int set_linger(struct sock *sk, const void *optval, unsigned int optlen)
{
	struct linger l;

	if (optlen < sizeof(l))
		return -EINVAL;
	memcpy(&l, optval, sizeof(l));
	sock_valbool_flag(sk, SOCK_LINGER, l.l_onoff);
	if (l.l_onoff)
		sk->sk_lingertime = (unsigned int)l.l_linger;
	return 0;
}

/* Two numbers, which are long or 64 bits wide. */
static int read_timeval(int optname, const void *optval, unsigned int optlen, s64 *sec, s64 *usec)
{
	struct __kernel_old_timeval old;
	struct __kernel_sock_timeval newer;

	if (optname == SO_RCVTIMEO_NEW || optname == SO_SNDTIMEO_NEW) {
		if (optlen < sizeof(newer))
			return -EINVAL;
		memcpy(&newer, optval, sizeof(newer));
	} else {
		if (optlen < sizeof(old))
			return -EINVAL;
		memcpy(&old, optval, sizeof(old));
		newer.tv_sec = old.tv_sec;
		newer.tv_usec = old.tv_usec;
	}
	*sec = newer.tv_sec;
	*usec = newer.tv_usec;
	return 0;
}

static int set_timeout(s64 *timeo, int optname, const void *optval, unsigned int optlen)
{
	s64 sec, usec;
	int err = read_timeval(optname, optval, optlen, &sec, &usec);

	if (err)
		return err;
	if (usec < 0 || usec >= USEC_PER_SEC)
		return -EDOM;
	if (sec < 0)
		*timeo = 0;
	else if ((sec == 0 && usec == 0) || sec >= INT64_MAX / NSEC_PER_SEC - 1)
		*timeo = INT64_MAX;
	else
		*timeo = sec * NSEC_PER_SEC + usec * NSEC_PER_USEC;
	return 0;
}

static int set_filter(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct sock_fprog fprog;

	if (optlen != sizeof(fprog))
		return -EINVAL;
	memcpy(&fprog, optval, sizeof(fprog));
	return optname == SO_ATTACH_FILTER ? sk_attach_filter(&fprog, sk) :
					     reuseport_attach_prog(sk, &fprog);
}

/* Options whose value is not an int. */
static int set_structure(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	switch (optname) {
	case SO_LINGER:
		return set_linger(sk, optval, optlen);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&sk->sk_rcvtimeo, optname, optval, optlen);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&sk->sk_sndtimeo, optname, optval, optlen);
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		return sock_set_timestamping(sk, optname, optval, optlen);
	case SO_TXTIME:
		return sock_set_txtime(sk, optval, optlen);
	case SO_MAX_PACING_RATE:
		return set_max_pacing_rate(sk, optval, optlen);
	case SO_ATTACH_FILTER:
	case SO_ATTACH_REUSEPORT_CBPF:
		return set_filter(sk, optname, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/* Those that Linux has for other sockets, with what it tells these. */
static int set_foreign(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case SO_PASSCRED:
	case SO_PASSSEC:
	case SO_PASSPIDFD:
	case SO_PASSRIGHTS:
		return -EOPNOTSUPP; /* of processes, for AF_UNIX */
	case SO_RESERVE_MEM:
		return val < 0 ? -EINVAL : -EOPNOTSUPP; /* of control groups */
	case SO_CNX_ADVICE:
		/* The path does not work: look for another one. */
		if (val == 1)
			sk_dst_reset(sk);
		return 0;
	case SO_ZEROCOPY:
		return sock_set_zerocopy(sk, val);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_number(struct socket *sock, int optname, int val)
{
	int err;

	struct sock *sk = sock->sk;

	switch (optname) {
	case SO_REUSEADDR:
		sk->sk_reuse = val ? 1 : 0;
		return 0;
	case SO_REUSEPORT:
		sk->sk_reuseport = val ? 1 : 0;
		return 0;
	case SO_NO_CHECK:
		sk->sk_no_check_tx = val ? 1 : 0;
		return 0;
	case SO_PRIORITY:
		sk->sk_priority = (u32)val;
		return 0;
	case SO_MARK:
		return set_mark(sk, (u32)val);
	case SO_BINDTOIFINDEX:
		return bind_to_index(sk, val);
	case SO_BUSY_POLL:
		if (val < 0)
			return -EINVAL;
		sk->sk_ll_usec = (unsigned int)val;
		return 0;
	case SO_INCOMING_CPU:
		WRITE_ONCE(sk->sk_incoming_cpu, val);
		return 0;
	case SO_PEEK_OFF:
		return set_peek_off(sock, val);
	case SO_RCVLOWAT:
		return set_rcvlowat(sock, val);
	case SO_TXREHASH:
		return set_txrehash(sk, val);
	case SO_DETACH_FILTER:
		return sk_detach_filter(sk);
	case SO_DETACH_REUSEPORT_BPF:
		return reuseport_detach_prog(sk);
	case SO_LOCK_FILTER:
		return sk_lock_filter(sk, val);
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		return sock_set_timestamp_option(sk, optname, val);
	default:
		err = set_foreign(sk, optname, val);
		return err == -ENOPROTOOPT ? set_buffers(sk, optname, val) : err;
	}
}

static void set_flag(struct sock *sk, int flag, int val)
{
	if (flag == SOCK_KEEPOPEN && sk->sk_prot && sk->sk_prot->keepalive)
		sk->sk_prot->keepalive(sk, val);
	sock_valbool_flag(sk, (enum sock_flags)flag, val);
	if (flag == SOCK_LOCALROUTE)
		sk_dst_reset(sk);
}

int sock_setsockopt(struct socket *sock, int level, int optname, const void *optval,
		    unsigned int optlen)
{
	struct sock *sk = sock->sk;
	int flag = sock_flag_of_option(optname);
	int val, err;

	if (level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (optlen < sizeof(val))
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&val, optval, sizeof(val));
	if (flag >= 0) {
		set_flag(sk, flag, val);
		return 0;
	}
	err = set_structure(sk, optname, optval, optlen);
	return err == -ENOPROTOOPT ? set_number(sock, optname, val) : err;
}
