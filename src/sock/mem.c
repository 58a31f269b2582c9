// SPDX-License-Identifier: BSD-2-Clause
/* Whose memory a buffer is: charging sockets, uncharging them, and the protocol's limit. */
#include <limits.h>

#include <skiff/sock.h>
#include <skiff/sysctl.h>

#include "sock/sock.h"

/*
 * A protocol with a limit grants memory to its sockets page by page. sk_forward_alloc is what was
 * granted and is not in use: charging takes from it, uncharging adds to it, and what exceeds a
 * page goes back. Buffers are dropped by any thread, so all of it is done atomically.
 */

static int pages_of(int bytes)
{
	return (int)(((u64)(unsigned int)bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* Tells the protocol when it enters or leaves pressure; between the two limits it stays as it is. */
static void note_pressure(struct sock *sk, long total)
{
	const struct proto *prot = sk->sk_prot;
	const long *limit = prot->sysctl_mem;

	if (!prot->memory_pressure)
		return;
	if (total > limit[1])
		prot->enter_memory_pressure(sk);
	else if (total <= limit[0] && READ_ONCE(*prot->memory_pressure))
		prot->leave_memory_pressure(sk);
}

/* Whether a protocol without pressure stays without. */
static inline bool relaxed(const struct proto *prot, long total)
{
	return !prot->sysctl_mem || (total <= prot->sysctl_mem[0] && prot->memory_pressure &&
				     !READ_ONCE(*prot->memory_pressure));
}

static void give(struct sock *sk, int pages)
{
	(void)__skiff_fetch_add(&sk->sk_forward_alloc, pages << PAGE_SHIFT, __ATOMIC_RELAXED);
}

/* The same when @total of them is much, or there is pressure: the protocol may not hand out that much. */
static noinline bool give_scarce(struct sock *sk, int pages, long total)
{
	note_pressure(sk, total);
	if (total > sk->sk_prot->sysctl_mem[2]) {
		atomic_long_sub(pages, sk->sk_prot->memory_allocated);
		return false;
	}
	give(sk, pages);
	return true;
}

int proc_sock_mem(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	long *limit = (long *)ctl->data;
	struct ctl_table copy = *ctl;
	unsigned long tmp[3];
	int err;

	for (int i = 0; i < 3; i++)
		tmp[i] = (unsigned long)READ_ONCE(limit[i]);
	copy.data = tmp;
	err = proc_doulongvec_minmax(&copy, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (tmp[0] > tmp[1] || tmp[1] > tmp[2] || tmp[2] > LONG_MAX)
		return -EINVAL;
	for (int i = 0; i < 3; i++)
		WRITE_ONCE(limit[i], (long)tmp[i]);
	return 0;
}

bool __sk_mem_schedule(struct sock *sk, int size)
{
	struct proto *prot = sk->sk_prot;
	int missing, pages;
	long total;

	if (size < 0)
		return false;
	missing = size - READ_ONCE(sk->sk_forward_alloc);
	if (missing <= 0)
		return true;
	pages = pages_of(missing);
	total = atomic_long_add_return(pages, prot->memory_allocated);
	if (unlikely(!relaxed(prot, total)))
		return give_scarce(sk, pages, total);
	give(sk, pages);
	return true;
}

void __sk_mem_reclaim(struct sock *sk)
{
	int have = READ_ONCE(sk->sk_forward_alloc), pages;
	struct proto *prot = sk->sk_prot;
	long total;

	do {
		pages = have >> PAGE_SHIFT;
		if (pages <= 0)
			return;
	} while (!__skiff_compare_exchange(&sk->sk_forward_alloc, &have,
					   have - (pages << PAGE_SHIFT), __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED));
	total = atomic_long_add_return(-pages, prot->memory_allocated);
	if (unlikely(!relaxed(prot, total)))
		note_pressure(sk, total);
}

void sk_mem_return_all(struct sock *sk)
{
	sk_mem_reclaim(sk);
	if (sk_has_account(sk))
		WARN_ON_ONCE(sk->sk_forward_alloc != 0);
}

void sock_rmem_put(struct sock *sk, unsigned int bytes)
{
	if (atomic_sub_return((int)bytes, &sk->sk_rmem_alloc) == SOCK_RMEM_DYING)
		sock_rmem_gone(sk);
}

void sock_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	unsigned int len = skb->truesize;

	sk_host_charge(sk, -(int)len);
	if (!sock_flag(sk, SOCK_USE_WRITE_QUEUE)) {
		/* One byte is kept while sk_write_space() looks at the socket. */
		sock_wmem_put(sk, len - 1);
		if (!sock_flag(sk, SOCK_DEAD))
			sock_tell_space(sk);
		len = 1;
	}
	sock_wmem_put(sk, len);
}

void sock_rfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	unsigned int len = skb->truesize;

	/* First what needs the socket: with the last bytes it may be gone. */
	sk_mem_uncharge(sk, (int)len);
	sk_host_charge(sk, -(int)len);
	sock_rmem_put(sk, len);
}

/* For the error queue, whose packets are charged without asking the protocol. */
static void sock_rmem_free(struct sk_buff *skb)
{
	sk_host_charge(skb->sk, -(int)skb->truesize);
	sock_rmem_put(skb->sk, skb->truesize);
}

void sock_efree(struct sk_buff *skb)
{
	sock_put(skb->sk);
}

void skb_set_owner_w(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_wfree;
	sk_wmem_grown(sk, (int)skb->truesize);
}

void skb_set_owner_r(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_rfree;
	atomic_add((int)skb->truesize, &sk->sk_rmem_alloc);
	sk_host_charge(sk, (int)skb->truesize);
	sk_mem_charge(sk, (int)skb->truesize);
}

bool skb_set_owner_sk_safe(struct sk_buff *skb, struct sock *sk)
{
	if (!sk || !refcount_inc_not_zero(&sk->sk_refcnt))
		return false;
	skb_orphan(skb);
	skb->destructor = sock_efree;
	skb->sk = sk;
	return true;
}

struct sk_buff *skb_clone_sk(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	struct sk_buff *clone;

	if (!sk || !refcount_inc_not_zero(&sk->sk_refcnt))
		return NULL;
	clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone) {
		sock_put(sk);
		return NULL;
	}
	clone->sk = sk;
	clone->destructor = sock_efree;
	return clone;
}

/* Whether a packet of this size still has a place in the receive buffer. */
static bool rcvbuf_takes(const struct sock *sk, unsigned int truesize)
{
	return (s64)atomic_read(&sk->sk_rmem_alloc) + truesize < (s64)READ_ONCE(sk->sk_rcvbuf);
}

/* The error queue */

int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb)
{
	if (!rcvbuf_takes(sk, skb->truesize) || sk_host_full(sk))
		return -ENOMEM;
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_rmem_free;
	atomic_add((int)skb->truesize, &sk->sk_rmem_alloc);
	sk_host_charge(sk, (int)skb->truesize);
	/* What stands in the error queue is the socket's own packet, as far as taps may ask. */
	skb->pkt_type = PACKET_OUTGOING;
	/* Before it is kept, a borrowed route becomes its own. */
	skb_dst_force(skb);
	skb_queue_tail(&sk->sk_error_queue, skb);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
	return 0;
}

static bool is_icmp_err(const struct sk_buff *skb)
{
	u8 origin = skb ? SKB_EXT_ERR(skb)->ee.ee_origin : SO_EE_ORIGIN_NONE;

	return origin == SO_EE_ORIGIN_ICMP || origin == SO_EE_ORIGIN_ICMP6;
}

struct sk_buff *sock_dequeue_err_skb(struct sock *sk)
{
	struct sk_buff_head *q = &sk->sk_error_queue;
	struct sk_buff *skb, *next = NULL;
	bool more = false;
	int err = 0;

	if (skb_queue_empty_lockless(q))
		return NULL;
	spin_lock(&q->lock);
	skb = __skb_dequeue(q);
	if (skb)
		next = skb_peek(q);
	if (next) {
		more = true;
		if (is_icmp_err(next))
			err = (int)SKB_EXT_ERR(next)->ee.ee_errno;
	}
	spin_unlock(&q->lock);

	/* sk_err is that of the ICMP error that is first now; none is first: it was this one's. */
	if (is_icmp_err(skb) && !err)
		WRITE_ONCE(sk->sk_err, 0);
	else if (err)
		WRITE_ONCE(sk->sk_err, err);
	if (more)
		sk_error_report(sk);
	return skb;
}
