// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: protocol and device of a socket, and what happens when the device goes. */
#include "packet/packet.h"

int packet_do_bind(struct packet_sock *po, int ifindex, __be16 proto)
{
	struct net_device *dev = NULL;

	if (!proto)
		proto = po->num;
	/* All sockets of a group are bound alike. */
	if (po->fanout)
		return -EINVAL;
	if (ifindex) {
		dev = __dev_get_by_index(sock_net(&po->sk), ifindex);
		if (!dev)
			return -ENODEV;
	}
	if (po->prot_hook.type == proto && po->prot_hook.dev == dev)
		return 0;
	packet_unhook(po);
	dev_hold(dev);
	dev_put(po->prot_hook.dev);
	po->prot_hook.dev = dev;
	po->prot_hook.type = proto;
	po->num = proto;
	po->ifindex = ifindex;
	if (!proto)
		return 0;
	if (!dev || (dev->flags & IFF_UP))
		packet_hook(po);
	else
		packet_set_err(po, ENETDOWN);
	return 0;
}

int packet_bind(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_ll *sll = (const struct sockaddr_ll *)(void *)uaddr;

	ASSERT_NET_LOCKED(sock_net(sock->sk));
	if (addr_len < (int)sizeof(*sll) || sll->sll_family != AF_PACKET)
		return -EINVAL;
	return packet_do_bind(pkt_sk(sock->sk), sll->sll_ifindex, sll->sll_protocol);
}

int packet_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct sockaddr_ll *sll = (struct sockaddr_ll *)(void *)uaddr;
	const struct packet_sock *po = pkt_sk(sock->sk);
	const struct net_device *dev;

	if (peer)
		return -EOPNOTSUPP;
	*sll = (struct sockaddr_ll){ .sll_family = AF_PACKET,
				     .sll_ifindex = po->ifindex,
				     .sll_protocol = po->num };
	dev = po->ifindex > 0 ? __dev_get_by_index(sock_net(sock->sk), po->ifindex) : NULL;
	if (dev) {
		sll->sll_hatype = dev->type;
		sll->sll_halen = dev->addr_len;
		/* Longer addresses than the structure has room for go on behind it. */
		memcpy((char *)uaddr + offsetof(struct sockaddr_ll, sll_addr), dev->dev_addr,
		       dev->addr_len);
	}
	return (int)offsetof(struct sockaddr_ll, sll_addr) + sll->sll_halen;
}

static void device_down(struct packet_sock *po)
{
	if (!po->running)
		return;
	packet_unhook(po);
	packet_set_err(po, ENETDOWN);
}

static void device_gone(struct packet_sock *po)
{
	device_down(po);
	po->ifindex = -1;
	dev_put(po->prot_hook.dev);
	po->prot_hook.dev = NULL;
}

static void device_event(struct packet_sock *po, struct net_device *dev, unsigned long event)
{
	if (event == NETDEV_UNREGISTER)
		packet_dev_mclist_delete(po, dev);
	if (po->ifindex != dev->ifindex)
		return;
	if (event == NETDEV_UNREGISTER)
		device_gone(po);
	else if (event == NETDEV_DOWN)
		device_down(po);
	else if (event == NETDEV_UP && po->num)
		packet_hook(po);
}

static int packet_notifier(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev((struct netdev_notifier_info *)ptr);
	struct packet_net *pn = packet_net(dev_net(dev));
	struct packet_sock *po;

	if (!pn || (event != NETDEV_UNREGISTER && event != NETDEV_DOWN && event != NETDEV_UP))
		return NOTIFY_DONE;
	hlist_for_each_entry(po, &pn->socks, node)
		device_event(po, dev, event);
	return NOTIFY_DONE;
}

struct notifier_block packet_netdev_notifier = {
	.notifier_call = packet_notifier,
};
