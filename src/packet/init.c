// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET's part of each host, and its start. */
#include <skiff/packet.h>
#include <skiff/printk.h>

#include "packet/packet.h"

static unsigned int packet_net_id;

struct packet_net *packet_net(const struct net *net)
{
	return (struct packet_net *)net_generic(net, packet_net_id);
}

static int packet_net_init(struct net *net)
{
	struct packet_net *pn = packet_net(net);

	INIT_LIST_HEAD(&pn->fanouts);
	return 0;
}

/* Sockets belong to whoever made them; one that is left must not be called any more. */
static void packet_net_exit(struct net *net)
{
	struct packet_net *pn = packet_net(net);
	struct packet_sock *po;
	struct hlist_node *next;

	hlist_for_each_entry_safe(po, next, &pn->socks, node) {
		pr_warn("%s: an AF_PACKET socket outlives its host", skiff_net_name(net));
		packet_unhook(po);
		packet_flush_mclist(po);
		dev_put(po->prot_hook.dev);
		po->prot_hook.dev = NULL;
		hlist_del_init(&po->node);
	}
}

static struct pernet_operations packet_net_ops = {
	.init = packet_net_init,
	.exit = packet_net_exit,
	.id = &packet_net_id,
	.size = sizeof(struct packet_net),
};

static const struct net_proto_family packet_family_ops = {
	.family = AF_PACKET,
	.create = packet_create,
};

int packet_init(void)
{
	int err = register_pernet_subsys(&packet_net_ops);

	if (!err)
		err = register_netdevice_notifier(&packet_netdev_notifier);
	if (err && err != -EALREADY)
		return err;
	err = sock_register(&packet_family_ops);
	return err == -EEXIST ? 0 : err;
}
