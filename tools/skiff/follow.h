/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told of a host's devices, addresses and routes, and has their images follow. */
#ifndef SKIFF_TOOL_FOLLOW_H
#define SKIFF_TOOL_FOLLOW_H

#include <skiff/notifier.h>

struct mirrors;
struct net;

/**
 * struct follow - who is told
 * @net: of which host
 * @mirrors: its images
 * @devices: in the chain of devices
 * @addresses: in that of addresses
 * @routes: in that of the host's routes
 */
struct follow {
	struct net *net;
	struct mirrors *mirrors;
	struct notifier_block devices;
	struct notifier_block addresses;
	struct notifier_block routes;
};

/* From now on. Return: 0 or a negative errno. */
int follow_begin(struct follow *f, struct net *net, struct mirrors *mirrors);

/* Fine also when follow_begin() has failed, or was never called. */
void follow_end(struct follow *f);

#endif /* SKIFF_TOOL_FOLLOW_H */
