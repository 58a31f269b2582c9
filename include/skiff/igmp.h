/* SPDX-License-Identifier: BSD-2-Clause */
/* Multicast groups: which ones a socket and a device are members of, and from which sources. */
#ifndef SKIFF_IGMP_H
#define SKIFF_IGMP_H

#include <netinet/in.h> /* before the kernel's, which leave out what this defines */
#include <linux/igmp.h>

#include <skiff/inetdevice.h>
#include <skiff/sock.h>
#include <skiff/timer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Groups per device: an upper bound whatever the sockets' own limits add up to. */
#define IP_MC_GROUPS_MAX 4096

/**
 * struct ip_sf_socklist - the sources that a socket takes or refuses
 * @sl_max: room
 * @sl_count: used
 * @sl_addr: addresses
 */
struct ip_sf_socklist {
	unsigned int sl_max;
	unsigned int sl_count;
	__be32 sl_addr[];
};

/**
 * struct ip_mc_socklist - a group that a socket has joined
 * @next: the socket's next one
 * @multi: group, address and index of the device
 * @sfmode: MCAST_INCLUDE: @sflist is taken; MCAST_EXCLUDE: all but @sflist
 * @sflist: NULL when empty
 */
struct ip_mc_socklist {
	struct ip_mc_socklist *next;
	struct ip_mreqn multi;
	unsigned int sfmode;
	struct ip_sf_socklist *sflist;
};

/**
 * struct ip_sf_list - a source that sockets of a device named for a group
 * @sf_next: the next one
 * @sf_inaddr: its address
 * @sf_count: how many sockets, by MCAST_EXCLUDE and MCAST_INCLUDE
 * @sf_gsresp: is part of the answer to a query
 * @sf_oldin: was wanted before the change that is being reported
 * @sf_crcount: reports of a change that are still to be sent
 */
struct ip_sf_list {
	struct ip_sf_list *sf_next;
	__be32 sf_inaddr;
	unsigned long sf_count[2];
	unsigned char sf_gsresp;
	unsigned char sf_oldin;
	unsigned char sf_crcount;
};

/**
 * struct ip_mc_list - a group that a device is a member of
 * @interface: where
 * @next: the device's next one
 * @multiaddr: the group
 * @users: sockets that want it
 * @sfmode: MCAST_EXCLUDE when one of them takes more than the sources it named
 * @sfcount: sockets by mode
 * @sources: named by sockets
 * @tomb: sources that are gone and have still to be reported
 * @timer: for the protocol's reports
 * @tm_running: it is armed
 * @reporter: we sent the last report
 * @unsolicit: unsolicited reports still to be sent
 * @loaded: the device listens
 * @gsquery: the answer that is waiting is about sources
 * @crcount: reports of a change that are still to be sent
 */
struct ip_mc_list {
	struct in_device *interface;
	struct ip_mc_list *next;
	__be32 multiaddr;
	int users;
	unsigned int sfmode;
	unsigned long sfcount[2];
	struct ip_sf_list *sources;
	struct ip_sf_list *tomb;
	struct timer_list timer;
	char tm_running;
	char reporter;
	char unsolicit;
	char loaded;
	unsigned char gsquery;
	unsigned char crcount;
};

#define for_each_pmc(in_dev, pmc) for (pmc = (in_dev)->mc_list; pmc; pmc = pmc->next)

/**
 * ip_mc_join_group() - make a socket a member of a group
 * @sk: the socket
 * @imr: group; device by index, else by one of its addresses, else by the route to the group
 *
 * Stack lock. Return: 0; -EINVAL for what is no group, -ENODEV, -EADDRINUSE when it is one,
 * -ENOBUFS beyond net.ipv4.igmp_max_memberships, -ENOMEM.
 */
SKIFF_API int ip_mc_join_group(struct sock *sk, struct ip_mreqn *imr);

/* The same with MCAST_INCLUDE and no source yet: nothing is taken until one is named. */
SKIFF_API int ip_mc_join_group_ssm(struct sock *sk, struct ip_mreqn *imr, unsigned int mode);

/* Undo it. Return: 0; -ENODEV, -EADDRNOTAVAIL when it is no member. Stack lock. */
SKIFF_API int ip_mc_leave_group(struct sock *sk, struct ip_mreqn *imr);

/**
 * ip_mc_source() - name a source, or take its name back
 * @add: 1: name it, 0: take it back
 * @omode: MCAST_INCLUDE: sources that are taken; MCAST_EXCLUDE: that are refused
 * @sk: the socket
 * @mreqs: group, device, source
 * @ifindex: device, 0 to go by @mreqs
 *
 * Stack lock. Return: 0; -EINVAL for what is no group or the other mode, -ENODEV, -EADDRNOTAVAIL,
 * -ENOBUFS beyond net.ipv4.igmp_max_msf, -ENOMEM.
 */
SKIFF_API int ip_mc_source(int add, int omode, struct sock *sk, struct ip_mreq_source *mreqs,
			   int ifindex);

/**
 * ip_mc_msfilter() - set mode and all sources of a membership
 * @sk: the socket
 * @group: group and device, as for ip_mc_join_group()
 * @fmode: MCAST_INCLUDE or MCAST_EXCLUDE
 * @addrs: sources
 * @count: how many
 *
 * Stack lock. Return: 0 or as ip_mc_source(); no source and MCAST_INCLUDE leaves the group.
 */
SKIFF_API int ip_mc_msfilter(struct sock *sk, struct ip_mreqn *group, unsigned int fmode,
			     const __be32 *addrs, unsigned int count);

/* The membership of a socket, or NULL. Stack lock. */
SKIFF_API struct ip_mc_socklist *ip_mc_find_sk(struct sock *sk, struct ip_mreqn *group);

/* Leave all groups: the socket is closed. Stack lock. */
SKIFF_API void ip_mc_drop_socket(struct sock *sk);

/* Whether a socket takes a packet to @loc_addr from @rmt_addr that came by @dif. Stack lock. */
SKIFF_API int ip_mc_sf_allow(const struct sock *sk, __be32 loc_addr, __be32 rmt_addr, int dif);

/* Whether a device takes packets to a group, from a source if that is not 0. Stack lock. */
SKIFF_API int ip_check_mc(struct in_device *in_dev, __be32 mc_addr, __be32 src_addr, u16 proto);

/* A device's membership by its own right, as of 224.0.0.1: counted like a socket's. Stack lock. */
SKIFF_API int ip_mc_inc_group(struct in_device *in_dev, __be32 addr);
SKIFF_API void ip_mc_dec_group(struct in_device *in_dev, __be32 addr);

/* The device comes up, goes down, or goes for good. Stack lock. */
SKIFF_API void ip_mc_up(struct in_device *in_dev);
SKIFF_API void ip_mc_down(struct in_device *in_dev);
SKIFF_API void ip_mc_destroy_dev(struct in_device *in_dev);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_IGMP_H */
