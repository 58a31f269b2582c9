/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of socket-twin share: the calls of one side, addresses, and how results are told. */
#ifndef TESTS_NETNS_SOCKET_TWIN_H
#define TESTS_NETNS_SOCKET_TWIN_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* The calls, of the kernel or of skiff. */
struct side {
	int (*socket)(int family, int type, int proto);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
	int (*getname)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getpeer)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*shutdown)(int fd, int how);
	ssize_t (*sendto)(int fd, const void *buf, size_t len, int flags,
			  const struct sockaddr *addr, socklen_t addrlen);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*set)(int fd, int level, int name, const void *val, socklen_t len);
	int (*get)(int fd, int level, int name, void *val, socklen_t *len);
	int (*ioctl)(int fd, unsigned long request, ...);
	int (*fcntl)(int fd, int cmd, ...);
	int (*poll)(struct pollfd *fds, nfds_t nfds, int timeout_ms);
	int (*select)(int nfds, fd_set *in, fd_set *out, fd_set *ex, struct timeval *timeout);
	int (*epoll_create)(int flags);
	int (*epoll_ctl)(int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(int epfd, struct epoll_event *events, int max, int timeout_ms);
	int (*close)(int fd);
	void (*settle)(unsigned int ms); /* whatever is under way arrives */
	unsigned int (*ifindex)(const char *name);
};

extern const struct side kernel_side;
extern const struct side *side;
extern FILE *out;
extern unsigned int kernel_patience; /* how many times as long the kernel is waited for */

/*
 * One thing of a list begins; its name. Return: whether to do it here, and to say apart_end() then. A program
 * may choose to leave it out, or to let a process of its own do it.
 */
__attribute__((format(printf, 1, 2))) int apart_begin(const char *name, ...);
void apart_end(void);

/* The host has lo and twA, 192.0.2.1/24, whose other end twB never answers. No default route. */
#define OWN 0xc0000201u /* 192.0.2.1 */
#define OWN_BCAST 0xc00002ffu
#define SILENT 0xc0000263u /* 192.0.2.99 */
#define FAR 0xc6336401u	   /* 198.51.100.1: no route */
#define GROUP 0xe9fc0001u  /* 233.252.0.1, RFC 5771 */
/* To AF_INET6, where others are mapped and 0 is "::". */
#define LO6 1u	      /* "::1" */
#define ANY_MAPPED 2u /* "::ffff:0.0.0.0" */

union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* An address, v4-mapped for AF_INET6; 0 is "::". Return: its length. */
socklen_t make_name(union name *n, int family, unsigned int addr, unsigned short port);

/* "what: 3" or "what: EINVAL"; negative is an error. */
void tell(const char *what, long ret);
/* The address, the port or "eph" for one that was chosen. */
void tell_name(const union name *n, socklen_t len);
void tell_poll(int fd);

/* One message with all that came with it. */
void receive(const char *what, int fd, size_t room, int flags);

int must_open(int family, int type, int proto);
void must_bind(int fd, int family, unsigned int addr, unsigned short port);
void must_connect(int fd, int family, unsigned int addr, unsigned short port);
long send_to(int fd, int family, unsigned int addr, unsigned short port, size_t len, int flags);
int set_int(int fd, int level, int name, int val);

/* Calls, and what came of them behind a space, on a line that goes on. */
void ret_of(long ret);
void call_bind(int fd, int fam, unsigned int addr, unsigned short port);
void call_connect(int fd, int fam, unsigned int addr, unsigned short port);
void call_receive(int fd, size_t room, int flags);
void call_name(int fd, int (*get)(int fd, struct sockaddr *addr, socklen_t *len), socklen_t len);
void call_int(int fd, unsigned long request);
void call_error(int fd, int name);
void call_select(int fd);
void call_epoll(int fd, unsigned int mode);

void do_calls(void);
void do_options(void);
void do_events(void);
void do_traffic(void);
void do_sending(void);
void do_ioctls(void);

/* stream_twin*.c: the table of calls and states, options, waiting, data. */
/* All of it, or one part, from 1 on; 0 if there is no such part. */
int do_streams(int part);
void do_stream_options(void);
void do_stream_events(void);
void do_stream_traffic(void);

/* A connection and what is around it. Each state has a port of its own: the last one's waits. */
struct streams {
	int family;
	unsigned short port;
	int fd, peer, listener;
};

extern struct streams st;

/* Milliseconds in which the acknowledgment of a FIN comes, whatever the kernel's HZ. */
#define TICKS 10

/* Bytes that wait, of a connection that there is. */
void call_queued(int fd, unsigned long request);

void streams_begin(int family);
void streams_end(void);
void streams_connect(void); /* fd to peer, over lo */
void abort_fd(int *fd);	    /* by a reset */
void close_fd(int *fd);
long send_bytes(int fd, size_t len, int flags);
long read_bytes(int fd, size_t len, int flags);
void tell_tcp_state(int fd);

struct stream_state {
	const char *name;
	void (*make)(void);
};

extern const struct stream_state stream_states[];
extern const size_t stream_states_count;

#endif /* TESTS_NETNS_SOCKET_TWIN_H */
