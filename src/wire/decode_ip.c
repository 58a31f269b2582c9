// SPDX-License-Identifier: BSD-2-Clause
/* The one-line decoder's IPv4, UDP and TCP. */
#include "wire/decode_ip.h"

#include <linux/in.h>

#include "wire/addr.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* 40 bytes can hold twenty empty options; more than this many say nothing more. */
#define OPTIONS_SHOWN 8

void decode_flow(struct wire_text *t, __be32 saddr, __be32 daddr)
{
	char from[WIRE_IP_TEXT], to[WIRE_IP_TEXT];

	wire_text_add(t, "%s > %s ", wire_format_ip(from, saddr), wire_format_ip(to, daddr));
}

void decode_flow_ports(struct wire_text *t, __be32 saddr, u16 sport, __be32 daddr, u16 dport)
{
	char from[WIRE_IP_TEXT], to[WIRE_IP_TEXT];

	wire_text_add(t, "%s:%u > %s:%u ", wire_format_ip(from, saddr), sport,
		      wire_format_ip(to, daddr), dport);
}

/* For those that have no ports, or too few bytes to know them. */
static void flow(struct decode_ip *d)
{
	decode_flow(d->t, wire_ip_saddr(d->ip), wire_ip_daddr(d->ip));
}

static void flow_ports(struct decode_ip *d, u16 sport, u16 dport)
{
	decode_flow_ports(d->t, wire_ip_saddr(d->ip), sport, wire_ip_daddr(d->ip), dport);
}

static void decode_udp(struct decode_ip *d)
{
	enum wire_udp_check check = wire_udp_check_header(d->data, d->len);

	if (check == WIRE_UDP_SHORT) {
		flow(d);
		wire_text_add(d->t, "UDP [%s: %zu bytes]", wire_udp_reason(check), d->len);
		return;
	}
	flow_ports(d, wire_udp_source(d->data), wire_udp_dest(d->data));
	if (check == WIRE_UDP_BAD_LEN) {
		wire_text_add(d->t, "UDP [%s: %u]", wire_udp_reason(check), wire_udp_len(d->data));
		return;
	}
	wire_text_add(d->t, "UDP %zu bytes", wire_udp_payload_len(d->data));
	if (!d->whole)
		return;
	if (check == WIRE_UDP_TRUNCATED)
		wire_text_add(d->t, " [%s]", wire_udp_reason(check));
	else if (decode_wants_l4_csum(d) &&
		 !wire_udp_csum_ok(d->data, wire_ip_saddr(d->ip), wire_ip_daddr(d->ip)))
		wire_text_add(d->t, " [bad checksum 0x%04x]", wire_get16(d->data, 6));
}

static void tcp_flags(struct wire_text *t, u8 flags)
{
	static const struct {
		u8 bit;
		const char *name;
	} names[] = {
		{ WIRE_TCP_SYN, "SYN" }, { WIRE_TCP_FIN, "FIN" }, { WIRE_TCP_RST, "RST" },
		{ WIRE_TCP_PSH, "PSH" }, { WIRE_TCP_ACK, "ACK" }, { WIRE_TCP_URG, "URG" },
		{ WIRE_TCP_ECE, "ECE" }, { WIRE_TCP_CWR, "CWR" },
	};
	const char *separator = "";
	size_t i;

	if (!flags)
		wire_text_add(t, "no flags");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		wire_text_add(t, "%s%s", separator, names[i].name);
		separator = ",";
	}
}

static void tcp_sack(struct wire_text *t, const struct wire_opts *o)
{
	size_t i;

	wire_text_add(t, " sack");
	for (i = 0; i + 8 <= o->len; i += 8)
		wire_text_add(t, " %u-%u", wire_get32(o->data, i), wire_get32(o->data, i + 4));
}

/* The options of the handshake and of every day by name, others and malformed ones by number. */
static void tcp_option(struct wire_text *t, const struct wire_opts *o)
{
	if (o->type == WIRE_TCPOPT_MSS && o->len == 2)
		wire_text_add(t, " mss %u", wire_get16(o->data, 0));
	else if (o->type == WIRE_TCPOPT_WINDOW && o->len == 1)
		wire_text_add(t, " wscale %u", o->data[0]);
	else if (o->type == WIRE_TCPOPT_SACK_PERMITTED && o->len == 0)
		wire_text_add(t, " sackok");
	else if (o->type == WIRE_TCPOPT_SACK && o->len && o->len % 8 == 0)
		tcp_sack(t, o);
	else if (o->type == WIRE_TCPOPT_TIMESTAMP && o->len == 8)
		wire_text_add(t, " ts %u/%u", wire_get32(o->data, 0), wire_get32(o->data, 4));
	else
		wire_text_add(t, " option %u (%u bytes)", o->type, o->len);
}

static void options(struct wire_text *t, struct wire_opts *o,
		    void (*show)(struct wire_text *, const struct wire_opts *))
{
	enum wire_opt_step step;
	unsigned int n = 0;

	while ((step = wire_opts_next(o)) == WIRE_OPT_FOUND) {
		if (n == 0)
			wire_text_add(t, ",");
		if (n < OPTIONS_SHOWN)
			show(t, o);
		n++;
	}
	if (n > OPTIONS_SHOWN)
		wire_text_add(t, " and %u more options", n - OPTIONS_SHOWN);
	if (step != WIRE_OPT_DONE)
		wire_text_add(t, " [%s]", wire_opt_reason(step));
}

static void decode_tcp(struct decode_ip *d)
{
	enum wire_tcp_check check = wire_tcp_check_header(d->data, d->len);
	struct wire_opts o;
	u8 flags;

	if (check != WIRE_TCP_OK) {
		flow(d);
		wire_text_add(d->t, "TCP [%s: %zu bytes]", wire_tcp_reason(check), d->len);
		return;
	}
	flags = wire_tcp_flags(d->data);
	flow_ports(d, wire_tcp_source(d->data), wire_tcp_dest(d->data));
	wire_text_add(d->t, "TCP ");
	tcp_flags(d->t, flags);
	wire_text_add(d->t, " seq %u", wire_tcp_seq(d->data));
	if (flags & WIRE_TCP_ACK)
		wire_text_add(d->t, " ack %u", wire_tcp_ack(d->data));
	wire_text_add(d->t, " win %u", wire_tcp_window(d->data));
	if (flags & WIRE_TCP_URG)
		wire_text_add(d->t, " urg %u", wire_tcp_urgent(d->data));
	wire_text_add(d->t, " %zu bytes", d->full_len - wire_tcp_hlen(d->data));
	wire_tcp_opts(&o, d->data);
	options(d->t, &o, tcp_option);
	if (decode_wants_l4_csum(d) &&
	    !wire_tcp_csum_ok(d->data, d->len, wire_ip_saddr(d->ip), wire_ip_daddr(d->ip)))
		wire_text_add(d->t, " [bad checksum 0x%04x]", wire_get16(d->data, 16));
}

static const struct protocol {
	u8 number;
	const char *name;
	void (*decode)(struct decode_ip *d); /* NULL: the name is all that is known */
} protocols[] = {
	{ IPPROTO_ICMP, "ICMP", decode_icmp },
	{ IPPROTO_IGMP, "IGMP", decode_igmp },
	{ IPPROTO_TCP, "TCP", decode_tcp },
	{ IPPROTO_UDP, "UDP", decode_udp },
	{ IPPROTO_IPIP, "IPIP", NULL },
	{ IPPROTO_IPV6, "IPv6", NULL },
	{ IPPROTO_GRE, "GRE", NULL },
	{ IPPROTO_ESP, "ESP", NULL },
	{ IPPROTO_AH, "AH", NULL },
	{ IPPROTO_SCTP, "SCTP", NULL },
	{ 58, "ICMPv6", NULL },
	{ 89, "OSPF", NULL },
};

static const struct protocol *find_protocol(u8 number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (protocols[i].number == number)
			return &protocols[i];
	}
	return NULL;
}

void decode_protocol(struct wire_text *t, u8 protocol)
{
	const struct protocol *p = find_protocol(protocol);

	if (p)
		wire_text_add(t, "%s", p->name);
	else
		wire_text_add(t, "protocol %u", protocol);
}

static void payload(struct decode_ip *d)
{
	const struct protocol *p = find_protocol(wire_ip_protocol(d->ip));

	/* What follows the header of a later fragment is no protocol's header. */
	if (p && p->decode && wire_ip_fragment_offset(d->ip) == 0) {
		p->decode(d);
		return;
	}
	flow(d);
	decode_protocol(d->t, wire_ip_protocol(d->ip));
	wire_text_add(d->t, " %zu bytes", d->full_len);
}

static void fragment(struct decode_ip *d)
{
	u32 offset = wire_ip_fragment_offset(d->ip);

	if (!wire_ip_is_fragment(d->ip))
		return;
	wire_text_add(d->t, ", fragment id %u offset %u length %zu %s", wire_ip_id(d->ip), offset,
		      d->full_len, wire_ip_more_fragments(d->ip) ? "more" : "last");
	if (offset + d->full_len > WIRE_IP_MAX_LEN - WIRE_IP_HLEN)
		wire_text_add(d->t, " [beyond 65535 bytes]");
}

static void ip_option(struct wire_text *t, const struct wire_opts *o)
{
	static const struct {
		u8 type;
		const char *name;
	} names[] = {
		{ WIRE_IPOPT_RECORD_ROUTE, "record-route" },
		{ WIRE_IPOPT_TIMESTAMP, "timestamp" },
		{ WIRE_IPOPT_SECURITY, "security" },
		{ WIRE_IPOPT_LOOSE_ROUTE, "loose-source-route" },
		{ WIRE_IPOPT_STREAM_ID, "stream-id" },
		{ WIRE_IPOPT_STRICT_ROUTE, "strict-source-route" },
		{ WIRE_IPOPT_ROUTER_ALERT, "router-alert" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].type == o->type) {
			wire_text_add(t, " %s", names[i].name);
			return;
		}
	}
	wire_text_add(t, " IP option %u", o->type);
}

/* What is odd about the header itself stands behind all else. */
static void header_notes(struct decode_ip *d, enum wire_ip_check lengths, size_t len)
{
	struct wire_opts o;

	wire_ip_opts(&o, d->ip);
	options(d->t, &o, ip_option);
	if (!(d->flags & SKIFF_DECODE_NO_CSUM) && !wire_ip_csum_ok(d->ip))
		wire_text_add(d->t, " [bad header checksum 0x%04x]", wire_get16(d->ip, 10));
	if (lengths == WIRE_IP_TRUNCATED)
		wire_text_add(d->t, " [truncated: %zu of %u bytes]", len, wire_ip_total_len(d->ip));
	else if (lengths == WIRE_IP_BAD_LEN)
		wire_text_add(d->t, " [%s: %u]", wire_ip_reason(lengths), wire_ip_total_len(d->ip));
}

void decode_ipv4(struct wire_text *t, unsigned int flags, const void *ip, size_t len)
{
	struct decode_ip d = { .t = t, .flags = flags, .ip = (const u8 *)ip };
	enum wire_ip_check check = wire_ip_check_header(ip, len);

	if (check != WIRE_IP_OK) {
		wire_text_add(t, "IPv4 [%s: %zu bytes]", wire_ip_reason(check), len);
		return;
	}
	check = wire_ip_check_len(ip, len);
	d.data = wire_ip_payload(ip);
	d.full_len = check == WIRE_IP_BAD_LEN ? 0 : wire_ip_payload_len(ip);
	d.len = min(d.full_len, len - wire_ip_hlen(ip));
	d.whole = check == WIRE_IP_OK && !wire_ip_is_fragment(ip);
	payload(&d);
	fragment(&d);
	header_notes(&d, check, len);
}
