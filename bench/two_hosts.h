/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts of one process on a cable, 192.0.2.1 and 192.0.2.2, for benchmarks of what is above. */
#ifndef SKIFF_BENCH_TWO_HOSTS_H
#define SKIFF_BENCH_TWO_HOSTS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <skiff/drivers.h>
#include <skiff/inetdevice.h>
#include <skiff/netdevice.h>
#include <skiff/skiff.h>

static const char *const host_addr[] = { "192.0.2.1", "192.0.2.2" };

/* A benchmark that can't do its work ends. */
static inline void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

/* Make @hosts, both of them the caller's; @ends: their devices; @clock: NULL for the real one. */
static inline void two_hosts_by(struct skiff_clock *clock, struct net *hosts[2],
				struct net_device *ends[2])
{
	const struct skiff_net_params params = { .clock = clock };

	need(skiff_init() == 0, "skiff_init");
	for (int i = 0; i < 2; i++) {
		hosts[i] = skiff_net_create(&params);
		need(hosts[i] != NULL, "skiff_net_create");
	}
	need(veth_create(hosts[0], "x", hosts[1], "y", &ends[0], &ends[1]) == 0, "veth_create");
	for (int i = 0; i < 2; i++) {
		struct in_addr in;

		inet_pton(AF_INET, host_addr[i], &in);
		net_lock(hosts[i]);
		need(inet_insert_ifa(ends[i], (__force __be32)in.s_addr, 24) == 0 &&
			     dev_open(ends[i], NULL) == 0,
		     "device");
		net_unlock(hosts[i]);
	}
}

static inline void two_hosts(struct net *hosts[2], struct net_device *ends[2])
{
	two_hosts_by(NULL, hosts, ends);
}

#endif /* SKIFF_BENCH_TWO_HOSTS_H */
