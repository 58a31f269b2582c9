/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts on one cable in virtual time, and TCP sockets of theirs by descriptor. */
#ifndef TESTS_TCP_PAIR_H
#define TESTS_TCP_PAIR_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/netem.h>
#include <skiff/skiff.h>
#include <skiff/socket.h>

#define A_IP 0x0a000001u
#define B_IP 0x0a000002u
#define PORT 1000

static struct skiff_clock *clk;
static struct net *host_a, *host_b;
static struct net_device *dev_a, *dev_b;

static inline void pair_end_up(struct net *net, struct net_device *dev, u32 addr, u8 last)
{
	const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, last };

	net_lock(net);
	eth_hw_addr_set(dev, mac);
	assert_int_equal(inet_insert_ifa(dev, htonl(addr), 24), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
}

static inline void sleep_ms(s64 ms)
{
	assert_int_equal(skiff_clock_run_until(clk, skiff_clock_now(clk) + ms * NSEC_PER_MSEC), 0);
}

static inline s64 now_ms(void)
{
	return skiff_clock_now(clk) / NSEC_PER_MSEC;
}

static inline int pair_setup(void **state)
{
	(void)state;
	assert_int_equal(skiff_init(), 0);
	clk = skiff_clock_virtual(1000 * NSEC_PER_SEC, 1800000000ll * NSEC_PER_SEC);
	host_a = skiff_net_create(
		&(struct skiff_net_params){ .name = "a", .clock = clk, .seed = 11 });
	host_b = skiff_net_create(
		&(struct skiff_net_params){ .name = "b", .clock = clk, .seed = 12 });
	assert_true(host_a && host_b);
	assert_int_equal(veth_create(host_a, NULL, host_b, NULL, &dev_a, &dev_b), 0);
	pair_end_up(host_a, dev_a, A_IP, 1);
	pair_end_up(host_b, dev_b, B_IP, 2);
	sleep_ms(1);
	return 0;
}

/* Descriptors that a test left are closed; nothing else may be left. */
static inline int pair_teardown(void **state)
{
	size_t left;

	(void)state;
	for (int fd = 0; fd < 2000; fd++)
		skiff_close(fd);
	left = (size_t)skiff_net_destroy(host_a) + (size_t)skiff_net_destroy(host_b);
	skiff_clock_put(clk);
	assert_int_equal(left, 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static inline struct sockaddr_in at(u32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(addr) };
}

#define ADDR(a) ((struct sockaddr *)(void *)&(a)), sizeof(a)

/* A call that is to fail. */
#define fails(call, err)                      \
	do {                                  \
		errno = 0;                    \
		assert_int_equal(call, -1);   \
		assert_int_equal(errno, err); \
	} while (0)

static inline int stream(struct net *net)
{
	int fd = skiff_socket(net, AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	return fd;
}

static inline int listener(struct net *net, u16 port, int backlog)
{
	struct sockaddr_in any = at(INADDR_ANY, port);
	int fd = stream(net), on = 1;

	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(skiff_bind(fd, ADDR(any)), 0);
	assert_int_equal(skiff_listen(fd, backlog), 0);
	return fd;
}

/* A socket of A that is connected to B. */
static inline int connected(u16 port)
{
	struct sockaddr_in to = at(B_IP, port);
	int fd = stream(host_a);

	assert_int_equal(skiff_connect(fd, ADDR(to)), 0);
	return fd;
}

static inline void nonblocking(int fd)
{
	assert_true(skiff_fcntl(fd, F_SETFL, O_NONBLOCK) >= 0);
}

static inline u64 counter(struct net *net, const char *name)
{
	u64 value = ~0ull;

	assert_int_equal(skiff_snmp_get(net, name, &value), 0);
	return value;
}

static inline void setting(struct net *net, const char *name, const char *value)
{
	char full[100];

	snprintf(full, sizeof(full), "net.ipv4.%s", name);
	assert_int_equal(skiff_sysctl_set(net, full, value, NULL, 0), 0);
}

/* What happens to packets that leave by a device. */
static inline void impair(struct net *net, struct net_device *dev, const char *text)
{
	struct netem_params params;
	char err[256];

	assert_int_equal(netem_parse(&params, text, err, sizeof(err)), 0);
	net_lock(net);
	assert_int_equal(netem_configure(dev, &params), 0);
	net_unlock(net);
}

static inline int so_error(int fd)
{
	int err = -1;
	socklen_t len = sizeof(err);

	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	return err;
}

#endif /* TESTS_TCP_PAIR_H */
