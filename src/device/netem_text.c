// SPDX-License-Identifier: BSD-2-Clause
/* The settings of netem as text: times, percentages, rates, and what contradicts what. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include <skiff/driver.h>

#include "device/device.h"
#include "device/netem.h"

/* Numbers are counted in these parts. */
#define ONE 1000000000ull
/* Longest text of settings. */
#define TEXT_MAX_LEN 512

/* A decimal number as a count of 10^-9, and what stands behind it. */
static bool parse_decimal(const char *text, u64 *value, const char **end)
{
	u64 whole = 0, part = 0, unit = ONE;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++) {
		whole = whole * 10 + (u64)(*at - '0');
		if (whole > 9000000000ull)
			return false;
	}
	if (at == text)
		return false;
	if (*at == '.' && isdigit((unsigned char)at[1]))
		for (at++; isdigit((unsigned char)*at); at++) {
			unit /= 10;
			part += (u64)(*at - '0') * unit;
		}
	*value = whole * ONE + part;
	*end = at;
	return true;
}

struct unit {
	const char *name;
	u64 factor;
};

/* In billionths of a second. */
static const struct unit times[] = {
	{ "s", 1000000000 }, { "sec", 1000000000 }, { "ms", 1000000 }, { "msec", 1000000 },
	{ "us", 1000 },	     { "usec", 1000 },	    { "ns", 1 },       { "nsec", 1 },
};

/* In bits per second. */
static const struct unit rates[] = {
	{ "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 }, { "gbit", 1000000000 },
	{ "bps", 8 }, { "kbps", 8000 }, { "mbps", 8000000 }, { "gbps", 8000000000ull },
};

static u64 find_unit(const struct unit *units, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcasecmp(units[i].name, name))
			return units[i].factor;
	return 0;
}

/* @value counts @factor of 10^-9. No factor exceeds 8 ONE, so that nothing overflows below @max. */
static bool scale(u64 value, u64 factor, u64 max, u64 *out)
{
	u64 whole = value / ONE;

	if (!factor || (whole && factor > max / whole))
		return false;
	*out = whole * factor + value % ONE * factor / ONE;
	return *out <= max;
}

static bool parse_time(const char *text, s64 *ns)
{
	const char *unit;
	u64 value, result;

	if (!parse_decimal(text, &value, &unit) ||
	    !scale(value, find_unit(times, ARRAY_SIZE(times), unit), NETEM_DELAY_MAX, &result))
		return false;
	*ns = (s64)result;
	return true;
}

static bool parse_rate(const char *text, u64 *rate)
{
	const char *unit;
	u64 value, bits;

	if (!parse_decimal(text, &value, &unit) ||
	    !scale(value, find_unit(rates, ARRAY_SIZE(rates), unit), 8000000000000ull, &bits) ||
	    bits < 8)
		return false;
	*rate = bits / 8;
	return true;
}

/* "1.5%", or without the sign, up to @stop. */
static bool parse_percent_until(const char *text, char stop, u32 *probability, const char **end)
{
	const char *at;
	u64 value;

	if (!parse_decimal(text, &value, &at) || value > 100 * ONE)
		return false;
	if (*at == '%')
		at++;
	if (*at && *at != stop)
		return false;
	/* What is not never happens. */
	*probability = (u32)(value / 100 * (u64)UINT32_MAX / ONE);
	if (value && !*probability)
		*probability = 1;
	*end = at;
	return true;
}

static bool parse_percent(const char *text, u32 *probability)
{
	const char *end;

	return parse_percent_until(text, '\0', probability, &end);
}

/* "1%/50%/…": at least one, at most @max. Return: how many, 0 when it is no such list. */
static int parse_percents(const char *text, u32 *list, int max)
{
	int n = 0;

	for (;;) {
		if (n == max || !parse_percent_until(text, '/', &list[n++], &text))
			return 0;
		if (!*text)
			return n;
		text++;
	}
}

static bool parse_integer(const char *text, s64 min, s64 max, s64 *value)
{
	bool negative = *text == '-';
	const char *at = text + negative;

	*value = 0;
	if (!*at || strlen(at) > 10)
		return false;
	for (; isdigit((unsigned char)*at); at++)
		*value = *value * 10 + (*at - '0');
	if (negative)
		*value = -*value;
	return !*at && *value >= min && *value <= max;
}

/* How the values of a key are read: each returns 0 or what is accepted. */

static const char *take_time(void *to, const char *value)
{
	return parse_time(value, (s64 *)to) ? NULL :
					      "a time up to an hour, as 10ms, 250us or 1.5s, is "
					      "accepted";
}

static const char *take_percent(void *to, const char *value)
{
	return parse_percent(value, (u32 *)to) ? NULL : "0% to 100%, as 0.5%, is accepted";
}

static const char *take_rate(void *to, const char *value)
{
	return parse_rate(value, (u64 *)to) ? NULL :
					      "a rate of 8bit to 8000gbit a second, as 512kbit or "
					      "10mbit, is accepted";
}

static const char *take_limit(void *to, const char *value)
{
	s64 n;

	if (!parse_integer(value, 1, NETEM_LIMIT_MAX, &n))
		return "1 to 1000000 packets are accepted";
	*(u32 *)to = (u32)n;
	return NULL;
}

static const char *take_bytes(void *to, const char *value)
{
	s64 n;

	if (!parse_integer(value, -65535, 65535, &n))
		return "-65535 to 65535 bytes are accepted";
	*(s32 *)to = (s32)n;
	return NULL;
}

static const char *take_slot_bytes(void *to, const char *value)
{
	s64 n;

	if (!parse_integer(value, 1, 1000000000, &n))
		return "1 to 1000000000 bytes are accepted";
	*(u32 *)to = (u32)n;
	return NULL;
}

static const char *take_cell(void *to, const char *value)
{
	s64 n;

	if (!parse_integer(value, 1, 65535, &n))
		return "1 to 65535 bytes are accepted";
	*(u32 *)to = (u32)n;
	return NULL;
}

static const char *take_dist(void *to, const char *value)
{
	static const char *const names[] = { "uniform", "normal", "pareto" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(value, names[i])) {
			*(enum netem_dist *)to = (enum netem_dist)i;
			return NULL;
		}
	}
	return "uniform, normal or pareto is accepted";
}

static const char *take_gemodel(void *to, const char *value)
{
	struct netem_params *p = (struct netem_params *)to;
	u32 v[4] = { 0, 0, NETEM_ALWAYS, 0 };
	int n = parse_percents(value, v, 4);

	if (!n)
		return "P, P/R, P/R/1-H or P/R/1-H/1-K, each a percentage, is accepted";
	p->loss_model = NETEM_LOSS_GILBERT_ELLIOTT;
	p->ge.p = v[0];
	/* Without R it is Bernoulli's model. */
	p->ge.r = n > 1 ? v[1] : NETEM_ALWAYS - v[0];
	p->ge.h1 = v[2];
	p->ge.k1 = v[3];
	return NULL;
}

static const char *take_markov(void *to, const char *value)
{
	struct netem_params *p = (struct netem_params *)to;
	u32 v[5] = { 0, 0, 0, NETEM_ALWAYS, 0 };
	int n = parse_percents(value, v, 5);

	if (!n)
		return "P13, then up to four of /P31/P32/P23/P14, each a percentage, is accepted";
	p->loss_model = NETEM_LOSS_MARKOV;
	p->markov.p13 = v[0];
	p->markov.p31 = n > 1 ? v[1] : NETEM_ALWAYS - v[0];
	p->markov.p32 = v[2];
	p->markov.p23 = v[3];
	p->markov.p14 = v[4];
	return NULL;
}

#define AT(field) offsetof(struct netem_params, field)

static const struct {
	const char *key;
	const char *(*take)(void *to, const char *value);
	size_t offset;
} keys[] = {
	{ "delay", take_time, AT(delay) },
	{ "jitter", take_time, AT(jitter) },
	{ "delay_corr", take_percent, AT(delay_correlation) },
	{ "dist", take_dist, AT(dist) },
	{ "loss", take_percent, AT(loss.probability) },
	{ "loss_corr", take_percent, AT(loss.correlation) },
	{ "gemodel", take_gemodel, 0 },
	{ "markov", take_markov, 0 },
	{ "duplicate", take_percent, AT(duplicate.probability) },
	{ "duplicate_corr", take_percent, AT(duplicate.correlation) },
	{ "reorder", take_percent, AT(reorder.probability) },
	{ "reorder_corr", take_percent, AT(reorder.correlation) },
	{ "gap", take_limit, AT(gap) },
	{ "corrupt", take_percent, AT(corrupt.probability) },
	{ "corrupt_corr", take_percent, AT(corrupt.correlation) },
	{ "rate", take_rate, AT(rate) },
	{ "overhead", take_bytes, AT(overhead) },
	{ "cell", take_cell, AT(cell_size) },
	{ "cell_overhead", take_bytes, AT(cell_overhead) },
	{ "slot", take_time, AT(slot_min) },
	{ "slot_max", take_time, AT(slot_max) },
	{ "slot_packets", take_limit, AT(slot_packets) },
	{ "slot_bytes", take_slot_bytes, AT(slot_bytes) },
	{ "limit", take_limit, AT(limit) },
};

const char *netem_keys(void)
{
	return "delay, jitter, delay_corr, dist, loss, loss_corr, gemodel, markov, duplicate, "
	       "duplicate_corr, reorder, reorder_corr, gap, corrupt, corrupt_corr, rate, overhead, "
	       "cell, cell_overhead, slot, slot_max, slot_packets, slot_bytes, limit";
}

int netem_option(struct netem_params *params, const char *key, const char *value, char *err,
		 size_t err_size)
{
	const char *accepted;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		accepted = keys[i].take((char *)params + keys[i].offset, value);
		return accepted ? skiff_driver_error(err, err_size, -EINVAL, "%s=%s: %s", key,
						     value, accepted) :
				  0;
	}
	return -ENOENT;
}

static int parse_item(struct netem_params *params, char *item, char *err, size_t err_size)
{
	char *value = strchr(item, '=');
	int ret;

	if (!value)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "%s: not a setting; key=value is accepted", item);
	*value++ = '\0';
	ret = netem_option(params, item, value, err, err_size);
	if (ret == -ENOENT)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "%s: no such setting; there are: %s", item, netem_keys());
	return ret;
}

int netem_parse(struct netem_params *params, const char *text, char *err, size_t err_size)
{
	char copy[TEXT_MAX_LEN], *next = copy, *item;
	size_t len = strnlen(text, sizeof(copy));
	int ret;

	memset(params, 0, sizeof(*params));
	skiff_driver_error(err, err_size, 0, "%s", "");
	if (len == sizeof(copy))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "settings of at most %d characters are accepted",
					  TEXT_MAX_LEN - 1);
	memcpy(copy, text, len + 1);
	while (len && (item = strsep(&next, ",")) != NULL) {
		ret = parse_item(params, item, err, err_size);
		if (ret)
			return ret;
	}
	return netem_check(params, err, err_size);
}

static bool in_range(const struct netem_params *p)
{
	return p->delay >= 0 && p->delay <= NETEM_DELAY_MAX && p->jitter >= 0 &&
	       p->jitter <= NETEM_DELAY_MAX && p->limit <= NETEM_LIMIT_MAX &&
	       p->overhead >= -65535 && p->overhead <= 65535 && p->cell_size <= 65535 &&
	       p->cell_overhead >= -65535 && p->cell_overhead <= 65535 && p->dist <= NETEM_PARETO &&
	       p->loss_model <= NETEM_LOSS_MARKOV && p->slot_min >= 0 &&
	       p->slot_min <= NETEM_DELAY_MAX && p->slot_max >= 0 &&
	       p->slot_max <= NETEM_DELAY_MAX && p->slot_packets <= NETEM_LIMIT_MAX;
}

static const char *contradiction(const struct netem_params *p)
{
	if (p->reorder.probability && !p->delay && !p->jitter && !p->rate)
		return "reorder: packets that nothing delays can't be overtaken; with delay or "
		       "rate it is accepted";
	if ((p->gap || p->reorder.correlation) && !p->reorder.probability)
		return "gap and reorder_corr: accepted with reorder";
	if ((p->delay_correlation || p->dist) && !p->jitter)
		return "dist and delay_corr: accepted with jitter";
	if (p->loss.probability && p->loss_model != NETEM_LOSS_RANDOM)
		return "loss: one of loss, gemodel and markov is accepted";
	if (p->loss.correlation && !p->loss.probability)
		return "loss_corr: accepted with loss";
	if (p->duplicate.correlation && !p->duplicate.probability)
		return "duplicate_corr: accepted with duplicate";
	if (p->corrupt.correlation && !p->corrupt.probability)
		return "corrupt_corr: accepted with corrupt";
	if ((p->overhead || p->cell_size) && !p->rate)
		return "overhead and cell: accepted with rate";
	if (p->slot_max && p->slot_max < p->slot_min)
		return "slot_max: at least as long as slot is accepted";
	if ((p->slot_packets || p->slot_bytes) && !p->slot_min && !p->slot_max)
		return "slot_packets and slot_bytes: accepted with slot or slot_max";
	if (p->cell_overhead && !p->cell_size)
		return "cell_overhead: accepted with cell";
	if ((u64)p->markov.p13 + p->markov.p14 > NETEM_ALWAYS ||
	    (u64)p->markov.p31 + p->markov.p32 > NETEM_ALWAYS)
		return "markov: of P13 and P14, as of P31 and P32, the sum may be 100%";
	return NULL;
}

int netem_check(const struct netem_params *p, char *err, size_t err_size)
{
	const char *text = in_range(p) ? contradiction(p) : "netem: a value is out of range";

	return text ? skiff_driver_error(err, err_size, -EINVAL, "%s", text) : 0;
}
