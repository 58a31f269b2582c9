// SPDX-License-Identifier: BSD-2-Clause
/* The daytime service, RFC 867: the answer is the host's wall-clock time as text. */
#include <stdio.h>
#include <time.h>

#include <skiff/skiff.h>

#include "services/services.h"

#define DAYTIME_LEN 64

/* "Saturday, November 21, 2026 02:28:35-UTC", one of the forms that RFC 867 suggests. */
static int daytime_text(struct net *net, char text[DAYTIME_LEN])
{
	time_t now = (time_t)(skiff_clock_now_real(skiff_net_clock(net)) / NSEC_PER_SEC);
	static const char *const days[] = { "Sunday",	"Monday", "Tuesday", "Wednesday",
					    "Thursday", "Friday", "Saturday" };
	static const char *const months[] = { "January",   "February", "March",	   "April",
					      "May",	   "June",     "July",	   "August",
					      "September", "October",  "November", "December" };
	struct tm tm;

	/* Not strftime(): its names depend on the program's locale. */
	if (!gmtime_r(&now, &tm))
		return -1;
	return snprintf(text, DAYTIME_LEN, "%s, %s %d, %d %02d:%02d:%02d-UTC\r\n", days[tm.tm_wday],
			months[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			tm.tm_sec);
}

static int daytime_len(struct net *net, const struct sk_buff *skb)
{
	char text[DAYTIME_LEN];
	int len = daytime_text(net, text);

	(void)skb;
	return len < DAYTIME_LEN ? len : -1;
}

static void daytime_answer(struct net *net, const struct sk_buff *skb, u8 *buf, unsigned int len)
{
	char text[DAYTIME_LEN] = "";

	(void)skb;
	daytime_text(net, text);
	memcpy(buf, text, min_t(unsigned int, len, DAYTIME_LEN));
}

/* Over TCP the text is all there is. */
static struct sk_buff *daytime_produce(struct net *net, unsigned int nr, int *err)
{
	struct sk_buff *skb;
	int len;

	if (nr)
		return NULL;
	len = daytime_len(net, NULL);
	skb = len < 0 ? NULL : service_buffer((unsigned int)len);
	if (skb)
		daytime_answer(net, NULL, skb->data, skb->len);
	else
		*err = -ENOMEM;
	return skb;
}

const struct service service_daytime = {
	.name = "daytime",
	.port = 13,
	.answer_len = daytime_len,
	.answer = daytime_answer,
	.produce = daytime_produce,
};
