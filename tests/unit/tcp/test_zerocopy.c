// SPDX-License-Identifier: BSD-2-Clause
/* MSG_ZEROCOPY: whose memory is in the segments, and when the program is told that it is its own again. */
#include <fcntl.h>

#include "peer.h"

static struct peer p;
static struct seg s;
static u8 lent[200000];

/* A card that gathers data and computes sums, so that nobody has to copy. */
static netdev_tx_t gathering_xmit(struct sk_buff *skb, struct net_device *dev)
{
	int off = skb_checksum_start_offset(skb);
	__sum16 sum;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		sum = csum_fold(skb_checksum(skb, off, (int)skb->len - off, 0));
		memcpy(skb->data + off + skb->csum_offset, &sum, sizeof(sum));
	}
	return wire_xmit(skb, dev);
}

static const struct net_device_ops gathering_ops = {
	.ndo_start_xmit = gathering_xmit,
	.ndo_set_mac_address = eth_mac_addr,
};

static int setup(void **state)
{
	peer_open(&p);
	net_lock(p.h.net);
	p.h.dev->netdev_ops = &gathering_ops;
	p.h.dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM;
	net_unlock(p.h.net);
	for (size_t i = 0; i < sizeof(lent); i++)
		lent[i] = (u8)(i * 7 + i / 256);
	return 0;
}

static int teardown(void **state)
{
	peer_close(&p);
	return 0;
}

static void connect_zerocopy(void)
{
	peer_connect(&p);
	peer_set_int(&p, SOL_SOCKET, SO_ZEROCOPY, 1);
}

static ssize_t lend(size_t len, int flags)
{
	ssize_t ret = skiff_send(p.fd, lent, len, MSG_ZEROCOPY | MSG_DONTWAIT | flags);

	wire_run(&p.h);
	return ret;
}

static bool polls_error(void)
{
	struct pollfd pfd = { .fd = p.fd, .events = POLLIN };

	skiff_poll_fds(&pfd, 1, 0);
	return pfd.revents & POLLERR;
}

/* The first message of the error queue. Return: false when there is none. */
static bool take(struct sock_extended_err *ee)
{
	char control[128];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	ssize_t ret = skiff_recvmsg(p.fd, &msg, MSG_ERRQUEUE);

	if (ret < 0) {
		assert_int_equal(errno, EAGAIN);
		return false;
	}
	assert_int_equal(ret, 0);
	assert_true(msg.msg_flags & MSG_ERRQUEUE);
	cmsg = CMSG_FIRSTHDR(&msg);
	assert_non_null(cmsg);
	assert_int_equal(cmsg->cmsg_level, SOL_IP);
	assert_int_equal(cmsg->cmsg_type, IP_RECVERR);
	memcpy(ee, CMSG_DATA(cmsg), sizeof(*ee));
	return true;
}

#define nothing_told()                       \
	do {                                 \
		struct sock_extended_err e;  \
		assert_false(polls_error()); \
		assert_false(take(&e));      \
	} while (0)

#define told(lo, hi, code)                                            \
	do {                                                          \
		struct sock_extended_err e;                           \
		assert_true(polls_error());                           \
		assert_true(take(&e));                                \
		assert_int_equal(e.ee_origin, SO_EE_ORIGIN_ZEROCOPY); \
		assert_int_equal(e.ee_errno, 0);                      \
		assert_int_equal(e.ee_type, 0);                       \
		assert_int_equal(e.ee_info, lo);                      \
		assert_int_equal(e.ee_data, hi);                      \
		assert_int_equal(e.ee_code, code);                    \
	} while (0)

/* Without the option the flag means nothing. */
static void flag_without_option(void **state)
{
	peer_connect(&p);
	assert_int_equal(lend(2000, 0), 2000);
	wire_drop_sent(&p.h);
	peer_ack(&p, 2001);
	nothing_told();
}

/* What is on the wire is the program's memory, until it was acknowledged. */
static void memory_itself(void **state)
{
	connect_zerocopy();
	assert_int_equal(lend(2000, 0), 2000);
	/* What leaves the sum as it is. */
	swap(lent[0], lent[2]);
	swap(lent[1000], lent[1998]);
	assert_true(peer_take(&p, &s));
	assert_memory_equal(s.data, lent, 1000);
	assert_true(peer_take(&p, &s));
	assert_memory_equal(s.data, lent + 1000, 1000);
	nothing_told();
	peer_ack(&p, 1001);
	nothing_told();
	peer_ack(&p, 2001);
	told(0, 0, 0);
	nothing_told();
}

/* A clone that a device has not sent yet is a reference like any other. */
static void waits_for_the_device(void **state)
{
	connect_zerocopy();
	assert_int_equal(lend(1000, 0), 1000);
	peer_ack(&p, 1001);
	nothing_told();
	assert_true(peer_take(&p, &s));
	told(0, 0, 0);
}

/* Nothing is sent again from a copy. */
static void retransmission(void **state)
{
	connect_zerocopy();
	assert_int_equal(lend(1000, 0), 1000);
	wire_drop_sent(&p.h);
	lent[5] ^= 0x55;
	wire_sleep(&p.h, 1000 * MS);
	assert_true(peer_take(&p, &s));
	assert_int_equal(s.seq, 1);
	assert_memory_equal(s.data, lent, 1000);
	wire_drop_sent(&p.h);
	nothing_told();
	peer_ack(&p, 1001);
	told(0, 0, 0);
}

/* Buffers that are cut, because the peer has got the middle, all belong to the call. */
static void pieces(void **state)
{
	static const u8 sack[] = { 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0 };

	connect_zerocopy();
	assert_int_equal(lend(5000, 0), 5000);
	wire_drop_sent(&p.h);
	memcpy(p.opts, sack, sizeof(sack));
	wire_put32(p.opts, 4, p.iss + 2001);
	wire_put32(p.opts, 8, p.iss + 3001);
	p.optlen = sizeof(sack);
	peer_ack(&p, 1);
	p.optlen = 0;
	wire_sleep(&p.h, 2000 * MS);
	wire_drop_sent(&p.h);
	peer_ack(&p, 4001);
	wire_drop_sent(&p.h);
	nothing_told();
	peer_ack(&p, 5001);
	told(0, 0, 0);
}

static void ranges(void **state)
{
	connect_zerocopy();
	for (int i = 0; i < 3; i++)
		assert_int_equal(lend(1000, 0), 1000);
	wire_drop_sent(&p.h);
	peer_ack(&p, 1001);
	peer_ack(&p, 3001);
	told(0, 2, 0);
	assert_int_equal(lend(1000, 0), 1000);
	wire_drop_sent(&p.h);
	peer_ack(&p, 4001);
	told(3, 3, 0);
	nothing_told();
}

/* Calls whose data lies in one buffer are told of together; a copy between them is no matter. */
static void calls_in_one_buffer(void **state)
{
	connect_zerocopy();
	peer_set_int(&p, SOL_TCP, TCP_CORK, 1);
	assert_int_equal(lend(100, 0), 100);
	assert_int_equal(skiff_send(p.fd, lent + 100, 50, MSG_DONTWAIT), 50);
	assert_int_equal(skiff_send(p.fd, lent + 150, 60, MSG_DONTWAIT | MSG_ZEROCOPY), 60);
	peer_set_int(&p, SOL_TCP, TCP_CORK, 0);
	wire_run(&p.h);
	peer_expect(&p, &s, P_ | A_, 1, 210);
	assert_memory_equal(s.data, lent, 210);
	nothing_told();
	peer_ack(&p, 211);
	told(0, 1, 0);
}

/* Each piece is a fragment, of which a buffer has so many. */
static void many_pieces(void **state)
{
	struct iovec iov[MAX_SKB_FRAGS + 3];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };

	connect_zerocopy();
	peer_set_int(&p, SOL_TCP, TCP_NODELAY, 1);
	/* A fragment counts as a page. */
	peer_set_int(&p, SOL_SOCKET, SO_SNDBUF, 200000);
	/* The first one is empty, which makes no fragment. */
	for (size_t i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec){ lent + 10 * i, i ? 2 : 0 };
	assert_int_equal(skiff_sendmsg(p.fd, &msg, MSG_ZEROCOPY | MSG_DONTWAIT),
			 2 * (MAX_SKB_FRAGS + 2));
	wire_run(&p.h);
	peer_expect(&p, &s, P_ | A_, 1, 2 * MAX_SKB_FRAGS);
	peer_expect(&p, &s, P_ | A_, 1 + 2 * MAX_SKB_FRAGS, 4);
	peer_ack(&p, 1 + 2 * (MAX_SKB_FRAGS + 2));
	told(0, 0, 0);
}

/* A call that sends nothing has no number. */
static void nothing_sent(void **state)
{
	struct iovec none[2] = { { lent, 0 }, { lent, 0 } };
	struct msghdr msg = { .msg_iov = none, .msg_iovlen = 2 };

	p.fd = skiff_socket(p.h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	peer_set_int(&p, SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(lend(100, 0), -1);
	assert_int_equal(errno, EPIPE);
	nothing_told();
	skiff_close(p.fd);
	connect_zerocopy();
	assert_int_equal(skiff_sendmsg(p.fd, &msg, MSG_ZEROCOPY), 0);
	assert_int_equal(lend(100, 0), 100);
	wire_drop_sent(&p.h);
	peer_ack(&p, 101);
	told(0, 0, 0);
	p.win = 0;
	peer_ack(&p, 101);
	while (lend(sizeof(lent), 0) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

/* One call has one number, however often it has to wait. */
static void attempts_of_one_call(void **state)
{
	static const struct timeval patience = { .tv_sec = 1 };
	struct sock_extended_err ee;
	ssize_t n;

	connect_zerocopy();
	skiff_fcntl(p.fd, F_SETFL, 0);
	assert_int_equal(
		skiff_setsockopt(p.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
	peer_set_int(&p, SOL_SOCKET, SO_SNDBUF, 8192);
	n = skiff_send(p.fd, lent, sizeof(lent), MSG_ZEROCOPY);
	assert_in_range(n, 1, sizeof(lent) - 1);
	wire_drop_sent(&p.h);
	for (u32 ack = 1; ack < (u32)n + 1; ack += 1000) {
		peer_ack(&p, min(ack + 1000, (u32)n + 1));
		wire_run(&p.h);
		wire_drop_sent(&p.h);
	}
	assert_true(take(&ee));
	assert_int_equal(ee.ee_info, 0);
	assert_int_equal(ee.ee_data, 0);
	nothing_told();
}

/* Messages that will be needed are option memory; the program can't lend without limit. */
static void option_memory(void **state)
{
	int n = 0;

	peer_sysctl(&p, "net.core.optmem_max", "4096");
	connect_zerocopy();
	peer_set_int(&p, SOL_SOCKET, SO_SNDBUF, 200000);
	/* A copy between them keeps calls from being told of together. */
	while (lend(10, MSG_EOR) == 10) {
		assert_int_equal(skiff_send(p.fd, lent, 10, MSG_DONTWAIT | MSG_EOR), 10);
		n++;
	}
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(n, 1, 4096 / SKB_TRUESIZE(0));
	/* A copy needs none. */
	assert_int_equal(skiff_send(p.fd, lent, 10, MSG_DONTWAIT), 10);
	wire_run(&p.h);
	wire_drop_sent(&p.h);
	while (peer_ack(&p, 1 + 20 * (u32)n), peer_take(&p, &s))
		wire_drop_sent(&p.h);
	told(0, (u32)n - 1, 0);
	assert_int_equal(lend(10, 0), 10);
}

/* A device that can't take scattered data: it is copied for it, which is told with the end. */
static void device_without_gather(void **state)
{
	net_lock(p.h.net);
	p.h.dev->features &= ~NETIF_F_SG;
	net_unlock(p.h.net);
	connect_zerocopy();
	assert_int_equal(lend(1000, 0), 1000);
	wire_drop_sent(&p.h);
	nothing_told();
	peer_ack(&p, 1001);
	told(0, 0, SO_EE_CODE_ZEROCOPY_COPIED);
}

/* Lost with the connection is as good as arrived. */
static void reset(void **state)
{
	connect_zerocopy();
	assert_int_equal(lend(3000, 0), 3000);
	wire_drop_sent(&p.h);
	peer_send(&p, R_ | A_, 1, NULL, 0);
	told(0, 0, 0);
}

/* The socket may be gone before the device has sent: the rest of it waits. */
static void closed_before_the_device(void **state)
{
	connect_zerocopy();
	assert_int_equal(lend(3000, 0), 3000);
	skiff_close(p.fd);
	p.fd = -1;
	peer_send(&p, R_ | A_, 1, NULL, 0);
	assert_int_equal(skb_queue_len(&p.h.sent), 4);
}

/* SYN data is copied, and told of when it has arrived. */
static void fast_open(void **state)
{
	struct sockaddr_in to = peer_name();

	peer_sysctl(&p, "net.ipv4.tcp_fastopen", "5");
	p.fd = skiff_socket(p.h.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	peer_set_int(&p, SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(skiff_sendto(p.fd, lent, 100, MSG_FASTOPEN | MSG_ZEROCOPY,
				      (struct sockaddr *)&to, sizeof(to)),
			 100);
	wire_run(&p.h);
	peer_expect(&p, &s, S_, 0, 100);
	nothing_told();
	memcpy(p.opts, peer_syn_opts, sizeof(peer_syn_opts));
	p.optlen = sizeof(peer_syn_opts);
	peer_send(&p, S_ | A_, 101, NULL, 0);
	told(0, 0, SO_EE_CODE_ZEROCOPY_COPIED);
}

static void to_itself(void **state)
{
	struct sockaddr_in me = { .sin_family = AF_INET,
				  .sin_port = htons(7777),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = skiff_socket(p.h.net, AF_INET, SOCK_STREAM, 0), to;
	u8 got[3000];

	net_lock(p.h.net);
	assert_int_equal(dev_open(net_loopback_dev(p.h.net), NULL), 0);
	net_unlock(p.h.net);
	assert_int_equal(skiff_bind(listener, (struct sockaddr *)&me, sizeof(me)), 0);
	assert_int_equal(skiff_listen(listener, 1), 0);
	p.fd = skiff_socket(p.h.net, AF_INET, SOCK_STREAM, 0);
	peer_set_int(&p, SOL_SOCKET, SO_ZEROCOPY, 1);
	assert_int_equal(skiff_connect(p.fd, (struct sockaddr *)&me, sizeof(me)), 0);
	to = skiff_accept(listener, NULL, NULL);
	assert_int_equal(lend(sizeof(got), 0), sizeof(got));
	/* What the receiver has is no longer the program's memory. */
	memset(lent, 0, sizeof(got));
	assert_int_equal(skiff_recv(to, got, sizeof(got), MSG_WAITALL), sizeof(got));
	for (size_t i = 0; i < sizeof(got); i++)
		assert_int_equal(got[i], (u8)(i * 7 + i / 256));
	wire_sleep(&p.h, 1000 * MS);
	told(0, 0, SO_EE_CODE_ZEROCOPY_COPIED);
	skiff_close(to);
	skiff_close(listener);
	skiff_close(p.fd);
	p.fd = -1;
	wire_sleep(&p.h, 100000 * MS);
}

#define ZC_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ZC_TEST(flag_without_option),
		ZC_TEST(memory_itself),
		ZC_TEST(waits_for_the_device),
		ZC_TEST(retransmission),
		ZC_TEST(pieces),
		ZC_TEST(ranges),
		ZC_TEST(calls_in_one_buffer),
		ZC_TEST(many_pieces),
		ZC_TEST(nothing_sent),
		ZC_TEST(attempts_of_one_call),
		ZC_TEST(option_memory),
		ZC_TEST(device_without_gather),
		ZC_TEST(reset),
		ZC_TEST(closed_before_the_device),
		ZC_TEST(fast_open),
		ZC_TEST(to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
