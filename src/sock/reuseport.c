// SPDX-License-Identifier: BSD-2-Clause
/* SO_REUSEPORT groups: a growing array of sockets, and which one a flow goes to. */
#include <skiff/net_namespace.h>
#include <skiff/slab.h>
#include <skiff/sock_reuseport.h>

#define REUSEPORT_INIT_SOCKS 8

static int grow(struct sock_reuseport *reuse)
{
	unsigned int max = reuse->max_socks ? reuse->max_socks * 2 : REUSEPORT_INIT_SOCKS;
	struct sock **socks = (struct sock **)kcalloc(max, sizeof(struct sock *), GFP_ATOMIC);

	if (!socks)
		return -ENOMEM;
	if (reuse->num_socks)
		memcpy(socks, reuse->socks, reuse->num_socks * sizeof(struct sock *));
	kfree(reuse->socks);
	reuse->socks = socks;
	reuse->max_socks = max;
	return 0;
}

static int join(struct sock_reuseport *reuse, struct sock *sk)
{
	if (reuse->num_socks >= REUSEPORT_SOCKS_MAX)
		return -ENOSPC;
	if (reuse->num_socks == reuse->max_socks && grow(reuse))
		return -ENOMEM;
	reuse->socks[reuse->num_socks++] = sk;
	sk->sk_reuseport_cb = reuse;
	return 0;
}

int reuseport_alloc(struct sock *sk)
{
	struct sock_reuseport *reuse;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (sk->sk_reuseport_cb)
		return 0;
	reuse = (struct sock_reuseport *)kzalloc(sizeof(*reuse), GFP_ATOMIC);
	if (!reuse)
		return -ENOMEM;
	err = join(reuse, sk);
	if (err)
		kfree(reuse);
	return err;
}

int reuseport_add_sock(struct sock *sk, struct sock *sk2)
{
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!sk2->sk_reuseport_cb) {
		err = reuseport_alloc(sk2);
		if (err)
			return err;
	}
	/* One that made a group of its own by itself gives it up. */
	reuseport_detach_sock(sk);
	return join(sk2->sk_reuseport_cb, sk);
}

void reuseport_detach_sock(struct sock *sk)
{
	struct sock_reuseport *reuse = sk->sk_reuseport_cb;
	unsigned int i;

	if (!reuse)
		return;
	ASSERT_NET_LOCKED(sock_net(sk));
	sk->sk_reuseport_cb = NULL;
	for (i = 0; i < reuse->num_socks; i++)
		if (reuse->socks[i] == sk)
			break;
	/* The last one takes the place, as on Linux: the other flows stay where they are. */
	if (i < reuse->num_socks)
		reuse->socks[i] = reuse->socks[--reuse->num_socks];
	if (reuse->num_socks)
		return;
	bpf_prog_destroy(reuse->prog);
	kfree(reuse->socks);
	kfree(reuse);
}

static bool has_groups(const struct sock *sk)
{
	return (sk->sk_type == SOCK_DGRAM && sk->sk_protocol == IPPROTO_UDP) ||
	       (sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP);
}

int reuseport_attach_prog(struct sock *sk, const struct sock_fprog *fprog)
{
	struct bpf_prog *prog;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!sk->sk_reuseport || !has_groups(sk))
		return -EINVAL;
	/* Bound before it had the option. */
	if (!sk->sk_reuseport_cb && !hlist_unhashed(&sk->sk_node))
		return -EINVAL;
	err = bpf_prog_create(&prog, fprog);
	if (err)
		return err;
	err = reuseport_alloc(sk);
	if (err) {
		bpf_prog_destroy(prog);
		return err;
	}
	bpf_prog_destroy(sk->sk_reuseport_cb->prog);
	sk->sk_reuseport_cb->prog = prog;
	return 0;
}

int reuseport_detach_prog(struct sock *sk)
{
	struct sock_reuseport *reuse = sk->sk_reuseport_cb;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!reuse)
		return sk->sk_reuseport ? -ENOENT : -EINVAL;
	if (!reuse->prog)
		return -ENOENT;
	bpf_prog_destroy(reuse->prog);
	reuse->prog = NULL;
	return 0;
}

/* What the program says, or no index at all when the packet is too short. */
static u32 ask_prog(const struct sock_reuseport *reuse, struct sk_buff *skb, int hdr_len)
{
	u32 i;

	if (!pskb_pull(skb, (unsigned int)hdr_len))
		return UINT32_MAX;
	i = bpf_prog_run(reuse->prog, skb);
	__skb_push(skb, (unsigned int)hdr_len);
	return i;
}

struct sock *reuseport_select_sock(struct sock *sk, u32 hash, struct sk_buff *skb, int hdr_len)
{
	const struct sock_reuseport *reuse = sk->sk_reuseport_cb;
	u32 i;

	if (!reuse || !reuse->num_socks)
		return NULL;
	if (reuse->prog && skb) {
		i = ask_prog(reuse, skb, hdr_len);
		if (i < reuse->num_socks)
			return reuse->socks[i];
	}
	return reuse->socks[((u64)hash * reuse->num_socks) >> 32];
}

bool reuseport_has_conns(struct sock *sk, bool set)
{
	struct sock_reuseport *reuse = sk->sk_reuseport_cb;

	if (!reuse)
		return false;
	if (set)
		reuse->has_conns = true;
	return reuse->has_conns;
}
