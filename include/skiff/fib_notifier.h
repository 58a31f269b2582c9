/* SPDX-License-Identifier: BSD-2-Clause */
/* Who hears of what happens to a host's routes. */
#ifndef SKIFF_FIB_NOTIFIER_H
#define SKIFF_FIB_NOTIFIER_H

#include <skiff/net_namespace.h>
#include <skiff/notifier.h>
#include <skiff/route.h>

#ifdef __cplusplus
extern "C" {
#endif

struct netlink_ext_ack;

enum fib_event_type {
	FIB_EVENT_ENTRY_REPLACE, /* the one of its prefix, type of service and priority is now this */
	FIB_EVENT_ENTRY_ADD,	 /* one is there */
	FIB_EVENT_ENTRY_DEL,	 /* one is about to go */
};

/**
 * struct fib_entry_notifier_info - what happened to which route
 * @net: the host
 * @cfg: the route; valid during the call
 */
struct fib_entry_notifier_info {
	struct net *net;
	const struct fib_config *cfg;
};

/**
 * register_fib_notifier() - hear of the routes of a host
 * @net: the host
 * @nb: told of each route that there is (FIB_EVENT_ENTRY_ADD), and of all changes from then on, under the stack
 *      lock, with a struct fib_entry_notifier_info; it must not change the table
 * @cb: never called: the table stays as it is while it is told, and so it is told once
 * @extack: not looked at
 *
 * Stack lock. Return: 0, -EEXIST, or what @nb says against a route, and then it is not registered.
 */
SKIFF_API int register_fib_notifier(struct net *net, struct notifier_block *nb,
				    void (*cb)(struct notifier_block *nb),
				    struct netlink_ext_ack *extack);

/* Not any more. Stack lock. Return: 0 or -ENOENT. */
SKIFF_API int unregister_fib_notifier(struct net *net, struct notifier_block *nb);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_FIB_NOTIFIER_H */
