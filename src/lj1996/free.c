// SPDX-License-Identifier: BSD-2-Clause
/* Releasing buffers in 1996: by flag, by device lock, and with the socket's counts in hand. */
#include <skiff/sock.h>

#include "lj1996/lj1996.h"
#include "sock/sock.h"

/* For protocols that raised a count themselves; the protocol's memory was not asked. */
static void uncharge_read(struct sk_buff *skb)
{
	sock_rmem_put(skb->sk, skb->truesize);
}

static void release(struct sk_buff *skb, int rw)
{
	if (skb->sk && !skb->destructor) {
		skb->destructor = rw == FREE_READ ? uncharge_read : sock_wfree;
		/* Which the protocol did not raise, and the destructor lowers. */
		if (rw != FREE_READ)
			sk_host_charge(skb->sk, (int)skb->truesize);
	}
	/* In 1996 nobody says whether this is an end or a drop, and why. */
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
}

/*
 * Whether the buffer is the caller's to release: a driver may have it. The bit is set first and
 * looked at afterwards by whichever of the two comes second, so exactly one of them releases.
 */
static bool doom(struct sk_buff *skb)
{
	u8 flags = __atomic_load_n(&skb->lj_flags, __ATOMIC_ACQUIRE);

	do {
		if (!(flags & LJ_LOCKED))
			return true;
	} while (!__atomic_compare_exchange_n(&skb->lj_flags, &flags, flags | LJ_DOOMED, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return false;
}

void lj_drop(struct sk_buff *skb)
{
	if (doom(skb))
		release(skb, FREE_READ);
}

void lj_kfree_skb(struct sk_buff *skb, int rw)
{
	if (!skb || !skb->free || !doom(skb))
		return;
	if (WARN_ON(lj_has(skb, LJ_LISTED) && skb->next))
		lj_unlink(skb);
	release(skb, rw);
}

void lj_dev_kfree_skb(struct sk_buff *skb, int rw)
{
	u8 flags = lj_clear(skb, LJ_LOCKED | LJ_KEPT);
	bool kept = flags & LJ_LOCKED ? flags & LJ_KEPT : !skb->free;

	if (kept && !(flags & LJ_DOOMED))
		return;
	lj_clear(skb, LJ_DOOMED);
	if (WARN_ON(lj_has(skb, LJ_LISTED) && skb->next))
		lj_unlink(skb);
	release(skb, rw);
}

void skb_device_lock(struct sk_buff *skb)
{
	/*
	 * Whether it is kept is settled here: a keeper that frees it while the driver has it leaves
	 * the release to the driver, and one that comes later finds it unlocked.
	 */
	WARN_ON(lj_set(skb, skb->free ? LJ_LOCKED : LJ_LOCKED | LJ_KEPT) & LJ_LOCKED);
}

bool skb_device_unlock(struct sk_buff *skb)
{
	u8 flags = lj_clear(skb, LJ_LOCKED | LJ_KEPT);

	WARN_ON(!(flags & LJ_LOCKED));
	return !(flags & LJ_DOOMED);
}
