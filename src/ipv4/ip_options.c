// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 options: walked and checked, so that nothing malformed goes further. */

#include "ipv4/ipv4.h"
#include "wire/ip.h"

/* Record route, source routes: pointer of at least 4, room for whole addresses (RFC 791). */
static bool ip_opt_route_ok(const struct wire_opts *o, u8 *where)
{
	u8 len = (u8)(o->len + 2), ptr;

	*where = 1;
	if (len < 3)
		return false;
	ptr = o->data[0];
	*where = 2;
	if (ptr < 4)
		return false;
	/* A pointer beyond the end says that the list is full; before it an address has to fit. */
	return ptr > len || ptr + 3 <= len;
}

/* Timestamp: pointer of at least 5, and what the flag asks for has to fit (RFC 791). */
static bool ip_opt_timestamp_ok(const struct wire_opts *o, u8 *where)
{
	u8 len = (u8)(o->len + 2), ptr, entry;

	*where = 1;
	if (len < 4)
		return false;
	ptr = o->data[0];
	*where = 2;
	if (ptr < 5)
		return false;
	*where = 3;
	switch (o->data[1] & 0x0f) {
	case IPOPT_TS_TSONLY:
		entry = 4;
		break;
	case IPOPT_TS_TSANDADDR:
	case IPOPT_TS_PRESPEC:
		entry = 8;
		break;
	default:
		return false;
	}
	*where = 2;
	return ptr > len || ptr + entry - 1 <= len;
}

static bool ip_opt_ok(const struct wire_opts *o, u8 *where)
{
	switch (o->type) {
	case WIRE_IPOPT_RECORD_ROUTE:
	case WIRE_IPOPT_LOOSE_ROUTE:
	case WIRE_IPOPT_STRICT_ROUTE:
		return ip_opt_route_ok(o, where);
	case WIRE_IPOPT_TIMESTAMP:
		return ip_opt_timestamp_ok(o, where);
	case WIRE_IPOPT_ROUTER_ALERT:
		*where = 1;
		return o->len == 2;
	default:
		return true; /* RFC 1122 section 3.2.1.8: unknown ones are ignored */
	}
}

/**
 * ip_options_check() - walk the options of a received packet
 * @skb: the packet, its header linear and checked
 * @pointer: offset of the offending byte in the header, when there is one
 *
 * Return: 0; -EINVAL when they are malformed; -EPERM for a source route, which this host does not
 * take part in (RFC 1122 section 3.3.5 lets it choose; Linux's default refuses as well).
 */
int ip_options_check(struct sk_buff *skb, u8 *pointer)
{
	const u8 *start = skb_network_header(skb), *option;
	enum wire_opt_step step;
	struct wire_opts o;
	u8 where = 0;

	wire_ip_opts(&o, start);
	option = o.pos;
	while ((step = wire_opts_next(&o)) == WIRE_OPT_FOUND) {
		option = o.data - 2;
		if (!ip_opt_ok(&o, &where)) {
			*pointer = (u8)(option + where - start);
			return -EINVAL;
		}
		if (o.type == WIRE_IPOPT_LOOSE_ROUTE || o.type == WIRE_IPOPT_STRICT_ROUTE)
			return -EPERM;
		option = o.pos;
	}
	if (step == WIRE_OPT_DONE)
		return 0;
	/* The walk stopped at an option that contradicts itself: padding was skipped before it. */
	while (*option == WIRE_OPT_NOP)
		option++;
	*pointer = (u8)(option + (step == WIRE_OPT_NO_LENGTH ? 0 : 1) - start);
	return -EINVAL;
}
