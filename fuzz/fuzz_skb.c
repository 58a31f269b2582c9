// SPDX-License-Identifier: BSD-2-Clause
/* Programs of sk_buff and list operations against the model of tests/unit/skb/model.h. */
#include "../tests/unit/skb/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t buffers = skb_live_buffers(), bytes = skb_live_bytes();

	model_run(data, size);
	if (skb_live_buffers() != buffers || skb_live_bytes() != bytes) {
		skb_leak_report(stderr);
		abort();
	}
	return 0;
}
