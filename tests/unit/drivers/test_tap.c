// SPDX-License-Identifier: BSD-2-Clause
/* TAP against the Linux kernel, in a network namespace of the test's own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/printk.h>
#include <skiff/skb/pool.h>
#include <skiff/unaligned.h>

#include "device_stats.h"
#include "drivers/tap.h"
#include "own_namespace.h"

#define TYPE 0x88b5

static const u8 our_mac[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x77 };
static struct net *net;
static struct net_device *dev;
static char said[4096];
static bool have_tap;
static int raw = -1;

/* The last frame, copied; @numbered: frames begin with how many were before them. */
static struct {
	unsigned int count;
	bool numbered;
	unsigned int len;
	u8 data[70000];
	u8 ip_summed;
	u16 csum_start, csum_offset;
} got;

static void hear(int level, const char *text, void *arg)
{
	strncat(said, text, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static int handle(struct sk_buff *skb, struct net_device *on, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	got.count++;
	got.len = skb->len;
	got.ip_summed = skb->ip_summed;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		got.csum_start = (u16)skb_checksum_start_offset(skb);
		got.csum_offset = skb->csum_offset;
	}
	assert_int_equal(skb_copy_bits(skb, 0, got.data, (int)min(skb->len, 70000u)), 0);
	if (got.numbered)
		assert_int_equal(get_unaligned_be16(got.data), got.count - 1);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type experimental = { .func = handle }, ipv4 = { .func = handle };

static int enter_namespace(void **state)
{
	have_tap = own_namespace();
	return 0;
}

static void kernel_ioctl(unsigned long request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	if (ioctl(fd, request, ifr) < 0)
		fail_msg("ioctl %lx: %s", request, strerror(errno));
	close(fd);
}

static void kernel_up(const char *name, bool up)
{
	struct ifreq ifr = { .ifr_flags = up ? IFF_UP : 0 };

	strcpy(ifr.ifr_name, name);
	kernel_ioctl(SIOCSIFFLAGS, &ifr);
}

/* A socket on the kernel's side that takes and gives whole frames. */
static int open_raw(const char *name, u16 type)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(type) };
	struct timeval patience = { 2, 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(type));

	assert_true(fd >= 0);
	ll.sll_ifindex = (int)if_nametoindex(name);
	assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof(ll)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return fd;
}

static void create(const char *options)
{
	const char *list[] = { "mac=02:00:00:00:00:77", options };
	char err[256];

	if (skiff_driver_create(net, "tap", "sk0", list, options ? 2 : 1, &dev, err, sizeof(err)))
		fail_msg("%s", err);
	net_lock(net);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
	kernel_up("sk0", true);
	raw = open_raw("sk0", TYPE);
}

static int setup(void **state)
{
	said[0] = '\0';
	memset(&got, 0, sizeof(got));
	raw = -1;
	skiff_log_sink(hear, NULL);
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	experimental.type = htons(TYPE);
	ipv4.type = htons(ETH_P_IP);
	dev_add_pack(&experimental);
	dev_add_pack(&ipv4);
	net = skiff_net_create(NULL);
	assert_non_null(net);
	return 0;
}

static int teardown(void **state)
{
	if (raw >= 0)
		close(raw);
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
	skiff_log_sink(NULL, NULL);
	return 0;
}

#define needs_tap()             \
	do {                    \
		if (!have_tap)  \
			skip(); \
	} while (0)

/* Run the host until it has received @count frames, two seconds at most. */
static void run_until(unsigned int count)
{
	ktime_t end = skiff_net_now(net) + 2000000000ll;

	while (got.count < count && skiff_net_now(net) < end)
		skiff_poll(net, 10000000);
}

/* To the kernel, with a header unless it is a @runt. With the lock. */
static void queue_typed(struct sk_buff *skb, bool runt)
{
	skb->dev = dev;
	skb->protocol = htons(TYPE);
	skb_reset_network_header(skb);
	if (!runt)
		eth_header(skb, dev, TYPE, (const u8 *)"\x02\0\0\0\0\x88", NULL, 0);
	dev_queue_xmit(skb);
}

/* A frame of so many bytes behind the header; with the lock. A runt has no whole header. */
static void queue_numbered(int n, bool runt)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, runt ? 10 : 60), n, runt ? 10 : 60);
	put_unaligned_be16((u16)n, skb->data);
	queue_typed(skb, runt);
}

static void send_frame(unsigned int len, u8 fill)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, len), fill, len);
	net_lock(net);
	queue_typed(skb, false);
	net_unlock(net);
}

static void both_ways(void)
{
	u8 frame[1514], back[2000];
	unsigned int len;

	memcpy(frame, our_mac, ETH_ALEN);
	memset(frame + ETH_ALEN, 2, ETH_ALEN);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	for (len = 14; len <= 1514; len += 100) {
		memset(frame + 14, (int)len, len - 14);
		got.count = 0;
		assert_int_equal(send(raw, frame, len, 0), len);
		run_until(1);
		assert_int_equal(got.count, 1);
		assert_int_equal(got.len, len - 14);
		assert_memory_equal(got.data, frame + 14, len - 14);
	}
	for (len = 0; len <= 1500; len += 100) {
		send_frame(len, (u8)len);
		assert_int_equal(recv(raw, back, sizeof(back), 0), len + 14);
		assert_memory_equal(back, "\x02\0\0\0\0\x88", 6);
		assert_memory_equal(back + 6, our_mac, 6);
		if (len)
			assert_int_equal(back[13 + len], (u8)len);
	}
}

static void test_frames(void **state)
{
	struct rtnl_link_stats64 s;

	needs_tap();
	create(NULL);
	assert_true(dev->features & NETIF_F_HW_CSUM);
	both_ways();
	s = device_stats(dev);
	assert_true(s.rx_packets >= 16);
	assert_int_equal(s.tx_packets, 16);
	assert_int_equal(s.rx_errors, 0);
}

static void test_plain(void **state)
{
	needs_tap();
	create("vnet_hdr=off");
	assert_false(dev->features & NETIF_F_HW_CSUM);
	both_ways();
}

/* The kernel's address, and ours, without asking. */
static void kernel_address(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct arpreq arp = { .arp_flags = ATF_PERM | ATF_COM };
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd;

	strcpy(ifr.ifr_name, "sk0");
	sin.sin_addr.s_addr = htonl(0xc0000201);
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	kernel_ioctl(SIOCSIFADDR, &ifr);
	sin.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_netmask, &sin, sizeof(sin));
	kernel_ioctl(SIOCSIFNETMASK, &ifr);
	sin.sin_addr.s_addr = htonl(0xc0000202);
	memcpy(&arp.arp_pa, &sin, sizeof(sin));
	arp.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(arp.arp_ha.sa_data, our_mac, ETH_ALEN);
	strcpy(arp.arp_dev, "sk0");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSARP, &arp), 0);
	close(fd);
}

/* Whether the UDP checksum of the packet in got is right, once completed if it is open. */
static bool udp_checksum_right(void)
{
	const struct iphdr *ip = (const void *)got.data;
	u8 *udp = got.data + ip->ihl * 4;
	int len = ntohs(ip->tot_len) - ip->ihl * 4;
	__sum16 sum;

	if (got.ip_summed == CHECKSUM_PARTIAL) {
		assert_int_equal(got.csum_start, ip->ihl * 4);
		sum = csum_fold(
			csum_partial(got.data + got.csum_start, (int)got.len - got.csum_start, 0));
		memcpy(got.data + got.csum_start + got.csum_offset, &sum, 2);
	}
	return !csum_tcpudp_magic(ip->saddr, ip->daddr, (u32)len, 17, csum_partial(udp, len, 0));
}

static void udp_from_the_kernel(u8 expected)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(0xc0000202);
	got.count = 0;
	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	run_until(1);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.ip_summed, expected);
	assert_true(udp_checksum_right());
	close(fd);
}

static void test_kernel_leaves_checksums_to_us(void **state)
{
	needs_tap();
	create(NULL);
	kernel_address();
	udp_from_the_kernel(CHECKSUM_PARTIAL);
}

static void test_kernel_completes_checksums(void **state)
{
	needs_tap();
	create("vnet_hdr=off");
	kernel_address();
	udp_from_the_kernel(CHECKSUM_NONE);
}

/* A datagram whose checksum we leave open reaches a socket of the kernel. */
static void udp_to_the_kernel(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9999) };
	struct timeval patience = { 2, 0 };
	struct ifreq ifr = { .ifr_flags = 0 };
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct iphdr *ip;
	struct udphdr *udp;
	char text[10] = "";

	at.sin_addr.s_addr = htonl(0xc0000201);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	strcpy(ifr.ifr_name, "sk0");
	kernel_ioctl(SIOCGIFHWADDR, &ifr);

	skb_reserve(skb, 16);
	skb_put_zero(skb, 20 + 8 + 5);
	ip = (struct iphdr *)skb->data;
	udp = (struct udphdr *)(skb->data + 20);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = 17 };
	ip->tot_len = htons(33);
	ip->saddr = htonl(0xc0000202);
	ip->daddr = htonl(0xc0000201);
	ip->check = ip_fast_csum(ip, 5);
	udp->source = htons(7);
	udp->dest = htons(9999);
	udp->len = htons(13);
	memcpy(udp + 1, "world", 5);
	udp->check = (u16)~csum_tcpudp_magic(ip->saddr, ip->daddr, 13, 17, 0);
	skb_reset_network_header(skb);
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	net_lock(net);
	eth_header(skb, dev, ETH_P_IP, ifr.ifr_hwaddr.sa_data, NULL, 0);
	assert_true(skb_partial_csum_set(skb, 34, 6));
	dev_queue_xmit(skb);
	net_unlock(net);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 5);
	assert_string_equal(text, "world");
	close(fd);
}

static void test_we_leave_checksums_to_the_kernel(void **state)
{
	needs_tap();
	create(NULL);
	kernel_address();
	udp_to_the_kernel();
}

static void test_we_complete_checksums(void **state)
{
	needs_tap();
	create("vnet_hdr=off");
	kernel_address();
	udp_to_the_kernel();
}

static void test_larger_than_expected(void **state)
{
	struct ifreq ifr = { .ifr_mtu = 9000 };
	u8 *frame = calloc(1, 9014);

	needs_tap();
	create(NULL);
	strcpy(ifr.ifr_name, "sk0");
	kernel_ioctl(SIOCSIFMTU, &ifr);
	memcpy(frame, our_mac, ETH_ALEN);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	memset(frame + 14, 0x42, 9000);
	frame[9013] = 0x43;
	assert_int_equal(send(raw, frame, 9014, 0), 9014);
	run_until(1);
	assert_int_equal(got.len, 9000);
	assert_memory_equal(got.data, frame + 14, 9000);
	free(frame);
}

static void test_many(void **state)
{
	struct rtnl_link_stats64 s;
	u8 back[2000];
	int i, n = 0;

	needs_tap();
	create(NULL);
	net_lock(net);
	/* More than the ring and the queue hold, before anything can be written. */
	for (i = 0; i < 2000; i++)
		queue_numbered(i, false);
	net_unlock(net);
	for (i = 0; i < 200; i++)
		skiff_poll(net, 100000);
	s = device_stats(dev);
	/* The ring, the queue behind it; the rest was dropped and counted. */
	assert_int_equal(s.tx_packets + s.tx_dropped, 2000);
	assert_int_equal(s.tx_packets, 512 + 1000);
	while (recv(raw, back, sizeof(back), MSG_DONTWAIT) > 0)
		n++;
	assert_true(n > 0);
}

static void test_burst_from_the_kernel(void **state)
{
	u8 frame[60] = { 0 };

	needs_tap();
	create(NULL);
	memcpy(frame, our_mac, ETH_ALEN);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	for (int i = 0; i < 400; i++)
		assert_int_equal(send(raw, frame, sizeof(frame), 0), sizeof(frame));
	run_until(400);
	assert_int_equal(got.count, 400);
}

#define BURST 200

/* The n-th frame of a burst; some are larger than the device expects. */
static unsigned int numbered_len(int n)
{
	return n % 50 == 7 ? 5000 : 46 + (unsigned int)n;
}

static void burst_in(void)
{
	struct ifreq ifr = { .ifr_mtu = 9000 };
	static u8 frame[9014];

	strcpy(ifr.ifr_name, "sk0");
	kernel_ioctl(SIOCSIFMTU, &ifr);
	memcpy(frame, our_mac, ETH_ALEN);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	got.numbered = true;
	/* In parts, so that what was learned of one is wrong for the next. */
	for (int i = 0; i < BURST; i++) {
		unsigned int len = numbered_len(i);

		memset(frame + 14, i, len);
		put_unaligned_be16((u16)i, frame + 14);
		assert_int_equal(send(raw, frame, len + 14, 0), len + 14);
		if (i % 70 && i != BURST - 1)
			continue;
		run_until((unsigned int)i + 1);
		assert_int_equal(got.count, i + 1);
		assert_int_equal(got.len, len);
		assert_memory_equal(got.data, frame + 14, len);
	}
}

/* What the kernel takes reaches it in order, and what it refuses is in nobody's way. */
static void burst_out(void)
{
	struct rtnl_link_stats64 s;
	u8 back[2000];

	net_lock(net);
	for (int i = 0; i < BURST; i++) {
		queue_numbered(i, false);
		if (i % 40 == 20)
			queue_numbered(0, true);
	}
	net_unlock(net);
	for (int i = 0; i < BURST; i++) {
		assert_int_equal(recv(raw, back, sizeof(back), 0), 74);
		assert_int_equal(get_unaligned_be16(back + 14), i);
	}
	s = device_stats(dev);
	assert_int_equal(s.tx_packets, BURST);
	assert_int_equal(s.tx_errors, BURST / 40);
}

/* A frame with so many bytes in fragments of 32 KB. */
static void queue_long(unsigned int len)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);

	skb_reserve(skb, 64);
	skb_put_zero(skb, 50);
	for (int i = 0; len; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 3);
		unsigned int n = min_t(unsigned int, len, page_size(page));

		memset(page_address(page), 0, n);
		skb_add_rx_frag(skb, i, page, 0, (int)n, (unsigned int)page_size(page));
		len -= n;
	}
	net_lock(net);
	queue_typed(skb, false);
	net_unlock(net);
}

/* If the kernel has no buffer that a length fits in, those behind it don't wait. */
static void test_long_frames(void **state)
{
	const unsigned int least = 14 * 32768, step = 2048, n = 32;
	struct rtnl_link_stats64 s;
	u8 back[100];

	needs_tap();
	create("gso_ipv4_max_size=524288");
	assert_true(dev->gso_max_size > 65536);
	for (unsigned int i = 0; i < n; i++) {
		queue_long(least + i * step);
		/* Room for the next one. */
		while (recv(raw, back, sizeof(back), MSG_DONTWAIT) > 0)
			;
	}
	net_lock(net);
	queue_numbered(7, false);
	net_unlock(net);
	assert_int_equal(recv(raw, back, sizeof(back), 0), 74);
	assert_int_equal(get_unaligned_be16(back + 14), 7);
	s = device_stats(dev);
	assert_int_equal(s.tx_packets + s.tx_errors, n + 1);
	assert_int_equal(s.tx_dropped, 0);
}

/* As much waits for the kernel's thread as was asked for, 1 MB unless told otherwise. */
static void waits_for_thread(const char *sndbuf, int size)
{
	const char *list[] = { "napi=threaded", sndbuf };
	char err[256];
	int got_size = 0;

	if (skiff_driver_create(net, "tap", "sk0", list, sndbuf ? 2 : 1, &dev, err, sizeof(err))) {
		/* In a user namespace of the test's. */
		assert_non_null(strstr(err, "CAP_SYS_ADMIN"));
		skip();
	}
	assert_int_equal(ioctl(tap_of(dev)->f.fd, TUNGETSNDBUF, &got_size), 0);
	assert_int_equal(got_size, size);
	unregister_netdev(dev);
}

static void test_queue_of_the_kernels(void **state)
{
	needs_tap();
	waits_for_thread(NULL, 1 << 20);
	waits_for_thread("sndbuf=8192", 8192);
	waits_for_thread("sndbuf=0", INT32_MAX);
}

static void test_bursts(void **state)
{
	needs_tap();
	create("uring=on");
	burst_in();
	burst_out();
}

static void test_bursts_one_by_one(void **state)
{
	needs_tap();
	create("uring=off");
	burst_in();
	burst_out();
}

/* Kernels that know rings, but not for this: what was opened as a ring is none. */
static void spoil_rings(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), spoilt = 0;
	char path[40], name[40];

	assert_true(null >= 0);
	for (int fd = 3; fd < 256; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, name, sizeof(name) - 1);
		name[len > 0 ? len : 0] = '\0';
		if (!strcmp(name, "anon_inode:[io_uring]")) {
			assert_int_equal(dup2(null, fd), fd);
			spoilt++;
		}
	}
	close(null);
	/* Both or, where there is no io_uring, none. */
	assert_true(!spoilt || spoilt == 2);
}

static void test_bursts_without_rings(void **state)
{
	needs_tap();
	create("uring=on");
	spoil_rings();
	burst_in();
	burst_out();
	assert_null(tap_of(dev)->rx_uring);
	assert_null(tap_of(dev)->tx_uring);
}

static void test_kernel_side_down(void **state)
{
	struct rtnl_link_stats64 s;

	needs_tap();
	create(NULL);
	kernel_up("sk0", false);
	send_frame(50, 1);
	s = device_stats(dev);
	assert_int_equal(s.tx_errors, 1);
	assert_int_equal(s.tx_carrier_errors, 1);
	kernel_up("sk0", true);
	close(raw);
	raw = open_raw("sk0", TYPE);
	both_ways();
}

static void kernel_delete(const char *name)
{
	char command[64];

	/* TUNSETPERSIST aside, only rtnetlink deletes: ip(8) is what a user would take. */
	snprintf(command, sizeof(command), "ip link del %s 2>/dev/null", name);
	if (system(command) != 0)
		skip();
}

static void test_kernel_side_deleted(void **state)
{
	struct net_device *again;
	const char *option = "mtu=1400";
	char err[256];
	int i;

	needs_tap();
	create(NULL);
	kernel_delete("sk0");
	for (i = 0; i < 100 && (READ_ONCE(dev->flags) & IFF_UP); i++)
		skiff_poll(net, 10000000);
	net_lock(net);
	assert_false(dev->flags & IFF_UP);
	assert_false(netif_carrier_ok(dev));
	assert_int_equal(dev_open(dev, NULL), -ENODEV);
	net_unlock(net);
	assert_non_null(strstr(said, "sk0: the kernel's end of the TAP device is gone"));
	assert_null(strstr(strstr(said, "is gone") + 1, "is gone"));
	/* The host goes on, and can have another one. */
	unregister_netdev(dev);
	assert_int_equal(
		skiff_driver_create(net, "tap", "sk0", &option, 1, &again, err, sizeof(err)), 0);
}

static void test_deleted_while_sending(void **state)
{
	int i;

	needs_tap();
	create(NULL);
	kernel_delete("sk0");
	send_frame(50, 1);
	for (i = 0; i < 100 && (READ_ONCE(dev->flags) & IFF_UP); i++)
		skiff_poll(net, 10000000);
	assert_false(READ_ONCE(dev->flags) & IFF_UP);
	send_frame(50, 1);
}

static void test_up_and_down(void **state)
{
	int i;

	needs_tap();
	create(NULL);
	for (i = 0; i < 20; i++) {
		send_frame(50, 1);
		net_lock(net);
		dev_close(dev);
		assert_int_equal(dev_open(dev, NULL), 0);
		net_unlock(net);
		skiff_poll(net, 0);
	}
	close(raw);
	raw = open_raw("sk0", TYPE);
	both_ways();
}

static void test_taken_names(void **state)
{
	struct net_device *other;
	struct net *net2;
	char err[256];

	needs_tap();
	create(NULL);
	net2 = skiff_net_create(NULL);
	assert_int_equal(skiff_driver_create(net2, "tap", "sk0", NULL, 0, &other, err, sizeof(err)),
			 -EBUSY);
	assert_non_null(strstr(err, "name=sk0: taken: another program"));
	assert_int_equal(skiff_driver_create(net2, "tap", "lo", NULL, 0, &other, err, sizeof(err)),
			 -EBUSY);
	assert_non_null(strstr(err, "name=lo: taken by an interface of the kernel"));
	/* The kernel fills in a pattern. */
	assert_int_equal(
		skiff_driver_create(net2, "tap", "sk%d", NULL, 0, &other, err, sizeof(err)), 0);
	net_lock(net2);
	assert_string_equal(other->name, "sk1");
	net_unlock(net2);
	assert_int_equal(skiff_net_destroy(net2), 0);
}

/* In a user namespace of its own a process owns nothing of the network namespace it came with. */
static void test_missing_rights(void **state)
{
	struct net_device *other;
	char err[256] = "";
	int status, ret;
	pid_t pid;

	needs_tap();
	pid = fork();
	if (pid == 0) {
		struct net *mine;

		if (unshare(CLONE_NEWUSER) != 0)
			_exit(2);
		mine = skiff_net_create(NULL);
		ret = skiff_driver_create(mine, "tap", "x", NULL, 0, &other, err, sizeof(err));
		_exit(ret == -EPERM && strstr(err, "name=x: not permitted") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		skip();
	assert_int_equal(status, 0);
}

#define with_host(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_host(test_frames),
		with_host(test_plain),
		with_host(test_kernel_leaves_checksums_to_us),
		with_host(test_kernel_completes_checksums),
		with_host(test_we_leave_checksums_to_the_kernel),
		with_host(test_we_complete_checksums),
		with_host(test_larger_than_expected),
		with_host(test_many),
		with_host(test_burst_from_the_kernel),
		with_host(test_long_frames),
		with_host(test_queue_of_the_kernels),
		with_host(test_bursts),
		with_host(test_bursts_one_by_one),
		with_host(test_bursts_without_rings),
		with_host(test_kernel_side_down),
		with_host(test_kernel_side_deleted),
		with_host(test_deleted_while_sending),
		with_host(test_up_and_down),
		with_host(test_taken_names),
		with_host(test_missing_rights),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
