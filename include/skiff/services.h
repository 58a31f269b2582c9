/* SPDX-License-Identifier: BSD-2-Clause */
/* The small services that make a host one can talk to: echo, discard, daytime, chargen. */
#ifndef SKIFF_SERVICES_H
#define SKIFF_SERVICES_H

#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net;

/**
 * struct service_stats - what a service did on a host
 * @datagrams: received
 * @answers: sent
 * @refused: not answered: sent to everybody, or from the port of another such service
 * @failed: answers that could not be sent: too long for the way back, no route, no memory
 * @connections: accepted, over TCP
 * @evicted: of these, ended because there were too many, and nobody was idle for longer
 * @bytes_in: received over TCP
 * @bytes_out: sent over TCP
 */
struct service_stats {
	u64 datagrams;
	u64 answers;
	u64 refused;
	u64 failed;
	u64 connections;
	u64 evicted;
	u64 bytes_in;
	u64 bytes_out;
};

/**
 * service_enable() - let a host offer a service over UDP and TCP
 * @net: host
 * @name: "echo" (RFC 862), "discard" (RFC 863), "daytime" (RFC 867), "chargen" (RFC 864)
 *
 * Datagrams to several hosts, and those from ports of such services, get no answer: two services
 * would keep each other busy for ever, whoever made up the first datagram (CERT CA-1996-01).
 *
 * A service has up to 1,024 connections; one more ends the one that has been idle for longest, by a
 * reset.
 *
 * Stack lock. Return: 0; -ENOENT for an unknown name, -EALREADY, -EADDRINUSE when something else
 * has the port, -ENOMEM.
 */
SKIFF_API int service_enable(struct net *net, const char *name);

/* Stop offering it. Stack lock. Return: 0, -ENOENT, -EALREADY when it is not offered. */
SKIFF_API int service_disable(struct net *net, const char *name);

/* The name of service number @i, from 0 on; NULL behind the last one. Any thread. */
SKIFF_API const char *service_name(unsigned int i);

/* What a service did so far. Stack lock. Return: 0 or -ENOENT. */
SKIFF_API int service_stats(struct net *net, const char *name, struct service_stats *stats);

/**
 * services_init() - make the services known
 *
 * Once per process, after udp_init(). Return: 0 or a negative errno.
 */
SKIFF_API int services_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SERVICES_H */
