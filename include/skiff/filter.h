/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic BPF: small programs that decide which packets a socket gets, and how much of them. */
#ifndef SKIFF_FILTER_H
#define SKIFF_FILTER_H

#define SKIFF_SYSTEM_HEADERS_ONLY
#include <linux/filter.h>
#undef SKIFF_SYSTEM_HEADERS_ONLY

#include <skiff/skbuff.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_prog;
struct sock;

/*
 * A program is an array of struct sock_filter: a machine with an accumulator A, an index register
 * X and BPF_MEMWORDS words of memory, which may only jump forward and so always ends. It returns
 * how many bytes of the packet are wanted, 0 for none of it. Reading beyond the packet and dividing
 * by 0 return 0. Offsets below zero reach headers in front of the data (SKF_NET_OFF, SKF_LL_OFF) and
 * what is known besides (SKF_AD_OFF).
 */

/**
 * struct sk_filter - the program of one socket or of several
 * @refcnt: sockets that use it; each is charged for it (sk_omem_alloc)
 * @prog: the program
 */
struct sk_filter {
	refcount_t refcnt;
	struct bpf_prog *prog;
};

/**
 * bpf_check_classic() - whether a program may run
 * @filter: instructions
 * @flen: how many
 *
 * All codes are known, jumps lead to instructions, memory is written before it is read on every way,
 * no constant divides by zero or shifts by 32 and more, and the last instruction returns. Any thread.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
SKIFF_API int bpf_check_classic(const struct sock_filter *filter, unsigned int flen);

/**
 * bpf_prog_create() - check a program and make it ready to run
 * @pfp: set to the program, which belongs to the caller until bpf_prog_destroy()
 * @fprog: instructions; copied
 *
 * Any thread. Return: 0; -EINVAL for none, more than BPF_MAXINSNS or an invalid one; -ENOMEM.
 */
SKIFF_API int bpf_prog_create(struct bpf_prog **pfp, const struct sock_fprog *fprog);

/* Release a program; NULL is ignored. Any thread. */
SKIFF_API void bpf_prog_destroy(struct bpf_prog *fp);

/**
 * bpf_prog_run() - ask a program about a packet
 * @prog: the program
 * @skb: the packet, which is not changed; offsets count from skb->data
 *
 * Any holder of the packet. Return: what the program returned.
 */
SKIFF_API u32 bpf_prog_run(const struct bpf_prog *prog, const struct sk_buff *skb);

/**
 * sk_attach_filter() - SO_ATTACH_FILTER: have a program choose what a socket gets
 * @fprog: instructions; copied
 * @sk: the socket; its former filter is replaced
 *
 * Stack lock. Return: 0; -EPERM when the filter is locked; -EINVAL as bpf_prog_create(); -ENOMEM,
 * also when the program would exceed net.core.optmem_max.
 */
SKIFF_API int sk_attach_filter(const struct sock_fprog *fprog, struct sock *sk);

/* SO_DETACH_FILTER. Stack lock. Return: 0; -EPERM when it is locked; -ENOENT when there is none. */
SKIFF_API int sk_detach_filter(struct sock *sk);

/**
 * sk_get_filter() - SO_GET_FILTER: a socket's filter as it was attached
 * @sk: the socket
 * @filter: room for @len instructions
 * @len: 0 asks how many there are
 *
 * Stack lock. Return: how many instructions it has, 0 without a filter; -EINVAL for less room.
 */
SKIFF_API int sk_get_filter(struct sock *sk, struct sock_filter *filter, unsigned int len);

/* SO_LOCK_FILTER: no change from now on. Stack lock. Return: 0; -EPERM for unlocking. */
SKIFF_API int sk_lock_filter(struct sock *sk, bool lock);

/**
 * sk_filter_charge() - one more socket uses a filter
 * @sk: the socket
 * @fp: the filter; the socket's reference to it is for sk_filter_uncharge() to drop
 *
 * Return: false when the socket would have more option memory than net.core.optmem_max.
 */
SKIFF_API bool sk_filter_charge(struct sock *sk, struct sk_filter *fp);
SKIFF_API void sk_filter_uncharge(struct sock *sk, struct sk_filter *fp);

/**
 * sk_filter_trim_cap() - let a socket's filter judge a packet for it
 * @sk: the socket
 * @skb: the packet, only holder; cut to what the filter wants, but not below @cap bytes
 * @cap: bytes that the protocol needs
 *
 * Return: 0; -EPERM when the filter does not want it; -ENOMEM.
 */
SKIFF_API int sk_filter_trim_cap(struct sock *sk, struct sk_buff *skb, unsigned int cap);

static inline int sk_filter(struct sock *sk, struct sk_buff *skb)
{
	return sk_filter_trim_cap(sk, skb, 1);
}

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_FILTER_H */
