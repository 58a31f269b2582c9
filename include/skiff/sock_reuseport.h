/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of sockets that share an address and port by SO_REUSEPORT. */
#ifndef SKIFF_SOCK_REUSEPORT_H
#define SKIFF_SOCK_REUSEPORT_H

#include <skiff/filter.h>
#include <skiff/sock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sockets of one group. */
#define REUSEPORT_SOCKS_MAX 65535

/**
 * struct sock_reuseport - sockets among which flows are divided
 * @max_socks: room
 * @num_socks: members
 * @has_conns: one of them is connected, so that a look at all of them is needed
 * @prog: SO_ATTACH_REUSEPORT_CBPF: returns the index of the member; what is none is left to the hash
 * @socks: the members, without references: who closes leaves first
 */
struct sock_reuseport {
	unsigned int max_socks;
	unsigned int num_socks;
	bool has_conns;
	struct bpf_prog *prog;
	struct sock **socks;
};

/**
 * reuseport_alloc() - make a group of one socket
 * @sk: in no group
 *
 * Stack lock, as all of these. Return: 0 or -ENOMEM.
 */
SKIFF_API int reuseport_alloc(struct sock *sk);

/* Add @sk, in no group, to that of @sk2. Return: 0, -ENOMEM, -ENOSPC with REUSEPORT_SOCKS_MAX. */
SKIFF_API int reuseport_add_sock(struct sock *sk, struct sock *sk2);

/* Take a socket out of its group, if it is in any; the last one ends it. */
SKIFF_API void reuseport_detach_sock(struct sock *sk);

/**
 * reuseport_select_sock() - the member of a group that a packet is for
 * @sk: a member
 * @hash: of the flow, by a key that nobody knows
 * @skb: the packet, NULL when there is none
 * @hdr_len: bytes of it that stand before the payload
 *
 * Return: the member, NULL when @sk is in no group.
 */
SKIFF_API struct sock *reuseport_select_sock(struct sock *sk, u32 hash, struct sk_buff *skb,
					     int hdr_len);

/**
 * reuseport_attach_prog() - SO_ATTACH_REUSEPORT_CBPF: have a program choose the member
 * @sk: a member, or a socket of UDP or TCP with SO_REUSEPORT that is to be bound or to listen
 * @fprog: instructions, which see the payload; copied. The group's former program is replaced
 *
 * Return: 0; -EINVAL without SO_REUSEPORT or as bpf_prog_create(); -ENOMEM.
 */
SKIFF_API int reuseport_attach_prog(struct sock *sk, const struct sock_fprog *fprog);

/* SO_DETACH_REUSEPORT_BPF. Return: 0; -ENOENT without a program; -EINVAL without SO_REUSEPORT. */
SKIFF_API int reuseport_detach_prog(struct sock *sk);

/* Whether a member of its group is connected; @set: one is, from now on. */
SKIFF_API bool reuseport_has_conns(struct sock *sk, bool set);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SOCK_REUSEPORT_H */
