/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program does with a host, without knowing its inside: devices, addresses, ping, UDP. */
#ifndef SKIFF_NETCONF_H
#define SKIFF_NETCONF_H

#include <netinet/in.h>

#include <skiff/skiff.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Unless noted, these calls take the stack lock of the host: any thread may call them that holds
 * none. Callbacks run under the stack lock, in whichever thread runs the host; of the calls here
 * they may use those that begin with two underscores. In a forked child all give -EOWNERDEAD.
 *
 * Where there is a message, it names the value in question and what is accepted, without a
 * newline, and is empty after success; @err may be NULL if @err_size is 0.
 */

/**
 * skiff_dev_create() - create a device from text, give it its addresses, and bring it up
 * @net: host
 * @text: "KIND,key=value,...": the kind of driver ("tap", "tun", "dummy", ...), name=, any number
 *        of addr=A.B.C.D/LEN, mac=, mtu=, and the driver's own options. A text that begins with an option is of
 *        the kind of that name: "fd=3,name=eth0". "server" stands for "server=on"
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: the device's index; -EINVAL for a value that is not accepted or a text that is no such
 * list, -ENOENT for an unknown kind or option, -EEXIST for a name or address that is taken, and
 * what the driver refuses with (-EPERM, -EBUSY, -ENODEV, ...). No device is left behind then.
 */
SKIFF_API int skiff_dev_create(struct net *net, const char *text, char *err, size_t err_size);

/**
 * skiff_dev_up() - bring up a device that a driver's own call has made, as veth_create() does
 * @net: host
 * @name: its name
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: 0, also when it is up; -ENODEV; what the driver refuses with.
 */
SKIFF_API int skiff_dev_up(struct net *net, const char *name, char *err, size_t err_size);

/* Remove a device that skiff_dev_create() made. Return: 0, -ENODEV, -EPERM for loopback. */
SKIFF_API int skiff_dev_destroy(struct net *net, const char *name);

/**
 * skiff_addr_add() - give a device an address
 * @net: host
 * @dev: name of the device
 * @addr: "192.0.2.2/24"
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: 0, -ENODEV, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM.
 */
SKIFF_API int skiff_addr_add(struct net *net, const char *dev, const char *addr, char *err,
			     size_t err_size);

/* Take an address ("192.0.2.2", a length behind it is ignored) away. 0, -ENODEV, -EINVAL,
 * -EADDRNOTAVAIL. */
SKIFF_API int skiff_addr_del(struct net *net, const char *dev, const char *addr, char *err,
			     size_t err_size);

/**
 * skiff_gateway_set() - send everything that no other route leads to by a router
 * @net: host
 * @addr: the router's address, on a link of a device that is up; NULL for no router any more
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: 0, -EINVAL for no address, -ENETUNREACH when it is on no link, -ENOMEM.
 */
SKIFF_API int skiff_gateway_set(struct net *net, const char *addr, char *err, size_t err_size);

/**
 * skiff_route_add() - add a route, in the words of ip-route(8)
 * @net: host
 * @text: "[TYPE] PREFIX [via ADDRESS] [dev NAME] [src ADDRESS] [metric N] [tos N] [METRIC ...]", with
 *        "default" for 0.0.0.0/0. TYPE is unicast, local, broadcast, unreachable, prohibit,
 *        blackhole or throw. METRIC is one of mtu, advmss, window, rtt, rttvar, ssthresh, cwnd,
 *        initcwnd, initrwnd, reordering, hoplimit, rto_min, quickack, features, congctl and
 *        fastopen_no_cookie with its value; between them "lock" says that what is learned of the
 *        path does not count
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: 0, -EINVAL for words and values that are not accepted, -EEXIST when there is a route of
 * that prefix, metric and type of service, -ENODEV, -ENETDOWN, -ENETUNREACH when no link leads to
 * the router, -ENOSPC, -ENOMEM.
 */
SKIFF_API int skiff_route_add(struct net *net, const char *text, char *err, size_t err_size);

/* The same in the place of a route of that prefix, metric and type of service; -ENOENT: there is none. */
SKIFF_API int skiff_route_change(struct net *net, const char *text, char *err, size_t err_size);

/* In its place if there is one. */
SKIFF_API int skiff_route_replace(struct net *net, const char *text, char *err, size_t err_size);

/* Remove a route; what @text does not say matches all. -ESRCH: there is none. */
SKIFF_API int skiff_route_del(struct net *net, const char *text, char *err, size_t err_size);

/**
 * skiff_service_enable() - offer a service over UDP and TCP
 * @net: host
 * @name: "echo", "discard", "daytime", "chargen"
 * @err: gets a message
 * @err_size: bytes there
 *
 * Return: 0 (also when it is offered already), -ENOENT, -EADDRINUSE, -ENOMEM.
 */
SKIFF_API int skiff_service_enable(struct net *net, const char *name, char *err, size_t err_size);

/* How a ping ended. */
enum skiff_ping_status {
	SKIFF_PING_REPLY,
	SKIFF_PING_UNREACHABLE, /* somebody says so, or the neighbour does not answer */
	SKIFF_PING_TIMEOUT,
};

/**
 * struct skiff_ping_params - what to ask
 * @daddr: whom
 * @saddr: source address, zero to have one chosen
 * @len: payload bytes, 0 to 65507
 * @seq: sequence number
 * @id: identifier, 0 to have one chosen
 * @ttl: time to live, 0 for the host's
 * @timeout_ns: how long to wait; 0 for one second
 */
struct skiff_ping_params {
	struct in_addr daddr;
	struct in_addr saddr;
	unsigned int len;
	u16 seq;
	u16 id;
	u8 ttl;
	s64 timeout_ns;
};

/**
 * struct skiff_ping_result - what became of it
 * @status: how it ended
 * @from: who answered
 * @seq: as asked
 * @len: payload bytes that came back
 * @ttl: of the answer
 * @rtt_ns: time until the answer
 * @icmp_type: of the error
 * @icmp_code: of the error
 */
struct skiff_ping_result {
	enum skiff_ping_status status;
	struct in_addr from;
	u16 seq;
	unsigned int len;
	u8 ttl;
	s64 rtt_ns;
	u8 icmp_type;
	u8 icmp_code;
};

typedef void skiff_ping_fn(struct net *net, const struct skiff_ping_result *result, void *arg);

/**
 * skiff_ping() - send an ICMP echo request
 * @net: host
 * @params: what, not kept
 * @done: called once with the result, also when the host is destroyed before there is one
 * @arg: handed to @done
 *
 * The host has to be run for anything to happen. Return: 0, or a negative errno and @done is not
 * called: -EINVAL, -ENETUNREACH, -EMSGSIZE when it is larger than the path takes, -ENOSPC, -ENOMEM.
 */
SKIFF_API int skiff_ping(struct net *net, const struct skiff_ping_params *params,
			 skiff_ping_fn *done, void *arg);
SKIFF_API int __skiff_ping(struct net *net, const struct skiff_ping_params *params,
			   skiff_ping_fn *done, void *arg);

/* A UDP port of a host. */
struct skiff_udp;

/**
 * typedef skiff_udp_recv_fn - a datagram arrived
 * @udp: the port
 * @data: payload, valid during the call
 * @len: bytes
 * @from: who sent it
 * @to: where it was sent to
 * @arg: of the port
 */
typedef void skiff_udp_recv_fn(struct skiff_udp *udp, const void *data, size_t len,
			       const struct sockaddr_in *from, const struct sockaddr_in *to,
			       void *arg);

/**
 * typedef skiff_udp_error_fn - an ICMP error about a datagram that was sent
 * @udp: the port
 * @error: what it means as errno: ECONNREFUSED, EHOSTUNREACH, ...
 * @to: where the datagram went
 * @arg: of the port
 */
typedef void skiff_udp_error_fn(struct skiff_udp *udp, int error, const struct sockaddr_in *to,
				void *arg);

/**
 * struct skiff_udp_params - how to open a port
 * @addr: own address, zero for any
 * @port: own port in host order, 0 to have one chosen
 * @broadcast: sending to broadcast addresses is intended
 * @no_checksum: send without checksums
 * @recv: called for each datagram; NULL to ignore them
 * @error: called for each error; may be NULL
 * @arg: handed to both
 */
struct skiff_udp_params {
	struct in_addr addr;
	u16 port;
	bool broadcast;
	bool no_checksum;
	skiff_udp_recv_fn *recv;
	skiff_udp_error_fn *error;
	void *arg;
};

/**
 * skiff_udp_open() - open a port
 * @net: host
 * @params: how, not kept
 * @udp: gets the port, for the caller to skiff_udp_close() before the host is destroyed
 *
 * Return: 0; -EADDRINUSE, -EADDRNOTAVAIL for an address that is not the host's, -ENFILE, -ENOMEM.
 */
SKIFF_API int skiff_udp_open(struct net *net, const struct skiff_udp_params *params,
			     struct skiff_udp **udp);

/* Close it; no callback runs afterwards. NULL is fine. __ form: also from its own callbacks. */
SKIFF_API void skiff_udp_close(struct skiff_udp *udp);
SKIFF_API void __skiff_udp_close(struct skiff_udp *udp);

/**
 * skiff_udp_send() - send a datagram
 * @udp: from which port
 * @data: payload, copied
 * @len: bytes, 0 to 65507
 * @to: destination
 *
 * Never waits. Return: 0; -EAGAIN when too much is under way, -EMSGSIZE, -EACCES for broadcasts
 * that were not intended, -EINVAL, -ENETUNREACH, -ENOBUFS.
 */
SKIFF_API int skiff_udp_send(struct skiff_udp *udp, const void *data, size_t len,
			     const struct sockaddr_in *to);
SKIFF_API int __skiff_udp_send(struct skiff_udp *udp, const void *data, size_t len,
			       const struct sockaddr_in *to);

/* The port's number in host order. Any thread, with or without the stack lock. */
SKIFF_API u16 skiff_udp_port(const struct skiff_udp *udp);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETCONF_H */
