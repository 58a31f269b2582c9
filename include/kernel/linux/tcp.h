/* SPDX-License-Identifier: BSD-2-Clause */
/* <linux/tcp.h> for kernel-style sources: TCP header and tcp_hdr; there is no TCP behind it. */
#include_next <linux/tcp.h>
#ifndef SKIFF_KERNEL_TCP_H
#define SKIFF_KERNEL_TCP_H

#include <skiff/skbuff.h>

static inline struct tcphdr *tcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)(void *)skb_transport_header(skb);
}

static inline unsigned int tcp_hdrlen(const struct sk_buff *skb)
{
	return tcp_hdr(skb)->doff * 4u;
}

#endif /* SKIFF_KERNEL_TCP_H */
