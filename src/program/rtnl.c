// SPDX-License-Identifier: BSD-2-Clause
/* The few requests to the kernel's rtnetlink that a mirror takes. */
#include <errno.h>
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

/* All attributes here are four bytes. */
static void add_u32(struct request *r, u16 type, const void *value)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(sizeof(u32));
	memcpy(RTA_DATA(a), value, sizeof(u32));
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_SPACE(sizeof(u32));
}

static void add_address(struct request *r, u16 type, struct in_addr addr)
{
	if (addr.s_addr)
		add_u32(r, type, &addr);
}

/* Return: the kernel's verdict. */
static int ask(int fd, struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[256];
	} answer;

	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)))
		return errno ? -errno : -EPROTO;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

int rtnl_add_address(int fd, int ifindex, struct in_addr addr, unsigned int prefix_len)
{
	struct request r = begin(RTM_NEWADDR, NEW, sizeof(r.body.address));
	struct in_addr broadcast = addr;

	r.body.address = (struct ifaddrmsg){
		.ifa_family = AF_INET,
		.ifa_prefixlen = (u8)prefix_len,
		.ifa_index = (u32)ifindex,
	};
	add_address(&r, IFA_LOCAL, addr);
	add_address(&r, IFA_ADDRESS, addr);
	if (prefix_len < 31) {
		broadcast.s_addr |= htonl(0xffffffffU >> prefix_len);
		add_address(&r, IFA_BROADCAST, broadcast);
	}
	return ask(fd, &r);
}

int rtnl_add_route(int fd, const struct rtnl_route *route)
{
	struct request r = begin(RTM_NEWROUTE, NEW, sizeof(r.body.route));
	int err;

	r.body.route = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = (u8)route->prefix_len,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = route->gateway.s_addr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	add_address(&r, RTA_DST, route->dst);
	add_address(&r, RTA_GATEWAY, route->gateway);
	add_address(&r, RTA_PREFSRC, route->source);
	add_u32(&r, RTA_OIF, &route->ifindex);
	if (route->metric)
		add_u32(&r, RTA_PRIORITY, &route->metric);
	err = ask(fd, &r);
	/* The kernel makes those of an address' subnet by itself. */
	return err == -EEXIST ? 0 : err;
}

int rtnl_be_deaf(int fd, int ifindex, struct in_addr addr)
{
	struct request r = begin(RTM_DELROUTE, 0, sizeof(r.body.route));

	r.body.route = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_scope = RT_SCOPE_NOWHERE,
		.rtm_type = RTN_LOCAL,
	};
	add_address(&r, RTA_DST, addr);
	add_u32(&r, RTA_OIF, &ifindex);
	return ask(fd, &r);
}
