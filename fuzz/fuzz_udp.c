// SPDX-License-Identifier: BSD-2-Clause
/* UDP datagrams of any content in good IPv4 packets, to services, an open port, or nobody. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_host *h = fuzz_start();
	__be32 daddr;
	u8 f[FRAME_MAX], udp[FRAME_MAX];
	size_t len = size - 1;

	if (size < 1 || size > 1480)
		return -1;
	daddr = data[0] & 2 ? BCAST_IP : HOST_IP;
	memcpy(udp, data + 1, len);
	if (data[0] & 4 && len >= WIRE_UDP_HLEN)
		wire_put16(udp, 4, (u16)len);
	if (data[0] & 1 && wire_udp_check_header(udp, len) == WIRE_UDP_OK)
		wire_udp_set_csum(udp, PEER_IP, daddr);
	len = frame_ip(f, PEER_IP, daddr, IPPROTO_UDP, udp, len);
	wire_inject(h, f, len);
	fuzz_settle(h);
	return 0;
}
