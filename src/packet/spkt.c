// SPDX-License-Identifier: BSD-2-Clause
/* SOCK_PACKET: the form of Linux 2.0, in which a device goes by its name and frames are whole. */
#include <linux/if_packet.h>

#include <skiff/if_vlan.h>
#include <skiff/skb/flow.h>

#include "packet/packet.h"

/* Where the frame was seen goes with it in its cb. */
static struct sockaddr_pkt *spkt_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct sockaddr_pkt) > SOCK_SKB_CB_OFFSET);
	return (struct sockaddr_pkt *)(void *)skb->cb;
}

static void put_device_name(void *to, size_t size, const char *name)
{
	memset(to, 0, size);
	memcpy(to, name, min(strlen(name), size - 1));
}

/* Input */

static int packet_rcv_spkt(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
			   struct net_device *orig_dev)
{
	struct packet_sock *po = (struct packet_sock *)pt->af_packet_priv;
	enum skb_drop_reason reason = SKB_NOT_DROPPED_YET;
	struct sockaddr_pkt *spkt;

	(void)orig_dev;
	if (skb->pkt_type == PACKET_LOOPBACK) {
		consume_skb(skb);
		return 0;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		sk_drops_add(&po->sk, 1);
		return 0;
	}
	skb_dst_drop(skb);
	spkt = spkt_cb(skb);
	skb_push(skb, (unsigned int)-skb_mac_offset(skb));
	spkt->spkt_family = dev->type;
	put_device_name(spkt->spkt_device, sizeof(spkt->spkt_device), dev->name);
	spkt->spkt_protocol = skb->protocol;
	if (sock_queue_rcv_skb_reason(&po->sk, skb, &reason))
		kfree_skb_reason(skb, reason);
	return 0;
}

static int packet_recvmsg_spkt(struct socket *sock, struct skiff_msghdr *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	int copied, err;

	if (flags & (MSG_ERRQUEUE | ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE)))
		return packet_recvmsg(sock, msg, len, flags);
	err = net_enter(sock_net(sk));
	if (err)
		return err;
	skb = skb_recv_datagram(sk, (unsigned int)flags, &err);
	net_unlock(sock_net(sk));
	if (!skb)
		return err;
	copied = (int)min_t(size_t, len, skb->len);
	if (skb->len > len)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (!err) {
		sock_recv_cmsgs(msg, sk, skb);
		if (msg->msg_name) {
			memcpy(msg->msg_name, spkt_cb(skb), sizeof(struct sockaddr_pkt));
			msg->msg_namelen = sizeof(struct sockaddr_pkt);
		}
		err = flags & MSG_TRUNC ? (int)skb->len : copied;
	}
	consume_skb(skb);
	return err;
}

/* Names */

/* As short as a struct sockaddr: a device, and nothing about the protocol. */
static int packet_bind_spkt(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	char name[sizeof(uaddr->sa_data) + 1];
	const struct net_device *dev;

	ASSERT_NET_LOCKED(sock_net(sock->sk));
	if (addr_len != sizeof(struct sockaddr))
		return -EINVAL;
	memcpy(name, uaddr->sa_data, sizeof(uaddr->sa_data));
	name[sizeof(uaddr->sa_data)] = '\0';
	dev = __dev_get_by_name(sock_net(sock->sk), name);
	return dev ? packet_do_bind(pkt_sk(sock->sk), dev->ifindex, 0) : -ENODEV;
}

static int packet_getname_spkt(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	const struct packet_sock *po = pkt_sk(sock->sk);
	const struct net_device *dev;

	if (peer)
		return -EOPNOTSUPP;
	memset(uaddr, 0, sizeof(*uaddr));
	uaddr->sa_family = AF_PACKET;
	dev = po->ifindex > 0 ? __dev_get_by_index(sock_net(sock->sk), po->ifindex) : NULL;
	if (dev)
		put_device_name(uaddr->sa_data, sizeof(uaddr->sa_data), dev->name);
	return sizeof(*uaddr);
}

/* Output */

/* Whither, and what it is: each frame has to say so. */
static struct net_device *find_device(struct sock *sk, const struct skiff_msghdr *msg,
				      __be16 *proto)
{
	struct sockaddr_pkt spkt = { .spkt_protocol = 0 };
	struct net_device *dev;

	if (!msg->msg_name)
		return (struct net_device *)ERR_PTR(-ENOTCONN);
	if (msg->msg_namelen < (int)sizeof(struct sockaddr))
		return (struct net_device *)ERR_PTR(-EINVAL);
	memcpy(&spkt, msg->msg_name, min_t(size_t, sizeof(spkt), (size_t)msg->msg_namelen));
	if (msg->msg_namelen == sizeof(spkt))
		*proto = spkt.spkt_protocol;
	spkt.spkt_device[sizeof(spkt.spkt_device) - 1] = '\0';
	dev = __dev_get_by_name(sock_net(sk), (const char *)spkt.spkt_device);
	if (!dev)
		return (struct net_device *)ERR_PTR(-ENODEV);
	return dev->flags & IFF_UP ? dev : (struct net_device *)ERR_PTR(-ENETDOWN);
}

static struct sk_buff *alloc_frame(struct sock *sk, const struct net_device *dev, size_t len)
{
	const unsigned int hlen = dev->hard_header_len ? LL_RESERVED_SPACE(dev) : 0;
	struct sk_buff *skb;
	int err;

	/* No device here sends a frame check sequence that a program made. */
	if (sock_flag(sk, SOCK_NOFCS))
		return (struct sk_buff *)ERR_PTR(-EPROTONOSUPPORT);
	if (len > (size_t)dev->mtu + dev->hard_header_len + VLAN_HLEN)
		return (struct sk_buff *)ERR_PTR(-EMSGSIZE);
	skb = sock_alloc_send_skb(sk, hlen + len + dev->needed_tailroom, 1, &err);
	if (!skb)
		return (struct sk_buff *)ERR_PTR(err);
	skb_reserve(skb, (int)hlen);
	if (hlen && len >= dev->hard_header_len) {
		/* The program's header goes where one would be put in front. */
		skb->data -= dev->hard_header_len;
		skb->tail -= dev->hard_header_len;
	}
	skb_reset_network_header(skb);
	return skb;
}

static int check_frame(struct sk_buff *skb, const struct net_device *dev)
{
	const struct ethhdr *eth = (const struct ethhdr *)(const void *)skb->data;

	if (!dev_validate_header(dev, (char *)skb->data, (int)skb->len))
		return -EINVAL;
	if (skb->len <= (unsigned int)dev->mtu + dev->hard_header_len)
		return 0;
	/* A tag does not count as part of the packet. */
	return dev->type == ARPHRD_ETHER && skb->len >= ETH_HLEN &&
			       eth->h_proto == htons(ETH_P_8021Q) ?
		       0 :
		       -EMSGSIZE;
}

static int transmit(struct sock *sk, struct sk_buff *skb, struct skiff_msghdr *msg,
		    struct net_device *dev, __be16 proto)
{
	struct sockcm_cookie sockc;
	int err = dev->flags & IFF_UP ? check_frame(skb, dev) : -ENETDOWN;

	sockcm_init(&sockc, sk);
	if (!err && msg->msg_controllen)
		err = sock_cmsg_send(sk, msg, &sockc);
	if (err) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SEND_REFUSED);
		return err;
	}
	skb->protocol = proto;
	skb->dev = dev;
	skb->priority = sockc.priority;
	skb->mark = sockc.mark;
	skb_set_transmit_time(skb, sk, &sockc);
	skb_setup_tx_timestamp(skb, sockc.tsflags);
	skb_probe_transport_header(skb);
	dev_queue_xmit(skb);
	return 0;
}

static int packet_sendmsg_spkt(struct socket *sock, struct skiff_msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	struct net *net = sock_net(sk);
	struct net_device *dev = NULL;
	struct sk_buff *skb = NULL;
	__be16 proto = 0;
	int err = net_enter(net);

	if (err)
		return err;
	dev = find_device(sk, msg, &proto);
	err = IS_ERR(dev) ? (int)PTR_ERR(dev) : 0;
	if (!err) {
		skb = alloc_frame(sk, dev, len);
		err = IS_ERR(skb) ? (int)PTR_ERR(skb) : 0;
	}
	if (!err)
		dev_hold(dev);
	net_unlock(net);
	if (err)
		return err;
	if (len && !copy_from_iter_full(skb_put(skb, (unsigned int)len), len, &msg->msg_iter)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		err = -EFAULT;
	}
	net_lock(net);
	if (!err)
		err = transmit(sk, skb, msg, dev, proto);
	dev_put(dev);
	net_unlock(net);
	return err ? err : (int)len;
}

void packet_init_spkt(struct packet_sock *po)
{
	po->prot_hook.func = packet_rcv_spkt;
}

const struct proto_ops packet_ops_spkt = {
	.family = AF_PACKET,
	.release = packet_release,
	.bind = packet_bind_spkt,
	.connect = sock_no_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = packet_getname_spkt,
	.poll = datagram_poll,
	.ioctl = packet_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.sendmsg = packet_sendmsg_spkt,
	.recvmsg = packet_recvmsg_spkt,
	.recv_skb = datagram_recv_skb,
};
