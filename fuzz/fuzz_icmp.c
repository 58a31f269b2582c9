// SPDX-License-Identifier: BSD-2-Clause
/* ICMP messages of any content in good IPv4 packets, while a ping is under way. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_host *h = fuzz_start();
	u8 f[FRAME_MAX], icmp[FRAME_MAX];
	size_t len = size - 1;

	if (size < 1 || size > 1480)
		return -1;
	memcpy(icmp, data + 1, len);
	if (data[0] & 1 && len >= WIRE_ICMP_HLEN)
		wire_icmp_set_csum(icmp, len);
	len = frame_ip(f, PEER_IP, data[0] & 2 ? BCAST_IP : HOST_IP, IPPROTO_ICMP, icmp, len);
	fuzz_ping(h);
	wire_inject(h, f, len);
	fuzz_settle(h);
	return 0;
}
