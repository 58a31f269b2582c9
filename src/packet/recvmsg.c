// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: packets from the queue to the program, with sender and what is known beside. */
#include <limits.h>

#include <skiff/if_vlan.h>

#include "ethernet/virtio_net.h"
#include "packet/packet.h"

static void put_name(struct skiff_msghdr *msg, struct sk_buff *skb)
{
	const struct packet_skb_cb *cb = PACKET_SKB_CB(skb);
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
				   .sll_protocol = skb->protocol,
				   .sll_ifindex = cb->ifindex,
				   .sll_hatype = cb->hatype,
				   .sll_pkttype = skb->pkt_type,
				   .sll_halen = cb->halen };
	int len = (int)offsetof(struct sockaddr_ll, sll_addr) + cb->halen;

	memcpy(msg->msg_name, &sll, sizeof(sll));
	memcpy((char *)msg->msg_name + offsetof(struct sockaddr_ll, sll_addr), cb->addr, cb->halen);
	msg->msg_namelen = max(len, (int)sizeof(sll));
}

static void put_auxdata(struct skiff_msghdr *msg, struct sk_buff *skb)
{
	struct tpacket_auxdata aux = { .tp_status = TP_STATUS_USER,
				       .tp_len = PACKET_SKB_CB(skb)->origlen,
				       .tp_snaplen = skb->len,
				       .tp_net = (__u16)skb_network_offset(skb) };

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		aux.tp_status |= TP_STATUS_CSUMNOTREADY;
	else if (skb->pkt_type != PACKET_OUTGOING && skb_csum_unnecessary(skb))
		aux.tp_status |= TP_STATUS_CSUM_VALID;
	if (skb_vlan_tag_present(skb)) {
		aux.tp_vlan_tci = skb_vlan_tag_get(skb);
		aux.tp_vlan_tpid = ntohs(skb->vlan_proto);
		aux.tp_status |= TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID;
	}
	put_cmsg(msg, SOL_PACKET, PACKET_AUXDATA, sizeof(aux), &aux);
}

/* The number of buffers, where there is a place for it, is nobody's here: 0. */
static int put_vnet_hdr(struct skiff_msghdr *msg, const struct sk_buff *skb, size_t *len,
			size_t size)
{
	struct virtio_net_hdr_mrg_rxbuf h = { .num_buffers = 0 };

	if (*len < size || virtio_net_hdr_from_skb(skb, &h.hdr))
		return -EINVAL;
	*len -= size;
	return copy_to_iter_full(&h, size, &msg->msg_iter) ? 0 : -EFAULT;
}

/* The stack lock is not held: @skb is ours, or a peeked one that nobody changes. */
static int give(struct packet_sock *po, struct skiff_msghdr *msg, struct sk_buff *skb, size_t len,
		int flags)
{
	int hdr_len = READ_ONCE(po->vnet_hdr_sz), copied, err;

	if (hdr_len) {
		err = put_vnet_hdr(msg, skb, &len, (size_t)hdr_len);
		if (err)
			return err;
	}
	copied = (int)skb->len;
	if (skb->len > len) {
		copied = (int)len;
		msg->msg_flags |= MSG_TRUNC;
	}
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err)
		return err;
	sock_recv_cmsgs(msg, &po->sk, skb);
	if (msg->msg_name)
		put_name(msg, skb);
	if (READ_ONCE(po->auxdata))
		put_auxdata(msg, skb);
	return hdr_len + (flags & MSG_TRUNC ? (int)skb->len : copied);
}

static int recv_error(struct sock *sk, struct skiff_msghdr *msg, size_t len)
{
	int err = net_enter(sock_net(sk));

	if (err)
		return err;
	err = sock_recv_errqueue(sk, msg, (int)min_t(size_t, len, INT_MAX), SOL_PACKET,
				 PACKET_TX_TIMESTAMP);
	net_unlock(sock_net(sk));
	return err;
}

int packet_recvmsg(struct socket *sock, struct skiff_msghdr *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	int err;

	if (flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE))
		return -EINVAL;
	if (flags & MSG_ERRQUEUE)
		return recv_error(sk, msg, len);
	err = net_enter(sock_net(sk));
	if (err)
		return err;
	skb = skb_recv_datagram(sk, (unsigned int)flags, &err);
	if (skb)
		fanout_clear_pressure(pkt_sk(sk));
	net_unlock(sock_net(sk));
	if (!skb)
		return err;
	err = give(pkt_sk(sk), msg, skb, len, flags);
	consume_skb(skb);
	return err;
}
