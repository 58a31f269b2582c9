/* SPDX-License-Identifier: BSD-2-Clause */
/* The cable to the built-in gateway, by which a host without devices reaches what the system reaches. */
#ifndef TOOLS_SKIFF_UPLINK_H
#define TOOLS_SKIFF_UPLINK_H

#include <netinet/in.h>

#include <skiff/gateway.h>

#include "skiff.h"

struct up_config;
struct up_host;

/**
 * struct uplink - the other end of the cable
 * @net: the gateway's host; NULL when there is none
 * @gateway: what it does
 * @dns: its address that answers questions about names
 */
struct uplink {
	struct net *net;
	struct skiff_gateway *gateway;
	struct in_addr dns;
};

/**
 * uplink_check() - try what is wanted of it, without sockets of the system
 * @config: what is wanted
 * @net: a host that is thrown away; it gets a device like that of the cable
 *
 * Return: a status, after its message.
 */
enum status uplink_check(const struct up_config *config, struct net *net);

/* Lay the cable, with the host's address, route and name server. Return: as uplink_check(). */
enum status uplink_begin(const struct up_config *config, struct up_host *host);

/* Before the host's end. Return: how many things the gateway's host has left behind. */
int uplink_end(struct up_host *host);

/* Whether no connection is continued for programs that are gone. */
bool uplink_is_quiet(const struct up_host *host);

#endif /* TOOLS_SKIFF_UPLINK_H */
