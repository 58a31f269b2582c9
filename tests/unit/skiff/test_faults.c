// SPDX-License-Identifier: BSD-2-Clause
/* Every allocation of many scenarios fails once: an errno, nothing left behind, and it works again. */
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>

#include <skiff/capture.h>
#include <skiff/drivers.h>
#include <skiff/fault.h>
#include <skiff/inetdevice.h>
#include <skiff/neighconf.h>
#include <skiff/netconf.h>
#include <skiff/netem.h>
#include <skiff/printk.h>
#include <skiff/skbuff.h>
#include <skiff/socket.h>

/*
 * Two hosts on a cable, under one virtual clock, which live as long as the program. A scenario
 * undoes what it did. It is run with the first allocation failing, then the second, and so on until
 * it asks for no more; and after each of them once more without a fault, when it has to succeed.
 * A buffer may be lost silently for want of memory: then the scenario says so, by LOST.
 */
#define LOST (-ENOMEM)
#define FAULTS_MAX 5000
/* Longer than a fragment, a neighbour or a membership waits for anything. */
#define QUIET (60 * NSEC_PER_SEC)
#define MEM_LIMIT (64u << 20)
#define DATA 4000 /* three fragments */

#define LEFT_IP 0x0a000001u
#define RIGHT_IP 0x0a000002u
#define GROUP_IP 0xe0000105u

static struct skiff_clock *clk;
static struct net *left, *right;
static struct net_device *left_dev;
static u8 data[DATA], got[DATA + 1];

#define TRY(call)                     \
	do {                          \
		if ((call) < 0) {     \
			err = -errno; \
			goto out;     \
		}                     \
	} while (0)

static void sleep_ns(s64 ns)
{
	assert_int_equal(skiff_clock_run_until(clk, skiff_clock_now(clk) + ns), 0);
}

static struct sockaddr_in name(u32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(addr) };
}

static void close_all(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (fds[i] >= 0)
			assert_int_equal(skiff_close(fds[i]), 0);
}

static int set(int fd, int level, int option, int value)
{
	return skiff_setsockopt(fd, level, option, &value, sizeof(value));
}

static int socket_at(struct net *net, int type, int protocol, u32 addr, u16 port)
{
	const struct sockaddr_in at = name(addr, port);
	int fd = skiff_socket(net, AF_INET, type | SOCK_NONBLOCK, protocol), err;

	if (fd >= 0 && skiff_bind(fd, (const struct sockaddr *)&at, sizeof(at))) {
		err = errno;
		skiff_close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* Scenarios. Each returns 0 or a negative errno, and leaves nothing. */

static int make_host(void)
{
	struct net *net = skiff_net_create(&(struct skiff_net_params){ .clock = clk });

	if (!net)
		return -errno;
	assert_int_equal(skiff_net_destroy(net), 0);
	return 0;
}

static int make_cable(void)
{
	struct net_device *dev[2];
	int err = veth_create(left, "l%d", right, "r%d", &dev[0], &dev[1]);

	for (int i = 0; i < 2 && !err; i++) {
		net_lock(i ? right : left);
		err = inet_insert_ifa(dev[i], htonl(0x0a010001u + (u32)i), 24);
		if (!err)
			err = dev_open(dev[i], NULL);
		net_unlock(i ? right : left);
		if (err)
			unregister_netdev(dev[0]);
	}
	if (!err)
		unregister_netdev(dev[0]);
	return err;
}

static int make_device(const char *text, struct net *net)
{
	char said[256];
	int err = skiff_dev_create(net, text, said, sizeof(said));

	if (err < 0) {
		assert_string_not_equal(said, "");
		return err;
	}
	assert_int_equal(skiff_dev_destroy(net, "d0"), 0);
	return 0;
}

static int make_dummy(void)
{
	return make_device("dummy,name=d0,addr=10.2.0.1/24,addr=10.3.0.1/24,delay=10ms", left);
}

static int make_pcap(void)
{
	return make_device("pcap,name=d0,out=/dev/null", left);
}

/* Drivers of the system's devices want a host on the real clock, and rights. */

static int make_system_device(const char *text)
{
	struct net *net = skiff_net_create(NULL);
	int err;

	if (!net)
		return -errno;
	err = make_device(text, net);
	assert_int_equal(skiff_net_destroy(net), 0);
	return err;
}

static int make_tap(void)
{
	return make_system_device("tap,name=d0,addr=10.2.0.1/24");
}

static int make_tun(void)
{
	return make_system_device("tun,name=d0,addr=10.2.0.1/24");
}

static int make_packet(void)
{
	return make_system_device("packet,name=d0,if=lo");
}

static int make_slip(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), err;
	char text[128];

	assert_true(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
	snprintf(text, sizeof(text), "slip,name=d0,path=%s", ptsname(terminal));
	err = make_system_device(text);
	close(terminal);
	return err;
}

static int configure(void)
{
	char said[256];
	int err, added;

	added = err = skiff_addr_add(left, "eth0", "10.0.0.7/24", said, sizeof(said));
	if (!err)
		err = skiff_gateway_set(left, "10.0.0.2", said, sizeof(said));
	if (!err)
		err = skiff_neigh_proxy_add(left, "eth0", "10.0.0.77", said, sizeof(said));
	if (!err) {
		err = skiff_neigh_add(left, "eth0", "10.0.0.9", "02:00:00:00:00:09", NULL, said,
				      sizeof(said));
		if (!err)
			skiff_neigh_del(left, "eth0", "10.0.0.9", said, sizeof(said));
		skiff_neigh_proxy_del(left, "eth0", "10.0.0.77", said, sizeof(said));
	}
	skiff_gateway_set(left, NULL, said, sizeof(said));
	if (!added)
		assert_int_equal(skiff_addr_del(left, "eth0", "10.0.0.7", said, sizeof(said)), 0);
	return err;
}

static int use_netem(void)
{
	const struct netem_params params = { .delay = NSEC_PER_MSEC,
					     .duplicate.probability = NETEM_ALWAYS };
	const struct sockaddr_in to = name(RIGHT_IP, 9);
	int fd = -1, err = 0;

	net_lock(left);
	err = netem_configure(left_dev, &params);
	net_unlock(left);
	if (err)
		return err;
	fd = skiff_socket(left, AF_INET, SOCK_DGRAM, 0);
	TRY(fd);
	for (int i = 0; i < 20; i++)
		TRY(skiff_sendto(fd, data, 100, 0, (const struct sockaddr *)&to, sizeof(to)));
	sleep_ns(NSEC_PER_SEC);
out:
	close_all(&fd, 1);
	net_lock(left);
	netem_configure(left_dev, NULL);
	net_unlock(left);
	return err;
}

static const struct sock_filter accept_all[] = { { BPF_RET | BPF_K, 0, 0, 0xffff } };

static int set_options(int fd)
{
	const struct sock_fprog prog = { 1, (struct sock_filter *)(uintptr_t)accept_all };
	const struct ip_mreqn group = { { htonl(GROUP_IP) }, { htonl(LEFT_IP) }, 0 };
	const struct ip_mreq_source source = { .imr_multiaddr.s_addr = htonl(GROUP_IP + 1),
					       .imr_interface.s_addr = htonl(LEFT_IP),
					       .imr_sourceaddr.s_addr = htonl(RIGHT_IP) };
	static const u8 nops[4] = { 1, 1, 1, 1 };

	return set(fd, SOL_SOCKET, SO_RCVBUF, 20000) || set(fd, IPPROTO_IP, IP_PKTINFO, 1) ||
	       skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	       skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	       skiff_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5) ||
	       skiff_setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) ||
	       skiff_setsockopt(fd, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &source,
				sizeof(source)) ||
	       skiff_setsockopt(fd, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops));
}

static int use_options(void)
{
	int fd = socket_at(left, SOCK_DGRAM, 0, 0, 0), err = 0;

	TRY(fd);
	TRY(-set_options(fd));
	sleep_ns(NSEC_PER_SEC);
out:
	close_all(&fd, 1);
	return err;
}

/* With control messages both ways. */
static ssize_t send_with_cmsg(int fd, size_t len, const struct sockaddr_in *to)
{
	struct iovec iov = { data, len };
	union {
		struct cmsghdr head;
		u8 room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = IPPROTO_IP,
				.cmsg_type = IP_TOS } };
	const struct msghdr m = { .msg_name = (void *)(uintptr_t)to,
				  .msg_namelen = sizeof(*to),
				  .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	return skiff_sendmsg(fd, &m, 0);
}

static ssize_t receive_all(int fd, int flags)
{
	u8 control[512];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };

	return skiff_recvmsg(fd, &m, flags);
}

/* A datagram from one side to the other, and the same back; @len may need fragments. */
static int exchange(int type, int protocol, size_t len)
{
	int fd[2] = { -1, -1 }, err = 0;
	struct sockaddr_in to;

	fd[0] = socket_at(left, type, protocol, LEFT_IP, 2000);
	TRY(fd[0]);
	fd[1] = socket_at(right, type, protocol, RIGHT_IP, 2000);
	TRY(fd[1]);
	for (int i = 0; i < 2; i++) {
		TRY(set(fd[i], IPPROTO_IP, IP_PKTINFO, 1));
		TRY(set(fd[i], IPPROTO_IP, IP_RECVTTL, 1));
		TRY(set(fd[i], SOL_SOCKET, SO_TIMESTAMP, 1));
	}
	for (int i = 0; i < 2; i++) {
		to = name(i ? LEFT_IP : RIGHT_IP, 2000);
		TRY(send_with_cmsg(fd[i], len, &to));
		sleep_ns(5 * NSEC_PER_SEC);
		if (receive_all(fd[!i], MSG_PEEK) < 0 || receive_all(fd[!i], 0) < (ssize_t)len)
			err = errno == EAGAIN ? LOST : -errno;
	}
out:
	close_all(fd, 2);
	return err;
}

static int exchange_udp(void)
{
	return exchange(SOCK_DGRAM, 0, 100);
}

static int exchange_fragments(void)
{
	return exchange(SOCK_DGRAM, 0, DATA);
}

static int exchange_raw(void)
{
	return exchange(SOCK_RAW, 253, 100);
}

static int exchange_raw_fragments(void)
{
	return exchange(SOCK_RAW, 253, DATA);
}

/* A datagram in parts, then one that is cut into segments. */
static int use_cork(void)
{
	const struct sockaddr_in to = name(RIGHT_IP, 9);
	int fd = socket_at(left, SOCK_DGRAM, 0, LEFT_IP, 0), err = 0;

	TRY(fd);
	TRY(skiff_connect(fd, (const struct sockaddr *)&to, sizeof(to)));
	for (int i = 0; i < 5; i++)
		TRY(skiff_send(fd, data, 700, i < 4 ? MSG_MORE : 0));
	TRY(skiff_send(fd, data, 700, MSG_MORE));
	TRY(set(fd, IPPROTO_UDP, 103 /* UDP_SEGMENT */, 500));
	sleep_ns(NSEC_PER_SEC);
out:
	close_all(&fd, 1);
	return err;
}

/* Errors of the network and the time of sending, by the error queue. */
static int use_error_queue(void)
{
	const struct sockaddr_in to = name(RIGHT_IP, 2999);
	int fd = socket_at(left, SOCK_DGRAM, 0, LEFT_IP, 0), err = 0, n = 0;

	TRY(fd);
	TRY(set(fd, IPPROTO_IP, IP_RECVERR, 1));
	TRY(set(fd, SOL_SOCKET, SO_TIMESTAMPING,
		SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |
			SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			SOF_TIMESTAMPING_OPT_CMSG));
	TRY(skiff_sendto(fd, data, 100, 0, (const struct sockaddr *)&to, sizeof(to)));
	sleep_ns(5 * NSEC_PER_SEC);
	while (receive_all(fd, MSG_ERRQUEUE) >= 0)
		n++;
	/* Two times and one refusal. */
	if (n < 3)
		err = LOST;
out:
	close_all(&fd, 1);
	return err;
}

static int use_ping(void)
{
	const struct sockaddr_in to = name(RIGHT_IP, 0);
	u8 echo[64] = { 8 };
	int fd = skiff_socket(left, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_ICMP), err = 0;

	TRY(fd);
	TRY(skiff_sendto(fd, echo, sizeof(echo), 0, (const struct sockaddr *)&to, sizeof(to)));
	sleep_ns(5 * NSEC_PER_SEC);
	if (receive_all(fd, 0) < 0)
		err = errno == EAGAIN ? LOST : -errno;
out:
	close_all(&fd, 1);
	return err;
}

static void ping_done(struct net *net, const struct skiff_ping_result *result, void *arg)
{
	*(int *)arg = result->status == SKIFF_PING_REPLY ? 0 : LOST;
}

static int use_skiff_ping(void)
{
	const struct skiff_ping_params params = { .daddr.s_addr = htonl(RIGHT_IP), .len = DATA };
	int ended = 1, err = skiff_ping(left, &params, ping_done, &ended);

	if (err)
		return err;
	sleep_ns(QUIET);
	assert_int_not_equal(ended, 1);
	return ended;
}

static int use_packet(int type)
{
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_protocol = htons(0x88b5),
					.sll_ifindex = left_dev->ifindex,
					.sll_halen = 6,
					.sll_addr = { 2, 0, 0, 0, 0, 9 } };
	const struct sock_fprog prog = { 1, (struct sock_filter *)(uintptr_t)accept_all };
	const struct packet_mreq promisc = { .mr_ifindex = left_dev->ifindex,
					     .mr_type = PACKET_MR_MULTICAST,
					     .mr_alen = 6,
					     .mr_address = { 1, 0, 0x5e, 0, 0, 9 } };
	int fd = -1, err = 0;

	fd = skiff_socket(left, AF_PACKET, type | SOCK_NONBLOCK, htons(0x88b5));
	TRY(fd);
	TRY(skiff_bind(fd, (const struct sockaddr *)&at, sizeof(at)));
	TRY(skiff_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc)));
	TRY(skiff_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	TRY(set(fd, SOL_PACKET, PACKET_AUXDATA, 1));
	TRY(set(fd, SOL_PACKET, PACKET_FANOUT, 7 | PACKET_FANOUT_HASH << 16));
	memset(data, 0xff, 6);
	TRY(skiff_sendto(fd, data, 200, 0, (const struct sockaddr *)&at, sizeof(at)));
	sleep_ns(NSEC_PER_SEC);
	while (receive_all(fd, 0) >= 0)
		;
out:
	close_all(&fd, 1);
	return err;
}

static int use_packet_raw(void)
{
	return use_packet(SOCK_RAW);
}

static int use_packet_dgram(void)
{
	return use_packet(SOCK_DGRAM);
}

static int use_mapped(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int fd = skiff_socket(left, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0), err = 0;

	to.sin6_addr.s6_addr[10] = to.sin6_addr.s6_addr[11] = 0xff;
	to.sin6_addr.s6_addr[12] = 10;
	to.sin6_addr.s6_addr[15] = 2;
	TRY(fd);
	TRY(skiff_sendto(fd, data, 100, 0, (const struct sockaddr *)&to, sizeof(to)));
	sleep_ns(NSEC_PER_SEC);
out:
	close_all(&fd, 1);
	return err;
}

/* A set with sockets of both hosts, and one with that set in it. */
static int use_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };
	int fd[6], err = 0, n;

	memset(fd, 0xff, sizeof(fd));
	for (int i = 0; i < 2; i++)
		TRY(fd[i] = skiff_epoll_create1(0));
	for (int i = 2; i < 5; i++) {
		TRY(fd[i] = socket_at(i & 1 ? left : right, SOCK_DGRAM, 0, 0, 0));
		TRY(skiff_epoll_ctl(fd[0], EPOLL_CTL_ADD, fd[i], &event));
	}
	TRY(skiff_epoll_ctl(fd[1], EPOLL_CTL_ADD, fd[0], &event));
	TRY(fd[5] = skiff_dup(fd[4]));
	TRY(n = skiff_epoll_wait(fd[1], &event, 1, 0));
	assert_int_equal(n, 1);
	TRY(n = skiff_poll_fds(&(struct pollfd){ .fd = fd[5], .events = POLLOUT }, 1, 0));
	assert_int_equal(n, 1);
out:
	close_all(fd, 6);
	return err;
}

/* Buffers instead of copies. */
static int use_buffers(void)
{
	const struct sockaddr_in to = name(LEFT_IP, 2000);
	int fd = socket_at(left, SOCK_DGRAM, 0, LEFT_IP, 2000), err = 0;
	struct sk_buff *skb;

	TRY(fd);
	skb = alloc_skb(300, GFP_KERNEL);
	errno = ENOMEM;
	TRY(skb ? 0 : -1);
	skb_reserve(skb, 128);
	skb_put_zero(skb, 100);
	TRY(skiff_send_skb(fd, skb, (const struct sockaddr *)&to, sizeof(to), 0));
	sleep_ns(NSEC_PER_SEC);
	skb = skiff_recv_skb(fd, 0);
	if (!skb)
		err = errno == EAGAIN ? LOST : -errno;
	consume_skb(skb);
out:
	close_all(&fd, 1);
	return err;
}

static int ethtool_strings(int fd)
{
	union {
		struct ethtool_gstrings head;
		u8 room[sizeof(struct ethtool_gstrings) + 64 * ETH_GSTRING_LEN];
	} strings = { .head = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = 64 } };
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_value csum = { .cmd = ETHTOOL_STXCSUM, .data = 1 };
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_data = (char *)&info };

	if (skiff_ioctl(fd, SIOCETHTOOL, &ifr))
		return -1;
	ifr.ifr_data = (char *)&csum;
	if (skiff_ioctl(fd, SIOCETHTOOL, &ifr) && errno != EOPNOTSUPP)
		return -1;
	ifr.ifr_data = (char *)&strings;
	return skiff_ioctl(fd, SIOCETHTOOL, &ifr) && errno != EOPNOTSUPP ? -1 : 0;
}

static void in_request(struct sockaddr *to, u32 addr)
{
	const struct sockaddr_in in = name(addr, 0);

	memcpy(to, &in, sizeof(in));
}

static int use_ioctls(void)
{
	struct ifreq list[4], ifr = { .ifr_name = "eth0" };
	struct ifconf conf = { .ifc_len = sizeof(list), .ifc_req = list };
	struct rtentry rt = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct arpreq arp = { .arp_flags = ATF_PERM | ATF_COM, .arp_ha.sa_family = ARPHRD_ETHER };
	int fd = skiff_socket(left, AF_INET, SOCK_DGRAM, 0), err = 0;

	in_request(&rt.rt_dst, 0x0a090000);
	in_request(&rt.rt_genmask, 0xffffff00);
	in_request(&rt.rt_gateway, RIGHT_IP);
	in_request(&arp.arp_pa, 0x0a000063);
	TRY(fd);
	TRY(skiff_ioctl(fd, SIOCGIFCONF, &conf));
	TRY(ethtool_strings(fd));
	ifr.ifr_mtu = 1400;
	TRY(skiff_ioctl(fd, SIOCSIFMTU, &ifr));
	ifr.ifr_mtu = 1500;
	TRY(skiff_ioctl(fd, SIOCSIFMTU, &ifr));
	TRY(skiff_ioctl(fd, SIOCADDRT, &rt));
	err = skiff_ioctl(fd, SIOCSARP, &arp) ? -errno : 0;
	skiff_ioctl(fd, SIOCDARP, &arp);
	assert_int_equal(skiff_ioctl(fd, SIOCDELRT, &rt), 0);
out:
	ifr.ifr_mtu = 1500;
	skiff_ioctl(fd, SIOCSIFMTU, &ifr);
	close_all(&fd, 1);
	return err;
}

static int no_news(struct notifier_block *nb, unsigned long event, void *arg)
{
	return NOTIFY_DONE;
}

static int use_notifier(void)
{
	static struct notifier_block nb = { .notifier_call = no_news };
	int err = register_netdevice_notifier(&nb);

	if (!err)
		err = make_dummy();
	unregister_netdevice_notifier(&nb);
	return err;
}

static int use_capture(void)
{
	struct skiff_capture *capture;
	int err = skiff_capture_start(left, "eth0", "/dev/null", NULL, &capture), end;

	if (err)
		return err;
	err = use_ping();
	end = skiff_capture_stop(capture);
	return err ? err : end;
}

/* A fault happens once: the second attempt has to succeed. */
static void again(int (*fn)(struct net_device *dev), int *err)
{
	int ret = fn(left_dev);

	if (!ret)
		return;
	*err = ret;
	assert_int_equal(fn(left_dev), 0);
}

static int small_mtu(struct net_device *dev)
{
	return dev_set_mtu(dev, 1400);
}

static int usual_mtu(struct net_device *dev)
{
	return dev_set_mtu(dev, 1500);
}

static int open_device(struct net_device *dev)
{
	return dev_open(dev, NULL);
}

static int change_device(void)
{
	int err = 0;

	net_lock(left);
	dev_close(left_dev);
	again(small_mtu, &err);
	again(usual_mtu, &err);
	again(open_device, &err);
	net_unlock(left);
	return err;
}

/* The fault loop */

static void assert_nothing_left(const char *what, long nth)
{
	long held = atomic_long_read(&left->mem->used) + atomic_long_read(&right->mem->used);

	if (!skb_live_buffers() && !held)
		return;
	skb_leak_report(stderr);
	fail_msg("%s: allocation %ld failed: %zu buffers are left, %ld bytes are accounted", what,
		 nth, skb_live_buffers(), held);
}

struct scenario {
	const char *name;
	int (*run)(void);
};

static void fail_each(void **state)
{
	const struct scenario *s = (const struct scenario *)*state;
	bool met = true;
	int err;

	if (skiff_fail_nth(0) == -EOPNOTSUPP)
		skip();
	/* Once, so that what stays has been made. */
	err = s->run();
	/* Not allowed; or an emulator does not know the options of the kernel's packet sockets. */
	if (err == -EPERM || err == -EACCES || err == -ENOENT ||
	    (err == -ENOPROTOOPT && s->run == make_packet))
		skip();
	if (err)
		fail_msg("%s: %d without any fault", s->name, err);
	sleep_ns(QUIET);
	for (long nth = 1; met; nth++) {
		skiff_fail_nth(nth);
		err = s->run();
		met = skiff_fail_count() >= nth;
		skiff_fail_nth(0);
		if (err && err != -ENOMEM && err != -ENOBUFS)
			fail_msg("%s: allocation %ld failed: %d", s->name, nth, err);
		sleep_ns(QUIET);
		assert_nothing_left(s->name, nth);
		err = s->run();
		if (err)
			fail_msg("%s: %d after allocation %ld had failed", s->name, err, nth);
		sleep_ns(QUIET);
		assert_nothing_left(s->name, nth);
		assert_true(nth < FAULTS_MAX);
	}
}

static int open_hosts(void **state)
{
	struct skiff_net_params params = { .mem_limit = MEM_LIMIT };
	struct net_device *dev[2];

	clk = skiff_clock_virtual(NSEC_PER_SEC, 1800000000ll * NSEC_PER_SEC);
	params.clock = clk;
	left = skiff_net_create(&params);
	right = skiff_net_create(&params);
	if (!left || !right || veth_create(left, "eth0", right, "eth0", &dev[0], &dev[1]))
		return -1;
	left_dev = dev[0];
	for (int i = 0; i < 2; i++) {
		net_lock(i ? right : left);
		assert_int_equal(inet_insert_ifa(dev[i], htonl(i ? RIGHT_IP : LEFT_IP), 24), 0);
		assert_int_equal(dev_open(dev[i], NULL), 0);
		net_unlock(i ? right : left);
	}
	sleep_ns(QUIET);
	/* What fails is said; that is not the point here. */
	skiff_log_level(-1);
	return 0;
}

static int close_hosts(void **state)
{
	skiff_log_level(LOGLEVEL_INFO);
	assert_int_equal(skiff_net_destroy(left), 0);
	assert_int_equal(skiff_net_destroy(right), 0);
	skiff_clock_put(clk);
	return skb_live_buffers() != 0;
}

static struct scenario scenarios[] = {
	{ "make_host", make_host },
	{ "make_cable", make_cable },
	{ "make_dummy", make_dummy },
	{ "make_pcap", make_pcap },
	{ "make_tap", make_tap },
	{ "make_tun", make_tun },
	{ "make_packet", make_packet },
	{ "make_slip", make_slip },
	{ "configure", configure },
	{ "change_device", change_device },
	{ "use_netem", use_netem },
	{ "use_options", use_options },
	{ "exchange_udp", exchange_udp },
	{ "exchange_fragments", exchange_fragments },
	{ "exchange_raw", exchange_raw },
	{ "exchange_raw_fragments", exchange_raw_fragments },
	{ "use_cork", use_cork },
	{ "use_error_queue", use_error_queue },
	{ "use_ping", use_ping },
	{ "use_skiff_ping", use_skiff_ping },
	{ "use_packet_raw", use_packet_raw },
	{ "use_packet_dgram", use_packet_dgram },
	{ "use_mapped", use_mapped },
	{ "use_epoll", use_epoll },
	{ "use_buffers", use_buffers },
	{ "use_ioctls", use_ioctls },
	{ "use_notifier", use_notifier },
	{ "use_capture", use_capture },
};

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_SIZE(scenarios)];
	size_t n = 0;

	BUG_ON(skiff_init());
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		if (argc < 2 || !strcmp(argv[1], scenarios[i].name))
			tests[n++] = (struct CMUnitTest){ .name = scenarios[i].name,
							  .test_func = fail_each,
							  .initial_state = &scenarios[i] };
	return _cmocka_run_group_tests("faults", tests, n, open_hosts, close_hosts);
}
