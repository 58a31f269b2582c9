// SPDX-License-Identifier: BSD-2-Clause
/* IPv4's part of each host: settings, set-up and end. */
#include <string.h>

#include <skiff/netdev_ioctl.h>
#include <skiff/slab.h>

#include "ipv4/igmp.h"
#include "ipv4/ipv4.h"
#include "ipv4/offload.h"
#include "ipv4/sockglue.h"

unsigned int ipv4_net_id;

/*
 * Settings: each host has its own copies of these tables, whose data pointers lead to its own
 * values: @data holds the offset in struct ipv4_net until then.
 */
static int one = 1, int_max = 0x7fffffff, zero, ttl_max = 255, day = 24 * 3600, three = 3,
	   min_mtu = IPV4_MIN_MTU;
static int port_max = 65535, qrv_max = 7;

#define IPV4_SYSCTL(name, least, most)                                                    \
	{                                                                                 \
#name, (void *)offsetof(struct ipv4_net, sysctl.name), sizeof(int), 0644, \
			proc_dointvec_minmax, least, most                                 \
	}

static const struct ctl_table ipv4_table[] = {
	IPV4_SYSCTL(ip_default_ttl, &one, &ttl_max),
	IPV4_SYSCTL(icmp_echo_ignore_all, &zero, &one),
	IPV4_SYSCTL(icmp_echo_ignore_broadcasts, &zero, &one),
	IPV4_SYSCTL(icmp_ratelimit, &zero, &int_max),
	IPV4_SYSCTL(icmp_ratemask, &zero, &int_max),
	IPV4_SYSCTL(icmp_msgs_per_sec, &zero, &int_max),
	IPV4_SYSCTL(icmp_msgs_burst, &zero, &int_max),
	IPV4_SYSCTL(icmp_errors_use_inbound_ifaddr, &zero, &one),
	IPV4_SYSCTL(icmp_ignore_bogus_error_responses, &zero, &one),
	IPV4_SYSCTL(ip_no_pmtu_disc, &zero, &three),
	IPV4_SYSCTL(ipfrag_high_thresh, &zero, &int_max),
	IPV4_SYSCTL(ipfrag_low_thresh, &zero, &int_max),
	IPV4_SYSCTL(ipfrag_time, &one, &day),
	IPV4_SYSCTL(ipfrag_max_dist, &zero, &int_max),
	IPV4_SYSCTL(ip_nonlocal_bind, &zero, &one),
	IPV4_SYSCTL(ip_unprivileged_port_start, &zero, &port_max),
	IPV4_SYSCTL(igmp_max_memberships, &zero, &int_max),
	IPV4_SYSCTL(igmp_max_msf, &zero, &int_max),
	IPV4_SYSCTL(igmp_qrv, &one, &qrv_max),
	IPV4_SYSCTL(igmp_link_local_mcast_reports, &zero, &one),
	{ "ping_group_range", (void *)offsetof(struct ipv4_net, sysctl.ping_group_range),
	  2 * sizeof(int), 0644, proc_dointvec_minmax, &zero, &int_max },
	{},
};

/* By names of their own: the value's is not that of the setting. */
#define ROUTE_SYSCTL(name, least)                                                                 \
	{                                                                                         \
#name, (void *)offsetof(struct ipv4_net, sysctl.route_##name), sizeof(int), 0644, \
			proc_dointvec_minmax, least, &int_max                                     \
	}

static const struct ctl_table route_table[] = {
	ROUTE_SYSCTL(min_pmtu, &min_mtu),
	ROUTE_SYSCTL(mtu_expires, &one),
	ROUTE_SYSCTL(redirect_expires, &one),
	{},
};

static const struct {
	const char *path;
	const struct ctl_table *table;
	size_t size;
} ipv4_tables[IPV4_SYSCTL_TABLES] = {
	{ "net/ipv4", ipv4_table, sizeof(ipv4_table) },
	{ "net/ipv4/route", route_table, sizeof(route_table) },
};

static void ipv4_sysctl_exit(struct ipv4_net *in)
{
	for (int i = 0; i < IPV4_SYSCTL_TABLES; i++) {
		if (in->ctl[i])
			unregister_net_sysctl_table(in->ctl[i]);
		kfree(in->tables[i]);
		in->ctl[i] = NULL;
		in->tables[i] = NULL;
	}
}

static int ipv4_sysctl_table(struct ipv4_net *in, int i)
{
	struct ctl_table *t;

	in->tables[i] =
		(struct ctl_table *)kmemdup(ipv4_tables[i].table, ipv4_tables[i].size, GFP_KERNEL);
	if (!in->tables[i])
		return -ENOMEM;
	for (t = in->tables[i]; t->procname; t++)
		t->data = (char *)in + (uintptr_t)t->data;
	in->ctl[i] = register_net_sysctl(in->net, ipv4_tables[i].path, in->tables[i]);
	return in->ctl[i] ? 0 : -ENOMEM;
}

static int ipv4_sysctl_init(struct ipv4_net *in)
{
	int err = 0;

	for (int i = 0; i < IPV4_SYSCTL_TABLES && !err; i++)
		err = ipv4_sysctl_table(in, i);
	if (err)
		ipv4_sysctl_exit(in);
	return err;
}

/* Linux's defaults. */
static const struct ipv4_sysctl ipv4_sysctl_defaults = {
	.ip_default_ttl = 64, /* RFC 1700 */
	.icmp_echo_ignore_broadcasts = 1,
	.icmp_ratelimit = 1000,
	.icmp_ratemask = 0x1818, /* unreachable, source quench, time exceeded, parameter problem */
	.icmp_msgs_per_sec = 1000,
	.icmp_msgs_burst = 50,
	.icmp_ignore_bogus_error_responses = 1,
	.route_min_pmtu = 512 + 20 + 20,
	.route_mtu_expires = 10 * 60, /* RFC 1191 section 6.3 */
	.route_redirect_expires = 300,
	.ipfrag_high_thresh = 4 << 20,
	.ipfrag_low_thresh = 3 << 20,
	.ipfrag_time = 30, /* RFC 791 says 15, RFC 1122 section 3.3.2 60 to 120 */
	.ipfrag_max_dist = 64,
	/*
	 * 1 0 in Linux, which is nobody: echo requests of programs are a matter of privilege there,
	 * and who runs a host of ours has all that it has.
	 */
	.ping_group_range = { 0, 0x7fffffff },
	/* Read by programs that ask whether they may bind; skiff lets everybody (see inet_bind()). */
	.ip_unprivileged_port_start = 0,
	.igmp_max_memberships = 20,
	.igmp_max_msf = 10,
	.igmp_qrv = 2, /* RFC 3376 section 8.1 */
	.igmp_link_local_mcast_reports = 1,
};

/* Buckets that start full. */
static int ipv4_init_limits(struct ipv4_net *in)
{
	in->icmp_peers = (struct icmp_bucket *)kcalloc(ICMP_PEER_BUCKETS, sizeof(*in->icmp_peers),
						       GFP_KERNEL);
	in->idents = (struct ip_ident *)kcalloc(IP_IDENT_BUCKETS, sizeof(*in->idents), GFP_KERNEL);
	if (!in->icmp_peers || !in->idents)
		return -ENOMEM;
	in->icmp_global.last = skiff_net_now(in->net) - ICMP_LONG_AGO;
	for (int i = 0; i < ICMP_PEER_BUCKETS; i++)
		in->icmp_peers[i].last = in->icmp_global.last;
	for (int i = 0; i < IP_IDENT_BUCKETS; i++) {
		in->idents[i].last = skiff_net_now(in->net);
		in->idents[i].id = get_random_u32();
	}
	return 0;
}

static void ipv4_net_exit(struct net *net)
{
	struct ipv4_net *in = ipv4_net(net);

	ping_cancel_all(in);
	ip_frags_exit(in);
	rt_exceptions_flush(in, NULL);
	fib_flush_all(in);
	rt_dev_put_all(in, NULL);
	devconf_net_exit(in);
	inet_ports_exit(in);
	ipv4_sysctl_exit(in);
	kfree(in->icmp_peers);
	kfree(in->idents);
}

static int ipv4_net_init(struct net *net)
{
	struct ipv4_net *in = ipv4_net(net);
	int err;

	in->net = net;
	for (int i = 0; i <= 32; i++)
		INIT_LIST_HEAD(&in->routes[i]);
	INIT_LIST_HEAD(&in->exception_lru);
	INIT_LIST_HEAD(&in->pings);
	INIT_LIST_HEAD(&in->rt_all);
	spin_lock_init(&in->rt_lock);
	in->sysctl = ipv4_sysctl_defaults;
	get_random_bytes(&in->hash_key, sizeof(in->hash_key));
	err = ipv4_init_limits(in);
	if (!err)
		err = ip_frags_init(in);
	if (!err)
		err = ipv4_sysctl_init(in);
	if (!err)
		err = inet_ports_init(in);
	if (!err)
		err = devconf_net_init(in);
	if (err)
		ipv4_net_exit(net);
	return err;
}

static struct pernet_operations ipv4_net_ops = {
	.init = ipv4_net_init,
	.exit = ipv4_net_exit,
	.id = &ipv4_net_id,
	.size = sizeof(struct ipv4_net),
};

static struct notifier_block ipv4_notifier = {
	.notifier_call = devinet_netdev_event,
};

static struct packet_type ip_packet_type = {
	.type = htons(ETH_P_IP),
	.func = ip_rcv,
};

static struct packet_type arp_packet_type = {
	.type = htons(ETH_P_ARP),
	.func = arp_rcv,
};

int ipv4_init(void)
{
	int err;

	arp_init();
	register_gifconf(AF_INET, inet_gifconf);
	err = register_pernet_subsys(&ipv4_net_ops);
	if (err)
		return err;
	/* From here on nothing fails, so that this is done once. */
	register_netdevice_notifier(&ipv4_notifier);
	icmp_init();
	igmp_init();
	dev_add_pack(&ip_packet_type);
	ip_offload_init();
	tcpv4_offload_init();
	dev_add_pack(&arp_packet_type);
	inet_family_init();
	ping_sock_init();
	return 0;
}
