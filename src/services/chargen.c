// SPDX-License-Identifier: BSD-2-Clause
/* The character generator, RFC 864: the answer is a random number of characters, 0 to 512. */
#include <skiff/random.h>

#include "services/services.h"

#define CHARGEN_MAX 512

/* RFC 864's pattern: lines of 72 of the 95 printable characters, each starting one further on. */
#define CHARGEN_LINE 72
#define CHARGEN_CHARS 95

static int chargen_len(struct net *net, const struct sk_buff *skb)
{
	(void)net;
	(void)skb;
	return (int)get_random_u32_below(CHARGEN_MAX + 1);
}

static void chargen_answer(struct net *net, const struct sk_buff *skb, u8 *buf, unsigned int len)
{
	unsigned int i, line, column;

	(void)net;
	(void)skb;
	for (i = 0; i < len; i++) {
		line = i / (CHARGEN_LINE + 2);
		column = i % (CHARGEN_LINE + 2);
		if (column == CHARGEN_LINE)
			buf[i] = '\r';
		else if (column == CHARGEN_LINE + 1)
			buf[i] = '\n';
		else
			buf[i] = (u8)(' ' + (line + column) % CHARGEN_CHARS);
	}
}

const struct service service_chargen = {
	.name = "chargen",
	.port = 19,
	.answer_len = chargen_len,
	.answer = chargen_answer,
};
