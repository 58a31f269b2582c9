// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET sockets beside others: captures, times of arrival and of sending, veth pairs. */
#include <time.h>
#include <unistd.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include <skiff/capture.h>
#include <skiff/drivers.h>

#include "packet_host.h"

/* The control message of a type; NULL when there is none. */
static const void *message(int level, int type)
{
	size_t at = 0;

	while (at + sizeof(struct cmsghdr) <= last_controllen) {
		const struct cmsghdr *c = (const struct cmsghdr *)(const void *)(control + at);

		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
		at += CMSG_ALIGN(c->cmsg_len);
	}
	return NULL;
}

static void set_socket_option(struct socket *sock, int optname, int val)
{
	assert_int_equal(LOCKED(sock_setsockopt(sock, SOL_SOCKET, optname, &val, sizeof(val))), 0);
}

/* A capture and a socket see each frame once each, in both directions. */
static void test_captures(void **state)
{
	struct skiff_capture_stats stats;
	struct skiff_capture *capture;
	char path[] = "/tmp/skiff-packet-XXXXXX";
	struct socket sender, s;
	u8 f[60], got[100];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(skiff_capture_start(host.net, "wire0", path, NULL, &capture), 0);
	open_bound(&sender, SOCK_RAW);
	open_bound(&s, SOCK_RAW);
	make_frame(f, peer_mac, host_mac, sizeof(f), 0);
	for (int i = 0; i < 5; i++) {
		inject(host_mac, 60, 0);
		assert_int_equal(send_frame(&sender, f, sizeof(f)), 60);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -EAGAIN);
	assert_int_equal(skb_queue_len(&sender.sk->sk_receive_queue), 5);
	skiff_capture_stats(capture, &stats);
	assert_int_equal(stats.seen, 10);
	assert_int_equal(skiff_capture_stop(capture), 0);
	unlink(path);
	close_socket(&sender);
	close_socket(&s);
}

static void test_arrival(void **state)
{
	struct __kernel_old_timespec ts;
	const u32 *drops;
	struct socket s;
	s64 now;
	u8 got[100];

	open_bound(&s, SOCK_RAW);
	set_socket_option(&s, SO_TIMESTAMPNS, 1);
	set_socket_option(&s, SO_RXQ_OVFL, 1);
	inject(host_mac, 60, 0);
	net_lock(host.net);
	now = ktime_get_real();
	net_unlock(host.net);
	wire_sleep(&host, NSEC_PER_SEC);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	assert_non_null(message(SOL_SOCKET, SCM_TIMESTAMPNS));
	memcpy(&ts, message(SOL_SOCKET, SCM_TIMESTAMPNS), sizeof(ts));
	assert_int_equal(ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec, now);
	assert_null(message(SOL_SOCKET, SO_RXQ_OVFL));
	s.sk->sk_rcvbuf = 1;
	inject(host_mac, 60, 0);
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	s.sk->sk_rcvbuf = 10000;
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	drops = (const u32 *)message(SOL_SOCKET, SO_RXQ_OVFL);
	assert_non_null(drops);
	assert_int_equal(*drops, 1);
	close_socket(&s);
}

static void test_veth(void **state)
{
	struct net_device *end[2];
	struct socket s[2];
	u8 f[200], got[300];

	assert_int_equal(veth_create(host.net, "ve0", host.net, "ve1", &end[0], &end[1]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(LOCKED(dev_open(end[i], NULL)), 0);
		open_socket(&s[i], SOCK_RAW, 0);
		assert_int_equal(bind_socket(&s[i], end[i]->ifindex, ETH_P_ALL), 0);
	}
	wire_run(&host);
	while (receive(&s[1], got, sizeof(got), 0) > 0)
		;
	set_socket_option(&s[0], SO_TIMESTAMPING,
			  SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	make_frame(f, end[1]->dev_addr, end[0]->dev_addr, sizeof(f), 9);
	assert_int_equal(send_frame(&s[0], f, sizeof(f)), 200);
	assert_int_equal(receive(&s[1], got, sizeof(got), 0), 200);
	assert_memory_equal(got, f, 200);
	assert_int_equal(from()->sll_pkttype, PACKET_HOST);
	assert_int_equal(from()->sll_ifindex, end[1]->ifindex);
	/* the packet comes back with the time at which it was sent */
	assert_int_equal(receive(&s[0], got, sizeof(got), MSG_ERRQUEUE), 200);
	assert_memory_equal(got, f, 200);
	assert_true(last_flags & MSG_ERRQUEUE);
	assert_non_null(message(SOL_SOCKET, SCM_TIMESTAMPING));
	assert_non_null(message(SOL_PACKET, PACKET_TX_TIMESTAMP));
	net_lock(host.net);
	unregister_netdevice(end[0]);
	net_unlock(host.net);
	wire_run(&host);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(receive(&s[i], got, sizeof(got), 0), -ENETDOWN);
		close_socket(&s[i]);
	}
}

/* Mark and priority go with the frame; a program may give another mark for one frame. */
static void test_mark(void **state)
{
	struct socket s;
	struct sk_buff *skb;
	u8 f[60];

	open_bound(&s, SOCK_RAW);
	set_socket_option(&s, SO_MARK, 77);
	set_socket_option(&s, SO_PRIORITY, 6);
	make_frame(f, peer_mac, host_mac, sizeof(f), 0);
	assert_int_equal(send_frame(&s, f, sizeof(f)), 60);
	skb = skb_peek(&host.sent);
	assert_non_null(skb);
	assert_int_equal(skb->mark, 77);
	assert_int_equal(skb->priority, 6);
	assert_int_equal(skb->protocol, htons(0x88b5));
	assert_int_equal(skb_network_offset(skb), ETH_HLEN);
	close_socket(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		P(test_captures),
		P(test_arrival),
		P(test_veth),
		P(test_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
