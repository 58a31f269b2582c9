/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and routes of the kernel's interfaces, in the network namespace of the calling process. */
#ifndef PROGRAM_RTNL_H
#define PROGRAM_RTNL_H

#include <netinet/in.h>

#include <skiff/types.h>

/* A socket for the calls below. Return: a descriptor or a negative errno. */
int rtnl_open(void);

/* All of them: 0 or a negative errno; what is as it should be already is no error. */

/**
 * struct rtnl_link - settings of an interface
 * @flags: IFF_*
 * @change: those of them that are set
 * @mtu: bytes
 * @mac: its address
 * @has_mac: there is one
 */
struct rtnl_link {
	unsigned int flags;
	unsigned int change;
	unsigned int mtu;
	unsigned char mac[6];
	bool has_mac;
};

/* An @mtu of 0 is left alone. */
int rtnl_set_link(int fd, int ifindex, const struct rtnl_link *link);
int rtnl_rename_link(int fd, int ifindex, const char *name);
int rtnl_del_link(int fd, int ifindex);

/**
 * struct rtnl_address - an address of an interface
 * @local: it
 * @peer: the other end's, where there is one; else the same
 * @broadcast: of its subnet; 0.0.0.0 for none
 * @prefix_len: bits of @peer that make the subnet
 * @ifindex: of the interface
 */
struct rtnl_address {
	struct in_addr local;
	struct in_addr peer;
	struct in_addr broadcast;
	unsigned int prefix_len;
	int ifindex;
};

int rtnl_add_address(int fd, const struct rtnl_address *a);
int rtnl_del_address(int fd, const struct rtnl_address *a);

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

int rtnl_add_route(int fd, const struct rtnl_route *route);
int rtnl_del_route(int fd, const struct rtnl_route *route);

/*
 * Have the kernel not receive at an address that it has, which then is for those who ask for its addresses only;
 * and again. Routes that prefer it as their source have to be made before, or in between.
 */
int rtnl_be_deaf(int fd, const struct rtnl_address *a);
int rtnl_hear(int fd, const struct rtnl_address *a);

#endif /* PROGRAM_RTNL_H */
