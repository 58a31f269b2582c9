// SPDX-License-Identifier: BSD-2-Clause
/* The calls themselves: names, messages, flags, and what a bad argument is told. */
#include "loop_family.h"

#include <fcntl.h>
#include <netinet/in.h>

#include <skiff/fault.h>

static void test_socket_refusals(void **state)
{
	int sv[2];

	fails(skiff_socket(host, AF_MAX, SOCK_DGRAM, 0), EAFNOSUPPORT);
	fails(skiff_socket(host, -1, SOCK_DGRAM, 0), EAFNOSUPPORT);
	fails(skiff_socket(host, AF_DECnet, SOCK_DGRAM, 0), EAFNOSUPPORT);
	fails(skiff_socket(host, AF_LOOP, 11, 0), EINVAL);
	fails(skiff_socket(host, AF_LOOP, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	fails(skiff_socket(host, AF_LOOP, SOCK_DGRAM, 5), EPROTONOSUPPORT);
	fails(skiff_socketpair(host, AF_LOOP, SOCK_STREAM, 0, sv), ESOCKTNOSUPPORT);
	assert_int_equal(open_port(host, 0, 0), 0);
}

static void test_names(void **state)
{
	struct sockaddr_loop a, b = at(2), bad = { AF_INET, 1, 0 };
	int fd = open_port(host, 0, 1);
	socklen_t len = sizeof(a);

	assert_int_equal(skiff_getsockname(fd, (struct sockaddr *)(void *)&a, &len), 0);
	assert_int_equal(len, sizeof(a));
	assert_int_equal(a.port, 1);
	fails(skiff_getpeername(fd, (struct sockaddr *)(void *)&a, &len), ENOTCONN);
	fails(skiff_getsockname(fd, NULL, &len), EFAULT);
	fails(skiff_getsockname(fd, (struct sockaddr *)(void *)&a, NULL), EFAULT);
	len = (socklen_t)-1;
	fails(skiff_getsockname(fd, (struct sockaddr *)(void *)&a, &len), EINVAL);
	/* Cut to the room, and told how much there was. */
	len = 2;
	a.port = 99;
	assert_int_equal(skiff_getsockname(fd, (struct sockaddr *)(void *)&a, &len), 0);
	assert_int_equal(len, sizeof(a));
	assert_int_equal(a.port, 99);
	assert_int_equal(skiff_connect(fd, ADDR(b)), 0);
	assert_int_equal(skiff_getpeername(fd, (struct sockaddr *)(void *)&a, &len), 0);
	assert_int_equal(a.port, 2);
	fails(skiff_bind(fd, ADDR(bad)), EAFNOSUPPORT);
	fails(skiff_bind(fd, (struct sockaddr *)(void *)&b, 1), EINVAL);
	fails(skiff_bind(fd, (struct sockaddr *)(void *)&b, 1000), EINVAL);
	fails(skiff_bind(fd, NULL, sizeof(b)), EFAULT);
	fails(skiff_connect(fd, NULL, sizeof(b)), EFAULT);
	fails(skiff_bind(44, ADDR(b)), EBADF);
	fails(skiff_listen(fd, 1), EOPNOTSUPP);
	fails(skiff_shutdown(fd, 3), EINVAL);
}

static void test_listen_accept(void **state)
{
	struct sockaddr_loop a = at(1), got;
	int l = skiff_socket(host, AF_LOOP, SOCK_SEQPACKET, 0);
	int c = skiff_socket(host, AF_LOOP, SOCK_SEQPACKET, 0), s;
	struct pollfd p = { .fd = l, .events = POLLIN };
	socklen_t len = sizeof(got);

	assert_int_equal(skiff_bind(l, ADDR(a)), 0);
	fails(skiff_connect(c, ADDR(a)), ECONNREFUSED);
	fails(skiff_accept(l, NULL, NULL), EINVAL);
	assert_int_equal(skiff_listen(l, -1), 0);
	fails(skiff_accept4(l, NULL, NULL, 1), EINVAL);
	assert_int_equal(skiff_poll_fds(&p, 1, 0), 0);
	assert_int_equal(skiff_connect(c, ADDR(a)), 0);
	fails(skiff_connect(c, ADDR(a)), EISCONN);
	assert_int_equal(skiff_poll_fds(&p, 1, 0), 1);
	s = skiff_accept4(l, (struct sockaddr *)(void *)&got, &len, SOCK_NONBLOCK);
	assert_int_equal(s, 2);
	assert_int_equal(len, sizeof(got));
	assert_int_equal(got.family, AF_LOOP);
	fails(skiff_recv(s, &got, 1, 0), EAGAIN);
	assert_int_equal(skiff_fcntl(l, F_SETFL, O_NONBLOCK), 0);
	fails(skiff_accept(l, NULL, NULL), EAGAIN);
	skiff_close(s);
	assert_int_equal(loop_releases, 1);
}

static void test_socketpair(void **state)
{
	int sv[2];
	char buf[8];

	assert_int_equal(skiff_socketpair(host, AF_LOOP, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv), 0);
	assert_int_equal(skiff_write(sv[0], "ping", 4), 4);
	assert_int_equal(skiff_read(sv[1], buf, sizeof(buf)), 4);
	assert_int_equal(skiff_send(sv[1], "pong!", 5, 0), 5);
	assert_int_equal(skiff_recv(sv[0], buf, sizeof(buf), 0), 5);
	fails(skiff_read(sv[0], buf, sizeof(buf)), EAGAIN);
	skiff_fd_limit(3);
	fails(skiff_socketpair(host, AF_LOOP, SOCK_DGRAM, 0, sv), EADDRINUSE);
	skiff_close(1);
	skiff_close(0);
	skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0);
	skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0);
	/* One of the two has a place, and loses it again. */
	fails(skiff_socketpair(host, AF_LOOP, SOCK_DGRAM, 0, sv), EMFILE);
	assert_int_equal(skiff_socket(host, AF_LOOP, SOCK_DGRAM, 0), 2);
	skiff_fd_limit(1 << 20);
}

static void test_flags(void **state)
{
	int a = open_port(host, 0, 1), n = 0;
	char buf[8] = "";

	send_to(a, 1, "first", 0);
	send_to(a, 1, "second", 0);
	assert_int_equal(skiff_ioctl(a, FIONREAD, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(skiff_recv(a, buf, 3, MSG_PEEK), 3);
	assert_int_equal(skiff_recv(a, buf, 3, MSG_PEEK | MSG_TRUNC), 5);
	assert_int_equal(skiff_recv(a, buf, 3, 0), 3);
	assert_memory_equal(buf, "fir", 3);
	/* A length of nothing takes nothing with read(), and a datagram with recv(). */
	assert_int_equal(skiff_read(a, buf, 0), 0);
	assert_int_equal(skiff_recv(a, NULL, 0, 0), 0);
	fails(skiff_recv(a, buf, 1, MSG_DONTWAIT), EAGAIN);
	fails(skiff_recv(a, buf, 1, MSG_ERRQUEUE), EAGAIN);
	fails(skiff_recv(a, NULL, 1, 0), EFAULT);
	fails(skiff_send(a, NULL, 1, 0), EFAULT);
	fails(skiff_send(a, buf, 1, 0), EDESTADDRREQ);
	fails(skiff_sendto(a, buf, 1, 0, (struct sockaddr *)buf, 200), EINVAL);
	fails(skiff_send(a, buf, 100000, 0), EMSGSIZE);
}

static void test_shutdown(void **state)
{
	int a = open_port(host, 0, 1);
	struct pollfd p = { .fd = a, .events = POLLIN | POLLRDHUP | POLLOUT };
	char c;

	assert_int_equal(skiff_shutdown(a, SHUT_RD), 0);
	assert_int_equal(skiff_recv(a, &c, 1, 0), 0);
	assert_int_equal(skiff_poll_fds(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN | POLLRDHUP | POLLOUT);
	assert_int_equal(skiff_shutdown(a, SHUT_WR), 0);
	fails(skiff_sendto(a, "x", 1, MSG_NOSIGNAL,
			   ADDR(((struct sockaddr_loop){ AF_LOOP, 1, 0 }))),
	      EPIPE);
}

static void test_messages(void **state)
{
	int a = open_port(host, 0, 1), b = open_port(host, 0, 2), one = 1;
	struct sockaddr_loop to = at(1), from;
	struct iovec out[3] = { { "one", 3 }, { NULL, 0 }, { "two", 3 } };
	char in1[4], in2[10], control[200];
	struct iovec in[2] = { { in1, 4 }, { in2, 10 } };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = out, .msg_iovlen = 3
	};
	struct cmsghdr *cm = (struct cmsghdr *)(void *)control;
	u32 mark = 77;

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SO_MARK;
	cm->cmsg_len = CMSG_LEN(sizeof(mark));
	memcpy(CMSG_DATA(cm), &mark, sizeof(mark));
	m.msg_control = control;
	m.msg_controllen = CMSG_SPACE(sizeof(mark));
	assert_int_equal(skiff_sendmsg(b, &m, 0), 6);
	assert_int_equal(skiff_setsockopt(a, SOL_SOCKET, SO_RCVMARK, &one, sizeof(one)), 0);

	memset(control, 0, sizeof(control));
	m = (struct msghdr){ .msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = in,
			     .msg_iovlen = 2,
			     .msg_control = control,
			     .msg_controllen = sizeof(control) };
	assert_int_equal(skiff_recvmsg(a, &m, 0), 6);
	assert_memory_equal(in1, "onet", 4);
	assert_memory_equal(in2, "wo", 2);
	assert_int_equal(from.port, 2);
	assert_int_equal(m.msg_flags, 0);
	assert_int_equal(m.msg_controllen, CMSG_SPACE(sizeof(mark)));
	cm = CMSG_FIRSTHDR(&m);
	assert_int_equal(cm->cmsg_type, SO_MARK);
	assert_int_equal(*(u32 *)(void *)CMSG_DATA(cm), 77);

	/* Too little room for the data, and for the message. */
	send_to(b, 1, "datagram", 0);
	m.msg_iovlen = 1;
	m.msg_controllen = 8;
	assert_int_equal(skiff_recvmsg(a, &m, 0), 4);
	assert_int_equal(m.msg_flags, MSG_TRUNC | MSG_CTRUNC);
	assert_int_equal(m.msg_controllen, 0);
}

static void test_bad_messages(void **state)
{
	int a = open_port(host, 0, 1);
	struct sockaddr_loop to = at(1);
	struct iovec iov = { "x", 1 }, bad = { "x", (size_t)-1 };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1025
	};
	struct cmsghdr cm = { .cmsg_len = 3, .cmsg_level = SOL_SOCKET, .cmsg_type = SO_MARK };
	char *large;

	fails(skiff_sendmsg(a, NULL, 0), EFAULT);
	fails(skiff_sendmsg(a, &m, 0), EMSGSIZE);
	fails(skiff_recvmsg(a, &m, 0), EMSGSIZE);
	m.msg_iovlen = 1;
	m.msg_iov = NULL;
	fails(skiff_sendmsg(a, &m, 0), EFAULT);
	m.msg_iov = &bad;
	fails(skiff_sendmsg(a, &m, 0), EINVAL);
	m.msg_iov = &iov;
	m.msg_namelen = (socklen_t)-1;
	fails(skiff_sendmsg(a, &m, 0), EINVAL);
	fails(skiff_recvmsg(a, &m, 0), EINVAL);
	m.msg_namelen = 1000;
	assert_int_equal(sizeof(struct sockaddr_storage) > sizeof(to), 1);
	m.msg_namelen = sizeof(to);
	m.msg_control = &cm;
	m.msg_controllen = sizeof(cm);
	fails(skiff_sendmsg(a, &m, 0), EINVAL);
	cm.cmsg_len = 300;
	fails(skiff_sendmsg(a, &m, 0), EINVAL);
	cm.cmsg_len = CMSG_LEN(0);
	fails(skiff_sendmsg(a, &m, 0), EINVAL);
	/* More than net.core.optmem_max. */
	m.msg_controllen = 1 << 20;
	fails(skiff_sendmsg(a, &m, 0), ENOBUFS);
	large = (char *)calloc(1, 1000);
	*(struct cmsghdr *)(void *)large = (struct cmsghdr){ 1000, SOL_IP, 1 };
	m.msg_control = large;
	m.msg_controllen = 1000;
	assert_int_equal(skiff_sendmsg(a, &m, 0), 1);
	if (!skiff_fail_nth(1)) {
		fails(skiff_sendmsg(a, &m, 0), ENOBUFS);
		skiff_fail_nth(0);
	}
	free(large);
	fails(skiff_writev(a, &iov, 1025), EINVAL);
	fails(skiff_readv(a, &iov, -1), EINVAL);
}

static void test_many_messages(void **state)
{
	int a = open_port(vhost, 0, 1);
	struct sockaddr_loop to = at(1);
	struct iovec out = { "xyz", 3 }, in[4];
	struct mmsghdr vec[4] = { 0 }, got[4] = { 0 };
	struct timespec ts = { 0, 5 * NSEC_PER_MSEC };
	char buf[4][8];

	for (int i = 0; i < 4; i++) {
		vec[i].msg_hdr = (struct msghdr){
			.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &out, .msg_iovlen = 1
		};
		in[i] = (struct iovec){ buf[i], 8 };
		got[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
	}
	vec[3].msg_hdr.msg_iovlen = 2000;
	assert_int_equal(skiff_sendmmsg(a, vec, 4, 0), 3);
	fails(skiff_sendmmsg(a, vec + 3, 1, 0), EMSGSIZE);
	assert_int_equal(vec[2].msg_len, 3);
	assert_int_equal(skiff_recvmmsg(a, got, 4, MSG_WAITFORONE, NULL), 3);
	assert_int_equal(got[2].msg_len, 3);
	/* The time is looked at after a datagram only. */
	send_to(a, 1, "a", 3);
	send_to(a, 1, "b", 6);
	send_to(a, 1, "c", 9);
	assert_int_equal(skiff_recvmmsg(a, got, 4, 0, &ts), 2);
	assert_int_equal(ts.tv_nsec, 0);
	assert_int_equal(skiff_recvmmsg(a, got, 1, 0, NULL), 1);
	ts.tv_nsec = NSEC_PER_SEC;
	fails(skiff_recvmmsg(a, got, 4, 0, &ts), EINVAL);
	fails(skiff_recvmmsg(a, got, 4, MSG_DONTWAIT, NULL), EAGAIN);
	fails(skiff_recvmmsg(a, got, 4, 0, NULL), EDEADLK);
}

static void test_skbs(void **state)
{
	int a = open_port(vhost, 0, 1), n = 0;
	struct sockaddr_loop to = at(1);
	struct sk_buff *skb;

	assert_null(skiff_recv_skb(a, MSG_DONTWAIT));
	assert_int_equal(errno, EAGAIN);
	assert_null(skiff_recv_skb(a, MSG_PEEK));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_null(skiff_recv_skb(33, 0));
	assert_int_equal(errno, EBADF);
	send_to(a, 1, "late", 5);
	skb = skiff_recv_skb(a, 0);
	assert_non_null(skb);
	assert_int_equal(skb->len, 4);
	/* And back without copying. */
	assert_int_equal(skiff_send_skb(a, skb, ADDR(to), 0), 4);
	assert_ptr_equal(skiff_recv_skb(a, 0), skb);
	/* It is gone in each of these cases. */
	fails(skiff_send_skb(a, skb, NULL, 0, 0), EDESTADDRREQ);
	fails(skiff_send_skb(a, alloc_skb(10, GFP_KERNEL), NULL, 4, 0), EINVAL);
	fails(skiff_send_skb(33, alloc_skb(10, GFP_KERNEL), NULL, 0, 0), EBADF);
	fails(skiff_send_skb(a, NULL, NULL, 0, 0), EINVAL);
	assert_int_equal(skiff_ioctl(a, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_socket_refusals), T(test_names),
		T(test_listen_accept),	 T(test_socketpair),
		T(test_flags),		 T(test_shutdown),
		T(test_messages),	 T(test_bad_messages),
		T(test_many_messages),	 T(test_skbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
