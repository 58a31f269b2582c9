// SPDX-License-Identifier: BSD-2-Clause
/* Who hears of what happens to neighbours. */
#include <skiff/netevent.h>

#include "neigh/neigh.h"

/* By priority. Filled before the first host runs, read by all of them. */
static struct notifier_block *netevent_chain;
static DEFINE_SPINLOCK(netevent_lock);

int register_netevent_notifier(struct notifier_block *nb)
{
	struct notifier_block **at = &netevent_chain, *other;
	int err = 0;

	spin_lock(&netevent_lock);
	for (other = netevent_chain; other; other = other->next)
		if (other == nb)
			err = -EALREADY;
	while (*at && (*at)->priority >= nb->priority)
		at = &(*at)->next;
	if (!err) {
		nb->next = *at;
		smp_store_release(at, nb);
	}
	spin_unlock(&netevent_lock);
	return err;
}

int unregister_netevent_notifier(struct notifier_block *nb)
{
	struct notifier_block **at = &netevent_chain;
	int err = -ENOENT;

	spin_lock(&netevent_lock);
	while (*at && *at != nb)
		at = &(*at)->next;
	if (*at) {
		smp_store_release(at, nb->next);
		err = 0;
	}
	spin_unlock(&netevent_lock);
	return err;
}

int call_netevent_notifiers(unsigned long val, void *v)
{
	struct notifier_block *nb = smp_load_acquire(&netevent_chain);
	int ret = NOTIFY_DONE;

	while (nb && !(ret & NOTIFY_STOP_MASK)) {
		struct notifier_block *next = smp_load_acquire(&nb->next);

		ret = nb->notifier_call(nb, val, v);
		nb = next;
	}
	return ret;
}

void neigh_app_ns(struct neighbour *neigh)
{
	call_netevent_notifiers(NETEVENT_NEIGH_SOLICIT, neigh);
}
