// SPDX-License-Identifier: BSD-2-Clause
/* ARP packets of any content, to everybody or to the host, in all modes of ARP. */
#include <stdio.h>

#include "fuzz_host.h"

static void fuzz_set(struct wire_host *h, const char *name, unsigned int value)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", value);
	BUG_ON(skiff_sysctl_set(h->net, name, text, NULL, 0));
}

static void fuzz_modes(struct wire_host *h, u8 modes)
{
	fuzz_set(h, "net.ipv4.conf.wire0.proxy_arp_pvlan", modes >> 3 & 1);
	fuzz_set(h, "net.ipv4.conf.wire0.arp_accept", (modes >> 4 & 3) % 3);
	fuzz_set(h, "net.ipv4.conf.wire0.arp_filter", modes >> 6 & 1);
	fuzz_set(h, "net.ipv4.conf.wire0.arp_ignore", modes >> 7 & 1 ? 2 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_host *h = fuzz_start();
	u8 f[FRAME_MAX];

	if (size < 1 || size > 200)
		return -1;
	wire_eth_build(f, data[0] & 1 ? host_mac : bcast_mac, peer_mac, ETH_P_ARP);
	memcpy(f + ETH_HLEN, data + 1, size - 1);
	/* Mostly with the fixed part right, so that the addresses matter. */
	if (!(data[0] & 4) && size - 1 >= WIRE_ARP_FIXED_LEN)
		memcpy(f + ETH_HLEN, "\x00\x01\x08\x00\x06\x04\x00", WIRE_ARP_FIXED_LEN - 1);
	fuzz_modes(h, data[0]);
	/* A packet waits for the one that is asked about most. */
	if (data[0] & 2)
		fuzz_ping(h);
	wire_inject(h, f, ETH_HLEN + size - 1);
	wire_inject(h, f, ETH_HLEN + size - 1);
	fuzz_settle(h);
	return 0;
}
