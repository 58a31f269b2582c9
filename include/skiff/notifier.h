/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifier chains: who wants to hear of an event puts a block into the chain. */
#ifndef SKIFF_NOTIFIER_H
#define SKIFF_NOTIFIER_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct notifier_block;

typedef int (*notifier_fn_t)(struct notifier_block *nb, unsigned long action, void *data);

/**
 * struct notifier_block - one listener
 * @notifier_call: told of every event; returns NOTIFY_*
 * @next: the chain's
 * @priority: higher ones hear first; equal ones in the order of registration
 */
struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next;
	int priority;
};

#define NOTIFY_DONE 0x0000	/* don't care */
#define NOTIFY_OK 0x0001	/* fine */
#define NOTIFY_STOP_MASK 0x8000 /* nobody else is to be asked */
#define NOTIFY_BAD (NOTIFY_STOP_MASK | 0x0002)
#define NOTIFY_STOP (NOTIFY_OK | NOTIFY_STOP_MASK)

/* A veto that carries an errno. */
static inline int notifier_from_errno(int err)
{
	return err ? NOTIFY_STOP_MASK | (NOTIFY_OK - err) : NOTIFY_OK;
}

static inline int notifier_to_errno(int ret)
{
	ret &= ~NOTIFY_STOP_MASK;
	return ret > NOTIFY_OK ? NOTIFY_OK - ret : 0;
}

/* A chain, by priority. Who calls it says what keeps its blocks there meanwhile. */
struct raw_notifier_head {
	struct notifier_block *head;
};

/* The caller has a lock around both. Return: 0, -EEXIST, -ENOENT. */
SKIFF_API int raw_notifier_chain_register(struct raw_notifier_head *nh, struct notifier_block *nb);
SKIFF_API int raw_notifier_chain_unregister(struct raw_notifier_head *nh,
					    struct notifier_block *nb);

/* Ask one after the other, until one of them stops it. Return: what the last one has said. */
SKIFF_API int raw_notifier_call_chain(struct raw_notifier_head *nh, unsigned long val, void *v);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NOTIFIER_H */
