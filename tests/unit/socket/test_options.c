// SPDX-License-Identifier: BSD-2-Clause
/* The options of SOL_SOCKET, by way of the calls: values, limits, refusals, and what they do. */
#include "loop_family.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/time_types.h>

/* After the names that it makes into macros. */
#include <linux/sock_diag.h>

static int fd;

static int get(int name)
{
	int val = -12345;
	socklen_t len = sizeof(val);

	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, name, &val, &len), 0);
	assert_int_equal(len, sizeof(val));
	return val;
}

static int set(int name, int val)
{
	return skiff_setsockopt(fd, SOL_SOCKET, name, &val, sizeof(val));
}

/* What is set, and what is read after it. */
static const struct {
	int name, val, want;
} numbers[] = {
	{ SO_REUSEADDR, 5, 1 },
	{ SO_REUSEADDR, 0, 0 },
	{ SO_REUSEPORT, 1, 1 },
	{ SO_BROADCAST, 7, 1 },
	{ SO_BROADCAST, 0, 0 },
	{ SO_KEEPALIVE, 1, 1 },
	{ SO_DEBUG, 1, 1 },
	{ SO_DONTROUTE, 1, 1 },
	{ SO_OOBINLINE, 1, 1 },
	{ SO_RXQ_OVFL, 1, 1 },
	{ SO_RCVMARK, 1, 1 },
	{ SO_NO_CHECK, 1, 1 },
	{ 82 /* SO_RCVPRIORITY */, 5, 1 },
	{ SO_PREFER_BUSY_POLL, 1, 1 },
	{ SO_INCOMING_CPU, 3, 3 },
	{ SO_PRIORITY, 6, 6 },
	{ SO_PRIORITY, 1000, 1000 },
	{ SO_MARK, -1, -1 },
	{ SO_RCVLOWAT, 0, 1 },
	{ SO_RCVLOWAT, -1, INT32_MAX },
	{ SO_RCVLOWAT, 9, 9 },
	{ SO_BUSY_POLL, 50, 50 },
	{ SO_PEEK_OFF, 3, 3 },
	{ SO_PEEK_OFF, -1, -1 },
	{ SO_BUF_LOCK, 3, 3 },
	{ SO_BUF_LOCK, 0, 0 },
	{ SO_TIMESTAMP_OLD, 1, 1 },
	{ SO_TIMESTAMP_NEW, 1, 1 },
	{ SO_TIMESTAMPNS_OLD, 1, 1 },
	{ SO_TIMESTAMPNS_NEW, 1, 1 },
	{ SO_TIMESTAMPNS_NEW, 0, 0 },
	{ SO_TIMESTAMPING_NEW, 0x11, 0x11 },
	{ SO_BINDTOIFINDEX, 4, 4 },
	{ SO_SELECT_ERR_QUEUE, 1, 1 },
};

static void test_numbers(void **state)
{
	fd = open_port(host, 0, 1);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (set(numbers[i].name, numbers[i].val) || get(numbers[i].name) != numbers[i].want)
			fail_msg("option %d: %d reads %d", numbers[i].name, numbers[i].val,
				 get(numbers[i].name));
	}
}

static void test_read_only(void **state)
{
	static const int names[] = { SO_TYPE,	SO_PROTOCOL,   SO_DOMAIN,
				     SO_ERROR,	SO_ACCEPTCONN, SO_SNDLOWAT,
				     SO_COOKIE, SO_MEMINFO,    SO_PEERNAME };

	fd = open_port(host, 0, 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		fails(set(names[i], 1), ENOPROTOOPT);
	assert_int_equal(get(SO_TYPE), SOCK_DGRAM);
	assert_int_equal(get(SO_DOMAIN), AF_LOOP);
	assert_int_equal(get(SO_PROTOCOL), 0);
	assert_int_equal(get(SO_ERROR), 0);
	assert_int_equal(get(SO_ACCEPTCONN), 0);
	assert_int_equal(get(SO_SNDLOWAT), 1);
}

static void test_refusals(void **state)
{
	static const int names[] = {
		SO_MAX_PACING_RATE, SO_BUSY_POLL_BUDGET, SO_BSDCOMPAT, SO_PEERSEC, 9999, -1
	};
	socklen_t len = 4;
	int val = 1;

	fd = open_port(host, 0, 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fails(set(names[i], 1), ENOPROTOOPT);
		fails(skiff_getsockopt(fd, SOL_SOCKET, names[i], &val, &len), ENOPROTOOPT);
	}
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_MARK, &val, 3), EINVAL);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_MARK, &val, (socklen_t)-1), EINVAL);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_MARK, NULL, 4), EFAULT);
	fails(skiff_setsockopt(fd, 4711, 1, &val, 4), EOPNOTSUPP);
	fails(skiff_getsockopt(fd, 4711, 1, &val, &len), EOPNOTSUPP);
	fails(skiff_getsockopt(fd, SOL_SOCKET, SO_MARK, &val, NULL), EFAULT);
	len = (socklen_t)-1;
	fails(skiff_getsockopt(fd, SOL_SOCKET, SO_MARK, &val, &len), EINVAL);
	len = 2;
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_TYPE, &val, &len), 0);
	assert_int_equal(len, 2);
	fails(set(SO_BINDTOIFINDEX, -1), EINVAL);
	fails(set(SO_BUSY_POLL, -1), EINVAL);
	fails(set(SO_BUF_LOCK, 4), EINVAL);
	fails(set(SO_TIMESTAMPING_OLD, 1 << 20), EINVAL);
	fails(set(SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_STATS), EINVAL);
	fails(set(SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_BIND_PHC), EOPNOTSUPP);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nothere", 8), ENODEV);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
}

static void test_buffers(void **state)
{
	char text[100];
	int most;

	skiff_sysctl_set(host, "net.core.rmem_max", "100000", NULL, 0);
	skiff_sysctl_set(host, "net.core.wmem_default", "50000", NULL, 0);
	fd = open_port(host, 0, 1);
	assert_true(skiff_sysctl_get(host, "net.core.wmem_max", text, sizeof(text)) > 0);
	most = atoi(text);
	assert_int_equal(get(SO_SNDBUF), 50000);
	assert_int_equal(set(SO_SNDBUF, 20000), 0);
	assert_int_equal(get(SO_SNDBUF), 40000);
	assert_int_equal(set(SO_SNDBUF, INT32_MAX), 0);
	assert_int_equal(get(SO_SNDBUF), 2 * most);
	assert_int_equal(set(SO_SNDBUF, -1), 0);
	assert_int_equal(get(SO_SNDBUF), 2 * most);
	assert_int_equal(set(SO_SNDBUF, 0), 0);
	assert_int_equal(get(SO_SNDBUF), SOCK_MIN_SNDBUF);
	assert_int_equal(set(SO_RCVBUF, 0), 0);
	assert_int_equal(get(SO_RCVBUF), SOCK_MIN_RCVBUF);
	assert_int_equal(set(SO_RCVBUF, 200000), 0);
	assert_int_equal(get(SO_RCVBUF), 200000);
	assert_int_equal(set(SO_RCVBUFFORCE, 10000000), 0);
	assert_int_equal(get(SO_RCVBUF), 20000000);
	assert_int_equal(set(SO_SNDBUFFORCE, INT32_MAX), 0);
	assert_int_equal(get(SO_SNDBUF), INT32_MAX - 1);
	assert_int_equal(skiff_sysctl_set(host, "net.core.rmem_max", "1", text, sizeof(text)),
			 -EINVAL);
}

static void test_timeouts(void **state)
{
	struct __kernel_old_timeval tv = { 1, 500000 };
	struct __kernel_sock_timeval newer = { 3, 7 };
	socklen_t len = sizeof(tv);

	fd = open_port(host, 0, 1);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), 0);
	tv.tv_sec = 0;
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, &len), 0);
	assert_true(tv.tv_sec == 1 && tv.tv_usec == 500000);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_NEW, &newer, sizeof(newer)),
			 0);
	newer.tv_sec = 0;
	len = sizeof(newer);
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_NEW, &newer, &len), 0);
	assert_true(newer.tv_sec == 3 && newer.tv_usec == 7);
	tv.tv_usec = 1000000;
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), EDOM);
	tv.tv_usec = -1;
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), EDOM);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv) - 1), EINVAL);
	/* A negative one means not to wait at all. */
	tv = (struct __kernel_old_timeval){ -1, 0 };
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), 0);
	fails(skiff_recv(fd, &tv, 1, 0), EAGAIN);
}

static void test_linger_meminfo_cookie(void **state)
{
	struct linger l = { 1, 30 };
	u32 mem[SK_MEMINFO_VARS];
	u64 cookie = 0, other = 0;
	socklen_t len = sizeof(l);
	struct sockaddr_loop peer = at(2);

	fd = open_port(host, 0, 1);
	assert_int_equal(skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	l = (struct linger){ 0 };
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len), 0);
	assert_true(l.l_onoff == 1 && l.l_linger == 30);
	fails(skiff_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4), EINVAL);

	send_to(fd, 1, "x", 0);
	len = sizeof(mem);
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len), 0);
	assert_true(mem[SK_MEMINFO_RMEM_ALLOC] > 0);
	assert_int_equal(mem[SK_MEMINFO_RCVBUF], get(SO_RCVBUF));
	assert_int_equal(mem[SK_MEMINFO_WMEM_ALLOC], 0);

	len = 8;
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &other, &len), 0);
	assert_true(cookie && cookie == other);
	len = 4;
	fails(skiff_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), EINVAL);
	fails(skiff_getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &peer, &len), ENOTCONN);
	assert_int_equal(skiff_connect(fd, ADDR(peer)), 0);
	assert_int_equal(skiff_getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &peer, &len), 0);
	len = 100;
	fails(skiff_getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &peer, &len), EINVAL);
}

/* Receive one datagram; return the message of @type, or NULL. */
static const void *message(int type, char *control, size_t size)
{
	char data[10];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = size
	};
	struct cmsghdr *cm;

	assert_true(skiff_recvmsg(fd, &m, MSG_DONTWAIT) >= 0);
	for (cm = CMSG_FIRSTHDR(&m); cm; cm = CMSG_NXTHDR(&m, cm))
		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == type)
			return CMSG_DATA(cm);
	return NULL;
}

/* A time that came by a control message is no more there to ask for. */
static void stamps_are_told_once(void **state)
{
	char control[200] __aligned(8);
	struct __kernel_old_timeval tv;

	fd = open_port(vhost, 0, 1);
	assert_int_equal(set(SO_TIMESTAMP_OLD, 1), 0);
	send_to(fd, 1, "x", 0);
	assert_non_null(message(SO_TIMESTAMP_OLD, control, sizeof(control)));
	fails(skiff_ioctl(fd, SIOCGSTAMP_OLD, &tv), ENOENT);
	assert_int_equal(set(SO_TIMESTAMP_OLD, 0), 0);
	send_to(fd, 1, "x", 0);
	assert_null(message(SO_TIMESTAMP_OLD, control, sizeof(control)));
	assert_int_equal(skiff_ioctl(fd, SIOCGSTAMP_OLD, &tv), 0);
	skiff_close(fd);
}

static void test_stamps(void **state)
{
	char control[200] __aligned(8);
	struct __kernel_sock_timeval newer;
	struct __kernel_old_timeval tv;
	struct __kernel_timespec ts;
	const void *got;

	fd = open_port(vhost, 0, 1);
	fails(skiff_ioctl(fd, SIOCGSTAMP_OLD, &tv), ENOENT);
	send_to(fd, 1, "x", 0);
	assert_null(message(SO_TIMESTAMP_OLD, control, sizeof(control)));
	assert_int_equal(skiff_ioctl(fd, SIOCGSTAMP_OLD, &tv), 0);
	assert_true(tv.tv_sec > 0 && tv.tv_usec < 1000000);
	/* What programs with a time_t of 64 bits ask for where long has 32. */
	assert_int_equal(skiff_ioctl(fd, SIOCGSTAMP_NEW, &newer), 0);
	assert_int_equal(newer.tv_sec, tv.tv_sec);
	assert_int_equal(newer.tv_usec, tv.tv_usec);
	assert_int_equal(skiff_ioctl(fd, SIOCGSTAMPNS_NEW, &ts), 0);
	assert_int_equal(ts.tv_sec, tv.tv_sec);
	assert_int_equal(ts.tv_nsec / 1000, tv.tv_usec);
	fails(skiff_ioctl(fd, SIOCGSTAMP_NEW, NULL), EFAULT);

	assert_int_equal(set(SO_TIMESTAMP_OLD, 1), 0);
	send_to(fd, 1, "x", 0);
	got = message(SO_TIMESTAMP_OLD, control, sizeof(control));
	assert_non_null(got);
	assert_true(((const struct __kernel_old_timeval *)got)->tv_sec > 0);
	assert_int_equal(set(SO_TIMESTAMPNS_NEW, 1), 0);
	send_to(fd, 1, "x", 0);
	assert_non_null(message(SO_TIMESTAMPNS_NEW, control, sizeof(control)));
	assert_int_equal(set(SO_TIMESTAMPNS_NEW, 0), 0);
	assert_int_equal(set(SO_TIMESTAMPING_OLD,
			     SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE),
			 0);
	send_to(fd, 1, "x", 0);
	assert_null(message(SO_TIMESTAMPNS_NEW, control, sizeof(control)));
	assert_int_equal(set(SO_TIMESTAMPING_OLD, 0), 0);
	skiff_close(fd);
	assert_false(net_timestamp_enabled());
}

static void test_overflow(void **state)
{
	char control[200] __aligned(8);
	int n = 0, other;
	struct sockaddr_loop a = at(1);
	const void *got;
	char data[1000] = "";

	fd = open_port(host, 0, 1);
	other = open_port(host, 0, 2);
	assert_int_equal(set(SO_RXQ_OVFL, 1), 0);
	assert_int_equal(set(SO_RCVBUF, 0), 0);
	for (int i = 0; i < 20; i++)
		skiff_sendto(other, data, sizeof(data), 0, ADDR(a));
	while (skiff_recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		n++;
	assert_true(n < 20);
	send_to(other, 1, "x", 0);
	got = message(SO_RXQ_OVFL, control, sizeof(control));
	assert_non_null(got);
	assert_int_equal(*(const u32 *)got, 20 - n);
}

static void test_peek_offset(void **state)
{
	char buf[4];

	fd = open_port(host, 0, 1);
	assert_int_equal(set(SO_PEEK_OFF, 1), 0);
	send_to(fd, 1, "abc", 0);
	send_to(fd, 1, "de", 0);
	assert_int_equal(skiff_recv(fd, buf, 1, MSG_PEEK), 1);
	assert_memory_equal(buf, "b", 1);
	assert_int_equal(skiff_recv(fd, buf, 4, MSG_PEEK), 1);
	assert_memory_equal(buf, "c", 1);
	assert_int_equal(skiff_recv(fd, buf, 4, MSG_PEEK), 2);
	assert_memory_equal(buf, "de", 2);
	fails(skiff_recv(fd, buf, 4, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	assert_int_equal(skiff_recv(fd, buf, 4, 0), 3);
	assert_int_equal(get(SO_PEEK_OFF), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_numbers),	 T(test_read_only), T(test_refusals),
		T(test_buffers),	 T(test_timeouts),  T(test_linger_meminfo_cookie),
		T(test_stamps),		 T(test_overflow),  T(test_peek_offset),
		T(stamps_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
