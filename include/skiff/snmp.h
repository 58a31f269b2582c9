/* SPDX-License-Identifier: BSD-2-Clause */
/* SNMP counters of a host by Linux's names. */
#ifndef SKIFF_SNMP_H
#define SKIFF_SNMP_H

#include <linux/snmp.h> /* IPSTATS_MIB_INPKTS, UDP_MIB_INDATAGRAMS, ... */

#include <skiff/kernel.h>

#define ICMPMSG_MIB_MAX 512 /* type of a message received, 256 + type of one sent */

/**
 * struct netns_mib - the counters; written under the stack lock only, so they are plain numbers
 * @ip: Ip and IpExt
 * @icmp: Icmp, except what is counted by type
 * @icmpmsg: IcmpMsg: messages by type
 * @udp: Udp
 * @tcp: Tcp
 * @linux_mib: TcpExt
 */
struct netns_mib {
	u64 ip[__IPSTATS_MIB_MAX];
	u64 icmp[__ICMP_MIB_MAX];
	u64 icmpmsg[ICMPMSG_MIB_MAX];
	u64 udp[__UDP_MIB_MAX];
	u64 tcp[__TCP_MIB_MAX];
	u64 linux_mib[__LINUX_MIB_MAX];
};

#define SNMP_INC_STATS(mib, field) ((void)((mib)[field]++))
#define SNMP_DEC_STATS(mib, field) ((void)((mib)[field]--))
#define SNMP_ADD_STATS(mib, field, addend) ((void)((mib)[field] += (u64)(addend)))

/* The __ forms are for bottom halves in the kernel; one lock makes them the same here. */
#define IP_INC_STATS(net, field) SNMP_INC_STATS((net)->mib.ip, field)
#define __IP_INC_STATS(net, field) IP_INC_STATS(net, field)
#define IP_ADD_STATS(net, field, val) SNMP_ADD_STATS((net)->mib.ip, field, val)
#define __IP_ADD_STATS(net, field, val) IP_ADD_STATS(net, field, val)
/* A packet and its bytes: @field is IPSTATS_MIB_IN, _OUT, _INMCAST, _OUTMCAST, ... */
#define IP_UPD_PO_STATS(net, field, len)                           \
	do {                                                       \
		SNMP_INC_STATS((net)->mib.ip, field##PKTS);        \
		SNMP_ADD_STATS((net)->mib.ip, field##OCTETS, len); \
	} while (0)
#define __IP_UPD_PO_STATS(net, field, len) IP_UPD_PO_STATS(net, field, len)

#define ICMP_INC_STATS(net, field) SNMP_INC_STATS((net)->mib.icmp, field)
#define __ICMP_INC_STATS(net, field) ICMP_INC_STATS(net, field)
#define ICMPMSGIN_INC_STATS(net, type) SNMP_INC_STATS((net)->mib.icmpmsg, (type)&0xff)
#define ICMPMSGOUT_INC_STATS(net, type) SNMP_INC_STATS((net)->mib.icmpmsg, 256 + ((type)&0xff))

/* @is_udplite exists because the kernel's macros have it; there is no UDP-Lite here. */
#define UDP_INC_STATS(net, field, is_udplite) \
	((void)(is_udplite), SNMP_INC_STATS((net)->mib.udp, field))
#define __UDP_INC_STATS(net, field, is_udplite) UDP_INC_STATS(net, field, is_udplite)

#define TCP_INC_STATS(net, field) SNMP_INC_STATS((net)->mib.tcp, field)
#define __TCP_INC_STATS(net, field) TCP_INC_STATS(net, field)
#define TCP_DEC_STATS(net, field) SNMP_DEC_STATS((net)->mib.tcp, field)
#define TCP_ADD_STATS(net, field, val) SNMP_ADD_STATS((net)->mib.tcp, field, val)

/* TcpExt: @field is LINUX_MIB_*. */
#define NET_INC_STATS(net, field) SNMP_INC_STATS((net)->mib.linux_mib, field)
#define __NET_INC_STATS(net, field) NET_INC_STATS(net, field)
#define NET_ADD_STATS(net, field, val) SNMP_ADD_STATS((net)->mib.linux_mib, field, val)

#endif /* SKIFF_SNMP_H */
