/* SPDX-License-Identifier: BSD-2-Clause */
/* struct socket: the file side of a socket, and what an address family does for it. */
#ifndef SKIFF_NET_H
#define SKIFF_NET_H

#include <sys/socket.h>

#include <skiff/list.h>
#include <skiff/skbuff.h>
#include <skiff/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Not an ioctl of this layer: another one may know it. Programs get ENOTTY for it. */
#ifndef ENOIOCTLCMD
#define ENOIOCTLCMD 515
#endif

struct net;
struct proto_ops;
struct sock;
struct socket;

typedef enum {
	SS_FREE = 0,	  /* not in use */
	SS_UNCONNECTED,	  /* to nobody */
	SS_CONNECTING,	  /* being connected */
	SS_CONNECTED,	  /* to somebody */
	SS_DISCONNECTING, /* being disconnected */
} socket_state;

/**
 * struct socket - the file side of a socket
 * @state: SS_*
 * @type: SOCK_STREAM, ...
 * @ops: what its family does for it
 * @sk: protocol side, NULL before the family made it and after it was released
 * @net: its host
 * @wake: called when something happened that a waiting or polling thread wants to know, with the
 *        EPOLL* events that may be new: under the stack lock, or under sk_callback_lock alone for
 *        room to write and memory that was lent to packets; NULL while there is nobody
 *
 * The owner is whoever made it, as the descriptor table does; all of it is guarded by the stack lock.
 */
struct socket {
	socket_state state;
	short type;
	const struct proto_ops *ops;
	struct sock *sk;
	struct net *net;
	void (*wake)(struct socket *sock, u32 events);
};

/**
 * struct proto_ops - an address family's part of the socket calls
 * @family: AF_*
 * @release: the program closed it: let go of sock->sk. Return: 0
 * @bind: to an address of @sockaddr_len bytes
 * @connect: to an address; @flags: O_NONBLOCK
 * @socketpair: connect two
 * @accept: make @newsock the next waiting connection; @flags: O_NONBLOCK, @kern: for the stack
 * @getname: own address, or the peer's when @peer is 1, to @addr, which is large enough for any; 2: even
 *           when there is no connection any more.
 *           Return: its length
 * @poll: what it is ready for, EPOLL*
 * @ioctl: @arg is what the program gave, a pointer to memory of this process
 * @listen: take connections
 * @shutdown: SHUT_*
 * @linger: the program closed it, and has asked to wait for what was not sent (SO_LINGER): begin the
 *          end. Return: -EAGAIN as long as there is something to wait for; 0. May be NULL
 * @setsockopt: options of its own levels; SOL_SOCKET is sock_setsockopt()'s
 * @getsockopt: the same; *@optlen is the room at first and the length afterwards
 * @sendmsg: send @total_len bytes of @m. Return: how many were taken
 * @recvmsg: receive up to @total_len bytes into @m. Return: how many; with MSG_TRUNC how many it was
 * @set_peek_off: SO_PEEK_OFF, sk_set_peek_off(); NULL when it has none
 * @set_rcvlowat: SO_RCVLOWAT, @val >= 1; NULL when it is noted and that is all
 * @recv_skb: take a received buffer whose data is what recvmsg would copy: skb_recv_datagram() and
 *            whatever checks there are; NULL with *@err. The op is NULL when there are no packets
 * @send_skb: send a buffer as the data of one packet, to @m's address. Return: its length, or -errno;
 *            the buffer is the family's whatever happens, but for -EAGAIN. NULL when it can't
 *
 * All return a negative errno on failure and run under the stack lock, but for sendmsg and recvmsg:
 * these copy the program's data and take the stack lock themselves for what they do besides.
 *
 * None waits. What would have to gives -EAGAIN (or -EINPROGRESS for connect), and the caller, when
 * the program may wait, lets the host run and calls again.
 */
struct proto_ops {
	int family;
	int (*release)(struct socket *sock);
	int (*bind)(struct socket *sock, struct sockaddr *myaddr, int sockaddr_len);
	int (*connect)(struct socket *sock, struct sockaddr *vaddr, int sockaddr_len, int flags);
	int (*socketpair)(struct socket *sock1, struct socket *sock2);
	int (*accept)(struct socket *sock, struct socket *newsock, int flags, bool kern);
	int (*getname)(struct socket *sock, struct sockaddr *addr, int peer);
	u32 (*poll)(struct socket *sock);
	int (*ioctl)(struct socket *sock, unsigned int cmd, unsigned long arg);
	int (*listen)(struct socket *sock, int len);
	int (*shutdown)(struct socket *sock, int flags);
	int (*linger)(struct socket *sock);
	int (*setsockopt)(struct socket *sock, int level, int optname, const void *optval,
			  unsigned int optlen);
	int (*getsockopt)(struct socket *sock, int level, int optname, void *optval, int *optlen);
	int (*sendmsg)(struct socket *sock, struct skiff_msghdr *m, size_t total_len);
	int (*recvmsg)(struct socket *sock, struct skiff_msghdr *m, size_t total_len, int flags);
	int (*set_peek_off)(struct sock *sk, int val);
	int (*set_rcvlowat)(struct sock *sk, int val);
	struct sk_buff *(*recv_skb)(struct socket *sock, unsigned int flags, int *err);
	int (*send_skb)(struct socket *sock, struct skiff_msghdr *m, struct sk_buff *skb);
};

/**
 * struct net_proto_family - an address family, for socket()
 * @family: AF_*
 * @create: give @sock, whose type is set, its ops and sk for @protocol; @kern: it belongs to the stack.
 *          Under the stack lock. Return: 0, or a negative errno and nothing is left behind
 */
struct net_proto_family {
	int family;
	int (*create)(struct net *net, struct socket *sock, int protocol, int kern);
};

#ifndef NPROTO
#define NPROTO AF_MAX
#endif

/**
 * sock_register() - offer an address family to all hosts
 * @fam: stays valid until sock_unregister()
 *
 * Before the first host runs. Return: 0; -ENOBUFS for a number of AF_MAX or more; -EEXIST when it is
 * taken.
 */
SKIFF_API int sock_register(const struct net_proto_family *fam);

/* Take it back; not while it has sockets. */
SKIFF_API void sock_unregister(int family);

/**
 * sock_create_net() - make a socket as its family says
 * @net: host
 * @family: AF_*
 * @type: SOCK_STREAM, ... without SOCK_NONBLOCK and SOCK_CLOEXEC
 * @protocol: 0 for the type's usual one
 * @kern: it belongs to the stack, not to a program
 * @sock: to be filled in; belongs to the caller, who ends it with sock->ops->release()
 *
 * Stack lock. Return: 0; -EAFNOSUPPORT, -EINVAL for a type that there is not, or what the family
 * refused with (-ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOBUFS).
 */
SKIFF_API int sock_create_net(struct net *net, int family, int type, int protocol, int kern,
			      struct socket *sock);

/*
 * For families that lack an operation: -EOPNOTSUPP and the like, as Linux answers. What the first
 * argument of sock_no_mmap() and sendpage() would be has no counterpart here.
 */
SKIFF_API int sock_no_bind(struct socket *sock, struct sockaddr *saddr, int len);
SKIFF_API int sock_no_connect(struct socket *sock, struct sockaddr *saddr, int len, int flags);
SKIFF_API int sock_no_socketpair(struct socket *sock1, struct socket *sock2);
SKIFF_API int sock_no_accept(struct socket *sock, struct socket *newsock, int flags, bool kern);
SKIFF_API int sock_no_getname(struct socket *sock, struct sockaddr *saddr, int peer);
SKIFF_API int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
SKIFF_API int sock_no_listen(struct socket *sock, int backlog);
SKIFF_API int sock_no_shutdown(struct socket *sock, int flags);
SKIFF_API int sock_no_sendmsg(struct socket *sock, struct skiff_msghdr *m, size_t len);
SKIFF_API int sock_no_recvmsg(struct socket *sock, struct skiff_msghdr *m, size_t len, int flags);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NET_H */
