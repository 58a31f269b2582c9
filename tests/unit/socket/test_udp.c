// SPDX-License-Identifier: BSD-2-Clause
/* The calls with UDP: over the loopback of one host, and between two hosts of one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <cmocka.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include <skiff/drivers.h>
#include <skiff/filter.h>
#include <skiff/ip.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

static struct net *host, *other;

static int setup(void **state)
{
	assert_int_equal(skiff_init(), 0);
	host = skiff_net_create(NULL);
	other = skiff_net_create(NULL);
	assert_true(host && other);
	return 0;
}

static int teardown(void **state)
{
	for (int fd = 0; fd < 20; fd++)
		skiff_close(fd);
	assert_int_equal(skiff_net_destroy(host) + skiff_net_destroy(other), 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static struct sockaddr_in at(u32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(addr) };
}

#define ADDR(a) ((struct sockaddr *)(void *)&(a)), sizeof(a)

static int open_udp(struct net *net, u16 port)
{
	struct sockaddr_in any = at(INADDR_ANY, port);
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_bind(fd, ADDR(any)), 0);
	return fd;
}

static void test_loopback(void **state)
{
	int a = open_udp(host, 1000), b = open_udp(host, 2000), ep = skiff_epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct sockaddr_in to = at(INADDR_LOOPBACK, 2000), from;
	socklen_t len = sizeof(from);
	char buf[100];
	int n;

	assert_int_equal(skiff_epoll_ctl(ep, EPOLL_CTL_ADD, b, &ev), 0);
	assert_int_equal(skiff_epoll_wait(ep, &ev, 1, 0), 0);
	assert_int_equal(skiff_sendto(a, "hello", 5, 0, ADDR(to)), 5);
	assert_int_equal(skiff_epoll_wait(ep, &ev, 1, -1), 1);
	assert_int_equal(skiff_ioctl(b, FIONREAD, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(
		skiff_recvfrom(b, buf, sizeof(buf), 0, (struct sockaddr *)(void *)&from, &len), 5);
	assert_int_equal(ntohs(from.sin_port), 1000);
	assert_int_equal(skiff_connect(b, ADDR(from)), 0);
	assert_int_equal(skiff_write(b, "back", 4), 4);
	assert_int_equal(skiff_read(a, buf, sizeof(buf)), 4);
	/* Nobody there: the refusal comes back to who is connected. */
	skiff_close(a);
	assert_int_equal(skiff_write(b, "gone?", 5), 5);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

/* What is sent to a group by loopback is for those who have joined it there, and all hosts are in one. */
static void test_groups_of_loopback(void **state)
{
	struct ip_mreqn group = { .imr_address.s_addr = htonl(INADDR_LOOPBACK),
				  .imr_multiaddr.s_addr = htonl(0xe0000201) };
	struct sockaddr_in to = at(0xe0000201, 2000), all = at(INADDR_ALLHOSTS_GROUP, 2000);
	int a = open_udp(host, 1000), b = open_udp(host, 2000);
	char buf[10];

	assert_int_equal(skiff_setsockopt(a, SOL_IP, IP_MULTICAST_IF, &group, sizeof(group)), 0);
	for (int joined = 0; joined < 2; joined++) {
		assert_int_equal(skiff_sendto(a, "x", 1, 0, ADDR(to)), 1);
		assert_int_equal(skiff_recv(b, buf, sizeof(buf), MSG_DONTWAIT), -1);
		assert_int_equal(
			skiff_setsockopt(b, SOL_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
		assert_int_equal(skiff_sendto(a, "x", 1, 0, ADDR(to)), 1);
		assert_int_equal(skiff_recv(b, buf, sizeof(buf), MSG_DONTWAIT), 1);
		assert_int_equal(
			skiff_setsockopt(b, SOL_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)), 0);
	}
	assert_int_equal(skiff_sendto(a, "x", 1, 0, ADDR(all)), 1);
	assert_int_equal(skiff_recv(b, buf, sizeof(buf), MSG_DONTWAIT), 1);
}

/* The same buffer goes to and fro. */
static void test_skbs(void **state)
{
	int a = open_udp(host, 1000), b = open_udp(host, 2000);
	struct sockaddr_in to_a = at(INADDR_LOOPBACK, 1000), to_b = at(INADDR_LOOPBACK, 2000);
	struct sk_buff *skb;
	int n;

	assert_int_equal(skiff_sendto(a, "payload", 7, 0, ADDR(to_b)), 7);
	for (int i = 0; i < 10; i++) {
		skb = skiff_recv_skb(b, 0);
		assert_non_null(skb);
		assert_int_equal(skb->len, 7);
		assert_int_equal(skiff_send_skb(b, skb, ADDR(to_a), 0), 7);
		skb = skiff_recv_skb(a, 0);
		assert_non_null(skb);
		assert_memory_equal(skb->data, "payload", 7);
		assert_int_equal(skiff_send_skb(a, skb, ADDR(to_b), 0), 7);
	}
	skb = skiff_recv_skb(b, 0);
	assert_int_equal(skiff_send_skb(b, skb_get(skb), ADDR(to_a), 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(skiff_send_skb(b, skb, NULL, 0, 0), -1);
	assert_int_equal(errno, EDESTADDRREQ);
	assert_int_equal(skiff_ioctl(a, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 0);
}

static void plug(struct net *net, const char *name, u32 addr)
{
	struct net_device *dev;

	net_lock(net);
	dev = __dev_get_by_name(net, name);
	assert_non_null(dev);
	assert_int_equal(inet_insert_ifa(dev, htonl(addr), 24), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
}

static void wire_hosts(void)
{
	struct net_device *a, *b;

	assert_int_equal(veth_create(host, "va", other, "vb", &a, &b), 0);
	plug(host, "va", 0xc0000201);
	plug(other, "vb", 0xc0000202);
}

/* One thread asks on one host and answers on the other, with calls that wait. */
static void test_two_hosts(void **state)
{
	int a = 0, b = 0;
	struct sockaddr_in to = at(0xc0000202, 2000), from;
	struct pollfd p[2];
	socklen_t len = sizeof(from);
	char buf[100];

	wire_hosts();
	a = open_udp(host, 1000);
	b = open_udp(other, 2000);
	p[0] = (struct pollfd){ .fd = a, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = b, .events = POLLIN };
	for (int i = 0; i < 100; i++) {
		assert_int_equal(skiff_sendto(a, "ask", 3, 0, ADDR(to)), 3);
		assert_int_equal(skiff_recvfrom(b, buf, sizeof(buf), 0,
						(struct sockaddr *)(void *)&from, &len),
				 3);
		assert_int_equal(skiff_sendto(b, "answer", 6, 0, ADDR(from)), 6);
		assert_int_equal(skiff_poll_fds(p, 2, -1), 1);
		assert_int_equal(skiff_recv(a, buf, sizeof(buf), 0), 6);
	}
}

/* What one sendmmsg() has in common is done at its end, also where that is not the last message. */
static void test_bursts(void **state)
{
	struct sockaddr_in to = at(0xc0000202, 2000), bad = at(0xc0000202, 0);
	struct iovec iov = { "burst", 5 };
	struct mmsghdr out[150], in[150];
	char buf[150][8];
	struct iovec into[150];
	int a, b;

	wire_hosts();
	a = open_udp(host, 1000);
	b = open_udp(other, 2000);
	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	for (int i = 0; i < 150; i++) {
		out[i].msg_hdr = (struct msghdr){
			.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1
		};
		into[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
		in[i].msg_hdr = (struct msghdr){ .msg_iov = &into[i], .msg_iovlen = 1 };
	}
	/* The neighbours get to know each other: a burst is more than may wait for that. */
	assert_int_equal(skiff_sendto(a, "first", 5, 0, ADDR(to)), 5);
	assert_int_equal(skiff_recv(b, buf[0], sizeof(buf[0]), 0), 5);
	assert_int_equal(skiff_sendmmsg(a, out, 150, 0), 150);
	assert_int_equal(skiff_recvmmsg(b, in, 150, MSG_DONTWAIT, NULL), 150);
	for (int i = 0; i < 150; i++)
		assert_int_equal(in[i].msg_len, 5);
	/* Three go, the fourth is refused: the three are there without another call. */
	out[3].msg_hdr.msg_name = &bad;
	assert_int_equal(skiff_sendmmsg(a, out, 10, 0), 3);
	assert_int_equal(skiff_recvmmsg(b, in, 10, MSG_DONTWAIT, NULL), 3);
	assert_int_equal(skiff_sendmmsg(a, out + 3, 7, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(skiff_recvmmsg(b, in, 10, MSG_DONTWAIT, NULL), -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_bind_to_device(void **state)
{
	int a;
	char name[16];
	socklen_t len = sizeof(name);

	wire_hosts();
	a = open_udp(host, 1000);
	assert_int_equal(skiff_getsockopt(a, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_BINDTODEVICE, "va", 2), 0);
	len = sizeof(name);
	assert_int_equal(skiff_getsockopt(a, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_string_equal(name, "va");
	len = 3;
	assert_int_equal(skiff_getsockopt(a, SOL_SOCKET, SO_BINDTODEVICE, name, &len), -1);
	assert_int_equal(errno, EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* With one port for all: peers tell the sockets apart, so one port does for each peer once. */
static void test_port_per_peer(void **state)
{
	const u32 range = 40000u << 16 | 40000;
	struct sockaddr_in to[2] = { at(INADDR_LOOPBACK, 7001), at(INADDR_LOOPBACK, 7002) }, name;
	int peer[2] = { open_udp(host, 7001), open_udp(host, 7002) }, fd[3], i;
	socklen_t len = sizeof(name);
	char c;

	for (i = 0; i < 3; i++) {
		fd[i] = skiff_socket(host, AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(skiff_setsockopt(fd[i], SOL_IP, IP_LOCAL_PORT_RANGE, &range,
						  sizeof(range)),
				 0);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(skiff_connect(fd[i], ADDR(to[i])), 0);
		len = sizeof(name);
		assert_int_equal(skiff_getsockname(fd[i], (struct sockaddr *)(void *)&name, &len),
				 0);
		assert_int_equal(ntohs(name.sin_port), 40000);
	}
	/* Twice to the same peer it can't serve, and nothing is left of the attempt. */
	assert_int_equal(skiff_connect(fd[2], ADDR(to[1])), -1);
	assert_int_equal(errno, EAGAIN);
	len = sizeof(name);
	assert_int_equal(skiff_getsockname(fd[2], (struct sockaddr *)(void *)&name, &len), 0);
	assert_int_equal(name.sin_port | name.sin_addr.s_addr, 0);
	len = sizeof(name);
	assert_int_equal(skiff_getpeername(fd[2], (struct sockaddr *)(void *)&name, &len), -1);
	name = at(INADDR_LOOPBACK, 40000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(skiff_sendto(peer[i], i ? "b" : "a", 1, 0, ADDR(name)), 1);
		assert_int_equal(skiff_recv(fd[i], &c, 1, 0), 1);
		assert_int_equal(c, i ? 'b' : 'a');
	}
}

static int attach(int fd, struct sock_filter *filter, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = filter };

	return skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog));
}

/* A group's program reads the first byte of the payload as the number of the member. */
static void test_reuseport_program(void **state)
{
	struct sock_filter first[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
				       BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0) };
	struct sockaddr_in to = at(INADDR_LOOPBACK, 7003);
	int fd[3], i, one = 1, s = skiff_socket(host, AF_INET, SOCK_DGRAM, 0);
	char c;

	assert_int_equal(attach(s, first, 2), -1);
	assert_int_equal(errno, EINVAL);
	for (i = 0; i < 3; i++) {
		fd[i] = skiff_socket(host, AF_INET, SOCK_DGRAM, 0);
		skiff_setsockopt(fd[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		if (!i)
			assert_int_equal(attach(fd[0], first, 2), 0);
		assert_int_equal(skiff_bind(fd[i], ADDR(to)), 0);
	}
	assert_int_equal(attach(fd[1], bad, 1), -1);
	for (i = 0; i < 30; i++) {
		c = (char)(i % 3);
		assert_int_equal(skiff_sendto(s, &c, 1, 0, ADDR(to)), 1);
		assert_int_equal(skiff_recv(fd[i % 3], &c, 1, MSG_DONTWAIT), 1);
	}
	/* What is no member's number, and nothing to read a number from. */
	c = 77;
	assert_int_equal(skiff_sendto(s, &c, 1, 0, ADDR(to)), 1);
	assert_int_equal(skiff_sendto(s, &c, 0, 0, ADDR(to)), 0);
	assert_int_equal(
		skiff_setsockopt(fd[2], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &one, sizeof(one)), 0);
	assert_int_equal(skiff_setsockopt(fd[2], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &one,
					  sizeof(one)),
			 -1);
	assert_int_equal(errno, ENOENT);
	/* A group that never had a port ends with its socket. */
	i = skiff_socket(host, AF_INET, SOCK_DGRAM, 0);
	skiff_setsockopt(i, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	assert_int_equal(attach(i, first, 2), 0);
}

/* When a datagram was handed to the device, and when it left, by the error queue. */
static void test_sent_when(void **state)
{
	const int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |
			  SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			  SOF_TIMESTAMPING_OPT_TSONLY;
	struct sockaddr_in to = at(INADDR_LOOPBACK, 7004);
	int fd = open_udp(host, 0), seen = 0, i;

	open_udp(host, 7004);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)),
			 0);
	assert_int_equal(skiff_sendto(fd, "hello", 5, 0, ADDR(to)), 5);
	for (i = 0; i < 2; i++) {
		char control[256];
		struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
		struct sock_extended_err ee;
		struct cmsghdr *c;

		assert_int_equal(skiff_recvmsg(fd, &msg, MSG_ERRQUEUE), 0);
		for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
			if (c->cmsg_level != SOL_IP || c->cmsg_type != IP_RECVERR)
				continue;
			memcpy(&ee, CMSG_DATA(c), sizeof(ee));
			assert_int_equal(ee.ee_errno, ENOMSG);
			assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
			assert_int_equal(ee.ee_data, 0);
			seen |= 1 << ee.ee_info;
		}
	}
	assert_int_equal(seen, 1 << SCM_TSTAMP_SND | 1 << SCM_TSTAMP_SCHED);
}

/* A host with a limit stops to take before its memory has ended, and goes on when it is read. */
static void test_memory_of_a_host(void **state)
{
	const struct skiff_net_params params = { .name = "small", .mem_limit = 16384 };
	struct net *small = skiff_net_create(&params);
	struct sockaddr_in to = at(INADDR_LOOPBACK, 2000);
	int a, b, sent = 0, got = 0;
	struct sk_buff *kept;
	u64 refused = 0;
	char buf[100];

	assert_non_null(small);
	a = open_udp(small, 1000);
	b = open_udp(small, 2000);
	while (sent < 100 && skiff_sendto(a, "x", 1, 0, ADDR(to)) == 1)
		sent++;
	/* The receive buffers of sockets are far from full. */
	assert_in_range(sent, 2, 99);
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(atomic_long_read(&small->mem->used), 16384, 20000);
	while (skiff_recv(b, buf, sizeof(buf), MSG_DONTWAIT) == 1)
		got++;
	assert_int_equal(skiff_snmp_get(small, "UdpMemErrors", &refused), 0);
	assert_int_equal(got + (int)refused, sent);
	assert_int_equal(atomic_long_read(&small->mem->used), 0);
	/* What the program still has may outlive the host, which says so. */
	assert_int_equal(skiff_sendto(a, "y", 1, 0, ADDR(to)), 1);
	kept = skiff_recv_skb(b, 0);
	assert_non_null(kept);
	skiff_close(a);
	skiff_close(b);
	assert_true(skiff_net_destroy(small) > 0);
	consume_skb(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_loopback),	   T(test_groups_of_loopback), T(test_skbs),
		T(test_two_hosts),	   T(test_bind_to_device),     T(test_port_per_peer),
		T(test_reuseport_program), T(test_sent_when),	       T(test_bursts),
		T(test_memory_of_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
