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

/* The clock is read once: at midnight a second reading could have another length. */
static struct sk_buff *daytime_answer(struct net *net, const struct sk_buff *skb)
{
	struct sk_buff *answer;
	char text[DAYTIME_LEN];
	int len = daytime_text(net, text);

	(void)skb;
	if (len < 0 || len >= DAYTIME_LEN)
		return NULL;
	answer = service_buffer((unsigned int)len);
	if (answer)
		memcpy(answer->data, text, (size_t)len);
	return answer;
}

/* Over TCP the text is all there is. */
static struct sk_buff *daytime_produce(struct net *net, unsigned int nr, int *err)
{
	struct sk_buff *skb;

	if (nr)
		return NULL;
	skb = daytime_answer(net, NULL);
	if (!skb)
		*err = -ENOMEM;
	return skb;
}

const struct service service_daytime = {
	.name = "daytime",
	.port = 13,
	.answer = daytime_answer,
	.produce = daytime_produce,
};
