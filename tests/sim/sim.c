// SPDX-License-Identifier: BSD-2-Clause
/* Setting up simulated networks, and a hash over all that passes there. */
#include "sim.h"

#include <stdlib.h>

#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/netem.h>

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
	u8 *frame = (u8 *)malloc((size_t)len);

	BUG_ON(!frame || skb_copy_bits(skb, off, frame, len));
	hash_bytes(sim, &now, sizeof(now));
	hash_bytes(sim, &nr, sizeof(nr));
	hash_bytes(sim, frame, (size_t)len);
	sim->frames++;
	free(frame);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

void sim_open(struct sim *sim, u64 seed, int nr_hosts)
{
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

static void end_up(struct sim *sim, int cable, int nr, const char *netem)
{
	struct sim_end *end = &sim->ends[2 * cable + nr];
	const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, (u8)cable, (u8)(nr + 1) };
	struct netem_params params;
	char err[256];

	end->sim = sim;
	end->tap = (struct packet_type){
		.type = htons(ETH_P_ALL), .ignore_outgoing = true, .dev = end->dev, .func = hear
	};
	net_lock(end->net);
	eth_hw_addr_set(end->dev, mac);
	dev_add_pack(&end->tap);
	if (netem) {
		BUG_ON(netem_parse(&params, netem, err, sizeof(err)));
		BUG_ON(netem_configure(end->dev, &params));
	}
	BUG_ON(inet_insert_ifa(end->dev, sim_addr(cable, nr), 24));
	BUG_ON(dev_open(end->dev, NULL));
	net_unlock(end->net);
}

void sim_cable(struct sim *sim, int a, int b, const char *netem)
{
	const int cable = sim->nr_cables++;
	struct sim_end *end = &sim->ends[2 * cable];

	BUG_ON(cable >= SIM_CABLES_MAX);
	end[0].net = sim->hosts[a];
	end[1].net = sim->hosts[b];
	BUG_ON(veth_create(end[0].net, NULL, end[1].net, NULL, &end[0].dev, &end[1].dev));
	end_up(sim, cable, 0, netem);
	end_up(sim, cable, 1, netem);
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
		dev_remove_pack(&sim->ends[i].tap);
		net_unlock(sim->ends[i].net);
	}
	for (int i = 0; i < sim->nr_hosts; i++)
		left += (size_t)skiff_net_destroy(sim->hosts[i]);
	skiff_clock_put(sim->clock);
	return left + skb_live_buffers();
}
