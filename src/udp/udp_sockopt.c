// SPDX-License-Identifier: BSD-2-Clause
/* The options of level SOL_UDP. */
#include <limits.h>

#include "udp/udp.h"

static int set_cork(struct sock *sk, int val)
{
	udp_sk(sk)->corkflag = !!val;
	/* What has come together is sent now; its error, if any, is not this call's. */
	if (!val)
		udp_push_pending_frames(sk);
	return 0;
}

static int set_segment(struct sock *sk, int val)
{
	if (val < 0 || val > USHRT_MAX)
		return -EINVAL;
	udp_sk(sk)->gso_size = (u16)val;
	return 0;
}

void udp_want_gro(struct sock *sk, bool on)
{
	if (udp_sk(sk)->gro_enabled == on)
		return;
	udp_sk(sk)->gro_enabled = on;
	udp_net(sock_net(sk))->gro_wanted += on ? 1 : -1u;
}

static int udp_lib_setsockopt(struct sock *sk, int optname, int val)
{
	switch (optname) {
	case UDP_CORK:
		return set_cork(sk, val);
	case UDP_SEGMENT:
		return set_segment(sk, val);
	case UDP_GRO:
		udp_want_gro(sk, val);
		return 0;
	case UDP_ENCAP:
		/* 0 ends what a program began; ESP and its kin don't exist here. */
		return val || sk->sk_kern_sock ? -ENOPROTOOPT : 0;
	default:
		return -ENOPROTOOPT;
	}
}

int udp_setsockopt(struct sock *sk, int level, int optname, const void *optval, unsigned int optlen)
{
	int val;

	if (level == SOL_IP)
		return ip_setsockopt(sk, level, optname, optval, optlen);
	if (level != SOL_UDP)
		return -ENOPROTOOPT;
	if (optlen < sizeof(int))
		return -EINVAL;
	if (!optval)
		return -EFAULT;
	memcpy(&val, optval, sizeof(val));
	return udp_lib_setsockopt(sk, optname, val);
}

static int udp_lib_getsockopt(const struct sock *sk, int optname, int *val)
{
	const struct udp_sock *up = udp_sk(sk);

	switch (optname) {
	case UDP_CORK:
		*val = up->corkflag;
		return 0;
	case UDP_SEGMENT:
		*val = up->gso_size;
		return 0;
	case UDP_GRO:
		*val = up->gro_enabled;
		return 0;
	case UDP_ENCAP:
		*val = sk->sk_kern_sock ? up->encap_type : 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int udp_getsockopt(struct sock *sk, int level, int optname, void *optval, int *optlen)
{
	int val = 0, err;

	if (level != SOL_UDP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if (*optlen < 0)
		return -EINVAL;
	err = udp_lib_getsockopt(sk, optname, &val);
	return err ? err : sock_put_option(optval, optlen, &val, sizeof(val));
}
