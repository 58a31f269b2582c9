// SPDX-License-Identifier: BSD-2-Clause
/* The discard service, RFC 863: there is no answer. */
#include "services/services.h"

static int discard_len(struct net *net, const struct sk_buff *skb)
{
	(void)net;
	(void)skb;
	return -1;
}

const struct service service_discard = {
	.name = "discard",
	.port = 9,
	.answer_len = discard_len,
};
