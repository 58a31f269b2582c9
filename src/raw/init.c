// SPDX-License-Identifier: BSD-2-Clause
/* Raw sockets' part of each host, and their registration. */
#include "raw/raw.h"

static unsigned int raw_net_id;

struct raw_net *raw_net(const struct net *net)
{
	return (struct raw_net *)net_generic(net, raw_net_id);
}

static struct pernet_operations raw_net_ops = {
	.id = &raw_net_id,
	.size = sizeof(struct raw_net),
};

static const struct inet_raw_ops raw_ops = {
	.local_deliver = raw_local_deliver,
	.icmp_error = raw_icmp_error,
};

/* Any protocol: those with sockets of their own can be listened to all the same. */
static struct inet_protosw raw_protosw = {
	.type = SOCK_RAW,
	.protocol = IPPROTO_IP,
	.prot = &raw_prot,
	.ops = &inet_sockraw_ops,
	.flags = INET_PROTOSW_REUSE,
};

int raw_init(void)
{
	int err = register_pernet_subsys(&raw_net_ops);

	if (err)
		return err;
	inet_register_raw(&raw_ops);
	inet_register_protosw(&raw_protosw);
	return 0;
}
