// SPDX-License-Identifier: BSD-2-Clause
/* Classic BPF: the filter of a socket, attached, charged, locked and asked. */
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "sock/filter.h"

static void filter_put(struct sk_filter *fp)
{
	if (!refcount_dec_and_test(&fp->refcnt))
		return;
	bpf_prog_destroy(fp->prog);
	kfree(fp);
}

bool sk_filter_charge(struct sock *sk, struct sk_filter *fp)
{
	u32 size = fp->prog->size, max = (u32)sock_limits(sock_net(sk))->optmem_max;

	if (size > max || (u64)atomic_read(&sk->sk_omem_alloc) + size >= max)
		return false;
	atomic_add((int)size, &sk->sk_omem_alloc);
	refcount_inc(&fp->refcnt);
	return true;
}

void sk_filter_uncharge(struct sock *sk, struct sk_filter *fp)
{
	atomic_sub((int)fp->prog->size, &sk->sk_omem_alloc);
	filter_put(fp);
}

int sk_attach_filter(const struct sock_fprog *fprog, struct sock *sk)
{
	struct sk_filter *fp, *old;
	int err;

	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	fp = kmalloc(sizeof(*fp), GFP_KERNEL);
	if (!fp)
		return -ENOMEM;
	err = bpf_prog_create(&fp->prog, fprog);
	if (err) {
		kfree(fp);
		return err;
	}
	refcount_set(&fp->refcnt, 1);
	if (!sk_filter_charge(sk, fp)) {
		filter_put(fp);
		return -ENOMEM;
	}
	filter_put(fp); /* the socket's reference stays */
	old = sk->sk_filter;
	sk->sk_filter = fp;
	if (old)
		sk_filter_uncharge(sk, old);
	return 0;
}

int sk_detach_filter(struct sock *sk)
{
	struct sk_filter *fp = sk->sk_filter;

	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!fp)
		return -ENOENT;
	sk->sk_filter = NULL;
	sk_filter_uncharge(sk, fp);
	return 0;
}

int sk_get_filter(struct sock *sk, struct sock_filter *filter, unsigned int len)
{
	const struct sk_filter *fp = sk->sk_filter;

	if (!fp)
		return 0;
	if (len && len < fp->prog->len)
		return -EINVAL;
	if (len)
		memcpy(filter, fp->prog->orig, fp->prog->len * sizeof(*filter));
	return (int)fp->prog->len;
}

int sk_lock_filter(struct sock *sk, bool lock)
{
	if (!lock && sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	sock_valbool_flag(sk, SOCK_FILTER_LOCKED, lock);
	return 0;
}

int sk_filter_trim_cap(struct sock *sk, struct sk_buff *skb, unsigned int cap)
{
	const struct sk_filter *fp = sk->sk_filter;
	u32 wanted;

	if (likely(!fp))
		return 0;
	wanted = bpf_prog_run(fp->prog, skb);
	if (!wanted)
		return -EPERM;
	return pskb_trim(skb, max(cap, wanted));
}
