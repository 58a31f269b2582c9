// SPDX-License-Identifier: BSD-2-Clause
/* Who hears of addresses and routes. */
#include <skiff/fib_notifier.h>

#include "base/fork.h"
#include "ipv4/ipv4.h"

/* Addresses: of all hosts, as devices are. */

static struct raw_notifier_head inetaddr_chain;
DEFINE_FORK_SAFE_SPINLOCK(inetaddr_chain_lock)

int register_inetaddr_notifier(struct notifier_block *nb)
{
	int err;

	spin_lock(&inetaddr_chain_lock);
	err = raw_notifier_chain_register(&inetaddr_chain, nb);
	spin_unlock(&inetaddr_chain_lock);
	return err;
}

int unregister_inetaddr_notifier(struct notifier_block *nb)
{
	int err;

	spin_lock(&inetaddr_chain_lock);
	err = raw_notifier_chain_unregister(&inetaddr_chain, nb);
	spin_unlock(&inetaddr_chain_lock);
	return err;
}

void inetaddr_notify(unsigned long event, struct in_ifaddr *ifa)
{
	raw_notifier_call_chain(&inetaddr_chain, event, ifa);
}

/* Routes: each host's own. */

int fib_notify(struct ipv4_net *in, enum fib_event_type event, const struct fib_config *cfg)
{
	struct fib_entry_notifier_info info = { .net = in->net, .cfg = cfg };

	return raw_notifier_call_chain(&in->fib_chain, event, &info);
}

/**
 * struct telling - the table is being told to somebody
 * @nb: who
 * @info: for it
 * @ret: what it has said
 */
struct telling {
	struct notifier_block *nb;
	struct fib_entry_notifier_info info;
	int ret;
};

static void tell_route(const struct fib_config *cfg, void *arg)
{
	struct telling *t = (struct telling *)arg;

	if (t->ret & NOTIFY_STOP_MASK)
		return;
	t->info.cfg = cfg;
	t->ret = t->nb->notifier_call(t->nb, FIB_EVENT_ENTRY_ADD, &t->info);
}

int register_fib_notifier(struct net *net, struct notifier_block *nb,
			  void (*cb)(struct notifier_block *nb), struct netlink_ext_ack *extack)
{
	struct telling t = { .nb = nb, .info.net = net };
	int err;

	(void)cb;
	(void)extack;
	ASSERT_NET_LOCKED(net);
	err = raw_notifier_chain_register(&ipv4_net(net)->fib_chain, nb);
	if (err)
		return err;
	fib_for_each(net, tell_route, &t);
	err = notifier_to_errno(t.ret);
	if (err)
		unregister_fib_notifier(net, nb);
	return err;
}

int unregister_fib_notifier(struct net *net, struct notifier_block *nb)
{
	ASSERT_NET_LOCKED(net);
	return raw_notifier_chain_unregister(&ipv4_net(net)->fib_chain, nb);
}
