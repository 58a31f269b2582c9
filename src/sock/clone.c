// SPDX-License-Identifier: BSD-2-Clause
/* A socket made like another one: what a listening socket does for each connection. */
#include <string.h>

#include <skiff/filter.h>
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "sock/sock.h"

/* What was the other one's alone. */
static void begin_anew(struct sock *sk)
{
	INIT_HLIST_NODE(&sk->sk_node);
	refcount_set(&sk->sk_refcnt, 1);
	refcount_set(&sk->sk_wmem_alloc, 1);
	atomic_set(&sk->sk_rmem_alloc, 0);
	atomic_set(&sk->sk_omem_alloc, 0);
	atomic_set(&sk->sk_drops, 0);
	atomic_set(&sk->sk_tskey, 0);
	sk->sk_zckey = 0;
	skb_queue_head_init(&sk->sk_receive_queue);
	skb_queue_head_init(&sk->sk_write_queue);
	skb_queue_head_init(&sk->sk_error_queue);
	spin_lock_init(&sk->sk_callback_lock);
	sk->tcp_rtx_queue = RB_ROOT;
	sk->sk_forward_alloc = 0;
	sk->sk_wmem_queued = 0;
	sk->sk_write_pending = 0;
	sk->sk_err = sk->sk_err_soft = 0;
	sk->sk_shutdown = 0;
	sk->sk_ack_backlog = 0;
	sk->sk_userlocks &= (u8)~SOCK_BINDPORT_LOCK;
	sk->sk_dst_cache = NULL;
	sk->sk_dst_pending_confirm = 0;
	sk->sk_reuseport_cb = NULL;
	sk->sk_filter = NULL;
	sk->sk_host_mem = NULL;
	sk->sk_cookie = 0;
	sk->sk_priority = 0;
	sk->sk_stamp = SK_DEFAULT_STAMP;
	sk->sk_user_data = NULL;
	memset(&sk->sk_timer, 0, sizeof(sk->sk_timer));
	net_work_init(&sk->sk_space_work, sock_space_work);
	net_work_init(&sk->sk_error_work, sock_error_work);
	sk_set_socket(sk, NULL);
	sock_reset_flag(sk, SOCK_DONE);
	sock_reset_flag(sk, SOCK_DEAD);
	sock_reset_flag(sk, SOCK_NOSPACE_WAIT);
}

/* What it shares with the other one: counted for both. */
static bool share(struct sock *sk, const struct sock *from)
{
	if (from->sk_filter && !sk_filter_charge(sk, from->sk_filter))
		return false;
	sk->sk_filter = from->sk_filter;
	if (from->sk_host_mem)
		sk->sk_host_mem = net_mem_get(sock_net(sk));
	sock_share_timestamps(sk);
	return true;
}

struct sock *sk_clone(const struct sock *sk, gfp_t priority)
{
	size_t size = sock_size(sk->sk_prot);
	struct sock *newsk = (struct sock *)sock_memory(sock_net(sk), size, priority);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!newsk)
		return NULL;
	memcpy((void *)newsk, (const void *)sk, size);
	begin_anew(newsk);
	if (share(newsk, sk))
		return newsk;
	sock_memory_free(sock_net(sk), newsk, size);
	return NULL;
}
