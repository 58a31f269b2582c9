// SPDX-License-Identifier: BSD-2-Clause
/* The echo service, RFC 862: the answer is what was sent, and a stream is sent back. */
#include "services/services.h"

static int echo_len(struct net *net, const struct sk_buff *skb)
{
	(void)net;
	return (int)skb->len;
}

static void echo_answer(struct net *net, const struct sk_buff *skb, u8 *buf, unsigned int len)
{
	(void)net;
	BUG_ON(len && skb_copy_bits(skb, 0, buf, (int)len));
}

const struct service service_echo = {
	.name = "echo",
	.port = 7,
	.answer_len = echo_len,
	.answer = echo_answer,
	.echoes = true,
};
