// SPDX-License-Identifier: BSD-2-Clause
/* struct sock: made, referred to, and freed when the last buffer charged to it is gone. */
#include <skiff/filter.h>
#include <skiff/net.h>
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "sock/sock.h"

struct sock *sk_alloc(struct net *net, int family, gfp_t priority, struct proto *prot, int kern)
{
	size_t size = sock_size(prot);
	struct sock *sk;

	BUG_ON(size < sizeof(*sk));
	sk = (struct sock *)sock_memory(net, size, priority | __GFP_ZERO);
	if (!sk)
		return NULL;
	sk->sk_family = (unsigned short)family;
	sk->sk_prot = prot;
	sk->sk_kern_sock = !!kern;
	sock_net_set(sk, net);
	if (net && net->mem->limit)
		sk->sk_host_mem = net_mem_get(net);
	refcount_set(&sk->sk_refcnt, 1);
	refcount_set(&sk->sk_wmem_alloc, 1);
	return sk;
}

void sock_init_data(struct socket *sock, struct sock *sk)
{
	const struct sock_limits *limits = sock_limits(sock_net(sk));

	sock_timestamps_init();
	skb_queue_head_init(&sk->sk_receive_queue);
	skb_queue_head_init(&sk->sk_write_queue);
	skb_queue_head_init(&sk->sk_error_queue);
	spin_lock_init(&sk->sk_callback_lock);
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_rcvbuf = limits->rmem_default;
	sk->sk_sndbuf = limits->wmem_default;
	sk->sk_ll_usec = (unsigned int)limits->busy_read;
	sk->sk_rcvlowat = 1;
	sk->sk_rcvtimeo = INT64_MAX;
	sk->sk_sndtimeo = INT64_MAX;
	sk->sk_peek_off = -1;
	sk->sk_incoming_cpu = -1;
	sk->sk_state = SOCK_STATE_CLOSE;
	sk->sk_stamp = SK_DEFAULT_STAMP;
	sk_set_socket(sk, sock);
	if (sock) {
		sk->sk_type = (u16)sock->type;
		sock->sk = sk;
	}
	sock_set_flag(sk, SOCK_ZAPPED);
	sk->sk_state_change = sock_def_wakeup;
	sk->sk_data_ready = sock_def_readable;
	sk->sk_write_space = sock_def_write_space;
	net_work_init(&sk->sk_space_work, sock_space_work);
	net_work_init(&sk->sk_error_work, sock_error_work);
	sk->sk_error_report = sock_def_error_report;
}

/* The socket's memory, and nothing else, is left. */
static void release_memory(struct sock *sk)
{
	if (sk->sk_host_mem)
		net_mem_put(sk->sk_host_mem);
	sock_memory_free(sock_net(sk), sk, sock_size(sk->sk_prot));
}

void sock_rmem_gone(struct sock *sk)
{
	sk_mem_return_all(sk);
	release_memory(sk);
}

/*
 * Empty a queue, if it ever was one. Of the error queue's the end of a loan in another thread may have
 * the lock right now; it sees SOCK_DEAD the next time.
 */
static void purge(struct sk_buff_head *list)
{
	if (READ_ONCE(list->next))
		skb_queue_purge(list);
}

/* The same where no other thread puts anything: what is empty stays so. */
static void purge_own(struct sk_buff_head *list)
{
	if (list->next && !skb_queue_empty(list))
		skb_queue_purge(list);
}

/* No reference and no sent buffer is left. */
static void destruct(struct sock *sk)
{
	purge_own(&sk->sk_receive_queue);
	purge(&sk->sk_error_queue);
	if (sk->sk_destruct)
		sk->sk_destruct(sk);
	if (sk->sk_prot && sk->sk_prot->destroy)
		sk->sk_prot->destroy(sk);
	if (sk->sk_filter)
		sk_filter_uncharge(sk, sk->sk_filter);
	sk_dst_reset(sk);
	sock_disable_timestamps(sk);
	/*
	 * Received buffers may be in the program's hands still. From here on whoever uncharges the
	 * last one finds SOCK_RMEM_DYING and nothing else, and releases the memory.
	 */
	if (atomic_add_return(SOCK_RMEM_DYING, &sk->sk_rmem_alloc) == SOCK_RMEM_DYING)
		sock_rmem_gone(sk);
}

void sock_wmem_put(struct sock *sk, unsigned int bytes)
{
	if (refcount_sub_and_test((int)bytes, &sk->sk_wmem_alloc))
		destruct(sk);
}

void sk_free(struct sock *sk)
{
	/* Packets that were not sent are charged: they go before the charge can come to an end. */
	sock_set_flag(sk, SOCK_DEAD);
	purge_own(&sk->sk_write_queue);
	sock_wmem_put(sk, 1);
}
