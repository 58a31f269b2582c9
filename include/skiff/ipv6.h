/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_INET6 sockets, which speak IPv4 by v4-mapped addresses (RFC 4291 section 2.5.5.2), and "::1". */
#ifndef SKIFF_IPV6_H
#define SKIFF_IPV6_H

#include <skiff/inet_common.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * There are no IPv6 packets: IPv6 addresses but "::1" can't be bound to (EADDRNOTAVAIL) or sent to
 * (ENETUNREACH). "::1" is there within the host, by packets to INADDR_LOOPBACK6. "::" takes both
 * that and IPv4, unless IPV6_V6ONLY is set.
 */

/**
 * ipv6_setsockopt() - set an option of level SOL_IPV6
 *
 * Stack lock. Return: 0; -ENOPROTOOPT for those that mean something to IPv6 packets alone, as
 * IPV6_JOIN_GROUP, IPV6_RTHDR, IPV6_FLOWLABEL_MGR; else Linux's errno.
 */
SKIFF_API int ipv6_setsockopt(struct sock *sk, int optname, const void *optval,
			      unsigned int optlen);
SKIFF_API int ipv6_getsockopt(struct sock *sk, int optname, void *optval, int *optlen);

/* The family's operations for datagrams and for streams. */
SKIFF_API extern const struct proto_ops inet6_dgram_ops;
SKIFF_API extern const struct proto_ops inet6_stream_ops;

/**
 * inet6_init() - offer the family on every host
 *
 * Once per process, after the protocols. Return: 0 or a negative errno.
 */
SKIFF_API int inet6_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_IPV6_H */
