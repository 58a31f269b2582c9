/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw sockets: IPv4 packets of one protocol, as they are. */
#ifndef SKIFF_RAW_H
#define SKIFF_RAW_H

#include <skiff/icmp.h>
#include <skiff/inet_sock.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct raw_sock - a raw socket
 * @inet: the rest; must be first. Its port is the protocol
 * @cork: the datagram under way
 * @filter: ICMP_FILTER: bit per type of ICMP message that it does not want
 */
struct raw_sock {
	struct inet_sock inet;
	struct inet_cork cork;
	struct icmp_filter filter;
};

static inline struct raw_sock *raw_sk(const struct sock *sk)
{
	return (struct raw_sock *)(void *)(uintptr_t)sk;
}

SKIFF_API extern struct proto raw_prot;

/**
 * raw_init() - offer raw sockets on every host
 *
 * Once per process, after ipv4_init(). Return: 0 or a negative errno.
 */
SKIFF_API int raw_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_RAW_H */
