// SPDX-License-Identifier: BSD-2-Clause
/* The metrics in the text of a route: "mtu lock 1400 initcwnd 20 rto_min 50ms". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "skiff/route_text.h"

/* What a metric's value looks like. */
enum metric_form {
	METRIC_NUMBER,
	METRIC_TIME, /* milliseconds times @unit; without a unit the number as it is */
	METRIC_BOOL,
	METRIC_FEATURES,
	METRIC_NAME,
};

/**
 * struct metric - a metric's word
 * @word: it
 * @type: RTAX_*
 * @form: of its value
 * @always_locked: it has no meaning otherwise
 * @unit: of a time, parts of a millisecond
 * @least: of what is accepted
 * @most: of what is accepted; milliseconds of a time
 */
struct metric {
	const char *word;
	u8 type;
	u8 form;
	bool always_locked;
	u8 unit;
	u32 least;
	u32 most;
};

/* Windows are counted in segments; products with a segment's size stay within 32 bits. */
#define MOST_SEGMENTS 65535
#define MOST_MS 120000

static const struct metric metrics[] = {
	{ "mtu", RTAX_MTU, METRIC_NUMBER, .least = 68, .most = 65520 },
	{ "advmss", RTAX_ADVMSS, METRIC_NUMBER, .least = 1, .most = 65495 },
	{ "window", RTAX_WINDOW, METRIC_NUMBER, .least = 1, .most = 1u << 30 },
	{ "rtt", RTAX_RTT, METRIC_TIME, .unit = 8, .least = 1, .most = MOST_MS },
	{ "rttvar", RTAX_RTTVAR, METRIC_TIME, .unit = 4, .least = 1, .most = MOST_MS },
	{ "ssthresh", RTAX_SSTHRESH, METRIC_NUMBER, .least = 1, .most = INT32_MAX },
	{ "cwnd", RTAX_CWND, METRIC_NUMBER, .least = 1, .most = INT32_MAX },
	{ "initcwnd", RTAX_INITCWND, METRIC_NUMBER, .least = 1, .most = MOST_SEGMENTS },
	{ "initrwnd", RTAX_INITRWND, METRIC_NUMBER, .least = 1, .most = MOST_SEGMENTS },
	{ "reordering", RTAX_REORDERING, METRIC_NUMBER, .least = 1, .most = MOST_SEGMENTS },
	{ "hoplimit", RTAX_HOPLIMIT, METRIC_NUMBER, .least = 1, .most = 255 },
	{ "rto_min", RTAX_RTO_MIN, METRIC_TIME, true, .unit = 1, .least = 1, .most = MOST_MS },
	{ "quickack", RTAX_QUICKACK, METRIC_BOOL, .most = 1 },
	{ "features", RTAX_FEATURES, METRIC_FEATURES, .most = 0 },
	{ "congctl", RTAX_CC_ALGO, METRIC_NAME, .most = 0 },
	{ "fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE, METRIC_BOOL, .most = 1 },
};

int route_number(struct route_text *r, const char *what, const char *word, u32 least, u32 most,
		 u32 *val)
{
	unsigned long long n = 0;
	char *end = NULL;

	errno = 0;
	if (word && *word >= '0' && *word <= '9')
		n = strtoull(word, &end, 0);
	if (end && !*end && !errno && n >= least && n <= most) {
		*val = (u32)n;
		return 0;
	}
	return conf_error(r->err, r->err_size, -EINVAL,
			  "%s '%s': a number from %u to %u is accepted", what, word ? word : "",
			  least, most);
}

/* The rest of a number is a unit of time. Return: milliseconds of it, 0: none, below 0: no unit. */
static int time_unit(const char *text)
{
	static const struct {
		const char *name;
		int ms;
	} units[] = { { "", 0 },   { "s", 1000 }, { "sec", 1000 }, { "secs", 1000 },
		      { "ms", 1 }, { "msec", 1 }, { "msecs", 1 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].name))
			return units[i].ms;
	return -1;
}

static int take_time(struct route_text *r, const struct metric *m, const char *word, u32 *val)
{
	double t = 0, scale;
	char *end = NULL;
	int unit = -1;

	if (word && *word >= '0' && *word <= '9') {
		t = strtod(word, &end);
		unit = time_unit(end);
	}
	scale = unit > 0 ? unit * m->unit : 1;
	t *= scale;
	if (unit >= 0 && t > 0 && t <= (double)m->most * m->unit) {
		/* Upwards: too long is better than too short. */
		*val = (u32)t;
		*val += *val < t;
		return 0;
	}
	return conf_error(r->err, r->err_size, -EINVAL,
			  "%s '%s': a time up to %us, as 50ms, is accepted", m->word,
			  word ? word : "", m->most / 1000);
}

static int take_features(struct route_text *r, const char *word, u32 *val)
{
	if (!word || strcmp(word, "ecn") != 0)
		return conf_error(r->err, r->err_size, -EINVAL, "features '%s': ecn is accepted",
				  word ? word : "");
	*val = RTAX_FEATURE_ECN;
	return 0;
}

/* There is room: each metric is taken once. */
static void put_attribute(struct route_text *r, u16 type, const void *data, size_t len)
{
	struct nlattr *nla = &r->mx[r->mx_len / sizeof(*nla)];

	nla->nla_len = (u16)(NLA_HDRLEN + len);
	nla->nla_type = type;
	memcpy(nla + 1, data, len);
	r->mx_len += (unsigned int)NLA_ALIGN(nla->nla_len);
}

static int take_name(struct route_text *r, const struct metric *m, const char *word)
{
	size_t len = word ? strlen(word) : 0;

	if (!len || len > 15)
		return conf_error(
			r->err, r->err_size, -EINVAL,
			"%s '%s': the name of a congestion control, as cubic, is accepted", m->word,
			word ? word : "");
	put_attribute(r, m->type, word, len + 1);
	return 0;
}

static int take_value(struct route_text *r, const struct metric *m, const char *word)
{
	u32 val;
	int ret;

	switch (m->form) {
	case METRIC_NAME:
		return take_name(r, m, word);
	case METRIC_TIME:
		ret = take_time(r, m, word, &val);
		break;
	case METRIC_FEATURES:
		ret = take_features(r, word, &val);
		break;
	default:
		ret = route_number(r, m->word, word, m->least, m->most, &val);
		break;
	}
	if (!ret)
		put_attribute(r, m->type, &val, sizeof(val));
	return ret;
}

int route_metric(struct route_text *r, const char *what)
{
	const struct metric *m = metrics, *end = m + sizeof(metrics) / sizeof(metrics[0]);
	const char *word;

	while (m < end && strcmp(m->word, what) != 0)
		m++;
	if (m == end)
		return -ENOENT;
	if (r->seen & 1u << m->type)
		return conf_error(r->err, r->err_size, -EINVAL, "%s: it is accepted once", what);
	r->seen |= 1u << m->type;
	word = route_word(r);
	if (word && !strcmp(word, "lock")) {
		r->lock |= 1u << m->type;
		word = route_word(r);
	}
	if (m->always_locked)
		r->lock |= 1u << m->type;
	return take_value(r, m, word);
}

void route_metrics_end(struct route_text *r)
{
	if (r->lock)
		put_attribute(r, RTAX_LOCK, &r->lock, sizeof(r->lock));
}
