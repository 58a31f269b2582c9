/* SPDX-License-Identifier: BSD-2-Clause */
/* AF_PACKET sockets on a host whose device the test feeds, and the calls a program would make. */
#ifndef TESTS_PACKET_HOST_H
#define TESTS_PACKET_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <skiff/fault.h>
#include <skiff/filter.h>
#include <skiff/net.h>
#include <skiff/sock.h>

#include "wire_host.h"

static struct wire_host host;
static struct sockaddr_storage last_name;
static int last_namelen, last_flags;
static char control[256];
static size_t last_controllen;

static inline int packet_setup(void **state)
{
	wire_host_bare(&host);
	net_lock(host.net);
	assert_int_equal(dev_open(host.dev, NULL), 0);
	net_unlock(host.net);
	wire_run(&host);
	wire_drop_sent(&host);
	return 0;
}

static inline int packet_teardown(void **state)
{
	skiff_fail_nth(0);
	assert_int_equal(wire_host_close(&host), 0);
	return 0;
}

#define P(name) cmocka_unit_test_setup_teardown(name, packet_setup, packet_teardown)

/* Runs a call under the stack lock. */
#define LOCKED(call)                  \
	__extension__({               \
		int __ret;            \
		net_lock(host.net);   \
		__ret = (int)(call);  \
		net_unlock(host.net); \
		__ret;                \
	})

static inline int try_open(struct socket *sock, int type, int proto)
{
	return LOCKED(sock_create_net(host.net, AF_PACKET, type, htons((u16)proto), 0, sock));
}

static inline void open_socket(struct socket *sock, int type, int proto)
{
	assert_int_equal(try_open(sock, type, proto), 0);
}

static inline void close_socket(struct socket *sock)
{
	assert_int_equal(LOCKED(sock->ops->release(sock)), 0);
	assert_null(sock->sk);
}

static inline struct sockaddr_ll address(int ifindex, int proto)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET,
				     .sll_ifindex = ifindex,
				     .sll_protocol = htons((u16)proto),
				     .sll_halen = ETH_ALEN };
}

static inline int bind_socket(struct socket *sock, int ifindex, int proto)
{
	struct sockaddr_ll sll = address(ifindex, proto);

	return LOCKED(sock->ops->bind(sock, (struct sockaddr *)&sll, sizeof(sll)));
}

/* A raw socket for all protocols on the device. */
static inline void open_bound(struct socket *sock, int type)
{
	open_socket(sock, type, 0);
	assert_int_equal(bind_socket(sock, host.dev->ifindex, ETH_P_ALL), 0);
}

static inline int send_to(struct socket *sock, const void *data, size_t len,
			  const struct sockaddr_ll *to, int tolen)
{
	struct skiff_msghdr msg = { .msg_name = (void *)(uintptr_t)to, .msg_namelen = tolen };
	int err;

	iov_iter_ubuf(&msg.msg_iter, ITER_SOURCE, (void *)(uintptr_t)data, len);
	err = sock->ops->sendmsg(sock, &msg, len);
	wire_run(&host);
	return err;
}

static inline int send_frame(struct socket *sock, const void *data, size_t len)
{
	return send_to(sock, data, len, NULL, 0);
}

static inline int receive(struct socket *sock, void *buf, size_t len, int flags)
{
	struct skiff_msghdr msg = { .msg_name = &last_name,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
	int ret;

	iov_iter_ubuf(&msg.msg_iter, ITER_DEST, buf, len);
	ret = sock->ops->recvmsg(sock, &msg, len, flags);
	last_namelen = msg.msg_namelen;
	last_flags = (int)msg.msg_flags;
	last_controllen = sizeof(control) - msg.msg_controllen;
	return ret;
}

static inline const struct sockaddr_ll *from(void)
{
	return (const struct sockaddr_ll *)&last_name;
}

static inline const struct tpacket_auxdata *auxdata(void)
{
	const struct cmsghdr *c = (const struct cmsghdr *)(const void *)control;

	assert_true(last_controllen >= CMSG_LEN(sizeof(struct tpacket_auxdata)));
	assert_int_equal(c->cmsg_level, SOL_PACKET);
	assert_int_equal(c->cmsg_type, PACKET_AUXDATA);
	return (const struct tpacket_auxdata *)(const void *)CMSG_DATA(c);
}

static inline int set_option(struct socket *sock, int optname, int val)
{
	return LOCKED(sock->ops->setsockopt(sock, SOL_PACKET, optname, &val, sizeof(val)));
}

static inline int get_option(struct socket *sock, int optname)
{
	int val = -1, len = sizeof(val);
	int err = LOCKED(sock->ops->getsockopt(sock, SOL_PACKET, optname, &val, &len));

	return err ? err : val;
}

static inline struct tpacket_stats statistics(struct socket *sock)
{
	struct tpacket_stats st = { 0, 0 };
	int len = sizeof(st);

	assert_int_equal(
		LOCKED(sock->ops->getsockopt(sock, SOL_PACKET, PACKET_STATISTICS, &st, &len)), 0);
	assert_int_equal(len, sizeof(st));
	return st;
}

static inline int attach(struct socket *sock, struct sock_filter *insns, unsigned short len)
{
	const struct sock_fprog fprog = { .len = len, .filter = insns };

	return LOCKED(sock_setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
}

/* A frame of @len bytes in all with an experimental type, its payload counting up from @tag. */
static inline size_t make_frame(u8 *f, const u8 *dst, const u8 *src, size_t len, u8 tag)
{
	size_t i;

	wire_eth_build(f, dst, src, 0x88b5);
	for (i = ETH_HLEN; i < len; i++)
		f[i] = (u8)(tag + i - ETH_HLEN);
	return len;
}

static inline void inject(const u8 *dst, size_t len, u8 tag)
{
	u8 f[FRAME_MAX];

	wire_inject(&host, f, make_frame(f, dst, peer_mac, len, tag));
}

#endif /* TESTS_PACKET_HOST_H */
