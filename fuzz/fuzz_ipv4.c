// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 packets of any content, with the checksum made right or left as it is. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_host *h = fuzz_start();
	u8 f[FRAME_MAX], *ip = f + ETH_HLEN;
	size_t len = size - 1;

	if (size < 1 || size > 1500)
		return -1;
	wire_eth_build(f, data[0] & 1 ? bcast_mac : host_mac, peer_mac, ETH_P_IP);
	memcpy(ip, data + 1, len);
	if (data[0] & 2 && wire_ip_check_header(ip, len) == WIRE_IP_OK) {
		wire_put16(ip, 2, (u16)len);
		wire_ip_set_csum(ip);
	}
	if (data[0] & 4)
		fuzz_ping(h);
	wire_inject(h, f, ETH_HLEN + len);
	fuzz_settle(h);
	return 0;
}
