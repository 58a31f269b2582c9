// SPDX-License-Identifier: BSD-2-Clause
/* Bytes that are moved in other ways: from files, through pipes, several messages at once, urgent ones. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/sockios.h>

#include "scenario.h"

#define LONG 200000

static unsigned char room[LONG], sent[LONG];

static int make_file(void)
{
	int fd = memfd_create("data", 0), i;

	for (i = 0; i < LONG; i++)
		sent[i] = (unsigned char)(i * 7 + i / 251);
	if (write(fd, sent, LONG) != LONG)
		exit(3);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static long read_some(int fd, long size)
{
	long n, sum = 0;

	while (sum < size) {
		n = read(fd, room + sum, (size_t)(size - sum));
		if (n <= 0)
			break;
		sum += n;
	}
	return sum;
}

static long w_send_file(int fd)
{
	int file = make_file();
	long n, sum = 0;

	do {
		n = sendfile(fd, file, NULL, LONG);
		if (n > 0)
			sum += n;
	} while (n > 0);
	close(fd);
	st.fd = -1;
	return sum;
}

static void file_sent(void)
{
	struct waiter w;

	streams_connect();
	line("sendfile");
	waiter_begin(&w, w_send_file, st.fd);
	say(" %ld", read_some(st.peer, LONG));
	TELL(read(st.peer, room, 1));
	waiter_end(&w);
	say(memcmp(room, sent, LONG) ? " damaged" : " the same");
}

static void file_sent_forms(void)
{
	int file = make_file(), p[2];
	off_t at = 1000;

	streams_connect();
	line("from the middle");
	TELL(sendfile(st.fd, file, &at, 500));
	say(" at %ld %ld", (long)at, (long)lseek(file, 0, SEEK_CUR));
	TELL(recv(st.peer, room, 500, MSG_WAITALL));
	say(memcmp(room, sent + 1000, 500) ? " damaged" : " the same");
	line("at the end");
	at = LONG - 10;
	TELL(sendfile(st.fd, file, &at, 500));
	TELL(sendfile(st.fd, file, &at, 500));
	line("a socket to a socket");
	TELL(sendfile(st.fd, st.peer, NULL, 5));
	line("a socket to a file");
	TELL(sendfile(file, st.peer, NULL, 5));
	line("a pipe");
	if (pipe(p))
		exit(3);
	write(p[1], "abc", 3);
	TELL(sendfile(st.fd, p[0], NULL, 3));
}

static long w_splice_all(int fd)
{
	int p[2], file = make_file();
	long n, sum = 0;

	if (pipe(p))
		exit(3);
	while ((n = splice(file, NULL, p[1], NULL, 50000, 0)) > 0)
		while (n > 0) {
			long m = splice(p[0], NULL, fd, NULL, (size_t)n, SPLICE_F_MORE);

			if (m <= 0)
				return -1;
			n -= m;
			sum += m;
		}
	shutdown(fd, SHUT_WR);
	return sum;
}

static void spliced(void)
{
	struct waiter w;
	int p[2];
	long n, m, sum = 0;

	streams_connect();
	line("there and back");
	waiter_begin(&w, w_splice_all, st.fd);
	if (pipe(p))
		exit(3);
	while (sum < LONG) {
		n = splice(st.peer, NULL, p[1], NULL, LONG, 0);
		if (n <= 0)
			break;
		while (n > 0) {
			m = read(p[0], room + sum, (size_t)n);
			n -= m;
			sum += m;
		}
	}
	say(" %ld", sum);
	waiter_end(&w);
	say(memcmp(room, sent, LONG) ? " damaged" : " the same");
	line("the end");
	TELL(splice(st.peer, NULL, p[1], NULL, 10, 0));
}

static void spliced_nonblocking(void)
{
	int p[2];
	loff_t at = 0;

	streams_connect();
	if (pipe(p))
		exit(3);
	line("nothing there");
	TELL(splice(st.fd, NULL, p[1], NULL, 10, SPLICE_F_NONBLOCK));
	fcntl(st.fd, F_SETFL, O_NONBLOCK);
	TELL(splice(st.fd, NULL, p[1], NULL, 10, 0));
	line("an offset");
	TELL(splice(st.fd, &at, p[1], NULL, 10, 0));
	line("no pipe");
	TELL(splice(st.fd, NULL, st.peer, NULL, 10, 0));
	line("some");
	send(st.peer, "abcdef", 6, 0);
	await_poll(st.fd, POLLIN);
	TELL(splice(st.fd, NULL, p[1], NULL, 4, 0));
	TELL(read(p[0], room, 10));
	TELL(read(st.fd, room, 10));
}

static void several_messages(void)
{
	struct mmsghdr msgs[4];
	struct iovec iov[4];
	union name n;
	int i, got;

	lo_datagram_pair();
	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ "abcdefgh", (size_t)i * 2 };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	line("sendmmsg");
	TELL(sendmmsg(st.peer, msgs, 4, 0));
	for (i = 0; i < 4; i++)
		say("/%u", msgs[i].msg_len);
	side->settle(1);
	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ room + i * 100, 3 };
		msgs[i].msg_hdr.msg_flags = 0;
	}
	msgs[0].msg_hdr.msg_name = &n;
	msgs[0].msg_hdr.msg_namelen = sizeof(n);
	line("recvmmsg");
	got = (int)TELL(recvmmsg(st.fd, msgs, 4, MSG_DONTWAIT, NULL));
	for (i = 0; i < got; i++)
		say("/%u %x", msgs[i].msg_len, (unsigned int)msgs[i].msg_hdr.msg_flags);
	say(" from %u", msgs[0].msg_hdr.msg_namelen);
	line("in time");
	TELL(recvmmsg(st.fd, msgs, 4, 0, &(struct timespec){ .tv_nsec = 1000 }));
	line("one wrong");
	iov[0] = (struct iovec){ "a", 1 };
	iov[1] = (struct iovec){ (void *)8, 5 };
	msgs[0].msg_hdr.msg_name = NULL;
	msgs[0].msg_hdr.msg_namelen = 0;
	TELL(sendmmsg(st.peer, msgs, 2, 0));
}

/* What a header says of its address, and pieces that are no memory. */
static void odd_heads(void)
{
	static const int lengths[] = { -1, 0, 1, 8, 16, 128, 129, 5000 };
	struct iovec iov[2] = { { room, 3 }, { room, 3 } };
	struct mmsghdr one = { .msg_hdr = { .msg_iov = iov, .msg_iovlen = 1 } };
	struct msghdr *msg = &one.msg_hdr;
	char name[sizeof(union name) + 200] = { 0 };
	int stream = lo_socket(SOCK_STREAM);
	size_t i;

	lo_datagram_pair();
	lo_name((union name *)(void *)name, st.port);
	for (i = 0; i < COUNT(lengths); i++) {
		msg->msg_name = name;
		msg->msg_namelen = (socklen_t)lengths[i];
		line("length");
		say(" %d", lengths[i]);
		TELL(sendmsg(st.peer, msg, 0));
		TELL(sendmmsg(st.peer, &one, 1, 0));
		TELL(sendmsg(stream, msg, MSG_NOSIGNAL));
		msg->msg_name = NULL;
		TELL(sendmsg(st.peer, msg, 0));
	}
	msg->msg_namelen = 0;
	iov[0].iov_len = (size_t)-1;
	msg->msg_iovlen = 2;
	line("pieces");
	TELL(sendmsg(st.peer, msg, 0));
	TELL(sendmmsg(st.peer, &one, 1, 0));
	TELL(recvmsg(st.fd, msg, MSG_DONTWAIT));
	TELL(recvmmsg(st.fd, &one, 1, MSG_DONTWAIT, NULL));
}

/* Until the end of all time, and beyond. */
static void long_limits(void)
{
	static const struct timespec limits[] = { { 9223372036, 0 },
						  { 1LL << 40, 0 },
						  { INT64_MAX, 999999999 } };
	struct iovec iov = { room, 3 };
	struct mmsghdr one = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	size_t i;

	lo_datagram_pair();
	line("limits");
	for (i = 0; i < COUNT(limits); i++) {
		struct timespec limit = limits[i];

		TELL(recvmmsg(st.fd, &one, 1, 0, &limit));
	}
}

static void addresses_and_control(void)
{
	unsigned char control[200];
	union name n;
	struct iovec iov = { room, 100 };
	struct msghdr msg = { .msg_name = &n,
			      .msg_namelen = sizeof(n),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	lo_datagram_pair();
	set_int(st.fd, SOL_IP, IP_PKTINFO, 1);
	set_int(st.fd, SOL_IP, IP_RECVTTL, 1);
	set_int(st.fd, SOL_SOCKET, SO_TIMESTAMP, 1);
	send(st.peer, "abc", 3, 0);
	side->settle(1);
	line("recvmsg");
	TELL(recvmsg(st.fd, &msg, 0));
	say(" name %u", msg.msg_namelen);
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		say(" %d/%d", c->cmsg_level, c->cmsg_type);
	/* read() tells nothing of all that, and takes it away. */
	line("read");
	send(st.peer, "defg", 4, 0);
	side->settle(1);
	TELL(read(st.fd, room, 2));
	TELL(recv(st.fd, room, 2, MSG_DONTWAIT));
	line("cut control");
	send(st.peer, "defg", 4, 0);
	side->settle(1);
	msg.msg_controllen = 20;
	TELL(recvmsg(st.fd, &msg, 0));
	say(" flags %x", (unsigned int)msg.msg_flags);
}

/* Those who ask in different ways take turns. */
static void mixed_datagrams(void)
{
	union name n;
	socklen_t len = sizeof(n);
	int i;

	lo_datagram_pair();
	for (i = 0; i < 8; i++)
		send(st.peer, "abcdefgh", (size_t)i + 1, 0);
	side->settle(5);
	line("in turn");
	TELL(read(st.fd, room, 100));
	TELL(recvfrom(st.fd, room, 100, 0, &n.any, &len));
	TELL(recv(st.fd, room, 100, MSG_PEEK));
	TELL(recv(st.fd, room, 100, 0));
	TELL(recvfrom(st.fd, room, 100, MSG_PEEK, &n.any, &len));
	TELL(read(st.fd, room, 100));
	call_int(st.fd, FIONREAD);
	TELL(recv(st.fd, room, 2, MSG_TRUNC));
	TELL(read(st.fd, room, 2));
	TELL(recvfrom(st.fd, room, 2, MSG_TRUNC, &n.any, &len));
	TELL(read(st.fd, room, 100));
	TELL(recv(st.fd, room, 100, MSG_DONTWAIT));
}

/* Each message tells when it came, where they are told apart by being read in between. */
static void when_bytes_came(void)
{
	unsigned char control[200];
	struct iovec iov = { room, 100 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct timespec ts[2];
	struct cmsghdr *c;
	int i;

	memset(ts, 0, sizeof(ts));
	streams_connect();
	TELL(set_int(st.fd, SOL_SOCKET, SO_TIMESTAMPNS, 1));
	/* Linux begins to look at the clock a moment later. */
	side->settle(100);
	for (i = 0; i < 2; i++) {
		line(i ? "later" : "first");
		send(st.peer, "abcdef", 6, 0);
		side->settle(20);
		TELL(read(st.fd, room, 2));
		msg.msg_controllen = sizeof(control);
		TELL(recvmsg(st.fd, &msg, 0));
		c = CMSG_FIRSTHDR(&msg);
		say(" control %zu", msg.msg_controllen);
		if (c && c->cmsg_type == SO_TIMESTAMPNS)
			memcpy(&ts[i], CMSG_DATA(c), sizeof(ts[i]));
		say(ts[i].tv_sec ? " time" : " no time");
	}
	say(ts[1].tv_sec * 1000 + ts[1].tv_nsec / 1000000 >=
			    ts[0].tv_sec * 1000 + ts[0].tv_nsec / 1000000 + 20 ?
		    " apart" :
		    " at once");
	line("cut control");
	send(st.peer, "abcdef", 6, 0);
	side->settle(20);
	msg.msg_controllen = 20;
	TELL(recvmsg(st.fd, &msg, 0));
	say(" flags %x control %zu", (unsigned int)msg.msg_flags, msg.msg_controllen);
	line("not any more");
	set_int(st.fd, SOL_SOCKET, SO_TIMESTAMPNS, 0);
	send(st.peer, "abcdef", 6, 0);
	side->settle(20);
	msg.msg_controllen = sizeof(control);
	TELL(recvmsg(st.fd, &msg, 0));
	say(" control %zu", msg.msg_controllen);
}

static void mixed_bytes(void)
{
	union name n;
	socklen_t len = sizeof(n);

	streams_connect();
	send(st.peer, "abcdefghijklmnop", 16, 0);
	side->settle(5);
	line("in turn");
	TELL(read(st.fd, room, 2));
	call_int(st.fd, FIONREAD);
	TELL(recvfrom(st.fd, room, 3, 0, &n.any, &len));
	TELL(recv(st.fd, room, 100, MSG_PEEK));
	say(" %.1s", (char *)room);
	TELL(recv(st.fd, room, 3, MSG_TRUNC));
	TELL(recv(st.fd, room, 3, MSG_PEEK | MSG_TRUNC));
	TELL(readv(st.fd, &(struct iovec){ room, 3 }, 1));
	say(" %.3s", (char *)room);
	call_int(st.fd, FIONREAD);
	TELL(recv(st.fd, room, 5, MSG_WAITALL));
	say(" %.5s", (char *)room);
	line("and urgent");
	send(st.peer, "abc!", 4, MSG_OOB);
	send(st.peer, "def", 3, 0);
	side->settle(5);
	call_int(st.fd, FIONREAD);
	TELL(read(st.fd, room, 100));
	say(" mark %d", sockatmark(st.fd));
	TELL(recv(st.fd, room, 10, MSG_OOB));
	say(" %.1s", (char *)room);
	TELL(read(st.fd, room, 100));
	say(" mark %d", sockatmark(st.fd));
}

static void urgent_inline(void)
{
	streams_connect();
	TELL(set_int(st.fd, SOL_SOCKET, SO_OOBINLINE, 1));
	send(st.peer, "abc!", 4, MSG_OOB);
	send(st.peer, "def", 3, 0);
	side->settle(5);
	line("inline");
	tell_poll(st.fd);
	TELL(recv(st.fd, room, 10, MSG_OOB));
	TELL(read(st.fd, room, 100));
	say(" mark %d", sockatmark(st.fd));
	TELL(read(st.fd, room, 100));
	say(" %.4s mark %d", (char *)room, sockatmark(st.fd));
}

/* What waits to be sent, and to be read. */
static void queues(void)
{
	int n;

	streams_connect();
	set_int(st.fd, SOL_TCP, TCP_CORK, 1);
	write(st.fd, "abcde", 5);
	line("corked");
	call_int(st.fd, SIOCOUTQ);
	call_int(st.peer, FIONREAD);
	set_int(st.fd, SOL_TCP, TCP_CORK, 0);
	await_poll(st.peer, POLLIN);
	side->settle(5);
	line("sent");
	call_int(st.fd, SIOCOUTQ);
	call_int(st.peer, FIONREAD);
	line("more");
	TELL(send(st.fd, "abc", 3, MSG_MORE));
	call_int(st.peer, FIONREAD);
	TELL(send(st.fd, "abc", 3, 0));
	side->settle(5);
	call_int(st.peer, FIONREAD);
	line("not read");
	for (n = 0; n < 3000; n++)
		if (send(st.fd, room, 10000, MSG_DONTWAIT) <= 0)
			break;
	ioctl(st.fd, SIOCOUTQ, &n);
	say(n > 10000 ? " many" : " few");
}

/* Longer than any queue. */
static long w_write_long(int fd)
{
	return write(fd, sent, LONG);
}

static void back_pressure(void)
{
	struct waiter w;

	streams_connect();
	set_int(st.fd, SOL_SOCKET, SO_SNDBUF, 4096);
	set_int(st.peer, SOL_SOCKET, SO_RCVBUF, 4096);
	make_file();
	line("written");
	waiter_begin(&w, w_write_long, st.fd);
	waiter_look(&w);
	line("taken");
	/* So slow, with buffers so small, that an alarm would end one call for all of it. */
	say(" %ld", read_some(st.peer, LONG));
	waiter_end(&w);
	say(memcmp(room, sent, LONG) ? " damaged" : " the same");
}

static void long_datagrams(void)
{
	static const int lengths[] = { 1, 1472, 1473, 9000, 65507, 65508 };
	size_t i;

	lo_datagram_pair();
	set_int(st.fd, SOL_SOCKET, SO_RCVBUF, 1000000);
	for (i = 0; i < COUNT(lengths); i++) {
		line("datagram");
		say(" %d", lengths[i]);
		TELL(send(st.peer, sent, (size_t)lengths[i], 0));
		side->settle(5);
		TELL(recv(st.fd, room, LONG, MSG_DONTWAIT));
		TELL(write(st.peer, sent, (size_t)lengths[i]));
		side->settle(5);
		TELL(recv(st.fd, room, LONG, MSG_DONTWAIT));
	}
}

/* Nobody reads: what is too much is lost, not waited for. */
static void datagrams_lost(void)
{
	int i, n = 0;

	lo_datagram_pair();
	set_int(st.fd, SOL_SOCKET, SO_RCVBUF, 5000);
	for (i = 0; i < 100; i++)
		if (send(st.peer, sent, 1000, 0) != 1000)
			break;
	line("sent");
	say(" %d", i);
	side->settle(20);
	while (recv(st.fd, room, LONG, MSG_DONTWAIT) == 1000)
		n++;
	say(n > 0 && n < 50 ? " some" : " not some");
}

void do_moving(void)
{
	static const struct story stories[] = {
		{ "sendfile", file_sent },
		{ "sendfile, forms", file_sent_forms },
		{ "splice", spliced },
		{ "splice, nonblocking", spliced_nonblocking },
		{ "several messages", several_messages },
		{ "odd heads", odd_heads },
		{ "long limits", long_limits },
		{ "control messages", addresses_and_control },
		{ "mixed datagrams", mixed_datagrams },
		{ "when bytes came", when_bytes_came },
		{ "mixed bytes", mixed_bytes },
		{ "urgent inline", urgent_inline },
		{ "queues", queues },
		{ "back-pressure", back_pressure },
		{ "long datagrams", long_datagrams },
		{ "datagrams lost", datagrams_lost },
	};

	each_story("moving", stories, COUNT(stories));
}
