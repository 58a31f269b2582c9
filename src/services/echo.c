// SPDX-License-Identifier: BSD-2-Clause
/* The echo service, RFC 862: the answer is what was sent, and a stream is sent back. */
#include "services/services.h"

static struct sk_buff *echo_answer(struct net *net, const struct sk_buff *skb)
{
	struct sk_buff *answer = service_buffer(skb->len);

	(void)net;
	if (answer && skb->len)
		BUG_ON(skb_copy_bits(skb, 0, answer->data, (int)skb->len));
	return answer;
}

const struct service service_echo = {
	.name = "echo",
	.port = 7,
	.answer = echo_answer,
	.echoes = true,
};
