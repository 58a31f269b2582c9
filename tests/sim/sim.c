// SPDX-License-Identifier: BSD-2-Clause
/* Setting up simulated networks, and a hash over all that passes there. */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <skiff/drivers.h>
#include <skiff/etherdevice.h>

#define FNV_PRIME 0x100000001b3ull
#define FNV_START 0xcbf29ce484222325ull

static void hash_bytes(struct sim *sim, const void *data, size_t len)
{
	const u8 *p = (const u8 *)data;

	while (len--)
		sim->hash = (sim->hash ^ *p++) * FNV_PRIME;
}

static int hear(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		struct net_device *orig_dev)
{
	struct sim_end *end = container_of(pt, struct sim_end, tap);
	struct sim *sim = end->sim;
	const ktime_t now = skiff_clock_now(sim->clock);
	const s64 nr = end - sim->ends;
	const int off = skb_mac_offset(skb);
	const int len = (int)skb->len - off;
	u8 *frame;

	if (sim->unheard) {
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}
	frame = (u8 *)malloc((size_t)len);
	BUG_ON(!frame || skb_copy_bits(skb, off, frame, len));
	hash_bytes(sim, &now, sizeof(now));
	hash_bytes(sim, &nr, sizeof(nr));
	hash_bytes(sim, frame, (size_t)len);
	sim->frames++;
	if (sim->arrived)
		sim->arrived(sim, (int)nr, skb, frame, (size_t)len);
	free(frame);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

u64 sim_base_seed(void)
{
	const char *text = getenv("SEED");
	unsigned long long seed;
	char *end;

	if (!text || !*text)
		return 0;
	errno = 0;
	seed = strtoull(text, &end, 0);
	if (errno || *end || *text == '-') {
		fprintf(stderr, "SEED=%s: accepted is a number from 0 to 2^64 - 1\n", text);
		exit(2);
	}
	return seed;
}

int sim_report(int failed)
{
	if (failed)
		fprintf(stderr, "SEED=%llu repeats this\n", (unsigned long long)sim_base_seed());
	return failed;
}

void sim_open(struct sim *sim, u64 seed, int nr_hosts)
{
	seed += sim_base_seed();
	BUG_ON(skiff_init() || nr_hosts > SIM_HOSTS_MAX);
	*sim = (struct sim){ .seed = seed, .nr_hosts = nr_hosts, .hash = FNV_START };
	sim->clock = skiff_clock_virtual(NSEC_PER_SEC, 1800000000ll * NSEC_PER_SEC);
	BUG_ON(!sim->clock);
	for (int i = 0; i < nr_hosts; i++) {
		/* 0 would mean the default. */
		const struct skiff_net_params p = { .clock = sim->clock,
						    .seed = (seed + 1) * SIM_HOSTS_MAX + i };

		sim->hosts[i] = skiff_net_create(&p);
		BUG_ON(!sim->hosts[i]);
	}
}

__be32 sim_addr(int cable, int end)
{
	return htonl(0x0a000001u + ((u32)cable << 8) + (u32)end);
}

static int end_up(struct sim *sim, int cable, int nr, const struct netem_params *netem)
{
	struct sim_end *end = &sim->ends[2 * cable + nr];
	const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, (u8)cable, (u8)(nr + 1) };
	int err = 0;

	end->sim = sim;
	end->tap = (struct packet_type){
		.type = htons(ETH_P_ALL), .ignore_outgoing = true, .dev = end->dev, .func = hear
	};
	net_lock(end->net);
	eth_hw_addr_set(end->dev, mac);
	dev_add_pack(&end->tap);
	if (netem)
		err = netem_configure(end->dev, netem);
	if (!err)
		err = inet_insert_ifa(end->dev, sim_addr(cable, nr), 24);
	if (!err)
		err = dev_open(end->dev, NULL);
	net_unlock(end->net);
	return err;
}

static void parse(struct netem_params *params, const char *netem)
{
	char err[256];

	BUG_ON(netem_parse(params, netem, err, sizeof(err)));
}

int sim_try_cable(struct sim *sim, int a, int b, const char *netem)
{
	const int cable = sim->nr_cables;
	struct sim_end *end = &sim->ends[2 * cable];
	struct netem_params params;
	int err;

	BUG_ON(cable >= SIM_CABLES_MAX);
	if (netem)
		parse(&params, netem);
	end[0].net = sim->hosts[a];
	end[1].net = sim->hosts[b];
	err = veth_create(end[0].net, NULL, end[1].net, NULL, &end[0].dev, &end[1].dev);
	if (err)
		return err;
	sim->nr_cables++;
	INIT_LIST_HEAD(&end[0].tap.list);
	INIT_LIST_HEAD(&end[1].tap.list);
	err = end_up(sim, cable, 0, netem ? &params : NULL);
	if (!err)
		err = end_up(sim, cable, 1, netem ? &params : NULL);
	if (err)
		sim_cut(sim, cable);
	return err;
}

void sim_cable(struct sim *sim, int a, int b, const char *netem)
{
	BUG_ON(sim_try_cable(sim, a, b, netem));
}

struct net_device *sim_dev(struct sim *sim, int cable, int end)
{
	struct sim_end *e = &sim->ends[2 * cable + end];

	ASSERT_NET_LOCKED(e->net);
	return list_empty(&e->tap.list) ? NULL : e->dev;
}

void sim_cut(struct sim *sim, int cable)
{
	struct net *net = sim->ends[2 * cable].net;
	struct net_device *dev;

	net_lock(net);
	dev = sim_dev(sim, cable, 0);
	if (dev)
		unregister_netdevice(dev);
	net_unlock(net);
}

int sim_netem(struct sim *sim, int cable, int end, const char *netem)
{
	struct net *net = sim->ends[2 * cable + end].net;
	struct netem_params params;
	struct net_device *dev;
	int err;

	parse(&params, netem);
	net_lock(net);
	dev = sim_dev(sim, cable, end);
	err = dev ? netem_configure(dev, &params) : -ENODEV;
	net_unlock(net);
	return err;
}

struct netem_stats sim_netem_stats(struct sim *sim, int cable)
{
	struct netem_stats sum = { 0 };

	for (int i = 0; i < 2; i++) {
		struct net *net = sim->ends[2 * cable + i].net;
		struct netem_stats one = { 0 };
		struct net_device *dev;

		net_lock(net);
		dev = sim_dev(sim, cable, i);
		if (dev)
			netem_get_stats(dev, &one);
		net_unlock(net);
		sum.packets += one.packets;
		sum.lost += one.lost;
		sum.duplicated += one.duplicated;
		sum.reordered += one.reordered;
		sum.corrupted += one.corrupted;
		sum.overlimit += one.overlimit;
	}
	return sum;
}

void sim_sleep(struct sim *sim, s64 ns)
{
	BUG_ON(skiff_clock_run_until(sim->clock, skiff_clock_now(sim->clock) + ns));
}

size_t sim_close(struct sim *sim)
{
	size_t left = 0;

	for (int i = 0; i < 2 * sim->nr_cables; i++) {
		net_lock(sim->ends[i].net);
		if (sim_dev(sim, i / 2, i % 2))
			dev_remove_pack(&sim->ends[i].tap);
		net_unlock(sim->ends[i].net);
	}
	for (int i = 0; i < sim->nr_hosts; i++)
		left += (size_t)skiff_net_destroy(sim->hosts[i]);
	skiff_clock_put(sim->clock);
	return left + skb_live_buffers();
}
