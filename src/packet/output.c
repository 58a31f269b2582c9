// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET output: frames from the program to a device. */
#include <skiff/if_vlan.h>
#include <skiff/skb/flow.h>

#include "ethernet/virtio_net.h"
#include "packet/packet.h"

/* The shortest packet that has a network header: that of IPv6 alone. */
#define NETWORK_MIN 40

/* Order of the largest pages that bulk data is put into: the same as on Linux. */
#define FRAG_ORDER 3

/**
 * struct packet_snd - one frame on its way out
 * @po: the socket
 * @msg: what the program gave
 * @len: bytes of frame
 * @proto: its protocol
 * @dev: the device, with a reference
 * @daddr: destination for the header of a cooked socket
 * @reserve: bytes of header that the program brings
 * @vnet: what a raw socket says about checksums and segments; all zero otherwise
 * @hdr_len: bytes of headers that it says
 * @sockc: from the control messages
 * @skb: the frame
 * @offset: where in it the program's data begins
 */
struct packet_snd {
	struct packet_sock *po;
	struct skiff_msghdr *msg;
	size_t len;
	__be16 proto;
	struct net_device *dev;
	const unsigned char *daddr;
	unsigned int reserve;
	struct virtio_net_hdr vnet;
	unsigned int hdr_len;
	struct sockcm_cookie sockc;
	struct sk_buff *skb;
	int offset;
};

static bool cooked(const struct packet_snd *s)
{
	return s->po->sk.sk_type == SOCK_DGRAM;
}

/* Whither: as the address says, or where the socket is bound to. */
static int find_device(struct packet_snd *s)
{
	const struct sockaddr_ll *sll = (const struct sockaddr_ll *)s->msg->msg_name;
	const int head = (int)offsetof(struct sockaddr_ll, sll_addr);

	if (!sll) {
		s->dev = s->po->prot_hook.dev;
		s->proto = s->po->num;
	} else {
		if (s->msg->msg_namelen < (int)sizeof(*sll) ||
		    s->msg->msg_namelen < head + sll->sll_halen)
			return -EINVAL;
		s->dev = __dev_get_by_index(sock_net(&s->po->sk), sll->sll_ifindex);
		s->proto = sll->sll_protocol;
		if (cooked(s)) {
			if (s->dev && s->msg->msg_namelen < head + s->dev->addr_len)
				return -EINVAL;
			s->daddr = (const unsigned char *)sll + head;
		}
	}
	if (!s->dev)
		return -ENXIO;
	return s->dev->flags & IFF_UP ? 0 : -ENETDOWN;
}

/* The machine's own byte order, as for TUN. */
static unsigned int from_virtio(__virtio16 v)
{
	return (__force u16)v;
}

/* The header says how much has to be linear; what it says of checksums must lie within. */
static int take_vnet_hdr(struct packet_snd *s)
{
	struct virtio_net_hdr *h = &s->vnet;
	size_t size = s->po->vnet_hdr_sz;

	if (s->len < size)
		return -EINVAL;
	s->len -= size;
	if (!copy_from_iter_full(h, sizeof(*h), &s->msg->msg_iter))
		return -EFAULT;
	/* A number of buffers behind it says nothing of what is sent. */
	iov_iter_advance(&s->msg->msg_iter, size - sizeof(*h));
	s->hdr_len = from_virtio(h->hdr_len);
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		s->hdr_len = max(s->hdr_len,
				 from_virtio(h->csum_start) + from_virtio(h->csum_offset) + 2);
	return s->hdr_len > s->len ? -EINVAL : 0;
}

static bool too_long(const struct packet_snd *s, unsigned int more)
{
	return !s->vnet.gso_type && s->len > (size_t)s->dev->mtu + s->reserve + more;
}

/* Room for the frame behind headroom for the header. */
static int alloc_frame(struct packet_snd *s)
{
	const unsigned int hlen = LL_RESERVED_SPACE(s->dev), tlen = s->dev->needed_tailroom;
	size_t linear = max_t(size_t, s->hdr_len, min_t(size_t, s->len, s->dev->hard_header_len));
	struct sk_buff *skb;
	int err;

	if (hlen + tlen + s->len < PAGE_SIZE || !linear)
		linear = s->len;
	skb = sock_alloc_send_pskb(&s->po->sk, hlen + tlen + linear, s->len - linear, 1, &err,
				   FRAG_ORDER);
	if (!skb)
		return err ? err : -ENOBUFS;
	skb_reserve(skb, (int)hlen);
	skb_put(skb, (unsigned int)linear);
	/* The fragments are charged for already. */
	skb->data_len = (unsigned int)(s->len - linear);
	skb->len += skb->data_len;
	skb_reset_network_header(skb);
	s->skb = skb;
	return 0;
}

/* The header of a cooked socket is made here, that of a raw one is the program's. */
static int place_header(struct packet_snd *s)
{
	struct sk_buff *skb = s->skb;

	if (cooked(s)) {
		s->offset = dev_hard_header(skb, s->dev, ntohs(s->proto), s->daddr, NULL,
					    (unsigned int)s->len);
		return s->offset < 0 ? -EINVAL : 0;
	}
	if (s->reserve) {
		/* The network header stays where it is: behind the header that the program brings. */
		skb->data -= s->reserve;
		skb->tail -= s->reserve;
		if (s->len < s->reserve + NETWORK_MIN &&
		    s->dev->min_header_len != s->dev->hard_header_len)
			skb_reset_network_header(skb);
	}
	return 0;
}

/* All that is known before the data is copied. */
static int prepare(struct packet_snd *s)
{
	struct sock *sk = &s->po->sk;
	int err = find_device(s);

	if (err)
		return err;
	sockcm_init(&s->sockc, sk);
	if (s->msg->msg_controllen) {
		err = sock_cmsg_send(sk, s->msg, &s->sockc);
		if (err)
			return err;
	}
	if (!cooked(s))
		s->reserve = s->dev->hard_header_len;
	if (s->po->vnet_hdr_sz) {
		err = take_vnet_hdr(s);
		if (err)
			return err;
	}
	/* No device here sends a frame check sequence that a program made. */
	if (sock_flag(sk, SOCK_NOFCS))
		return -EPROTONOSUPPORT;
	if (too_long(s, VLAN_HLEN))
		return -EMSGSIZE;
	err = alloc_frame(s);
	return err ? err : place_header(s);
}

/* A tag does not count as part of the packet. */
static bool may_be_longer(const struct packet_snd *s)
{
	return s->dev->type == ARPHRD_ETHER && s->skb->len >= ETH_HLEN &&
	       ((const struct ethhdr *)(const void *)s->skb->data)->h_proto == htons(ETH_P_8021Q);
}

static __be16 protocol_of_header(const struct sk_buff *skb, const struct net_device *dev)
{
	return dev->header_ops && dev->header_ops->parse_protocol ?
		       dev->header_ops->parse_protocol(skb) :
		       0;
}

/* What others will look for: protocol, network and transport header. */
static void parse_headers(const struct packet_snd *s)
{
	struct sk_buff *skb = s->skb;
	int depth;

	if ((!skb->protocol || skb->protocol == htons(ETH_P_ALL)) && !cooked(s)) {
		skb_reset_mac_header(skb);
		skb->protocol = protocol_of_header(skb, s->dev);
	}
	if (s->dev->type == ARPHRD_ETHER && eth_type_vlan(skb->protocol) &&
	    __vlan_get_protocol(skb, skb->protocol, &depth))
		skb_set_network_header(skb, depth);
	skb_probe_transport_header(skb);
}

static int check_frame(const struct packet_snd *s)
{
	struct sk_buff *skb = s->skb;

	if (!skb->len ||
	    (!cooked(s) && !dev_validate_header(s->dev, (char *)skb->data, (int)s->len)))
		return -EINVAL;
	return too_long(s, 0) && !may_be_longer(s) ? -EMSGSIZE : 0;
}

static int transmit(const struct packet_snd *s, struct sk_buff *skb)
{
	int err;

	if (s->po->qdisc_bypass) {
		netdev_core_pick_tx(s->dev, skb, NULL);
		err = dev_direct_xmit(skb, skb_get_queue_mapping(skb));
	} else {
		err = dev_queue_xmit(skb);
	}
	return err > 0 ? net_xmit_errno(err) : err;
}

/* The data is there: give the frame to its device. Consumes it unless an error is returned. */
static int finish(struct packet_snd *s)
{
	const struct sock *sk = &s->po->sk;
	struct sk_buff *skb = s->skb;
	int err;

	/* The host went on while the data was copied. */
	if (!(s->dev->flags & IFF_UP))
		return -ENETDOWN;
	err = check_frame(s);
	if (err)
		return err;
	skb_setup_tx_timestamp(skb, s->sockc.tsflags);
	skb->protocol = s->proto;
	skb->dev = s->dev;
	skb->priority = s->sockc.priority;
	skb->mark = s->sockc.mark;
	skb_set_transmit_time(skb, sk, &s->sockc);
	if (s->po->vnet_hdr_sz) {
		err = virtio_net_hdr_to_skb(skb, &s->vnet);
		if (err)
			return err;
	}
	parse_headers(s);
	s->skb = NULL;
	return transmit(s, skb);
}

/* The data was not copied, the device went down meanwhile, or the frame is none. */
static enum skb_drop_reason refusal(int err)
{
	switch (err) {
	case -EFAULT:
		return SKB_DROP_REASON_SKB_UCOPY_FAULT;
	case -ENETDOWN:
		return SKB_DROP_REASON_DEV_READY;
	case -EMSGSIZE:
		return SKB_DROP_REASON_PKT_TOO_BIG;
	default:
		return SKB_DROP_REASON_SEND_REFUSED;
	}
}

int packet_sendmsg(struct socket *sock, struct skiff_msghdr *msg, size_t len)
{
	struct packet_snd s = { .po = pkt_sk(sock->sk), .msg = msg, .len = len };
	struct net *net = sock_net(sock->sk);
	int err = net_enter(net);

	if (err)
		return err;
	err = prepare(&s);
	if (!err)
		dev_hold(s.dev);
	else
		kfree_skb_reason(s.skb, refusal(err));
	net_unlock(net);
	if (err)
		return err;
	err = skb_copy_datagram_from_iter(s.skb, s.offset, &msg->msg_iter, (int)s.len);
	net_lock(net);
	if (!err)
		err = finish(&s);
	dev_put(s.dev);
	kfree_skb_reason(s.skb, refusal(err));
	net_unlock(net);
	return err ? err : (int)len;
}

/* The header of a cooked socket's frame, in front of a buffer that the program gave. */
static int give_header(struct packet_snd *s)
{
	struct sk_buff *skb = s->skb;

	if (!cooked(s)) {
		skb_set_network_header(skb, min_t(int, (int)s->reserve, (int)skb->len));
		return 0;
	}
	if (skb_cow_head(skb, LL_RESERVED_SPACE(s->dev)))
		return -ENOMEM;
	skb_reset_network_header(skb);
	return dev_hard_header(skb, s->dev, ntohs(s->proto), s->daddr, NULL, (unsigned int)s->len) <
			       0 ?
		       -EINVAL :
		       0;
}

/* Why a buffer of the program's can't be sent as it is, as -errno. */
static int check_skb(struct packet_snd *s)
{
	struct sock *sk = &s->po->sk;

	if (skb_shared(s->skb))
		return -EINVAL;
	/* What a header in front would say, the buffer says itself. */
	if (s->po->vnet_hdr_sz || s->msg->msg_controllen)
		return -EINVAL;
	if (sock_flag(sk, SOCK_NOFCS))
		return -EPROTONOSUPPORT;
	if (!cooked(s))
		s->reserve = s->dev->hard_header_len;
	if (too_long(s, VLAN_HLEN))
		return -EMSGSIZE;
	/* What the device is to look at. */
	return pskb_may_pull(s->skb, min_t(unsigned int, s->skb->len, s->reserve)) ? 0 : -ENOMEM;
}

int packet_send_skb(struct socket *sock, struct skiff_msghdr *msg, struct sk_buff *skb)
{
	struct packet_snd s = { .po = pkt_sk(sock->sk), .msg = msg, .len = skb->len, .skb = skb };
	struct sock *sk = sock->sk;
	int err = find_device(&s);

	ASSERT_NET_LOCKED(sock_net(sk));
	if (!err)
		err = check_skb(&s);
	if (!err)
		err = sock_error(sk);
	if (!err && sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf) &&
	    !sock_writeable_or_tell(sk))
		return -EAGAIN;
	if (!err) {
		/* It may have come from a socket: forget what it was there. */
		skb_scrub_packet(skb, true);
		skb->ip_summed = CHECKSUM_NONE;
		skb_set_owner_w(skb, sk);
		sockcm_init(&s.sockc, sk);
		err = give_header(&s);
	}
	if (!err)
		err = finish(&s);
	kfree_skb_reason(s.skb, refusal(err));
	return err ? err : (int)s.len;
}
