/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of neighbours, for those who keep a copy or tell programs. */
#ifndef SKIFF_NETEVENT_H
#define SKIFF_NETEVENT_H

#include <skiff/notifier.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum netevent_notif_type - what happened; the data is the struct neighbour
 * @NETEVENT_NEIGH_UPDATE: its state or its address is another one, or it has gone
 * @NETEVENT_NEIGH_SOLICIT: ours, where Linux sends RTM_GETNEIGH: a program may find the address and
 *                          give it to neigh_update(), as app_solicit asks for
 */
enum netevent_notif_type {
	NETEVENT_NEIGH_UPDATE = 1,
	NETEVENT_NEIGH_SOLICIT = 100,
};

/**
 * register_netevent_notifier() - hear of what happens to neighbours of all hosts
 * @nb: the listener, which stays valid; called under the stack lock of the entry's host, where it
 *      may look at everything and change nothing
 *
 * Before the first host runs. Return: 0, or -EALREADY.
 */
SKIFF_API int register_netevent_notifier(struct notifier_block *nb);

/* The opposite, after the last host. Return: 0, or -ENOENT. */
SKIFF_API int unregister_netevent_notifier(struct notifier_block *nb);

/* Tell of an event. Stack lock. Return: what the last listener asked returned, NOTIFY_*. */
SKIFF_API int call_netevent_notifiers(unsigned long val, void *v);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETEVENT_H */
