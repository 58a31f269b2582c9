/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files about IPv4 sockets need of each other. */
#ifndef SKIFF_IPV4_SOCKGLUE_H
#define SKIFF_IPV4_SOCKGLUE_H

#include <skiff/inet_common.h>
#include <skiff/ip_sock.h>

/* af_inet.c */
void inet_family_init(void);

/* ping_sock.c */
void ping_sock_init(void);

/* raw_hook.c */
bool inet_raw_deliver(struct sk_buff *skb, int protocol);
void inet_raw_error(struct sk_buff *skb, int protocol, u32 info);

/* ip_mcast_opt.c: the multicast part of ip_setsockopt(); -ENOPROTOOPT when it is none of these. */
int ip_mc_setsockopt(struct sock *sk, int optname, const void *optval, unsigned int optlen);
int ip_mc_getsockopt(struct sock *sk, int optname, void *optval, int *optlen);

/* An int of an option: one byte is enough for those that take it. Return: 0 or -EINVAL. */
int ip_opt_int(const void *optval, unsigned int optlen, int *val);
/* Answer with an int, or with one byte where there is no more room, as Linux does. */
int ip_opt_put(void *optval, int *optlen, int val);
/* Answer with a structure, cut to the room there is. */
int ip_opt_put_data(void *optval, int *optlen, const void *data, int len);

#endif /* SKIFF_IPV4_SOCKGLUE_H */
