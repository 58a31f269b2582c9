// SPDX-License-Identifier: BSD-2-Clause
/* The clock that packets are stamped with, and who wants to know when they arrived or left. */
#include <time.h>

#include <linux/errqueue.h>

#include "skb/tstamp.h"

void (*skb_tstamp_hook)(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps, int tstype);

static ktime_t (*clock_hook)(const struct sk_buff *skb);
atomic_t skb_stamp_users;

void skb_clock_set(ktime_t (*clock)(const struct sk_buff *skb))
{
	__atomic_store_n(&clock_hook, clock, __ATOMIC_RELEASE);
}

ktime_t skb_clock(const struct sk_buff *skb)
{
	ktime_t (*hook)(const struct sk_buff *) = __atomic_load_n(&clock_hook, __ATOMIC_ACQUIRE);
	struct timespec now;

	if (hook)
		return hook(skb);
	clock_gettime(CLOCK_REALTIME, &now);
	return (ktime_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void net_enable_timestamp(void)
{
	atomic_inc(&skb_stamp_users);
}

void net_disable_timestamp(void)
{
	if (WARN_ON(atomic_dec_return(&skb_stamp_users) < 0))
		atomic_inc(&skb_stamp_users);
}

bool net_timestamp_enabled(void)
{
	return skb_stamps_wanted();
}

static void tell(struct sk_buff *skb, struct skb_shared_hwtstamps *hwtstamps, int tstype)
{
	void (*hook)(struct sk_buff *, struct skb_shared_hwtstamps *, int);

	hook = __atomic_load_n(&skb_tstamp_hook, __ATOMIC_ACQUIRE);
	if (hook && skb->sk)
		hook(skb, hwtstamps, tstype);
}

void skb_tstamp_tx(struct sk_buff *orig_skb, struct skb_shared_hwtstamps *hwtstamps)
{
	tell(orig_skb, hwtstamps, SCM_TSTAMP_SND);
}

void __skb_tstamp_sched(struct sk_buff *skb)
{
	tell(skb, NULL, SCM_TSTAMP_SCHED);
}
