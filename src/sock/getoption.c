// SPDX-License-Identifier: BSD-2-Clause
/* Reading the options of SOL_SOCKET. */
#include <linux/net_tstamp.h>
#include <linux/time_types.h>

#include <skiff/filter.h>
#include <skiff/ktime.h>
#include <skiff/net.h>
#include <skiff/sock.h>

/* After the names that it makes into macros. */
#include <linux/sock_diag.h>

#include "sock/sock.h"

/* What an option's value is kept in, and how many bytes of it are in use. */
struct option_value {
	union {
		int val;
		u64 val64;
		struct linger linger;
		struct __kernel_old_timeval old_tv;
		struct __kernel_sock_timeval new_tv;
		u32 timestamping[2];
		struct sockaddr_storage addr;
		u32 meminfo[SK_MEMINFO_VARS];
		struct sock_txtime txtime;
		struct ucred ucred;
	};
	int len;
};

void sk_get_meminfo(const struct sock *sk, u32 *mem)
{
	memset(mem, 0, sizeof(*mem) * SK_MEMINFO_VARS);
	mem[SK_MEMINFO_RMEM_ALLOC] = (u32)sk_rmem_alloc_get(sk);
	mem[SK_MEMINFO_RCVBUF] = (u32)READ_ONCE(sk->sk_rcvbuf);
	mem[SK_MEMINFO_WMEM_ALLOC] = (u32)sk_wmem_alloc_get(sk);
	mem[SK_MEMINFO_SNDBUF] = (u32)READ_ONCE(sk->sk_sndbuf);
	mem[SK_MEMINFO_FWD_ALLOC] = (u32)READ_ONCE(sk->sk_forward_alloc);
	mem[SK_MEMINFO_OPTMEM] = (u32)atomic_read(&sk->sk_omem_alloc);
	mem[SK_MEMINFO_DROPS] = (u32)atomic_read(&sk->sk_drops);
}

static int get_linger(const struct sock *sk, struct option_value *v)
{
	v->linger.l_onoff = sock_flag(sk, SOCK_LINGER);
	v->linger.l_linger = (int)sk->sk_lingertime;
	v->len = sizeof(v->linger);
	return 0;
}

static int get_timeout(s64 timeo, bool newer, struct option_value *v)
{
	s64 us = timeo == INT64_MAX ? 0 : timeo / NSEC_PER_USEC;

	if (newer) {
		v->new_tv.tv_sec = us / USEC_PER_SEC;
		v->new_tv.tv_usec = us % USEC_PER_SEC;
		v->len = sizeof(v->new_tv);
	} else {
		v->old_tv.tv_sec = (__kernel_long_t)(us / USEC_PER_SEC);
		v->old_tv.tv_usec = (__kernel_long_t)(us % USEC_PER_SEC);
		v->len = sizeof(v->old_tv);
	}
	return 0;
}

/* 8 bytes where there is room for them, else 4. */
static int get_max_pacing_rate(const struct sock *sk, int room, struct option_value *v)
{
	if (!sk_paces(sk))
		return -ENOPROTOOPT;
	if (room >= (int)sizeof(v->val64)) {
		v->val64 = sk->sk_max_pacing_rate;
		v->len = sizeof(v->val64);
	} else {
		v->val = (int)(u32)min(sk->sk_max_pacing_rate, (unsigned long)~0u);
	}
	return 0;
}

static int get_peer(struct socket *sock, int room, struct option_value *v)
{
	int len = sock->ops->getname(sock, (struct sockaddr *)&v->addr, 1);

	if (len < 0)
		return -ENOTCONN;
	/* As on Linux, which has it from BSD: there has to be an address for all of the room. */
	if (len < room)
		return -EINVAL;
	v->len = len;
	return 0;
}

/* Options whose value is not an int. */
static int get_structure(struct socket *sock, int optname, int room, struct option_value *v)
{
	struct sock *sk = sock->sk;

	switch (optname) {
	case SO_LINGER:
		return get_linger(sk, v);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return get_timeout(sk->sk_rcvtimeo, optname == SO_RCVTIMEO_NEW, v);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return get_timeout(sk->sk_sndtimeo, optname == SO_SNDTIMEO_NEW, v);
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		/* Behind the flags, the clock of a device that they bind to: none. */
		v->timestamping[0] = sk->sk_tsflags;
		v->timestamping[1] = 0;
		v->len = sizeof(v->timestamping);
		return 0;
	case SO_MAX_PACING_RATE:
		return get_max_pacing_rate(sk, room, v);
	case SO_PEERNAME:
		return get_peer(sock, room, v);
	case SO_MEMINFO:
		sk_get_meminfo(sk, v->meminfo);
		v->len = sizeof(v->meminfo);
		return 0;
	case SO_COOKIE:
		v->val64 = sock_gen_cookie(sk);
		v->len = sizeof(v->val64);
		return room < v->len ? -EINVAL : 0;
	case SO_NETNS_COOKIE:
		v->val64 = sock_net_cookie(sk);
		v->len = sizeof(v->val64);
		return room != v->len ? -EINVAL : 0;
	case SO_TXTIME:
		sock_get_txtime(sk, &v->txtime);
		v->len = sizeof(v->txtime);
		return 0;
	case SO_PEERCRED:
		/* There is no peer on this machine. */
		v->ucred = (struct ucred){ .pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1 };
		v->len = sizeof(v->ucred);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* What the socket is. */
static int get_nature(struct sock *sk, int optname, int *val)
{
	switch (optname) {
	case SO_TYPE:
		*val = sk->sk_type;
		return 0;
	case SO_PROTOCOL:
		*val = sk->sk_protocol;
		return 0;
	case SO_DOMAIN:
		*val = sk->sk_family;
		return 0;
	case SO_ERROR:
		*val = -sock_error(sk);
		if (*val == 0)
			*val = __atomic_exchange_n(&sk->sk_err_soft, 0, __ATOMIC_RELAXED);
		return 0;
	case SO_ACCEPTCONN:
		*val = sk->sk_state == SOCK_STATE_LISTEN;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_buffers(const struct sock *sk, int optname, int *val)
{
	switch (optname) {
	case SO_SNDBUF:
		*val = sk->sk_sndbuf;
		return 0;
	case SO_RCVBUF:
		*val = sk->sk_rcvbuf;
		return 0;
	case SO_RCVLOWAT:
		*val = sk->sk_rcvlowat;
		return 0;
	case SO_SNDLOWAT:
		*val = 1;
		return 0;
	case SO_BUF_LOCK:
		*val = sk->sk_userlocks & (SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Those that Linux has for other sockets, with what it tells these. */
static int get_foreign(const struct sock *sk, int optname, int *val)
{
	switch (optname) {
	case SO_PASSCRED:
	case SO_PASSSEC:
	case SO_PASSPIDFD:
	case SO_PASSRIGHTS:
		return -EOPNOTSUPP;
	case SO_PEERGROUPS:
	case SO_PEERPIDFD:
		return -ENODATA;
	case SO_RESERVE_MEM:
	case SO_INCOMING_NAPI_ID:
		*val = 0; /* none */
		return 0;
	case SO_INCOMING_CPU:
		*val = READ_ONCE(sk->sk_incoming_cpu);
		return 0;
	case SO_ZEROCOPY:
		*val = sock_flag(sk, SOCK_ZEROCOPY);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_number(struct socket *sock, int optname, int *val)
{
	struct sock *sk = sock->sk;
	int err;

	switch (optname) {
	case SO_REUSEADDR:
		*val = sk->sk_reuse;
		return 0;
	case SO_REUSEPORT:
		*val = sk->sk_reuseport;
		return 0;
	case SO_NO_CHECK:
		*val = sk->sk_no_check_tx;
		return 0;
	case SO_PRIORITY:
		*val = (int)sk->sk_priority;
		return 0;
	case SO_MARK:
		*val = (int)sk->sk_mark;
		return 0;
	case SO_BINDTOIFINDEX:
		*val = sk->sk_bound_dev_if;
		return 0;
	case SO_BUSY_POLL:
		*val = (int)sk->sk_ll_usec;
		return 0;
	case SO_PEEK_OFF:
		if (!sock->ops->set_peek_off)
			return -EOPNOTSUPP;
		*val = sk->sk_peek_off;
		return 0;
	case SO_TXREHASH:
		*val = sk->sk_txrehash;
		return sk_paces(sk) ? 0 : -EOPNOTSUPP;
	case SO_LOCK_FILTER:
		*val = sock_flag(sk, SOCK_FILTER_LOCKED);
		return 0;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		*val = sock_get_timestamp_option(sk, optname);
		return 0;
	default:
		err = get_nature(sk, optname, val);
		if (err == -ENOPROTOOPT)
			err = get_foreign(sk, optname, val);
		return err == -ENOPROTOOPT ? get_buffers(sk, optname, val) : err;
	}
}

/* Here the room and the length are not bytes but instructions. */
static int get_filter(struct sock *sk, void *optval, int *optlen)
{
	int len;

	if (*optlen && !optval)
		return -EFAULT;
	len = sk_get_filter(sk, (struct sock_filter *)optval, (unsigned int)*optlen);
	if (len < 0)
		return len;
	*optlen = len;
	return 0;
}

int sock_getsockopt(struct socket *sock, int level, int optname, void *optval, int *optlen)
{
	int flag = sock_flag_of_option(optname);
	struct option_value v = { .len = sizeof(int) };
	int err = 0;

	if (level != SOL_SOCKET)
		return -ENOPROTOOPT;
	if (*optlen < 0)
		return -EINVAL;
	if (optname == SO_GET_FILTER)
		return get_filter(sock->sk, optval, optlen);
	if (flag >= 0)
		v.val = sock_flag(sock->sk, (enum sock_flags)flag);
	else
		err = get_structure(sock, optname, *optlen, &v);
	if (err == -ENOPROTOOPT)
		err = get_number(sock, optname, &v.val);
	if (err)
		return err;
	return sock_put_option(optval, optlen, &v, v.len);
}
