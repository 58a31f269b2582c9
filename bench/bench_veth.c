// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts on a cable in one process: what a frame costs from one to the other. */
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>

#include "harness.h"

#define TYPE 0x88b5 /* IEEE 802: for experiments */

static struct net *hosts[2];
static struct net_device *ends[2];
static unsigned long received[2];
static bool answers;

static void send_frame(int side)
{
	struct sk_buff *skb = alloc_skb(128, GFP_ATOMIC);

	skb_reserve(skb, 32);
	skb_put(skb, 46);
	skb->dev = ends[side];
	skb->protocol = htons(TYPE);
	skb_reset_network_header(skb);
	eth_header(skb, ends[side], TYPE, ends[!side]->dev_addr, NULL, 46);
	dev_queue_xmit(skb);
}

static int handle(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	int side = dev == ends[1];

	received[side]++;
	consume_skb(skb);
	if (answers && side)
		send_frame(1);
	return NET_RX_SUCCESS;
}

static struct packet_type handler = { .func = handle };

/* Whoever has not been run by the other one's thread is run here. */
static void settle(void)
{
	while (skiff_poll(hosts[1], 0) > 0 || skiff_poll(hosts[0], 0) > 0)
		;
}

static void bursts(size_t times, size_t burst)
{
	unsigned long before = received[answers ? 0 : 1];
	size_t i, j;

	for (i = 0; i < times; i++) {
		net_lock(hosts[0]);
		for (j = 0; j < burst; j++)
			send_frame(0);
		net_unlock(hosts[0]);
		while (received[answers ? 0 : 1] - before < (i + 1) * burst)
			settle();
	}
}

static void single(size_t times, void *arg)
{
	answers = false;
	bursts(times, 1);
}

static void burst32(size_t times, void *arg)
{
	answers = false;
	bursts(times, 32);
}

static void echo(size_t times, void *arg)
{
	answers = true;
	bursts(times, 1);
}

int main(int argc, char **argv)
{
	static const struct bench_case cases[] = {
		{ .name = "veth/frame", .ours = single, .times = 20000, .units = 1 },
		{ .name = "veth/frame-burst32", .ours = burst32, .times = 1000, .units = 32 },
		{ .name = "veth/echo", .ours = echo, .times = 20000, .units = 1 },
	};
	size_t i;

	handler.type = htons(TYPE);
	if (skiff_device_init() || skiff_drivers_init())
		return 1;
	dev_add_pack(&handler);
	for (i = 0; i < 2; i++)
		hosts[i] = skiff_net_create(NULL);
	if (!hosts[0] || !hosts[1] || veth_create(hosts[0], "x", hosts[1], "y", &ends[0], &ends[1]))
		return 1;
	for (i = 0; i < 2; i++) {
		net_lock(hosts[i]);
		if (dev_open(ends[i], NULL))
			return 1;
		net_unlock(hosts[i]);
	}
	settle();
	/* One case a few times over, for who counts instructions: its number and how often. */
	if (argc == 3) {
		cases[atoi(argv[1])].ours((size_t)atoi(argv[2]), NULL);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	return skiff_net_destroy(hosts[0]) || skiff_net_destroy(hosts[1]);
}
