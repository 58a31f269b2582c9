// SPDX-License-Identifier: BSD-2-Clause
/* Which ports are chosen for sockets that ask for none: one range, with holes, for all protocols. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <skiff/inet_common.h>
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

#define PORTS 65536
#define PORT_BYTES (PORTS / 8)

/* Longest list of reserved ports as text. */
#define PORT_LIST_MAX 4096

static int port_min = 1, port_max = PORTS - 1;

bool inet_sk_get_local_port_range(const struct sock *sk, int *low, int *high)
{
	const int *range = ipv4_net(sock_net(sk))->sysctl.ip_local_port_range;
	u32 own = inet_sk(sk)->local_port_range;

	*low = range[0];
	*high = range[1];
	if ((int)(own & 0xffff) > *low && (int)(own & 0xffff) <= *high)
		*low = (int)(own & 0xffff);
	if (own >> 16 && (int)(own >> 16) < *high && (int)(own >> 16) >= *low)
		*high = (int)(own >> 16);
	return own != 0;
}

bool inet_is_local_reserved_port(const struct net *net, unsigned short port)
{
	const u8 *map = ipv4_net(net)->reserved_ports;

	return unlikely(map) && (map[port / 8] & (1u << (port % 8)));
}

/* Both ends at once, so that the range is never empty in between. */
static int proc_port_range(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			   loff_t *ppos)
{
	int *range = (int *)ctl->data;
	int tmp[2] = { range[0], range[1] };
	struct ctl_table copy = *ctl;
	int err;

	copy.data = tmp;
	err = proc_dointvec_minmax(&copy, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (tmp[0] > tmp[1])
		return -EINVAL;
	range[0] = tmp[0];
	range[1] = tmp[1];
	return 0;
}

/* A number up to PORTS - 1 at *@text, which moves behind it. Return: it, or -EINVAL. */
static int parse_port(const char **text)
{
	unsigned int port = 0;
	const char *p = *text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		port = port * 10 + (unsigned int)(*p - '0');
		if (port >= PORTS)
			return -EINVAL;
	}
	*text = p;
	return (int)port;
}

/* "8080,9000-9100", or nothing. */
static int parse_ports(u8 *map, const char *text)
{
	int first, last;

	while (isspace((unsigned char)*text))
		text++;
	while (*text && !isspace((unsigned char)*text)) {
		first = last = parse_port(&text);
		if (first >= 0 && *text == '-') {
			text++;
			last = parse_port(&text);
		}
		if (first < 0 || last < first)
			return -EINVAL;
		for (int port = first; port <= last; port++)
			map[port / 8] |= (u8)(1u << (port % 8));
		if (*text == ',' && text[1])
			text++;
		else if (*text && !isspace((unsigned char)*text))
			return -EINVAL;
	}
	while (isspace((unsigned char)*text))
		text++;
	return *text ? -EINVAL : 0;
}

static int write_ports(struct ipv4_net *in, const char *buffer, size_t len)
{
	char text[PORT_LIST_MAX + 1];
	u8 *map;
	int err;

	if (len > PORT_LIST_MAX)
		return -EINVAL;
	memcpy(text, buffer, len);
	text[len] = 0;
	map = (u8 *)kzalloc(PORT_BYTES, GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	err = parse_ports(map, text);
	if (err) {
		kfree(map);
		return err;
	}
	kfree(in->reserved_ports);
	in->reserved_ports = map;
	return 0;
}

/* What does not fit is left out. */
static size_t read_ports(const struct ipv4_net *in, char *buffer, size_t room)
{
	const struct net *net = in->net;
	size_t used = 0;
	int first, n;

	for (int port = 0; in->reserved_ports && port < PORTS; port++) {
		char piece[24];

		if (!inet_is_local_reserved_port(net, (u16)port))
			continue;
		for (first = port; port + 1 < PORTS; port++)
			if (!inet_is_local_reserved_port(net, (u16)(port + 1)))
				break;
		n = snprintf(piece, sizeof(piece), "%s%d", used ? "," : "", first);
		if (port > first)
			n += snprintf(piece + n, sizeof(piece) - (size_t)n, "-%d", port);
		if (used + (size_t)n + 1 > room)
			break;
		memcpy(buffer + used, piece, (size_t)n);
		used += (size_t)n;
	}
	if (used < room)
		buffer[used++] = '\n';
	return used;
}

static int proc_reserved_ports(struct ctl_table *ctl, int write, void *buffer, size_t *lenp,
			       loff_t *ppos)
{
	struct ipv4_net *in = (struct ipv4_net *)ctl->data;

	if (write)
		return write_ports(in, (const char *)buffer, *lenp);
	if (*ppos) {
		*lenp = 0;
		return 0;
	}
	*lenp = read_ports(in, (char *)buffer, *lenp);
	*ppos += (loff_t)*lenp;
	return 0;
}

int inet_ports_init(struct ipv4_net *in)
{
	in->sysctl.ip_local_port_range[0] = 32768;
	in->sysctl.ip_local_port_range[1] = 60999;
	in->port_table[0] = (struct ctl_table){ .procname = "ip_local_port_range",
						.data = in->sysctl.ip_local_port_range,
						.maxlen = 2 * sizeof(int),
						.mode = 0644,
						.proc_handler = proc_port_range,
						.extra1 = &port_min,
						.extra2 = &port_max };
	in->port_table[1] = (struct ctl_table){ .procname = "ip_local_reserved_ports",
						.data = in,
						.maxlen = PORT_BYTES,
						.mode = 0644,
						.proc_handler = proc_reserved_ports };
	in->port_ctl = register_net_sysctl(in->net, "net/ipv4", in->port_table);
	return in->port_ctl ? 0 : -ENOMEM;
}

void inet_ports_exit(struct ipv4_net *in)
{
	if (in->port_ctl)
		unregister_net_sysctl_table(in->port_ctl);
	in->port_ctl = NULL;
	kfree(in->reserved_ports);
	in->reserved_ports = NULL;
}
