// SPDX-License-Identifier: BSD-2-Clause
/* The few requests to the kernel's rtnetlink that a mirror takes. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "program/rtnl.h"

#define ATTRIBUTES_MAX 128

/* Requests to add something that is not there yet. */
#define NEW (NLM_F_CREATE | NLM_F_EXCL)

/**
 * struct request - one message to the kernel
 * @head: of the message
 * @body: what it is about
 * @attributes: room for those
 */
struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
	} body;
	char attributes[ATTRIBUTES_MAX];
};

int rtnl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

static struct request begin(u16 type, u16 flags, size_t body)
{
	return (struct request){
		.head = {
			.nlmsg_len = (u32)NLMSG_LENGTH(body),
			.nlmsg_type = type,
			.nlmsg_flags = (u16)(NLM_F_REQUEST | NLM_F_ACK | flags),
		},
	};
}

static void add(struct request *r, u16 type, const void *value, size_t len)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (u16)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), value, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + (u32)RTA_SPACE(len);
}

static void add_u32(struct request *r, u16 type, const void *value)
{
	add(r, type, value, sizeof(u32));
}

static void add_address(struct request *r, u16 type, struct in_addr addr)
{
	if (addr.s_addr)
		add_u32(r, type, &addr);
}

/* The kernel has answered when send() returns. Answers of others, who share the socket, are passed over. */
static int verdict(int fd, u32 seq)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[256];
	} answer;
	ssize_t n;

	do {
		n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
		if (n < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)))
			return n < 0 ? -errno : -EPROTO;
	} while (answer.head.nlmsg_seq != seq);
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

/* @fine: an error that is none. Return: the kernel's verdict. */
static int ask(int fd, struct request *r, int fine)
{
	static u32 last_seq;
	int err;

	r->head.nlmsg_seq = ++last_seq;
	if (send(fd, r, r->head.nlmsg_len, MSG_DONTWAIT) < 0)
		return -errno;
	err = verdict(fd, r->head.nlmsg_seq);
	return err == -fine ? 0 : err;
}

int rtnl_set_link(int fd, int ifindex, const struct rtnl_link *link)
{
	struct request r = begin(RTM_NEWLINK, 0, sizeof(r.body.link));

	r.body.link = (struct ifinfomsg){
		.ifi_index = ifindex,
		.ifi_flags = link->flags,
		.ifi_change = link->change,
	};
	if (link->has_mac)
		add(&r, IFLA_ADDRESS, link->mac, sizeof(link->mac));
	if (link->mtu)
		add_u32(&r, IFLA_MTU, &link->mtu);
	return ask(fd, &r, 0);
}

int rtnl_rename_link(int fd, int ifindex, const char *name)
{
	struct request r = begin(RTM_NEWLINK, 0, sizeof(r.body.link));

	r.body.link.ifi_index = ifindex;
	add(&r, IFLA_IFNAME, name, strnlen(name, IF_NAMESIZE - 1) + 1);
	return ask(fd, &r, 0);
}

int rtnl_del_link(int fd, int ifindex)
{
	struct request r = begin(RTM_DELLINK, 0, sizeof(r.body.link));

	r.body.link.ifi_index = ifindex;
	return ask(fd, &r, 0);
}

static struct request about_address(u16 type, u16 flags, const struct rtnl_address *a)
{
	struct request r = begin(type, flags, sizeof(r.body.address));

	r.body.address = (struct ifaddrmsg){
		.ifa_family = AF_INET,
		.ifa_prefixlen = (u8)a->prefix_len,
		.ifa_index = (u32)a->ifindex,
	};
	add_address(&r, IFA_LOCAL, a->local);
	add_address(&r, IFA_ADDRESS, a->peer);
	return r;
}

int rtnl_add_address(int fd, const struct rtnl_address *a)
{
	struct request r = about_address(RTM_NEWADDR, NEW, a);

	add_address(&r, IFA_BROADCAST, a->broadcast);
	return ask(fd, &r, EEXIST);
}

/* It may have gone with the first one of its subnet. */
int rtnl_del_address(int fd, const struct rtnl_address *a)
{
	struct request r = about_address(RTM_DELADDR, 0, a);

	return ask(fd, &r, EADDRNOTAVAIL);
}

static struct request about_route(u16 type, u16 flags, const struct rtnl_route *route)
{
	struct request r = begin(type, flags, sizeof(r.body.route));

	r.body.route = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = (u8)route->prefix_len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_scope = RT_SCOPE_NOWHERE,
	};
	add_address(&r, RTA_DST, route->dst);
	add_address(&r, RTA_GATEWAY, route->gateway);
	add_u32(&r, RTA_OIF, &route->ifindex);
	if (route->metric)
		add_u32(&r, RTA_PRIORITY, &route->metric);
	return r;
}

/*
 * That of an address' subnet the kernel has made by itself, in other words; with another gateway there may be
 * several of one prefix.
 */
int rtnl_add_route(int fd, const struct rtnl_route *route)
{
	u16 flags = route->gateway.s_addr ? NLM_F_CREATE | NLM_F_APPEND : NEW;
	struct request r = about_route(RTM_NEWROUTE, flags, route);

	r.body.route.rtm_protocol = RTPROT_BOOT;
	r.body.route.rtm_scope = route->gateway.s_addr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	r.body.route.rtm_type = RTN_UNICAST;
	add_address(&r, RTA_PREFSRC, route->source);
	return ask(fd, &r, EEXIST);
}

/* It may have gone with its device, or with an address. */
int rtnl_del_route(int fd, const struct rtnl_route *route)
{
	struct request r = about_route(RTM_DELROUTE, 0, route);

	return ask(fd, &r, ESRCH);
}

static struct request about_local(u16 type, u16 flags, const struct rtnl_address *a)
{
	struct request r = begin(type, flags, sizeof(r.body.route));

	r.body.route = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_type = RTN_LOCAL,
	};
	add_address(&r, RTA_DST, a->local);
	add_u32(&r, RTA_OIF, &a->ifindex);
	return r;
}

int rtnl_be_deaf(int fd, const struct rtnl_address *a)
{
	struct request r = about_local(RTM_DELROUTE, 0, a);

	r.body.route.rtm_scope = RT_SCOPE_NOWHERE;
	return ask(fd, &r, ESRCH);
}

int rtnl_hear(int fd, const struct rtnl_address *a)
{
	struct request r = about_local(RTM_NEWROUTE, NEW, a);

	r.body.route.rtm_scope = RT_SCOPE_HOST;
	r.body.route.rtm_protocol = RTPROT_KERNEL;
	add_address(&r, RTA_PREFSRC, a->local);
	return ask(fd, &r, EEXIST);
}
