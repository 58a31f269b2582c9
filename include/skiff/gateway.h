/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that continues the flows of another one on the system's own sockets. */
#ifndef SKIFF_GATEWAY_H
#define SKIFF_GATEWAY_H

#include <netinet/in.h>

#include <skiff/skiff.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A gateway is one end of a cable, the client is at the other one. It accepts every destination: TCP
 * connections, UDP flows and echo requests of the client go on from sockets of the system, so that a
 * client reaches what the process reaches, without any privilege. What the client sees is what the
 * system's sockets see:
 *
 *	TCP	a handshake is answered when the system's socket is connected. Refused: a reset.
 *		Unreachable or prohibited: the ICMP error that says so. The end of either half, a
 *		reset, urgent data and a reader who does not read are passed on both ways.
 *	UDP	a socket per client's port and destination, until it has been idle for a while. ICMP
 *		errors are passed on.
 *	echo	by ping sockets, or raw ones, whichever the process may have. With neither the answer is
 *		"administratively prohibited".
 *	names	questions to one address, over UDP and TCP, go to the system's resolvers, one after
 *		the other until one answers.
 *
 * The gateway's own address stands for the system's 127.0.0.1. All of 127.0.0.0/8 is denied unless a
 * rule allows it. Who is denied hears ECONNREFUSED from TCP at once (a reset), and EHOSTUNREACH from UDP
 * and echo ("administratively prohibited").
 *
 * Everything happens while the gateway's host is run; nothing else is to be in it.
 */
struct skiff_gateway;
struct net_device;

/**
 * struct skiff_gateway_rule - who may be reached
 * @allow: else denied
 * @proto: IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP (echo); 0 for all
 * @prefix_len: bits of @addr that count, 0 to 32
 * @addr: of the destination, as the system sees it
 * @first: first destination port, host order
 * @last: last one; echo has port 0
 */
struct skiff_gateway_rule {
	bool allow;
	u8 proto;
	u8 prefix_len;
	struct in_addr addr;
	u16 first;
	u16 last;
};

/**
 * struct skiff_gateway_port - a port of the system that leads to the client
 * @addr: of the system; 0.0.0.0 for all
 * @port: of the system, host order
 * @to: the client's
 * @udp: else TCP
 */
struct skiff_gateway_port {
	struct in_addr addr;
	u16 port;
	u16 to;
	bool udp;
};

/* Limits of what one gateway may be told. */
#define SKIFF_GATEWAY_RULES_MAX 1024
#define SKIFF_GATEWAY_PORTS_MAX 256
#define SKIFF_GATEWAY_RESOLVERS_MAX 8
#define SKIFF_GATEWAY_FLOWS_MAX 1048576

/**
 * struct skiff_gateway_params - how a gateway is to be; all zero but @dev is a good start
 * @dev: its end of the cable, a device of the gateway's host without addresses
 * @addr: its own address; 0 for 10.0.2.2
 * @dns: the address that answers questions about names; 0 for 10.0.2.3
 * @client: the client's, to which published ports lead; 0 for 10.0.2.15
 * @prefix_len: of the cable's subnet, in which all three are; 0 for 24
 * @resolvers: where questions go, ports included; NULL for those of /etc/resolv.conf
 * @nr_resolvers: how many
 * @rules: the first one that matches decides; behind the last, loopback is denied and all else allowed
 * @nr_rules: how many
 * @ports: published ones
 * @nr_ports: how many
 * @max_flows: connections, UDP flows and pings at the same time; 0 for 4096. With one more, what has
 *             been idle for longest ends, unless all are connections: then that one has to wait
 * @udp_timeout: seconds until a UDP flow without datagrams ends; 0 for 60
 */
struct skiff_gateway_params {
	struct net_device *dev;
	struct in_addr addr;
	struct in_addr dns;
	struct in_addr client;
	u8 prefix_len;
	const struct sockaddr_in *resolvers;
	unsigned int nr_resolvers;
	const struct skiff_gateway_rule *rules;
	unsigned int nr_rules;
	const struct skiff_gateway_port *ports;
	unsigned int nr_ports;
	unsigned int max_flows;
	unsigned int udp_timeout;
};

/**
 * struct skiff_gateway_stats - what it did
 * @flows: that there are now
 * @tcp: connections that the client began and the system's side accepted
 * @udp: flows that began, questions about names included
 * @echo: series of echo requests that began
 * @published: connections and UDP flows that came by published ports
 * @refused: connections that the system refused or could not make
 * @denied: what rules refused
 * @full: what was dropped since there were too many flows, or descriptors
 * @evicted: UDP flows and pings that ended early for others
 * @no_memory: what was dropped without memory
 * @datagrams_dropped: datagrams that one side did not take
 * @dns_retries: questions that went to another resolver
 * @bytes_out: payload from the client
 * @bytes_in: payload to the client
 */
struct skiff_gateway_stats {
	u64 flows;
	u64 tcp;
	u64 udp;
	u64 echo;
	u64 published;
	u64 refused;
	u64 denied;
	u64 full;
	u64 evicted;
	u64 no_memory;
	u64 datagrams_dropped;
	u64 dns_retries;
	u64 bytes_out;
	u64 bytes_in;
};

/**
 * skiff_gateway_create() - make a host the gateway of a cable
 * @net: the host, on the real clock, which has @params->dev and is used for nothing else
 * @params: how; not kept
 * @err: gets, on failure, a sentence that names the value and what is accepted; may be NULL
 * @err_size: bytes of @err
 *
 * Gives the device its addresses and brings it up, takes over all destinations, and listens on the
 * published ports. Sets the host's limits of ICMP errors: the client is to hear of each. Any thread that
 * holds no stack lock.
 *
 * Return: the gateway, which ends by skiff_gateway_destroy() before the device and the host do; or NULL
 * with errno: EINVAL, EADDRINUSE for an occupied port, EADDRNOTAVAIL, EACCES for a port that the process
 * may not have, EBUSY when the host is a gateway already, EMFILE, ENOMEM.
 */
SKIFF_API struct skiff_gateway *skiff_gateway_create(struct net *net,
						     const struct skiff_gateway_params *params,
						     char *err, size_t err_size);

/**
 * skiff_gateway_destroy() - end a gateway
 * @gw: the gateway; NULL is fine
 *
 * Both sides of its connections see a reset. Without the stack lock, and not from the host's callbacks.
 */
SKIFF_API void skiff_gateway_destroy(struct skiff_gateway *gw);

/* What it did until now. Any thread that does not hold the stack lock. Return: 0 or -EOWNERDEAD. */
SKIFF_API int skiff_gateway_get_stats(struct skiff_gateway *gw, struct skiff_gateway_stats *stats);

/**
 * skiff_gateway_rule() - read a rule
 * @text: "ADDRESS[/LENGTH][:PORT[-PORT]][/PROTOCOL]", where the address may be "any" and the protocol
 *        is "tcp", "udp" or "icmp": "10.0.0.0/8", "127.0.0.1:5432/tcp", "any:1-1023"
 * @allow: whether it allows or denies
 * @rule: gets it
 * @err: gets, on failure, a sentence that names the text and what is accepted; may be NULL
 * @err_size: bytes of @err
 *
 * Return: 0 or -EINVAL.
 */
SKIFF_API int skiff_gateway_rule(const char *text, bool allow, struct skiff_gateway_rule *rule,
				 char *err, size_t err_size);

/**
 * skiff_gateway_publish() - read which port is to be published
 * @text: "[ADDRESS:]PORT[:PORT][/PROTOCOL]": the system's address and port, the client's port if it is
 *        another one, "tcp" or "udp": "8080:80", "127.0.0.1:5353:53/udp"
 * @port: gets it
 * @err: as for skiff_gateway_rule()
 * @err_size: bytes of @err
 *
 * Return: 0 or -EINVAL.
 */
SKIFF_API int skiff_gateway_publish(const char *text, struct skiff_gateway_port *port, char *err,
				    size_t err_size);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_GATEWAY_H */
