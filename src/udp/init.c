// SPDX-License-Identifier: BSD-2-Clause
/* UDP's part of each host: settings, set-up and end. */
#include <skiff/printk.h>
#include <skiff/protocol.h>

#include "udp/udp.h"

static unsigned int udp_net_id;

struct udp_net *udp_net(const struct net *net)
{
	return (struct udp_net *)net_generic(net, udp_net_id);
}

static int port_min = 1, port_max = 65535;

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

static void udp_net_exit(struct net *net)
{
	struct udp_net *un = udp_net(net);
	struct hlist_node *next;
	struct sock *sk;
	int i;

	/* Sockets belong to whoever made them; one that is left must not find its host gone. */
	for (i = 0; i < UDP_HTABLE_SIZE; i++) {
		hlist_for_each_entry_safe(sk, next, &un->slots[i], __sk_common.skc_node) {
			pr_warn("%s: UDP socket on port %u outlives its host", skiff_net_name(net),
				sk->sk_num);
			hlist_del_init(&sk->sk_node);
		}
	}
	if (un->ctl)
		unregister_net_sysctl_table(un->ctl);
}

static int udp_net_init(struct net *net)
{
	struct udp_net *un = udp_net(net);

	un->port_range[0] = 32768;
	un->port_range[1] = 60999;
	un->table[0] = (struct ctl_table){ .procname = "ip_local_port_range",
					   .data = un->port_range,
					   .maxlen = sizeof(un->port_range),
					   .mode = 0644,
					   .proc_handler = proc_port_range,
					   .extra1 = &port_min,
					   .extra2 = &port_max };
	un->ctl = register_net_sysctl(net, "net/ipv4", un->table);
	return un->ctl ? 0 : -ENOMEM;
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

int udp_init(void)
{
	int err = register_pernet_subsys(&udp_net_ops);

	if (!err)
		inet_add_protocol(&udp_protocol, IPPROTO_UDP);
	return err;
}
