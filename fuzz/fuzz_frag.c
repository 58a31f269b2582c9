// SPDX-License-Identifier: BSD-2-Clause
/* Fragments of a few packets: offsets, lengths, flags, order and time as the input says. */
#include "fuzz_host.h"

/* Of each step: packet, flags, offset in units of 8 bytes (2 bytes), length. */
#define STEP 5

static void inject_fragment(struct wire_host *h, const uint8_t *step)
{
	static const u8 payload[256];
	u8 f[FRAME_MAX], *ip = f + ETH_HLEN;
	size_t len = frame_ip(f, PEER_IP, HOST_IP, step[1] & 1 ? IPPROTO_UDP : IPPROTO_ICMP,
			      payload, step[4]);

	wire_put16(ip, 4, step[0] & 3);
	wire_put16(ip, 6, (u16)((step[1] & 0x0e) << 12 | ((step[2] << 8 | step[3]) & IP_OFFSET)));
	ip[1] = step[1] >> 6;
	frame_fix_ip(f);
	wire_inject(h, f, len);
	if ((step[1] & 0x30) == 0x30)
		wire_sleep(h, (ktime_t)step[0] * NSEC_PER_SEC / 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_host *h = fuzz_start();

	for (; size >= STEP; data += STEP, size -= STEP)
		inject_fragment(h, data);
	fuzz_settle(h);
	return 0;
}
