/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 neighbours as tools see them: added, deleted and listed as text. */
#ifndef SKIFF_NEIGHCONF_H
#define SKIFF_NEIGHCONF_H

#include <netinet/in.h>

#include <skiff/if.h>
#include <skiff/net_namespace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "02:00:00:00:00:01", for the longest of link-layer addresses. */
#define SKIFF_NEIGH_LLADDR_TEXT (3 * 32)

/*
 * All of these take the stack lock. The name of a device, where there is none such, gives -ENODEV,
 * and a text that is no address -EINVAL; @err then says what is accepted.
 */

/**
 * skiff_neigh_add() - say where a neighbour is
 * @net: host
 * @dev: name of the device it is reached by
 * @addr: "192.0.2.1"
 * @lladdr: "02:00:00:00:00:01"; on a device without link-layer addresses NULL
 * @state: "permanent" (or NULL): stays, whatever others say; "noarp": is not asked for, and may go
 *         when there are many; "reachable", "stale": as if it had been learned just now
 * @err: gets a message
 * @err_size: bytes there
 *
 * An entry that exists is changed, as by "ip neigh replace". Packets that wait for it are sent.
 *
 * Return: 0, -EINVAL, -ENODEV, -ENETDOWN for a device that is not up, -ENOBUFS when the table is
 * full.
 */
SKIFF_API int skiff_neigh_add(struct net *net, const char *dev, const char *addr,
			      const char *lladdr, const char *state, char *err, size_t err_size);

/* Forget a neighbour; what waits for it is dropped. Return: 0, -EINVAL, -ENODEV, -ENOENT. */
SKIFF_API int skiff_neigh_del(struct net *net, const char *dev, const char *addr, char *err,
			      size_t err_size);

/**
 * skiff_neigh_proxy_add() - answer questions for an address that is somewhere else
 * @net: host
 * @dev: name of the device that the questions come from, NULL for all
 * @addr: "192.0.2.9"; there has to be a route to it by another device
 * @err: gets a message
 * @err_size: bytes there
 *
 * It goes with the device when that goes down. Return: 0 (also when there is one), -EINVAL,
 * -ENODEV, -ENOMEM.
 */
SKIFF_API int skiff_neigh_proxy_add(struct net *net, const char *dev, const char *addr, char *err,
				    size_t err_size);

/* The opposite, with the same @dev. Return: 0, -EINVAL, -ENODEV, -ENOENT. */
SKIFF_API int skiff_neigh_proxy_del(struct net *net, const char *dev, const char *addr, char *err,
				    size_t err_size);

/**
 * struct skiff_neigh - an entry at the time of the listing
 * @dev: name of its device; "" for a proxy on all
 * @addr: its address
 * @lladdr: its link-layer address, "" when it is not known or for a proxy
 * @state: "REACHABLE" and so on; "PROXY" for an address that is answered for
 * @flags: NTF_*
 * @probes: questions that were not answered
 * @used_ns: nanoseconds since a packet went to it
 * @confirmed_ns: since it was heard from in answer
 * @updated_ns: since its state or its address changed
 */
struct skiff_neigh {
	char dev[IFNAMSIZ];
	struct in_addr addr;
	char lladdr[SKIFF_NEIGH_LLADDR_TEXT];
	const char *state;
	unsigned int flags;
	int probes;
	s64 used_ns;
	s64 confirmed_ns;
	s64 updated_ns;
};

/**
 * skiff_neigh_foreach() - list neighbours and proxies, by device and address
 * @net: host
 * @fn: called for each without the stack lock; anything but 0 ends the listing
 * @arg: for @fn
 *
 * Return: 0, what @fn returned last, or -ENOMEM.
 */
SKIFF_API int skiff_neigh_foreach(struct net *net,
				  int (*fn)(const struct skiff_neigh *neigh, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NEIGHCONF_H */
