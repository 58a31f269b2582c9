// SPDX-License-Identifier: BSD-2-Clause
/*
 * The one-line decoder: frames, VLAN tags, 802.3, ARP and IPv6; IPv4 is in decode_ip.c.
 *
 * Each layer is checked by its own format's function, prints what it knows and hands the rest to
 * the next by a table. What is wrong is printed in brackets where it is found, and decoding goes
 * on as far as the checks allow. IP lines begin with the addresses, or with addresses and ports,
 * so it is the innermost layer that prints them.
 */
#include <skiff/decode.h>

#include "wire/addr.h"
#include "wire/arp.h"
#include "wire/decode_ip.h"
#include "wire/eth.h"
#include "wire/ipv6.h"
#include "wire/text.h"

/* Real frames have one or two tags; a frame of nothing but tags must not make a long line. */
#define VLAN_TAGS_SHOWN 4

struct decode {
	struct wire_text *t;
	unsigned int flags;
	const u8 *frame; /* NULL when the link header has been printed or there is none */
};

static void link_header(struct decode *d)
{
	char from[WIRE_MAC_TEXT], to[WIRE_MAC_TEXT];

	if (!d->frame)
		return;
	wire_text_add(d->t, "%s > %s ", wire_format_mac(from, wire_eth_source(d->frame)),
		      wire_format_mac(to, wire_eth_dest(d->frame)));
	d->frame = NULL;
}

static void arp_who(struct wire_text *t, const u8 *arp)
{
	char sender[WIRE_IP_TEXT], target[WIRE_IP_TEXT], mac[WIRE_MAC_TEXT];

	wire_format_ip(sender, wire_arp_sender_ip(arp));
	wire_format_ip(target, wire_arp_target_ip(arp));
	switch (wire_arp_op(arp)) {
	case WIRE_ARP_REQUEST:
		wire_text_add(t, "ARP who-has %s tell %s", target, sender);
		break;
	case WIRE_ARP_REPLY:
		wire_text_add(t, "ARP %s is-at %s", sender,
			      wire_format_mac(mac, wire_arp_sender_mac(arp)));
		break;
	default:
		wire_text_add(t, "ARP operation %u", wire_arp_op(arp));
		break;
	}
}

static void decode_arp(struct decode *d, const u8 *arp, size_t len)
{
	enum wire_arp_check check = wire_arp_check(arp, len);

	link_header(d);
	if (check == WIRE_ARP_OK)
		arp_who(d->t, arp);
	else if (check == WIRE_ARP_SHORT)
		wire_text_add(d->t, "ARP [truncated: %zu of %u bytes]", len, WIRE_ARP_LEN);
	else
		wire_text_add(d->t, "ARP [%s]", wire_arp_reason(check));
}

static void decode_ip4(struct decode *d, const u8 *ip, size_t len)
{
	decode_ipv4(d->t, d->flags, ip, len);
}

static void decode_ipv6(struct decode *d, const u8 *ip6, size_t len)
{
	enum wire_ipv6_check check = wire_ipv6_check(ip6, len);
	char from[WIRE_IPV6_TEXT], to[WIRE_IPV6_TEXT];

	if (check == WIRE_IPV6_SHORT || check == WIRE_IPV6_BAD_VERSION) {
		wire_text_add(d->t, "IPv6 [%s: %zu bytes]", wire_ipv6_reason(check), len);
		return;
	}
	wire_text_add(d->t, "%s > %s IPv6 ", wire_format_ipv6(from, wire_ipv6_saddr(ip6)),
		      wire_format_ipv6(to, wire_ipv6_daddr(ip6)));
	decode_protocol(d->t, wire_ipv6_next_header(ip6));
	wire_text_add(d->t, " %u bytes", wire_ipv6_payload_len(ip6));
	if (check == WIRE_IPV6_TRUNCATED)
		wire_text_add(d->t, " [truncated: %zu of %u bytes]", len,
			      WIRE_IPV6_HLEN + wire_ipv6_payload_len(ip6));
}

static void decode_llc(struct decode *d, u16 type, const u8 *llc, size_t len)
{
	size_t have = min_t(size_t, type, len);

	link_header(d);
	if (type > WIRE_ETH_MAX_LENGTH) {
		wire_text_add(d->t, "[%s: %u]", wire_eth_reason(WIRE_ETH_UNDEFINED), type);
		return;
	}
	wire_text_add(d->t, "802.3 %u bytes", type);
	if (wire_llc_check(llc, have))
		wire_text_add(d->t, " LLC dsap 0x%02x ssap 0x%02x", wire_llc_dsap(llc),
			      wire_llc_ssap(llc));
	if (type > len)
		wire_text_add(d->t, " [truncated: %zu of %u bytes]", len, type);
}

static const struct {
	u16 type;
	void (*decode)(struct decode *d, const u8 *p, size_t len);
} types[] = {
	{ ETH_P_IP, decode_ip4 },
	{ ETH_P_IPV6, decode_ipv6 },
	{ ETH_P_ARP, decode_arp },
};

/* @p is what follows the type field @type. */
static void decode_type(struct decode *d, u16 type, const u8 *p, size_t len)
{
	size_t i;

	if (type < ETH_P_802_3_MIN) {
		decode_llc(d, type, p, len);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == type) {
			types[i].decode(d, p, len);
			return;
		}
	}
	link_header(d);
	wire_text_add(d->t, "ethertype 0x%04x %zu bytes", type, len);
}

/* The tags stand before everything else, and what they encapsulate is decoded as usual. */
static void decode_vlan(struct decode *d, u16 type, const u8 *p, size_t len)
{
	unsigned int n;

	for (n = 0; n < VLAN_TAGS_SHOWN && wire_vlan_is_tpid(type); n++) {
		if (!wire_vlan_check(p, len)) {
			link_header(d);
			wire_text_add(d->t, "VLAN tag [truncated: %zu of %u bytes]", len,
				      WIRE_VLAN_HLEN);
			return;
		}
		wire_text_add(d->t, "vlan %u ", wire_vlan_id(p));
		if (wire_vlan_priority(p))
			wire_text_add(d->t, "priority %u ", wire_vlan_priority(p));
		if (wire_vlan_drop_eligible(p))
			wire_text_add(d->t, "dei ");
		type = wire_vlan_type(p);
		p += WIRE_VLAN_HLEN;
		len -= WIRE_VLAN_HLEN;
	}
	decode_type(d, type, p, len);
}

static bool bad_arguments(const char *buf, size_t size, const void *data, size_t len)
{
	return (!buf && size) || (!data && len);
}

int skiff_decode_frame(char *buf, size_t size, const void *frame, size_t len, unsigned int flags)
{
	struct wire_text t;
	struct decode d = { .t = &t, .flags = flags, .frame = (const u8 *)frame };

	if (bad_arguments(buf, size, frame, len))
		return -EINVAL;
	wire_text_init(&t, buf, size);
	if (wire_eth_check(frame, len) == WIRE_ETH_SHORT) {
		wire_text_add(&t, "Ethernet [truncated: %zu of %u bytes]", len, ETH_HLEN);
		return (int)t.len;
	}
	if (flags & SKIFF_DECODE_LINK)
		link_header(&d);
	decode_vlan(&d, wire_eth_type(frame), (const u8 *)frame + ETH_HLEN, len - ETH_HLEN);
	return (int)t.len;
}

int skiff_decode_packet(char *buf, size_t size, const void *packet, size_t len, unsigned int flags)
{
	struct wire_text t;
	struct decode d = { .t = &t, .flags = flags };

	if (bad_arguments(buf, size, packet, len))
		return -EINVAL;
	wire_text_init(&t, buf, size);
	if (len == 0)
		wire_text_add(&t, "IP [truncated: 0 bytes]");
	else if (wire_ip_version(packet) == 4)
		decode_ipv4(&t, flags, packet, len);
	else if (wire_ip_version(packet) == 6)
		decode_ipv6(&d, (const u8 *)packet, len);
	else
		wire_text_add(&t, "IP [version %u: %zu bytes]", wire_ip_version(packet), len);
	return (int)t.len;
}
