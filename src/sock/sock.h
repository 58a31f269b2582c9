/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder know about each other. */
#ifndef SOCK_SOCK_H
#define SOCK_SOCK_H

#include <limits.h>

#include <skiff/sock.h>

/* What older headers leave out. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* sk_state of a socket that is not connected: Linux's TCP_CLOSE, for all protocols. */
#define SOCK_STATE_CLOSE 7
/* And of one that takes connections: TCP_LISTEN. */
#define SOCK_STATE_LISTEN 10

/* Added to sk_rmem_alloc when only buffers keep the memory: below every sum that they can have. */
#define SOCK_RMEM_DYING INT_MIN

static inline size_t sock_size(const struct proto *prot)
{
	return prot && prot->obj_size ? prot->obj_size : sizeof(struct sock);
}

/* Memory for a socket of @net, sock_size() bytes, and back to it. @net: NULL, or anything that was one. */
void *sock_memory(struct net *net, size_t size, gfp_t gfp);
void sock_memory_free(const struct net *net, void *p, size_t size);

/* Drop @bytes of sk_wmem_alloc; the last ones end the socket. */
void sock_wmem_put(struct sock *sk, unsigned int bytes);

/* Drop @bytes of sk_rmem_alloc; the last ones release the memory of a socket that has ended. */
void sock_rmem_put(struct sock *sk, unsigned int bytes);

/* The last received buffer of a socket that has ended is gone. */
void sock_rmem_gone(struct sock *sk);

/* Give all granted memory back to the protocol. */
void sk_mem_return_all(struct sock *sk);

/* Be told when a packet has left; at least once before a socket sends. */
void sock_timestamps_init(void);

/* wake.c: the callbacks of a new socket. */
void sock_def_wakeup(struct sock *sk);
void sock_def_readable(struct sock *sk);
void sock_def_error_report(struct sock *sk);
void sock_def_write_space(struct sock *sk);

/* wake.c: there is room in the send buffer; any thread. And what sk_space_work and sk_error_work do. */
void sock_tell_space(struct sock *sk);
void sock_space_work(struct net *net, struct net_work *work);
void sock_error_work(struct net *net, struct net_work *work);

/* Whether less than @limit is under way; if not, sk_write_space() will see SOCK_NOSPACE_WAIT. */
bool sock_wmem_below(struct sock *sk, int limit);

/* A copy of a socket wants times of arrival as well. */
void sock_share_timestamps(const struct sock *sk);

/* The socket ends: it no longer wants times of arrival. */
void sock_disable_timestamps(struct sock *sk);

/* Streams are paced and time out; what options tell them about that is nothing to others. */
static inline bool sk_paces(const struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM;
}

/* The flag that an option of SOL_SOCKET is, or -1. */
int sock_flag_of_option(int optname);

/* SO_TIMESTAMP*, to and from their flags; the value of one that is off reads 0. */
int sock_set_timestamp_option(struct sock *sk, int optname, int val);
int sock_set_timestamping(struct sock *sk, int optname, const void *optval, unsigned int optlen);
int sock_get_timestamp_option(const struct sock *sk, int optname);

/* init.c: identifies the socket's host for as long as the process lives. */
u64 sock_net_cookie(const struct sock *sk);

/* sendopt.c: SO_TXTIME. */
struct sock_txtime;
int sock_set_txtime(struct sock *sk, const void *optval, unsigned int optlen);
void sock_get_txtime(const struct sock *sk, struct sock_txtime *txtime);
/* zerocopy.c: SO_ZEROCOPY. */
int sock_set_zerocopy(struct sock *sk, int val);

#endif /* SOCK_SOCK_H */
