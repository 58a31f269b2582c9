// SPDX-License-Identifier: BSD-2-Clause
/* Rules, published ports and resolvers as users write them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/byteorder.h>

#include "gateway/gateway.h"
#include "wire/addr.h"

/* Longer texts are none of these. */
#define TEXT_MAX 80

#define DNS_PORT 53

int gw_error(char *err, size_t err_size, int code, const char *fmt, ...)
{
	va_list args;

	if (err_size) {
		va_start(args, fmt);
		vsnprintf(err, err_size, fmt, args);
		va_end(args);
	}
	return code;
}

/* Digits only, so no sign and no blanks. Return: 0 or -EINVAL. */
static int parse_number(const char *text, unsigned long least, unsigned long most,
			unsigned long *number)
{
	size_t len = strlen(text);

	if (!len || len > 5 || strspn(text, "0123456789") != len)
		return -EINVAL;
	*number = strtoul(text, NULL, 10);
	return *number >= least && *number <= most ? 0 : -EINVAL;
}

static int parse_port(const char *text, u16 *port)
{
	unsigned long number;

	if (parse_number(text, 1, 65535, &number))
		return -EINVAL;
	*port = (u16)number;
	return 0;
}

/* "PORT" or "PORT-PORT". */
static int parse_ports(char *text, u16 *first, u16 *last)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = '\0';
	if (parse_port(text, first) || parse_port(dash ? dash : text, last))
		return -EINVAL;
	return *first <= *last ? 0 : -EINVAL;
}

/* A word at the end, behind a slash: cut off. *@proto stays without one. Return: 0 or -EINVAL. */
static int cut_proto(char *text, u8 *proto)
{
	static const struct {
		const char *name;
		u8 proto;
	} names[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };
	char *slash = strrchr(text, '/');

	/* A number is the length of a prefix. */
	if (!slash || (slash[1] >= '0' && slash[1] <= '9'))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(slash + 1, names[i].name) != 0)
			continue;
		*proto = names[i].proto;
		*slash = '\0';
		return 0;
	}
	return -EINVAL;
}

/* "any", "ADDRESS" or "ADDRESS/LENGTH". */
static int parse_subnet(char *text, struct skiff_gateway_rule *rule)
{
	char *slash = strchr(text, '/');
	unsigned long len = 32;
	__be32 addr = 0;

	if (strcmp(text, "any") == 0) {
		rule->prefix_len = 0;
		return 0;
	}
	if (slash)
		*slash++ = '\0';
	if ((slash && parse_number(slash, 0, 32, &len)) || wire_parse_ip(text, &addr))
		return -EINVAL;
	rule->prefix_len = (u8)len;
	rule->addr.s_addr = (__force in_addr_t)(addr & wire_prefix_mask(rule->prefix_len));
	return 0;
}

static int parse_rule(char *text, struct skiff_gateway_rule *rule)
{
	char *colon;
	int err;

	err = cut_proto(text, &rule->proto);
	if (err)
		return err;
	rule->last = 65535;
	colon = strchr(text, ':');
	if (!colon)
		return parse_subnet(text, rule);
	*colon++ = '\0';
	/* Echo has no ports. */
	if (rule->proto == IPPROTO_ICMP || parse_ports(colon, &rule->first, &rule->last))
		return -EINVAL;
	return parse_subnet(text, rule);
}

int skiff_gateway_rule(const char *text, bool allow, struct skiff_gateway_rule *rule, char *err,
		       size_t err_size)
{
	char buf[TEXT_MAX];

	gw_error(err, err_size, 0, "%s", "");
	memset(rule, 0, sizeof(*rule));
	rule->allow = allow;
	if (text && snprintf(buf, sizeof(buf), "%s", text) < (int)sizeof(buf) &&
	    !parse_rule(buf, rule))
		return 0;
	return gw_error(err, err_size, -EINVAL,
			"rule '%s': ADDRESS[/LENGTH][:PORT[-PORT]][/tcp|udp|icmp] is accepted, as "
			"10.0.0.0/8, 127.0.0.1:5432/tcp or any:1-1023",
			text ? text : "");
}

static int parse_publish(char *text, struct skiff_gateway_port *port)
{
	u8 proto = IPPROTO_TCP;
	char *rest = text;
	char *colon;
	__be32 addr;

	if (cut_proto(text, &proto) || proto == IPPROTO_ICMP)
		return -EINVAL;
	port->udp = proto == IPPROTO_UDP;
	colon = strchr(text, ':');
	/* What has a dot is an address. */
	if (colon && memchr(text, '.', (size_t)(colon - text))) {
		*colon = '\0';
		if (wire_parse_ip(text, &addr))
			return -EINVAL;
		port->addr.s_addr = (__force in_addr_t)addr;
		rest = colon + 1;
		colon = strchr(rest, ':');
	}
	if (colon)
		*colon++ = '\0';
	if (parse_port(rest, &port->port))
		return -EINVAL;
	port->to = port->port;
	return colon ? parse_port(colon, &port->to) : 0;
}

int skiff_gateway_publish(const char *text, struct skiff_gateway_port *port, char *err,
			  size_t err_size)
{
	char buf[TEXT_MAX];

	gw_error(err, err_size, 0, "%s", "");
	memset(port, 0, sizeof(*port));
	if (text && snprintf(buf, sizeof(buf), "%s", text) < (int)sizeof(buf) &&
	    !parse_publish(buf, port))
		return 0;
	return gw_error(
		err, err_size, -EINVAL,
		"port '%s': [ADDRESS:]PORT[:PORT][/tcp|udp] is accepted, with ports from 1 to "
		"65535, as 8080:80 or 127.0.0.1:5353:53/udp",
		text ? text : "");
}

/* Return: whether a line names a resolver of this family. */
static bool parse_resolver(const char *line, size_t len, __be32 *addr)
{
	static const char word[] = "nameserver";
	char buf[TEXT_MAX];
	size_t at = sizeof(word) - 1, n;

	if (len <= at || strncmp(line, word, at) != 0 || !strchr(" \t", line[at]))
		return false;
	while (at < len && strchr(" \t", line[at]))
		at++;
	n = strcspn(line + at, " \t\r\n#;");
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, line + at, n);
	buf[n] = '\0';
	return wire_parse_ip(buf, addr) == WIRE_ADDR_OK;
}

unsigned int gw_parse_resolvers(const char *text, struct sockaddr_in *to, unsigned int max)
{
	unsigned int nr = 0;
	__be32 addr;
	size_t len;

	for (; *text && nr < max; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (parse_resolver(text, len, &addr))
			to[nr++] = gw_name(addr, htons(DNS_PORT));
	}
	return nr;
}
