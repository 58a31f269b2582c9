/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket calls of a program: POSIX's and Linux's, with a prefix, on descriptors of skiff's. */
#ifndef SKIFF_SOCKET_H
#define SKIFF_SOCKET_H

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <skiff/skiff.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mmsghdr;
struct sk_buff;

/*
 * Every call does what the manual page of its namesake says, returns -1 with errno when it fails,
 * and may be called by any thread that holds no stack lock: never from a callback of the stack.
 * Descriptors are numbers of skiff's own, from 0; they mean nothing to the kernel, nor do its
 * numbers here. Beside what Linux has, errno may be
 *
 *	EBADF		a descriptor that is not open; in a forked child, all of its parent's
 *	ENETDOWN	the host of the socket has been destroyed
 *	EDEADLK		a call that would wait on a virtual clock on which nothing will ever happen
 *	EOWNERDEAD	the host belongs to the parent of this process
 *
 * A call that waits runs the host meanwhile: no other thread is needed. A call interrupted by a
 * signal gives EINTR, whatever SA_RESTART says. Closing a descriptor does not end calls that other
 * threads are in: the socket lives until they return; shutdown() ends them. doc/sockets.md has the
 * rest.
 */

/**
 * skiff_socket() - make a socket
 * @net: its host
 * @domain: AF_*
 * @type: SOCK_*, with SOCK_NONBLOCK and SOCK_CLOEXEC
 * @protocol: 0 for the type's usual one
 *
 * Return: the lowest free descriptor. EAFNOSUPPORT, EINVAL, ESOCKTNOSUPPORT, EPROTONOSUPPORT,
 * EMFILE, ENOMEM, EOWNERDEAD.
 */
SKIFF_API int skiff_socket(struct net *net, int domain, int type, int protocol);

/* Two connected sockets, where the family has them. */
SKIFF_API int skiff_socketpair(struct net *net, int domain, int type, int protocol, int sv[2]);

SKIFF_API int skiff_bind(int fd, const struct sockaddr *addr, socklen_t len);
SKIFF_API int skiff_connect(int fd, const struct sockaddr *addr, socklen_t len);
/* @backlog is limited by net.core.somaxconn. */
SKIFF_API int skiff_listen(int fd, int backlog);
SKIFF_API int skiff_accept(int fd, struct sockaddr *addr, socklen_t *len);
SKIFF_API int skiff_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
SKIFF_API int skiff_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
SKIFF_API int skiff_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
SKIFF_API int skiff_shutdown(int fd, int how);

/* Sending and receiving. MSG_NOSIGNAL changes nothing: no call raises SIGPIPE. */
SKIFF_API ssize_t skiff_send(int fd, const void *buf, size_t len, int flags);
SKIFF_API ssize_t skiff_sendto(int fd, const void *buf, size_t len, int flags,
			       const struct sockaddr *addr, socklen_t addrlen);
SKIFF_API ssize_t skiff_sendmsg(int fd, const struct msghdr *msg, int flags);
SKIFF_API int skiff_sendmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags);
SKIFF_API ssize_t skiff_write(int fd, const void *buf, size_t len);
SKIFF_API ssize_t skiff_writev(int fd, const struct iovec *iov, int iovcnt);
SKIFF_API ssize_t skiff_recv(int fd, void *buf, size_t len, int flags);
SKIFF_API ssize_t skiff_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
				 socklen_t *addrlen);
SKIFF_API ssize_t skiff_recvmsg(int fd, struct msghdr *msg, int flags);
/* @timeout is looked at after each datagram, as on Linux, and gets what is left of it. */
SKIFF_API int skiff_recvmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags,
			     struct timespec *timeout);
SKIFF_API ssize_t skiff_read(int fd, void *buf, size_t len);
SKIFF_API ssize_t skiff_readv(int fd, const struct iovec *iov, int iovcnt);

/**
 * skiff_recv_skb() - take the buffer of a received packet, without copying it
 * @fd: a socket of UDP, TCP, ping, raw or AF_PACKET
 * @flags: MSG_DONTWAIT
 *
 * Of a stream it is the next segment, or as many as came as one. The data is what skiff_recv() would have copied; where the packet came from is in its headers,
 * which are in front of the data still. It counts against the receive buffer until it is dropped.
 *
 * Return: the buffer, for the caller to consume_skb(); NULL with errno: EOPNOTSUPP for a socket of
 * another type, EAGAIN, the pending error, 0 after shutdown; EBADMSG when an urgent byte lies in the
 * next buffer of a stream, which only skiff_recv() leaves out (RFC 6093).
 */
SKIFF_API struct sk_buff *skiff_recv_skb(int fd, int flags);

/**
 * skiff_sendfile() - send a part of a file
 * @out_fd: a stream socket
 * @in_fd: a descriptor of the system's, not of skiff's: a regular file or a block device, open for reading
 * @offset: where it begins, bytes; gets where the first byte is that was not sent, and the file's position
 *          stays. NULL: from the file's position on, which moves
 * @count: bytes, at most; of them 0x7ffff000 at most
 *
 * The file is read into the memory that is sent, and copied no more. A call that may wait goes on until
 * all is taken or the file ends; one that may not takes what there is room for. What becomes of the file
 * meanwhile is seen as it is when that part is read. No stack lock is held while it is read.
 *
 * Return: bytes taken, fewer than @count at the end of the file, or when something ended the call; 0 at the
 * end of the file. -1 with errno when nothing was taken: EBADF, ESPIPE for an @offset in what has none, EINVAL
 * for another kind of file, a negative offset or @count, an epoll set; EOPNOTSUPP for a socket of another
 * type; EIO and what else reading says; or as skiff_send().
 */
SKIFF_API ssize_t skiff_sendfile(int out_fd, int in_fd, off_t *offset, size_t count);

/**
 * skiff_send_skb() - send a buffer as the data of one packet
 * @fd: a socket of UDP, TCP, ping, raw or AF_PACKET
 * @skb: the data; the only reference, but for a stream, which only reads it. It is taken whatever
 *       happens, but for EAGAIN
 * @addr: to whom, NULL for the peer
 * @addrlen: bytes of @addr
 * @flags: MSG_DONTWAIT, MSG_CONFIRM, MSG_DONTROUTE
 *
 * Families that offer it (proto_ops.send_skb) send the buffer itself when there is headroom for
 * their headers; other families give EOPNOTSUPP.
 *
 * Return: bytes sent, or -1 with errno as skiff_sendto().
 */
SKIFF_API ssize_t skiff_send_skb(int fd, struct sk_buff *skb, const struct sockaddr *addr,
				 socklen_t addrlen, int flags);

SKIFF_API int skiff_setsockopt(int fd, int level, int name, const void *val, socklen_t len);
SKIFF_API int skiff_getsockopt(int fd, int level, int name, void *val, socklen_t *len);

/* FIONREAD, FIONBIO, FIOCLEX, SIOCGSTAMP and its kin, SIOCOUTQ, and what the family has. */
SKIFF_API int skiff_ioctl(int fd, unsigned long request, ...);

/* Descriptors. */
SKIFF_API int skiff_close(int fd);
SKIFF_API int skiff_dup(int fd);
SKIFF_API int skiff_dup2(int fd, int newfd);
SKIFF_API int skiff_dup3(int fd, int newfd, int flags);
/* F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL (O_NONBLOCK); EINVAL otherwise. */
SKIFF_API int skiff_fcntl(int fd, int cmd, ...);

/**
 * skiff_fd_limit() - how many descriptors there may be
 * @limit: numbers from there on are not given out; at most 1048576, which is the default; negative
 *         to leave it
 *
 * Return: the limit before, or -1 with EINVAL.
 */
SKIFF_API int skiff_fd_limit(int limit);

/*
 * Waiting for several. skiff_poll() is the name of a host's loop, so poll() is skiff_poll_fds().
 * The hosts of all descriptors in one call have to live by the same clock, else EINVAL.
 */
SKIFF_API int skiff_poll_fds(struct pollfd *fds, nfds_t nfds, int timeout_ms);
SKIFF_API int skiff_ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout,
			  const sigset_t *sigmask);
SKIFF_API int skiff_select(int nfds, fd_set *in, fd_set *out, fd_set *ex, struct timeval *timeout);
SKIFF_API int skiff_pselect(int nfds, fd_set *in, fd_set *out, fd_set *ex,
			    const struct timespec *timeout, const sigset_t *sigmask);

/* Epoll sets: level- and edge-triggered, EPOLLONESHOT, EPOLLEXCLUSIVE, sets in sets. */
SKIFF_API int skiff_epoll_create1(int flags);
SKIFF_API int skiff_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
SKIFF_API int skiff_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms);
SKIFF_API int skiff_epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout_ms,
				const sigset_t *sigmask);
SKIFF_API int skiff_epoll_pwait2(int epfd, struct epoll_event *events, int max,
				 const struct timespec *timeout, const sigset_t *sigmask);

/* Register the socket calls with the hosts; skiff_init() does it. */
SKIFF_API int skiff_socket_init(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SOCKET_H */
