// SPDX-License-Identifier: BSD-2-Clause
/* The error queue of IPv4 sockets: ICMP errors and errors of this host, with what they are about. */
#include <linux/icmpv6.h>

#include "ipv4/ipv4.h"
#include "ipv4/sockglue.h"
#include "wire/icmp.h"
#include "wire/ip.h"

static void set_error(struct sk_buff *skb, int err, u8 origin, u32 info, __be16 port)
{
	struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

	memset(&serr->ee, 0, sizeof(serr->ee));
	serr->ee.ee_errno = (u32)err;
	serr->ee.ee_origin = origin;
	serr->ee.ee_info = info;
	serr->port = port;
}

/*
 * RFC 4884: what follows the quoted packet are extensions, when the length field says where. Told is
 * where they begin in the payload, if they are whole.
 */
static void ip_icmp_error_rfc4884(const struct sk_buff *skb, struct sock_extended_err *ee,
				  unsigned int payload_off)
{
	const u8 *icmp = skb_transport_header(skb);
	unsigned int words = icmp[5], off = words * 4;
	struct sock_ee_data_rfc4884 out = {};

	if (icmp[0] != ICMP_DEST_UNREACH && icmp[0] != ICMP_TIME_EXCEEDED &&
	    icmp[0] != ICMP_PARAMETERPROB)
		return;
	/* RFC 4884 section 5: the quotation has at least 128 bytes then. */
	if (off < 128 || off < payload_off || off + 4 > skb->len)
		return;
	out.len = (__u16)(off - payload_off);
	if ((skb->data[off] >> 4) != 2 ||
	    csum_fold(skb_checksum(skb, (int)off, (int)(skb->len - off), 0)))
		out.flags |= SO_EE_RFC4884_FLAG_INVALID;
	memcpy(&ee->ee_data, &out, sizeof(out));
}

void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info,
		   u8 *payload)
{
	unsigned int payload_off = (unsigned int)(payload - skb->data);
	const struct iphdr *quoted;
	struct sock_exterr_skb *serr;

	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	set_error(skb, err, SO_EE_ORIGIN_ICMP, info, port);
	serr = SKB_EXT_ERR(skb);
	serr->ee.ee_type = icmp_hdr(skb)->type;
	serr->ee.ee_code = icmp_hdr(skb)->code;
	quoted = (const struct iphdr *)(const void *)skb->data;
	serr->addr_offset = (u16)((const u8 *)&quoted->daddr - skb_network_header(skb));
	/* The program gets the payload; the headers in front are read by their offsets. */
	if (payload_off > skb->len || !pskb_may_pull(skb, payload_off)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
		return;
	}
	if (inet_sk(sk)->recverr_rfc4884 && !skb_linearize(skb))
		ip_icmp_error_rfc4884(skb, &serr->ee, payload_off);
	__skb_pull(skb, payload_off);
	if (sock_queue_err_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 port, u32 info)
{
	struct iphdr *iph;
	struct sk_buff *skb;

	if (!inet_recverr(sk, daddr))
		return;
	skb = alloc_skb(sizeof(struct iphdr), GFP_ATOMIC);
	if (!skb)
		return;
	iph = (struct iphdr *)skb_put(skb, sizeof(struct iphdr));
	memset(iph, 0, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->daddr = daddr;
	set_error(skb, err, SO_EE_ORIGIN_LOCAL, info, port);
	SKB_EXT_ERR(skb)->addr_offset = offsetof(struct iphdr, daddr);
	__skb_pull(skb, sizeof(struct iphdr));
	skb_reset_transport_header(skb);
	if (sock_queue_err_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

/* Is there a packet of IPv4 whose addresses can be told? Timestamps may come without. */
static bool err_has_addr(const struct sk_buff *skb)
{
	const struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

	return serr->ee.ee_origin == SO_EE_ORIGIN_ICMP ||
	       serr->ee.ee_origin == SO_EE_ORIGIN_LOCAL || serr->port;
}

/* What ICMPv6 (RFC 4443 section 3) would have said of a packet to "::1". */
static void to_icmp6(struct sock_extended_err *ee)
{
	ee->ee_origin = SO_EE_ORIGIN_ICMP6;
	switch (ee->ee_type) {
	case ICMP_DEST_UNREACH:
		ee->ee_code = ee->ee_code == ICMP_PORT_UNREACH ? ICMPV6_PORT_UNREACH :
								 ICMPV6_ADDR_UNREACH;
		ee->ee_type = ICMPV6_DEST_UNREACH;
		break;
	case ICMP_TIME_EXCEEDED:
		ee->ee_type = ICMPV6_TIME_EXCEED;
		break;
	default:
		ee->ee_type = ICMPV6_PARAMPROB;
		break;
	}
}

/* struct sock_extended_err and, behind it, who said so. */
static void put_error(const struct sock *sk, struct skiff_msghdr *msg, const struct sk_buff *skb)
{
	struct {
		struct sock_extended_err ee;
		union {
			struct sockaddr_in sin;
			struct sockaddr_in6 sin6;
		} offender;
	} errhdr;
	bool v6 = sk->sk_family == AF_INET6;

	memset(&errhdr, 0, sizeof(errhdr));
	errhdr.ee = SKB_EXT_ERR(skb)->ee;
	if (errhdr.ee.ee_origin == SO_EE_ORIGIN_ICMP) {
		inet_put_name(sk, &errhdr.offender, ip_hdr(skb)->saddr, 0);
		if (v6 && ipv4_is_loopback6(ip_hdr(skb)->saddr))
			to_icmp6(&errhdr.ee);
	}
	put_cmsg(msg, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR : IP_RECVERR,
		 (int)(sizeof(errhdr.ee) +
		       (v6 ? sizeof(errhdr.offender.sin6) : sizeof(errhdr.offender.sin))),
		 &errhdr);
}

int ip_recv_error(struct sock *sk, struct skiff_msghdr *msg, int len, int *addr_len)
{
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	int copied, err;
	__be32 daddr;

	if (!skb)
		return -EAGAIN;
	copied = (int)skb->len;
	if (copied > len) {
		msg->msg_flags |= MSG_TRUNC;
		copied = len;
	}
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err) {
		consume_skb(skb);
		return err;
	}
	sock_recv_timestamp(msg, sk, skb);
	if (msg->msg_name && err_has_addr(skb)) {
		memcpy(&daddr, skb_network_header(skb) + SKB_EXT_ERR(skb)->addr_offset,
		       sizeof(daddr));
		*addr_len = inet_put_name(sk, msg->msg_name, daddr, SKB_EXT_ERR(skb)->port);
	}
	put_error(sk, msg, skb);
	msg->msg_flags |= MSG_ERRQUEUE;
	consume_skb(skb);
	return copied;
}
