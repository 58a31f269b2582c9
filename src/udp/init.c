// SPDX-License-Identifier: BSD-2-Clause
/* UDP's part of each host: settings, set-up and end. */
#include <limits.h>

#include <skiff/printk.h>
#include <skiff/protocol.h>

#include "udp/udp.h"

static unsigned int udp_net_id;

struct udp_net *udp_net(const struct net *net)
{
	return (struct udp_net *)net_generic(net, udp_net_id);
}

static int mem_min = 1;

static void udp_net_exit(struct net *net)
{
	struct udp_net *un = udp_net(net);
	struct hlist_node *next;
	struct sock *sk;
	unsigned int i;

	/* Sockets belong to whoever made them; one that is left must not find its host gone. */
	for (i = 0; i <= un->by_port.mask; i++) {
		hlist_for_each_entry_safe(sk, next, &un->by_port.slots[i], __sk_common.skc_node) {
			pr_warn("%s: UDP socket on port %u outlives its host", skiff_net_name(net),
				sk->sk_num);
			udp_lib_unhash(sk);
		}
	}
	if (un->ctl)
		unregister_net_sysctl_table(un->ctl);
	udp_tables_free(un);
}

static void udp_net_table(struct udp_net *un)
{
	un->table[0] = (struct ctl_table){ .procname = "udp_mem",
					   .data = sysctl_udp_mem,
					   .maxlen = sizeof(sysctl_udp_mem),
					   .mode = 0644,
					   .proc_handler = proc_sock_mem };
	un->table[1] = (struct ctl_table){ .procname = "udp_rmem_min",
					   .data = &un->rmem_min,
					   .maxlen = sizeof(int),
					   .mode = 0644,
					   .proc_handler = proc_dointvec_minmax,
					   .extra1 = &mem_min };
	/* As on Linux, datagrams to be sent are limited by SO_SNDBUF alone and this by nothing. */
	un->table[2] = (struct ctl_table){ .procname = "udp_wmem_min",
					   .data = &un->wmem_min,
					   .maxlen = sizeof(int),
					   .mode = 0644,
					   .proc_handler = proc_dointvec_minmax,
					   .extra1 = &mem_min };
}

static int udp_net_init(struct net *net)
{
	struct udp_net *un = udp_net(net);

	un->rmem_min = un->wmem_min = 4096;
	get_random_bytes(&un->hash_key, sizeof(un->hash_key));
	udp_net_table(un);
	if (udp_tables_init(un))
		return -ENOMEM;
	un->ctl = register_net_sysctl(net, "net/ipv4", un->table);
	if (un->ctl)
		return 0;
	udp_tables_free(un);
	return -ENOMEM;
}

static struct pernet_operations udp_net_ops = {
	.init = udp_net_init,
	.exit = udp_net_exit,
	.id = &udp_net_id,
	.size = sizeof(struct udp_net),
};

static const struct net_protocol udp_protocol = {
	.handler = udp_rcv,
	.err_handler = udp_err,
};

static struct inet_protosw udp_protosw = {
	.type = SOCK_DGRAM,
	.protocol = IPPROTO_UDP,
	.prot = &udp_prot,
	.ops = &inet_dgram_ops,
	.flags = INET_PROTOSW_PERMANENT,
};

int udp_init(void)
{
	int err = register_pernet_subsys(&udp_net_ops);

	if (err)
		return err;
	inet_add_protocol(&udp_protocol, IPPROTO_UDP);
	udpv4_offload_init();
	inet_register_protosw(&udp_protosw);
	return 0;
}
