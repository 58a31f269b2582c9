// SPDX-License-Identifier: BSD-2-Clause
/* A module in the kernel's own words: it keeps numbers in wire order in a queue of buffers. */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/unaligned.h>

#include "counter_module.h"

static struct sk_buff_head numbers;
static char *greeting;

int counter_add(u32 number)
{
	struct sk_buff *skb = alloc_skb(16, GFP_KERNEL);

	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, 3);
	put_unaligned_be32(number, skb_put(skb, sizeof(number)));
	skb_queue_tail(&numbers, skb);
	return 0;
}
EXPORT_SYMBOL(counter_add);

u64 counter_sum(void)
{
	struct sk_buff *skb;
	u64 sum = 0;

	skb_queue_walk(&numbers, skb)
		sum += get_unaligned_be32(skb->data);
	return sum;
}
EXPORT_SYMBOL_GPL(counter_sum);

u8 counter_byte(unsigned int index)
{
	struct sk_buff *skb = skb_peek(&numbers);

	return skb && index < skb->len ? skb->data[index] : 0;
}

const char *counter_greeting(void)
{
	return greeting;
}

static int __init counter_init(void)
{
	greeting = kstrdup("hello", GFP_KERNEL);
	if (!greeting)
		return -ENOMEM;
	skb_queue_head_init(&numbers);
	pr_info("counting\n");
	return 0;
}

static void __exit counter_exit(void)
{
	skb_queue_purge(&numbers);
	kfree(greeting);
	greeting = NULL;
}

module_init(counter_init);
module_exit(counter_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("counts in sk_buffs");
