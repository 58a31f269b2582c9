/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and routes of the kernel's interfaces, in the network namespace of the calling process. */
#ifndef PROGRAM_RTNL_H
#define PROGRAM_RTNL_H

#include <netinet/in.h>

#include <skiff/types.h>

/* A socket for the calls below. Return: a descriptor or a negative errno. */
int rtnl_open(void);

/* Give interface @ifindex an address. Return: 0 or a negative errno. */
int rtnl_add_address(int fd, int ifindex, struct in_addr addr, unsigned int prefix_len);

/**
 * struct rtnl_route - a route
 * @dst: destination
 * @prefix_len: bits of it that count
 * @gateway: next hop; 0.0.0.0 for none
 * @source: address to prefer; 0.0.0.0 for none
 * @ifindex: by which interface
 * @metric: the lowest one wins
 */
struct rtnl_route {
	struct in_addr dst;
	unsigned int prefix_len;
	struct in_addr gateway;
	struct in_addr source;
	int ifindex;
	u32 metric;
};

/* Return: 0, also when there is such a route already, or a negative errno. */
int rtnl_add_route(int fd, const struct rtnl_route *route);

/*
 * Have the kernel not receive at an address that it has, which then is for those who ask for its addresses only.
 * Routes that prefer it as their source have to be there before. Return: 0 or a negative errno.
 */
int rtnl_be_deaf(int fd, int ifindex, struct in_addr addr);

#endif /* PROGRAM_RTNL_H */
