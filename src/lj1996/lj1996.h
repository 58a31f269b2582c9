/* SPDX-License-Identifier: BSD-2-Clause */
/* The state bits of the 1996 forms, and the modern names, for the files of this folder. */
#ifndef LJ1996_LJ1996_H
#define LJ1996_LJ1996_H

#include <skiff/lj1996.h>

/* These files implement the forms on the modern functions. */
#undef kfree_skb
#undef dev_kfree_skb
#undef skb_unlink
#undef skb_append
#undef skb_queue_head
#undef skb_queue_tail
#undef skb_dequeue
#undef skb_dequeue_tail
#undef skb_queue_purge
#undef skb_queue_splice
#undef skb_queue_splice_tail
#undef skb_queue_splice_init
#undef skb_queue_splice_tail_init
#undef dev_queue_xmit
#undef eth_header
#undef eth_rebuild_header
#undef eth_type_trans
#undef ether_setup
#undef netif_rx
#undef register_netdev
#undef unregister_netdev

static inline bool lj_has(const struct sk_buff *skb, u8 bit)
{
	return __atomic_load_n(&skb->lj_flags, __ATOMIC_ACQUIRE) & bit;
}

/* Return: the flags as they were. */
static inline u8 lj_set(struct sk_buff *skb, u8 bit)
{
	return __atomic_fetch_or(&skb->lj_flags, bit, __ATOMIC_ACQ_REL);
}

static inline u8 lj_clear(struct sk_buff *skb, u8 bits)
{
	return __atomic_fetch_and(&skb->lj_flags, (u8)~bits, __ATOMIC_ACQ_REL);
}

/* Release a buffer whatever skb->free says, unless a driver has it: then when it is done. */
void lj_drop(struct sk_buff *skb);

#endif /* LJ1996_LJ1996_H */
