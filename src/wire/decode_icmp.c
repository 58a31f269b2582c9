// SPDX-License-Identifier: BSD-2-Clause
/* The one-line decoder's ICMP, with the packet that an error quotes, and IGMP. */
#include "wire/decode_ip.h"

#include "wire/addr.h"
#include "wire/icmp.h"

struct icmp_kind {
	const char *name;
	const char *const *codes; /* instead of @name, when the code is one of them */
	size_t codes_count;
	void (*detail)(struct decode_ip *d);
};

static void id_seq(struct decode_ip *d)
{
	wire_text_add(d->t, " id %u seq %u", wire_icmp_id(d->data), wire_icmp_seq(d->data));
}

/* RFC 1191 section 4: the next hop's MTU, only in this one code. */
static void next_mtu(struct decode_ip *d)
{
	if (wire_icmp_code(d->data) == WIRE_ICMP_UNREACH_FRAG_NEEDED)
		wire_text_add(d->t, " mtu %u", wire_icmp_mtu(d->data));
}

static void gateway(struct decode_ip *d)
{
	char text[WIRE_IP_TEXT];

	wire_text_add(d->t, " to %s", wire_format_ip(text, wire_icmp_gateway(d->data)));
}

static void pointer(struct decode_ip *d)
{
	wire_text_add(d->t, " at byte %u", wire_icmp_pointer(d->data));
}

/* RFC 792 and RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
static const char *const unreach_codes[] = {
	"net unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"net unknown",
	"host unknown",
	"source host isolated",
	"net prohibited",
	"host prohibited",
	"net unreachable for this service",
	"host unreachable for this service",
	"communication prohibited",
	"host precedence violation",
	"precedence cutoff",
};

static const char *const redirect_codes[] = {
	"redirect net",
	"redirect host",
	"redirect service and net",
	"redirect service and host",
};

static const char *const time_codes[] = {
	"time to live exceeded",
	"reassembly time exceeded",
};

static const char *const parameter_codes[] = {
	"parameter problem",
	"required option missing",
	"parameter problem: bad length",
};

#define CODES(list) (list), ARRAY_SIZE(list)

static const struct icmp_kind kinds[] = {
	[WIRE_ICMP_ECHO_REPLY] = { "echo reply", NULL, 0, id_seq },
	[WIRE_ICMP_UNREACH] = { "unreachable", CODES(unreach_codes), next_mtu },
	[WIRE_ICMP_SOURCE_QUENCH] = { "source quench", NULL, 0, NULL },
	[WIRE_ICMP_REDIRECT] = { "redirect", CODES(redirect_codes), gateway },
	[WIRE_ICMP_ECHO] = { "echo request", NULL, 0, id_seq },
	[WIRE_ICMP_ROUTER_ADVERT] = { "router advertisement", NULL, 0, NULL },
	[WIRE_ICMP_ROUTER_SOLICIT] = { "router solicitation", NULL, 0, NULL },
	[WIRE_ICMP_TIME_EXCEEDED] = { "time exceeded", CODES(time_codes), NULL },
	[WIRE_ICMP_PARAMETER] = { "parameter problem", CODES(parameter_codes), pointer },
	[WIRE_ICMP_TIMESTAMP] = { "timestamp request", NULL, 0, id_seq },
	[WIRE_ICMP_TIMESTAMP_REPLY] = { "timestamp reply", NULL, 0, id_seq },
	[WIRE_ICMP_INFO] = { "information request", NULL, 0, id_seq },
	[WIRE_ICMP_INFO_REPLY] = { "information reply", NULL, 0, id_seq },
	[WIRE_ICMP_MASK] = { "address mask request", NULL, 0, id_seq },
	[WIRE_ICMP_MASK_REPLY] = { "address mask reply", NULL, 0, id_seq },
};

/* Holes in the table have no name. */
static const struct icmp_kind *find_kind(u8 type)
{
	return type < ARRAY_SIZE(kinds) && kinds[type].name ? &kinds[type] : NULL;
}

static void kind(struct decode_ip *d)
{
	u8 type = wire_icmp_type(d->data);
	u8 code = wire_icmp_code(d->data);
	const struct icmp_kind *k = find_kind(type);

	if (!k)
		wire_text_add(d->t, "type %u code %u", type, code);
	else if (code < k->codes_count)
		wire_text_add(d->t, "%s", k->codes[code]);
	else if (code)
		wire_text_add(d->t, "%s code %u", k->name, code);
	else
		wire_text_add(d->t, "%s", k->name);
	if (k && k->detail)
		k->detail(d);
}

/* The flow that an error is about, as the sender of the offending packet would know it. */
static void quote(struct decode_ip *d)
{
	struct wire_icmp_quote q;

	if (wire_icmp_get_quote(d->data, d->len, &q)) {
		wire_text_add(d->t, " [quotes no IPv4 header]");
		return;
	}
	wire_text_add(d->t, " for ");
	if (q.has_ports)
		decode_flow_ports(d->t, q.saddr, q.sport, q.daddr, q.dport);
	else
		decode_flow(d->t, q.saddr, q.daddr);
	decode_protocol(d->t, q.protocol);
	if (wire_ip_fragment_offset(q.ip))
		wire_text_add(d->t, " fragment offset %u", wire_ip_fragment_offset(q.ip));
}

void decode_icmp(struct decode_ip *d)
{
	decode_flow(d->t, wire_ip_saddr(d->ip), wire_ip_daddr(d->ip));
	if (d->len < WIRE_ICMP_HLEN) {
		wire_text_add(d->t, "ICMP [truncated: %zu bytes]", d->len);
		return;
	}
	wire_text_add(d->t, "ICMP ");
	kind(d);
	if (wire_icmp_is_error(wire_icmp_type(d->data)))
		quote(d);
	else
		wire_text_add(d->t, ", %zu bytes ttl %u", d->full_len, wire_ip_ttl(d->ip));
	if (decode_wants_csum(d) && wire_icmp_check(d->data, d->len) == WIRE_ICMP_BAD_CSUM)
		wire_text_add(d->t, " [bad checksum 0x%04x]", wire_get16(d->data, 2));
}

/* RFC 3376 section 4.2: the second word's lower half counts the records. */
static void igmp_kind(struct decode_ip *d)
{
	char group[WIRE_IP_TEXT];

	wire_format_ip(group, wire_igmp_group(d->data));
	switch (wire_igmp_type(d->data)) {
	case WIRE_IGMP_QUERY:
		if (wire_igmp_group(d->data))
			wire_text_add(d->t, "query for %s", group);
		else
			wire_text_add(d->t, "general query");
		break;
	case WIRE_IGMP_V1_REPORT:
		wire_text_add(d->t, "v1 report %s", group);
		break;
	case WIRE_IGMP_V2_REPORT:
		wire_text_add(d->t, "v2 report %s", group);
		break;
	case WIRE_IGMP_V2_LEAVE:
		wire_text_add(d->t, "leave %s", group);
		break;
	case WIRE_IGMP_V3_REPORT:
		wire_text_add(d->t, "v3 report %u records", wire_get16(d->data, 6));
		break;
	default:
		wire_text_add(d->t, "type 0x%02x", wire_igmp_type(d->data));
		break;
	}
}

void decode_igmp(struct decode_ip *d)
{
	decode_flow(d->t, wire_ip_saddr(d->ip), wire_ip_daddr(d->ip));
	if (d->len < WIRE_IGMP_HLEN) {
		wire_text_add(d->t, "IGMP [truncated: %zu bytes]", d->len);
		return;
	}
	wire_text_add(d->t, "IGMP ");
	igmp_kind(d);
	if (decode_wants_csum(d) && wire_igmp_check(d->data, d->len) == WIRE_ICMP_BAD_CSUM)
		wire_text_add(d->t, " [bad checksum 0x%04x]", wire_get16(d->data, 2));
}
