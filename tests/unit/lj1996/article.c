// SPDX-License-Identifier: BSD-2-Clause
/* The article's listing as it was printed, with what it leaves undeclared declared around it. */
#include "article.h"

struct sk_buff_head my_list;
int my_dropped;
char *data;

/* clang-format off */

void append_frame(char *buf, int len)
{
	struct sk_buff *skb=alloc_skb(len, GFP_ATOMIC);
	if(skb==NULL)
		my_dropped++;
	else
	{
		skb_put(skb,len);
		memcpy(skb->data,data,len);
		skb_append(&my_list, skb);
	}
}

void process_queue(void)
{
	struct sk_buff *skb;
	while((skb=skb_dequeue(&my_list))!=NULL)
	{
		process_data(skb);
		kfree_skb(skb, FREE_READ);
	}
}
