/* SPDX-License-Identifier: BSD-2-Clause */
/* What all sockets over IP have beside struct sock. */
#ifndef SKIFF_INET_SOCK_H
#define SKIFF_INET_SOCK_H

#include <skiff/sock.h>

/**
 * struct inet_sock - a socket over IP
 * @sk: the rest; must be first
 * @inet_saddr: source of its packets, 0 to have one chosen
 * @inet_sport: own port, wire order
 * @uc_ttl: time to live, 0 for the host's
 * @tos: DSCP and ECN
 * @pmtudisc: IP_PMTUDISC_*
 */
struct inet_sock {
	struct sock sk;
#define inet_daddr sk.sk_daddr
#define inet_rcv_saddr sk.sk_rcv_saddr
#define inet_dport sk.sk_dport
#define inet_num sk.sk_num
	__be32 inet_saddr;
	__be16 inet_sport;
	__u8 uc_ttl;
	__u8 tos;
	__u8 pmtudisc;
};

static inline struct inet_sock *inet_sk(const struct sock *sk)
{
	return (struct inet_sock *)(void *)(uintptr_t)sk;
}

#endif /* SKIFF_INET_SOCK_H */
