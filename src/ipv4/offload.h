/* SPDX-License-Identifier: BSD-2-Clause */
/* Segmentation and receive merging: what protocols over IPv4 share. */
#ifndef SKIFF_IPV4_OFFLOAD_H
#define SKIFF_IPV4_OFFLOAD_H

#include <skiff/netdevice.h>
#include <skiff/sock.h>

/* ip_offload.c */
void ip_offload_init(void);

/* tcp_offload.c: what does not depend on the version of IP; see struct offload_callbacks */
void tcpv4_offload_init(void);
struct sk_buff *tcp_gro_receive(struct list_head *head, struct sk_buff *skb);
int tcp_gro_complete(struct sk_buff *skb);
struct sk_buff *tcp_gso_segment(struct sk_buff *gso_skb, netdev_features_t features);

/*
 * The socket that is charged for a packet is charged for its segments too, so that the end of the
 * last of them, not that of the packet, lets it send more.
 */
static inline void gso_charge_segments(struct sk_buff *gso_skb, struct sk_buff *segs)
{
	struct sock *sk = gso_skb->sk;

	/* TCP has an end of its own for what it sends. */
	if (!sk || !gso_skb->destructor ||
	    (gso_skb->destructor != sock_wfree && sk->sk_protocol != IPPROTO_TCP))
		return;
	for (; segs; segs = segs->next) {
		segs->sk = sk;
		segs->destructor = gso_skb->destructor;
		sk_wmem_grown(sk, (int)segs->truesize);
	}
}

#endif /* SKIFF_IPV4_OFFLOAD_H */
