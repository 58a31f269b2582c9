// SPDX-License-Identifier: BSD-2-Clause
/* The stack lock: taking it makes a host the thread's own, dropping it does the work that came. */
#include "host/host.h"

struct net *current_net(void)
{
	return skiff_env ? (struct net *)skiff_env->owner : NULL;
}

/*
 * Two threads that each hold one host and want the other's would wait for ever, so not even one
 * such call is let through, whether or not it would have blocked this time.
 */
static __cold void refuse_second(const struct net *net)
{
	const struct net *held = current_net();

	skiff_panic("stack lock of host %s wanted by a thread that holds the one of %s", net->name,
		    held->name);
}

static inline void now_ours(struct net *net)
{
	net->env->seen = 0;
	net->env->seen_jiffies = 0;
	skiff_env = net->env;
}

int net_enter(struct net *net)
{
	if (net_closed(net))
		return -EOWNERDEAD;
	if (unlikely(skiff_env))
		refuse_second(net);
	mutex_lock(&net->mutex);
	now_ours(net);
	return 0;
}

void net_lock(struct net *net)
{
	if (net_enter(net) != 0)
		skiff_panic("host %s used in a forked child, to which it is closed", net->name);
}

bool net_trylock(struct net *net)
{
	if (net_closed(net))
		return false;
	if (unlikely(skiff_env))
		refuse_second(net);
	if (!mutex_trylock(&net->mutex))
		return false;
	now_ours(net);
	return true;
}

static noinline void unlock_after_work(struct net *net)
{
	bool more;

	do {
		more = net_has_work(net) && net_bh(net);
		net_loop_recheck(net);
		net_let_go(net);
	} while (!more && unlikely(net_has_work(net)) && net_trylock(net));
	if (unlikely(more))
		skiff_kick(net);
}

/*
 * Work that comes between the last look and the drop of the lock is not lost: who left it has
 * also kicked the loop. Looking once more afterwards saves the loop the trip in most cases.
 */
void net_unlock(struct net *net)
{
	if (unlikely(!net_is_ours(net)))
		skiff_panic("stack lock of host %s dropped by a thread without it", net->name);
	if (unlikely(net_has_work(net))) {
		unlock_after_work(net);
		return;
	}
	net_loop_recheck(net);
	net_let_go(net);
	if (unlikely(net_has_work(net)) && net_trylock(net))
		unlock_after_work(net);
}
