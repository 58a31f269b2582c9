// SPDX-License-Identifier: BSD-2-Clause
/* Metrics of routes: from the attributes that a user gave to what a route's entries share. */
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/* What has a meaning here of RTAX_FEATURES. */
#define FEATURES_KNOWN RTAX_FEATURE_ECN

#define CC_NAME_MAX 16 /* TCP_CA_NAME_MAX */

static u32 (*cc_key)(const char *name, bool *needs_ecn);

void ip_metrics_congestion_set(u32 (*key)(const char *name, bool *needs_ecn))
{
	cc_key = key;
}

/* The largest value that a header has room for. */
static u32 largest(unsigned int type)
{
	switch (type) {
	case RTAX_ADVMSS:
		return 65535 - 40;
	case RTAX_MTU:
		return 65535 - 15;
	case RTAX_HOPLIMIT:
		return 255;
	default:
		return ~0u;
	}
}

/* The congestion control of a name. Return: NULL, or what is wrong. */
static const char *take_congestion(const void *name, unsigned int len, u32 *metrics)
{
	char text[CC_NAME_MAX] = "";
	bool needs_ecn = false;
	u32 key;

	memcpy(text, name, min(len, (unsigned int)sizeof(text) - 1));
	key = cc_key ? cc_key(text, &needs_ecn) : 0;
	if (!key)
		return "Unknown tcp congestion algorithm";
	metrics[RTAX_CC_ALGO - 1] = key;
	if (needs_ecn)
		metrics[RTAX_FEATURES - 1] |= DST_FEATURE_ECN_CA;
	return NULL;
}

static const char *take_number(unsigned int type, const void *data, unsigned int len, u32 *metrics)
{
	u32 val;

	if (len != sizeof(val))
		return "Invalid attribute in metrics";
	memcpy(&val, data, sizeof(val));
	if (type == RTAX_FEATURES) {
		if (val & ~(u32)FEATURES_KNOWN)
			return "Unknown flag set in feature mask in metrics attribute";
		/* That of a congestion control may be there already. */
		val |= metrics[type - 1] & DST_FEATURE_ECN_CA;
	}
	metrics[type - 1] = min(val, largest(type));
	return NULL;
}

/* All attributes. Return: NULL, or what is wrong. */
static const char *convert(const struct nlattr *nla, int left, u32 *metrics)
{
	const char *wrong;

	for (; left >= NLA_HDRLEN;
	     left -= NLA_ALIGN(nla->nla_len),
	     nla = (const void *)((const char *)nla + NLA_ALIGN(nla->nla_len))) {
		unsigned int type = nla->nla_type & NLA_TYPE_MASK;
		const char *data = (const char *)nla + NLA_HDRLEN;
		unsigned int len;

		if (nla->nla_len < NLA_HDRLEN || nla->nla_len > left)
			break;
		len = nla->nla_len - (unsigned int)NLA_HDRLEN;
		if (!type)
			continue;
		if (type > RTAX_MAX)
			return "Invalid metric type";
		wrong = type == RTAX_CC_ALGO ? take_congestion(data, len, metrics) :
					       take_number(type, data, len, metrics);
		if (wrong)
			return wrong;
	}
	return NULL;
}

struct dst_metrics *ip_fib_metrics_init(struct net *net, const struct nlattr *fc_mx, int fc_mx_len,
					const char **reason)
{
	struct dst_metrics *m;
	const char *wrong;

	ASSERT_NET_LOCKED(net);
	if (reason)
		*reason = NULL;
	if (!fc_mx || fc_mx_len <= 0)
		return NULL;
	m = dst_metrics_alloc(GFP_KERNEL);
	if (!m)
		return (struct dst_metrics *)ERR_PTR(-ENOMEM);
	wrong = convert(fc_mx, fc_mx_len, m->metrics);
	if (!wrong)
		return m;
	dst_metrics_put(m);
	if (reason)
		*reason = wrong;
	return (struct dst_metrics *)ERR_PTR(-EINVAL);
}
