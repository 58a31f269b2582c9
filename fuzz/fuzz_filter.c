// SPDX-License-Identifier: BSD-2-Clause
/* Socket filters: any program, checked and, when it is valid, run on any packet. */
#include <stdlib.h>

#include <skiff/filter.h>
#include <skiff/printk.h>
#include <skiff/skb/pool.h>

/* The first byte is how many instructions follow, 8 bytes each; the second one shapes the packet. */

static struct sk_buff *make_packet(u8 shape, const u8 *bytes, unsigned int len)
{
	unsigned int linear = shape & 1 ? len : min(len, (unsigned int)shape >> 1);
	struct sk_buff *skb = alloc_skb(linear, GFP_KERNEL), *more;

	if (!skb)
		return NULL;
	skb_put_data(skb, bytes, linear);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, (int)min(linear, 14u));
	skb->protocol = htons(ETH_P_IP);
	if (linear == len)
		return skb;
	more = alloc_skb(len - linear, GFP_KERNEL);
	if (!more)
		return skb;
	skb_put_data(more, bytes + linear, len - linear);
	skb_shinfo(skb)->frag_list = more;
	skb->len += more->len;
	skb->data_len += more->len;
	skb->truesize += more->truesize;
	return skb;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter insns[256];
	struct sock_fprog fprog = { .filter = insns };
	struct bpf_prog *prog;
	struct sk_buff *skb;
	int err;

	if (size < 2)
		return 0;
	fprog.len = data[0];
	if (size - 2 < fprog.len * sizeof(insns[0]))
		return 0;
	memcpy(insns, data + 2, fprog.len * sizeof(insns[0]));
	err = bpf_prog_create(&prog, &fprog);
	BUG_ON(err != bpf_check_classic(insns, fprog.len));
	if (!err) {
		size_t used = 2 + fprog.len * sizeof(insns[0]);

		skb = make_packet(data[1], data + used, (unsigned int)(size - used));
		if (skb)
			bpf_prog_run(prog, skb);
		kfree_skb(skb);
		bpf_prog_destroy(prog);
	}
	BUG_ON(skb_live_buffers());
	return 0;
}
