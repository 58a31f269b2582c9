// SPDX-License-Identifier: BSD-2-Clause
/* Devices at a stream socket: frames whole and in parts, what can't be, and connections that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/fault.h>
#include <skiff/printk.h>
#include <skiff/skb/pool.h>
#include <skiff/unaligned.h>

#include "device_stats.h"
#include "drivers/stream.h"

#define TYPE 0x88b5
#define MAC "\x02\0\0\0\0\x77"
#define PATIENCE_NS 10000000000ll

static struct net *net;
static struct net_device *dev;
static char said[4096], err[256], dir[32], path[64];
static int peer;

/* What has come in: each frame is filled with its number. */
static struct {
	unsigned int count, bytes, wrong;
	unsigned int len;
	u8 ip_summed;
	u16 gso_size;
} got;

static void hear(int level, const char *text, void *arg)
{
	strncat(said, text, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static int handle(struct sk_buff *skb, struct net_device *on, struct packet_type *pt,
		  struct net_device *orig_dev)
{
	static u8 data[FDEV_MAX_FRAME];

	got.len = skb->len;
	got.bytes += skb->len;
	got.ip_summed = skb->ip_summed;
	got.gso_size = skb_shinfo(skb)->gso_size;
	assert_int_equal(skb_copy_bits(skb, 0, data, (int)skb->len), 0);
	for (unsigned int i = 0; i < skb->len; i++)
		got.wrong += data[i] != (u8)got.count;
	got.count++;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type experimental = { .func = handle };

static int setup(void **state)
{
	said[0] = '\0';
	memset(&got, 0, sizeof(got));
	peer = -1;
	dev = NULL;
	strcpy(dir, "/tmp/skiff-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	skiff_log_sink(hear, NULL);
	assert_int_equal(skiff_device_init(), 0);
	assert_int_equal(skiff_drivers_init(), 0);
	experimental.type = htons(TYPE);
	dev_add_pack(&experimental);
	net = skiff_net_create(NULL);
	assert_non_null(net);
	return 0;
}

static int teardown(void **state)
{
	if (peer >= 0)
		close(peer);
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
	skiff_log_sink(NULL, NULL);
	/* Nothing is left there. */
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void bring_up(void)
{
	net_lock(net);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(net);
}

/* A device of @kind at one end of a pair, whose other one is peer; @option may be NULL. */
static void create_at_pair(const char *kind, const char *option)
{
	const char *options[] = { "mac=02:00:00:00:00:77", err, option };
	int pair[2], ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	snprintf(err, sizeof(err), "fd=%d", pair[0]);
	options[1] = strdup(err);
	ret = skiff_driver_create(net, kind, "s0", options, option ? 3 : 2, &dev, err, sizeof(err));
	if (ret)
		fail_msg("%s", err);
	free((void *)(uintptr_t)options[1]);
	close(pair[0]);
	peer = pair[1];
	assert_int_equal(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
	bring_up();
}

static int create_at_path(const char *name, const char *option, struct net_device **created)
{
	char where[80];
	const char *options[] = { where, option };

	snprintf(where, sizeof(where), "socket=%s", path);
	return skiff_driver_create(net, "socket", name, options, option ? 2 : 1, created, err,
				   sizeof(err));
}

static void turn(void)
{
	while (skiff_poll(net, 0) == 1)
		;
}

/* Run the host until @condition, which has to come about. */
#define run_until(condition)                                                    \
	do {                                                                    \
		ktime_t end_ = skiff_net_now(net) + PATIENCE_NS;                \
		while (!(condition)) {                                          \
			if (skiff_net_now(net) > end_)                          \
				fail_msg("%s does not come about", #condition); \
			skiff_poll(net, 10000000);                              \
		}                                                               \
	} while (0)

/* A frame with @len bytes behind its header, as it is on the wire. Return: bytes. */
static size_t put_frame(u8 *to, size_t len, u8 fill)
{
	put_unaligned_be32((u32)(ETH_HLEN + len), to);
	memcpy(to + 4, MAC MAC, 12);
	put_unaligned_be16(TYPE, to + 16);
	memset(to + 18, fill, len);
	return 18 + len;
}

static void send_frame(unsigned int len, u8 fill)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_KERNEL);

	skb_reserve(skb, 64);
	memset(skb_put(skb, len), fill, len);
	skb->dev = dev;
	skb->protocol = htons(TYPE);
	skb_reset_network_header(skb);
	net_lock(net);
	eth_header(skb, dev, TYPE, (const u8 *)"\x02\0\0\0\0\x88", NULL, 0);
	dev_queue_xmit(skb);
	net_unlock(net);
}

static bool carrier(const struct net_device *of)
{
	bool on;

	net_lock(net);
	on = netif_carrier_ok(of);
	net_unlock(net);
	return on;
}

static bool is_up(void)
{
	bool up;

	net_lock(net);
	up = netif_running(dev);
	net_unlock(net);
	return up;
}

/* Whether the peer sees the end of the connection. */
static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void frames_have_their_length_before_them(void **state)
{
	static u8 back[70000];

	create_at_pair("fd", NULL);
	assert_true(carrier(dev));
	send_frame(46, 7);
	turn();
	assert_int_equal(recv(peer, back, sizeof(back), 0), 4 + 14 + 46);
	assert_memory_equal(back, "\0\0\0\x3c\x02\0\0\0\0\x88" MAC "\x88\xb5\7\7", 20);
	for (size_t len = 0; len < 1500; len += 99)
		assert_true(send(peer, back, put_frame(back, len, (u8)(len / 99)), 0) > 0);
	run_until(got.count == 16);
	assert_int_equal(got.wrong, 0);
	assert_int_equal(device_stats(dev).rx_packets, 16);
	assert_int_equal(device_stats(dev).tx_packets, 1);
	assert_int_equal(device_stats(dev).rx_errors, 0);
}

/* Three frames in two parts, cut at each byte. */
static void frames_may_come_in_parts(void **state)
{
	u8 wire[200];
	size_t len = 0;

	create_at_pair("fd", NULL);
	for (u8 i = 0; i < 3; i++)
		len += put_frame(wire + len, 20u + i, i);
	for (size_t cut = 1; cut < len; cut++) {
		memset(&got, 0, sizeof(got));
		assert_int_equal(send(peer, wire, cut, 0), cut);
		turn();
		assert_int_equal(got.count, (cut >= 38) + (cut >= 77));
		assert_int_equal(send(peer, wire + cut, len - cut, 0), len - cut);
		run_until(got.count == 3);
		assert_int_equal(got.wrong, 0);
		assert_int_equal(got.bytes, 20 + 21 + 22);
	}
}

/* Each frame lies elsewhere in the ring, those behind it in pages that it refers to. */
static void long_frames_arrive(void **state)
{
	static u8 wire[70000];
	unsigned int sent = 0;
	size_t at = 0, len = 0;

	create_at_pair("fd", NULL);
	while (sent < 100 || at < len) {
		ssize_t n;

		if (at == len) {
			len = put_frame(wire,
					4000 + sent * 613 % (FDEV_MAX_FRAME - ETH_HLEN - 4000),
					(u8)sent);
			at = 0;
			sent++;
		}
		n = send(peer, wire + at, len - at, MSG_DONTWAIT);
		at += n > 0 ? (size_t)n : 0;
		skiff_poll(net, 0);
	}
	run_until(got.count == 100);
	assert_int_equal(got.wrong, 0);
	assert_int_equal(device_stats(dev).rx_errors, 0);
}

/* As long as may be, and what is too short for a frame: the connection goes on. */
static void lengths_at_the_edge(void **state)
{
	static const u32 bad[] = { 0, 1, 13 };
	static u8 wire[70000];
	size_t len;

	create_at_pair("fd", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_unaligned_be32(bad[i], wire);
		assert_int_equal(send(peer, wire, 4 + bad[i], 0), 4 + bad[i]);
		run_until(device_stats(dev).rx_errors == i + 1);
		assert_int_equal(got.count, 0);
	}
	len = put_frame(wire, FDEV_MAX_FRAME - ETH_HLEN, 0);
	assert_int_equal(send(peer, wire, len, 0), len);
	run_until(got.count == 1);
	assert_int_equal(got.len, FDEV_MAX_FRAME - ETH_HLEN);
	assert_int_equal(got.wrong, 0);
	assert_true(carrier(dev));
}

/* A frame before it arrives, nothing behind it does. */
static void a_length_that_can_not_be_ends_the_connection(void **state)
{
	static const u32 lengths[] = { FDEV_MAX_FRAME + 1, 0x80000000, 0xffffffff };
	u8 wire[300];

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = put_frame(wire, 20, 0);

		memset(&got, 0, sizeof(got));
		said[0] = '\0';
		create_at_pair("fd", NULL);
		put_unaligned_be32(lengths[i], wire + len);
		len += 4 + put_frame(wire + len + 4, 20, 0);
		assert_int_equal(send(peer, wire, len, 0), len);
		run_until(!is_up());
		assert_int_equal(got.count, 1);
		assert_false(carrier(dev));
		assert_int_equal(device_stats(dev).rx_errors, 1);
		assert_non_null(
			strstr(said, "s0: the other end says that a frame is longer than "));
		assert_non_null(strstr(said, "the device goes down"));
		net_lock(net);
		assert_int_equal(dev_open(dev, NULL), -ENODEV);
		unregister_netdevice(dev);
		net_unlock(net);
		turn();
		assert_true(is_closed(peer));
		close(peer);
		peer = -1;
	}
}

/* The peer reads slowly: all is there in the end, and in between the stack is told to wait. */
static void a_slow_peer_is_waited_for(void **state)
{
	static u8 in[FDEV_TX_RING * 8 * 1018];
	const size_t frames = FDEV_TX_RING * 8, size = 18 + 1000;
	bool waited = false;
	size_t n = 0, sent = 0;
	ssize_t ret;

	create_at_pair("fd", NULL);
	while (n < frames * size) {
		while (sent < frames && !netif_queue_stopped(dev))
			send_frame(1000, (u8)sent++);
		waited |= netif_queue_stopped(dev);
		ret = recv(peer, in + n, 777, MSG_DONTWAIT);
		n += ret > 0 ? (size_t)ret : 0;
		skiff_poll(net, 0);
	}
	assert_true(waited);
	assert_int_equal(sent, frames);
	for (size_t i = 0; i < frames; i++) {
		assert_int_equal(get_unaligned_be32(in + i * size), 1014);
		assert_int_equal(in[i * size + 18], (u8)i);
		assert_int_equal(in[i * size + size - 1], (u8)i);
	}
	assert_int_equal(device_stats(dev).tx_packets, frames);
	assert_int_equal(device_stats(dev).tx_errors, 0);
}

static void a_device_goes_down_with_its_connection(void **state)
{
	u8 wire[100];

	create_at_pair("fd", NULL);
	/* A whole frame and a part of one. */
	put_frame(wire + put_frame(wire, 20, 0), 20, 0);
	assert_int_equal(send(peer, wire, 70, 0), 70);
	close(peer);
	peer = -1;
	run_until(!is_up());
	assert_int_equal(got.count, 1);
	assert_int_equal(device_stats(dev).rx_errors, 1);
	assert_false(carrier(dev));
}

static bool has_device(const char *name)
{
	bool has;

	net_lock(net);
	has = __dev_get_by_name(net, name) != NULL;
	net_unlock(net);
	return has;
}

static void an_end_of_a_cable_goes_with_the_other(void **state)
{
	create_at_pair("veth", NULL);
	assert_true(dev->features & NETIF_F_TSO);
	close(peer);
	peer = -1;
	run_until(!has_device("s0"));
	assert_string_equal(said, "");
	/* And the other way round. */
	create_at_pair("veth", NULL);
	net_lock(net);
	unregister_netdevice(dev);
	net_unlock(net);
	turn();
	assert_true(is_closed(peer));
}

/* What is left to do for a frame is told, and heard. */
static void cables_tell_of_checksums_and_segments(void **state)
{
	u8 wire[4 + 10 + 14 + 3000];
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54,
		.gso_size = 1000,
		.csum_start = 34,
		.csum_offset = 16,
	};

	create_at_pair("fd", "vnet_hdr=on");
	put_frame(wire + 10, 3000, 0);
	put_unaligned_be32(10 + 14 + 3000, wire);
	memcpy(wire + 4, &hdr, sizeof(hdr));
	assert_int_equal(send(peer, wire, sizeof(wire), 0), sizeof(wire));
	run_until(got.count == 1);
	assert_int_equal(got.ip_summed, CHECKSUM_PARTIAL);
	assert_int_equal(got.gso_size, 1000);
	/* A checksum that would be beyond the frame; no room for a header. */
	hdr.csum_start = 65000;
	memcpy(wire + 4, &hdr, sizeof(hdr));
	assert_int_equal(send(peer, wire, sizeof(wire), 0), sizeof(wire));
	assert_int_equal(send(peer,
			      "\0\0\0\x09"
			      "123456789",
			      13, 0),
			 13);
	run_until(device_stats(dev).rx_errors == 2);
	assert_int_equal(got.count, 1);
	send_frame(46, 1);
	turn();
	assert_int_equal(recv(peer, wire, sizeof(wire), 0), 4 + 10 + 14 + 46);
	assert_memory_equal(wire, "\0\0\0\x46\0\0\0\0\0\0\0\0\0\0\x02", 15);
}

static void only_connections_are_taken(void **state)
{
	const char *options[] = { err };
	char option[32];
	int datagram[2], lonely = socket(AF_UNIX, SOCK_STREAM, 0), null = open("/dev/null", O_RDWR);
	struct {
		int fd;
		const char *why;
	} cases[] = {
		{ 999, "fd=999: not open; " },
		{ null, ": not a socket; " },
		{ lonely, ": not connected; " },
		{ -1, ": the number of an open descriptor is accepted" },
		{ 0, ": not a stream socket; " },
	};

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram), 0);
	cases[4].fd = datagram[0];
	options[0] = option;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(option, sizeof(option), "fd=%d", cases[i].fd);
		assert_int_equal(skiff_driver_create(net, "fd", NULL, options, 1, &dev, err,
						     sizeof(err)),
				 -EINVAL);
		assert_non_null(strstr(err, cases[i].why));
	}
	assert_int_equal(skiff_driver_create(net, "veth", NULL, NULL, 0, &dev, err, sizeof(err)),
			 -EINVAL);
	assert_non_null(strstr(err, "fd= is missing"));
	close(datagram[0]);
	close(datagram[1]);
	close(lonely);
	close(null);
}

/* The device dev as server, and a client that is connected. */
static void create_server(void)
{
	assert_int_equal(create_at_path("s0", "server=on", &dev), 0);
	bring_up();
	turn();
	assert_false(carrier(dev));
}

static void a_server_has_one_client_after_the_other(void **state)
{
	struct stat st;
	u8 wire[100];
	int first, second;

	create_server();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* Nobody is there to hear it, later neither. */
	send_frame(20, 9);
	first = stream_connect(path);
	second = stream_connect(path);
	assert_true(first >= 0 && second >= 0);
	run_until(carrier(dev));
	put_frame(wire, 20, 0);
	assert_int_equal(send(second, wire, 38, 0), 38);
	/* A part of a frame is not that of another client's. */
	assert_int_equal(send(first, wire, 30, 0), 30);
	turn();
	assert_int_equal(got.count, 0);
	close(first);
	run_until(got.count == 1);
	assert_int_equal(got.wrong, 0);
	assert_true(carrier(dev));
	send_frame(20, 1);
	turn();
	assert_int_equal(recv(second, wire, sizeof(wire), MSG_DONTWAIT), 38);
	assert_int_equal(wire[18], 1);
	/* What can't be ends the connection, not the device. */
	assert_int_equal(send(second, "\xff\xff\xff\xff", 4, 0), 4);
	run_until(!carrier(dev));
	assert_true(is_closed(second));
	assert_true(is_up());
	close(second);
	peer = stream_connect(path);
	run_until(carrier(dev));
}

static void a_path_is_for_one_server(void **state)
{
	struct net_device *other;
	int fd;

	create_server();
	assert_int_equal(create_at_path("s1", "server=on", &other), -EBUSY);
	assert_non_null(strstr(err, "somebody listens there"));
	net_lock(net);
	unregister_netdevice(dev);
	net_unlock(net);
	turn();
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(create_at_path("s1", NULL, &other), -EINVAL);
	assert_non_null(strstr(err, "nobody listens there"));
	/* What is no socket stays. */
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(create_at_path("s1", "server=on", &other), -EEXIST);
	assert_int_equal(unlink(path), 0);
}

/* One whose server is gone without having removed it. */
static void a_dead_servers_socket_is_replaced(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	create_server();
	peer = stream_connect(path);
	run_until(carrier(dev));
}

static void a_client_comes_again(void **state)
{
	struct net_device *server, *client;

	assert_int_equal(create_at_path("server", "server=on", &server), 0);
	assert_int_equal(create_at_path("client", NULL, &client), 0);
	dev = server;
	bring_up();
	dev = client;
	bring_up();
	run_until(carrier(server) && carrier(client));
	net_lock(net);
	unregister_netdevice(server);
	net_unlock(net);
	run_until(!carrier(client));
	assert_true(is_up());
	assert_int_equal(create_at_path("server", "server=on", &server), 0);
	dev = server;
	bring_up();
	run_until(carrier(server) && carrier(client));
	net_lock(net);
	/* A client that is down makes no tries. */
	dev_close(client);
	unregister_netdevice(server);
	net_unlock(net);
}

static void creating_survives_the_lack_of_memory(void **state)
{
	int pair[2], ret;
	char option[32];
	const char *options[] = { option };
	long n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	snprintf(option, sizeof(option), "fd=%d", pair[0]);
	for (n = 1;; n++) {
		if (skiff_fail_nth(n) < 0)
			break;
		ret = skiff_driver_create(net, "fd", "s0", options, 1, &dev, err, sizeof(err));
		skiff_fail_nth(0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(n < 200);
	}
	for (n = 1;; n++) {
		if (skiff_fail_nth(n) < 0)
			break;
		ret = create_at_path("s1", "server=on", &dev);
		skiff_fail_nth(0);
		assert_int_equal(access(path, F_OK), ret ? -1 : 0);
		if (!ret)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_true(n < 200);
	}
	close(pair[0]);
	close(pair[1]);
}

#define WITH_NET(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_NET(frames_have_their_length_before_them),
		WITH_NET(frames_may_come_in_parts),
		WITH_NET(long_frames_arrive),
		WITH_NET(lengths_at_the_edge),
		WITH_NET(a_length_that_can_not_be_ends_the_connection),
		WITH_NET(a_slow_peer_is_waited_for),
		WITH_NET(a_device_goes_down_with_its_connection),
		WITH_NET(an_end_of_a_cable_goes_with_the_other),
		WITH_NET(cables_tell_of_checksums_and_segments),
		WITH_NET(only_connections_are_taken),
		WITH_NET(a_server_has_one_client_after_the_other),
		WITH_NET(a_path_is_for_one_server),
		WITH_NET(a_dead_servers_socket_is_replaced),
		WITH_NET(a_client_comes_again),
		WITH_NET(creating_survives_the_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
