// SPDX-License-Identifier: BSD-2-Clause
/* Chains of blocks that are told of events. They may be called while somebody else registers. */
#include <skiff/notifier.h>

int raw_notifier_chain_register(struct raw_notifier_head *nh, struct notifier_block *nb)
{
	struct notifier_block **at = &nh->head;

	for (; *at && (*at)->priority >= nb->priority; at = &(*at)->next)
		if (*at == nb)
			return -EEXIST;
	nb->next = *at;
	smp_store_release(at, nb);
	return 0;
}

int raw_notifier_chain_unregister(struct raw_notifier_head *nh, struct notifier_block *nb)
{
	for (struct notifier_block **at = &nh->head; *at; at = &(*at)->next) {
		if (*at != nb)
			continue;
		smp_store_release(at, nb->next);
		return 0;
	}
	return -ENOENT;
}

int raw_notifier_call_chain(struct raw_notifier_head *nh, unsigned long val, void *v)
{
	struct notifier_block *nb = smp_load_acquire(&nh->head);
	int ret = NOTIFY_DONE;

	while (nb) {
		struct notifier_block *next = smp_load_acquire(&nb->next);

		ret = nb->notifier_call(nb, val, v);
		if (ret & NOTIFY_STOP_MASK)
			break;
		nb = next;
	}
	return ret;
}
