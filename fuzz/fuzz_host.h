/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that the fuzz targets feed with frames: made once, looked over after each input. */
#ifndef FUZZ_HOST_H
#define FUZZ_HOST_H

#include <skiff/printk.h>
#include <skiff/services.h>

#include "../tests/unit/wire_host.h"

static struct wire_host fuzz_host;

static void fuzz_recv(struct skiff_udp *udp, const void *data, size_t len,
		      const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	u8 copy[64];

	(void)arg;
	(void)to;
	memcpy(copy, data, len < sizeof(copy) ? len : sizeof(copy));
	__skiff_udp_send(udp, copy, len < sizeof(copy) ? len : sizeof(copy), from);
}

static void fuzz_pong(struct net *net, const struct skiff_ping_result *result, void *arg)
{
	(void)net;
	(void)result;
	(void)arg;
}

/* The host with its services, a port and a way out; the same in every run. */
static inline struct wire_host *fuzz_start(void)
{
	const struct skiff_udp_params port = { .port = 5000, .recv = fuzz_recv };
	struct skiff_udp *udp;
	unsigned int i;

	if (fuzz_host.net)
		return &fuzz_host;
	skiff_log_level(-1);
	wire_host_open(&fuzz_host);
	for (i = 0; service_name(i); i++)
		BUG_ON(skiff_service_enable(fuzz_host.net, service_name(i), NULL, 0));
	BUG_ON(skiff_udp_open(fuzz_host.net, &port, &udp));
	BUG_ON(skiff_gateway_set(fuzz_host.net, "192.0.2.1", NULL, 0));
	wire_teach_peer(&fuzz_host);
	return &fuzz_host;
}

/* A ping under way, whose answer or error the input may be. */
static inline void fuzz_ping(struct wire_host *h)
{
	const struct skiff_ping_params p = { .daddr.s_addr = PEER_IP, .id = 1, .seq = 1, .len = 4 };

	BUG_ON(skiff_ping(h->net, &p, fuzz_pong, NULL));
}

/* Whatever waits for a neighbour or for fragments has given up by now; no buffer may be left. */
static inline void fuzz_settle(struct wire_host *h)
{
	u8 frame[FRAME_MAX];
	size_t len;

	while ((len = wire_take(h, frame)) != 0) {
		/* What we send has to be intact. */
		BUG_ON(wire_eth_check(frame, len) != WIRE_ETH_OK);
		if (wire_eth_type(frame) == ETH_P_IP)
			BUG_ON(wire_ip_check(frame + ETH_HLEN, len - ETH_HLEN) != WIRE_IP_OK);
	}
	wire_sleep(h, 40 * NSEC_PER_SEC);
	wire_drop_sent(h);
	BUG_ON(skb_live_buffers());
}

#endif /* FUZZ_HOST_H */
