/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a packet was dropped: the one catalogue that counters, traces and documentation use. */
#ifndef SKIFF_DROPREASON_H
#define SKIFF_DROPREASON_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(name, what happened), in the order of their numbers, which programs may rely on within one
 * SONAME. Names are Linux's; those in the second part are skiff's own.
 */
#define SKB_DROP_REASONS(X)                                                        \
	X(NOT_SPECIFIED, "no reason given")                                        \
	X(NO_SOCKET, "no socket for this address and port")                        \
	X(PKT_TOO_SMALL, "shorter than its headers say")                           \
	X(TCP_CSUM, "TCP checksum wrong")                                          \
	X(SOCKET_FILTER, "refused by the socket's filter")                         \
	X(UDP_CSUM, "UDP checksum wrong")                                          \
	X(NETFILTER_DROP, "refused by a hook")                                     \
	X(OTHERHOST, "link-layer address of another host")                         \
	X(IP_CSUM, "IPv4 header checksum wrong")                                   \
	X(IP_INHDR, "IP header malformed")                                         \
	X(IP_RPFILTER, "source address not reachable through this device")         \
	X(UNICAST_IN_L2_MULTICAST, "unicast IP address in a link-layer multicast") \
	X(XFRM_POLICY, "refused by an IPsec policy")                               \
	X(IP_NOPROTO, "no handler for this IP protocol")                           \
	X(SOCKET_RCVBUFF, "the socket's receive buffer is full")                   \
	X(PROTO_MEM, "the protocol's memory limit is reached")                     \
	X(TCP_MD5NOTFOUND, "TCP MD5 option missing")                               \
	X(TCP_MD5UNEXPECTED, "TCP MD5 option where none is configured")            \
	X(TCP_MD5FAILURE, "TCP MD5 digest wrong")                                  \
	X(SOCKET_BACKLOG, "the socket's backlog is full")                          \
	X(TCP_FLAGS, "TCP flags not valid here")                                   \
	X(TCP_ZEROWINDOW, "TCP data beyond a zero window")                         \
	X(TCP_OLD_DATA, "TCP data already received")                               \
	X(TCP_OVERWINDOW, "TCP data beyond the window")                            \
	X(TCP_OFOMERGE, "TCP data already in the out-of-order queue")              \
	X(TCP_RFC7323_PAWS, "TCP timestamp too old")                               \
	X(TCP_INVALID_SEQUENCE, "TCP sequence number not acceptable")              \
	X(TCP_RESET, "TCP reset not valid")                                        \
	X(TCP_INVALID_SYN, "TCP SYN in a connection")                              \
	X(TCP_CLOSE, "TCP socket closed")                                          \
	X(TCP_FASTOPEN, "TCP Fast Open data refused")                              \
	X(TCP_OLD_ACK, "TCP acknowledgment too old")                               \
	X(TCP_TOO_OLD_ACK, "TCP acknowledgment far too old")                       \
	X(TCP_ACK_UNSENT_DATA, "TCP acknowledgment of data not sent")              \
	X(TCP_OFO_QUEUE_PRUNE, "TCP out-of-order queue pruned")                    \
	X(TCP_OFO_DROP, "TCP out-of-order data already delivered")                 \
	X(IP_OUTNOROUTES, "no route")                                              \
	X(BPF_CGROUP_EGRESS, "refused by a program at the sender")                 \
	X(IPV6DISABLED, "IPv6 is off on this device")                              \
	X(NEIGH_CREATEFAIL, "no memory for a neighbour entry")                     \
	X(NEIGH_FAILED, "the neighbour does not answer")                           \
	X(NEIGH_QUEUEFULL, "too many packets wait for this neighbour")             \
	X(NEIGH_DEAD, "the neighbour entry is gone")                               \
	X(TC_EGRESS, "dropped by the egress classifier")                           \
	X(QDISC_DROP, "dropped by the device's packet queue")                      \
	X(CPU_BACKLOG, "the receive backlog is full")                              \
	X(XDP, "dropped by a program at the device")                               \
	X(TC_INGRESS, "dropped by the ingress classifier")                         \
	X(UNHANDLED_PROTO, "no handler for this link-layer protocol")              \
	X(SKB_CSUM, "checksum could not be computed")                              \
	X(SKB_GSO_SEG, "segmentation failed")                                      \
	X(SKB_UCOPY_FAULT, "could not copy from or to the user")                   \
	X(DEV_HDR, "the driver's header is wrong")                                 \
	X(DEV_READY, "the device is not up")                                       \
	X(FULL_RING, "a ring is full")                                             \
	X(NOMEM, "no memory")                                                      \
	X(HDR_TRUNC, "could not get at the headers")                               \
	X(TAP_FILTER, "refused by the tap's filter")                               \
	X(TAP_TXFILTER, "refused by the tap's transmit filter")                    \
	X(ICMP_CSUM, "ICMP checksum wrong")                                        \
	X(INVALID_PROTO, "protocol not valid here")                                \
	X(IP_INADDRERRORS, "address not valid here")                               \
	X(IP_INNOROUTES, "no route to forward by")                                 \
	X(PKT_TOO_BIG, "larger than the link or the host takes")                   \
	/* skiff's own */                                                          \
	X(QUEUE_PURGE, "its queue was emptied")                                    \
	X(DEV_GONE, "the device was removed")                                      \
	X(ARP_INVALID, "ARP packet malformed or not for this link")                \
	X(IP_OPTIONS, "IP options malformed")                                      \
	X(IP_FRAGMENT, "fragment that can't be used")                              \
	X(IP_NOT_FORWARDING, "not for this host, which does not forward")          \
	X(ICMP_IGNORED, "ICMP message that calls for nothing")                     \
	X(ICMP_RATELIMIT, "ICMP message beyond the rate limit")                    \
	X(IP_BCAST_SOURCE, "source address is a broadcast or multicast address")   \
	X(UDP_LENGTH, "UDP length does not fit the packet")                        \
	X(DEV_XMIT, "the device could not send it")                                \
	X(SEND_REFUSED, "the call that was to send it failed")                     \
	X(ARP_GRATUITOUS, "gratuitous ARP, which the device's settings refuse")

/**
 * enum skb_drop_reason - why a packet was dropped
 *
 * SKB_NOT_DROPPED_YET means that it was not; consume_skb() is for packets that reached their
 * normal end.
 */
enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0,
#define __SKB_DROP_ENUM(name, text) SKB_DROP_REASON_##name,
	SKB_DROP_REASONS(__SKB_DROP_ENUM)
#undef __SKB_DROP_ENUM
		SKB_DROP_REASON_MAX
};

/**
 * skb_drop_reason_name() - a reason's name without its prefix, as in traces and captures
 * @reason: the reason
 *
 * Any thread. Return: a constant string; "UNKNOWN" for numbers outside of the catalogue.
 */
SKIFF_API const char *skb_drop_reason_name(enum skb_drop_reason reason);

/**
 * skb_drop_reason_text() - a reason in words
 * @reason: the reason
 *
 * Any thread. Return: a constant string.
 */
SKIFF_API const char *skb_drop_reason_text(enum skb_drop_reason reason);

/* The names as an array, indexed by reason. */
SKIFF_API extern const char *const drop_reasons[];

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_DROPREASON_H */
