// SPDX-License-Identifier: BSD-2-Clause
/* recvmsg() on a UDP socket: taken from the queue under its lock, copied without any. */
#include <limits.h>

#include "udp/udp.h"
#include "wire/udp.h"

/* Name and control messages of a datagram. */
static void udp_tell(struct sock *sk, struct skiff_msghdr *msg, struct sk_buff *skb, int *addr_len)
{
	sock_recv_cmsgs(msg, sk, skb);
	if (msg->msg_name)
		*addr_len =
			inet_put_name(sk, msg->msg_name, ip_hdr(skb)->saddr, udp_hdr(skb)->source);
	if (udp_sk(sk)->gro_enabled && skb_is_gso(skb)) {
		int size = skb_shinfo(skb)->gso_size;

		put_cmsg(msg, SOL_UDP, UDP_GRO, sizeof(size), &size);
	}
	ip_cmsg_recv_offset(msg, sk, skb, WIRE_UDP_HLEN, 0);
}

int udp_recvmsg(struct sock *sk, struct skiff_msghdr *msg, size_t len, int flags, int *addr_len)
{
	unsigned int ulen, copied;
	struct sk_buff *skb;
	int err, off = 0;

	if (flags & MSG_ERRQUEUE)
		return ip_recv_error(sk, msg, (int)min_t(size_t, len, INT_MAX), addr_len);
	skb = inet_recv_skb(sk, flags, &off, &err);
	if (!skb)
		return err;
	ulen = skb->len;
	copied = (unsigned int)min_t(size_t, len, ulen - (unsigned int)off);
	if (copied < ulen - (unsigned int)off)
		msg->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, off, msg, (int)copied);
	if (unlikely(err)) {
		inet_recv_done(skb);
		return err;
	}
	udp_tell(sk, msg, skb, addr_len);
	inet_recv_done(skb);
	err = (int)(flags & MSG_TRUNC ? ulen : copied);
	if (flags & MSG_PEEK)
		sk_peek_offset_fwd(sk, (int)copied);
	else
		sk_peek_offset_bwd(sk, err); /* as Linux: by what the call says, not by what went */
	return err;
}
