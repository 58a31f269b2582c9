/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder know about each other. */
#ifndef SOCK_SOCK_H
#define SOCK_SOCK_H

#include <limits.h>

#include <skiff/sock.h>

/* sk_state of a socket that is not connected: Linux's TCP_CLOSE, for all protocols. */
#define SOCK_STATE_CLOSE 7

/* Added to sk_rmem_alloc when only buffers keep the memory: below every sum that they can have. */
#define SOCK_RMEM_DYING INT_MIN

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

#endif /* SOCK_SOCK_H */
