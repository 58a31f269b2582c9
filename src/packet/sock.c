// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET sockets: made, registered for frames, asked about, closed. */
#include <sys/ioctl.h>
#include <linux/sockios.h>

#include <skiff/inet_ioctl.h>
#include <skiff/slab.h>

#include "packet/packet.h"

static struct proto packet_proto = {
	.name = "PACKET",
	.obj_size = sizeof(struct packet_sock),
};

void packet_hook(struct packet_sock *po)
{
	if (po->running)
		return;
	if (po->fanout)
		fanout_link(po);
	else
		dev_add_pack(&po->prot_hook);
	sock_hold(&po->sk);
	po->running = true;
}

void packet_unhook(struct packet_sock *po)
{
	if (!po->running)
		return;
	po->running = false;
	if (po->fanout)
		fanout_unlink(po);
	else
		dev_remove_pack(&po->prot_hook);
	sock_put(&po->sk);
}

void packet_set_err(struct packet_sock *po, int err)
{
	struct sock *sk = &po->sk;

	sk->sk_err = err;
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

int packet_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct packet_sock *po;

	if (!sk)
		return 0;
	po = pkt_sk(sk);
	ASSERT_NET_LOCKED(sock_net(sk));
	packet_unhook(po);
	fanout_release(po);
	packet_flush_mclist(po);
	dev_put(po->prot_hook.dev);
	po->prot_hook.dev = NULL;
	hlist_del_init(&po->node);
	sock_orphan(sk);
	sock->sk = NULL;
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
	return 0;
}

static u32 packet_poll(struct socket *sock)
{
	fanout_clear_pressure(pkt_sk(sock->sk));
	return datagram_poll(sock);
}

/* Bytes of the packet that is next. */
static int next_len(struct sock *sk)
{
	const struct sk_buff *skb;
	int len;

	spin_lock(&sk->sk_receive_queue.lock);
	skb = skb_peek(&sk->sk_receive_queue);
	len = skb ? (int)skb->len : 0;
	spin_unlock(&sk->sk_receive_queue.lock);
	return len;
}

int packet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	int val;

	switch (cmd) {
	case SIOCOUTQ:
		val = sk_wmem_alloc_get(sock->sk);
		break;
	case SIOCINQ:
		val = next_len(sock->sk);
		break;
	default:
		return inet_net_ioctl(sock_net(sock->sk), cmd, (void *)(uintptr_t)arg);
	}
	if (!arg)
		return -EFAULT;
	memcpy((void *)(uintptr_t)arg, &val, sizeof(val));
	return 0;
}

static struct sk_buff *packet_recv_skb(struct socket *sock, unsigned int flags, int *err)
{
	struct sk_buff *skb = skb_recv_datagram(sock->sk, flags, err);

	if (skb)
		fanout_clear_pressure(pkt_sk(sock->sk));
	return skb;
}

static const struct proto_ops packet_ops = {
	.family = AF_PACKET,
	.release = packet_release,
	.bind = packet_bind,
	.connect = sock_no_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = packet_getname,
	.poll = packet_poll,
	.ioctl = packet_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
	.sendmsg = packet_sendmsg,
	.recvmsg = packet_recvmsg,
	.recv_skb = packet_recv_skb,
	.send_skb = packet_send_skb,
};

int packet_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct packet_sock *po;
	struct sock *sk;

	ASSERT_NET_LOCKED(net);
	if (sock->type != SOCK_DGRAM && sock->type != SOCK_RAW && sock->type != SOCK_PACKET)
		return -ESOCKTNOSUPPORT;
	sk = sk_alloc(net, AF_PACKET, GFP_KERNEL, &packet_proto, kern);
	if (!sk)
		return -ENOBUFS;
	sock->ops = sock->type == SOCK_PACKET ? &packet_ops_spkt : &packet_ops;
	sock_init_data(sock, sk);
	po = pkt_sk(sk);
	/* The protocol comes in wire order: socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)). */
	po->num = (__force __be16)(u16)protocol;
	po->prot_hook.func = packet_rcv;
	if (sock->type == SOCK_PACKET)
		packet_init_spkt(po);
	po->prot_hook.af_packet_priv = sk;
	po->prot_hook.af_packet_net = net;
	po->prot_hook.type = po->num;
	INIT_LIST_HEAD(&po->prot_hook.list);
	hlist_add_head(&po->node, &packet_net(net)->socks);
	if (po->num)
		packet_hook(po);
	return 0;
}
