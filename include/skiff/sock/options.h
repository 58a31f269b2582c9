/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of SOL_SOCKET. */
#include <skiff/sock.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SOCK_OPTIONS_H
#define SKIFF_SOCK_OPTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * sock_setsockopt() - change an option of SOL_SOCKET
 * @sock: the socket
 * @level: SOL_SOCKET
 * @optname: SO_*
 * @optval: the value
 * @optlen: its bytes
 *
 * Stack lock. SO_BINDTODEVICE needs to know devices and is skiff_setsockopt()'s.
 *
 * Return: 0; -ENOPROTOOPT for an option that there is not, or that can only be read; -EINVAL,
 * -EDOM, -EOPNOTSUPP and the like as Linux says for bad values.
 */
SKIFF_API int sock_setsockopt(struct socket *sock, int level, int optname, const void *optval,
			      unsigned int optlen);

/**
 * sock_getsockopt() - read an option of SOL_SOCKET
 * @sock: the socket
 * @level: SOL_SOCKET
 * @optname: SO_*
 * @optval: gets the value, cut to the room
 * @optlen: the room in bytes, afterwards what was used
 *
 * Stack lock. Return: 0, -ENOPROTOOPT, -EINVAL for a negative room, -ENOTCONN for SO_PEERNAME.
 */
SKIFF_API int sock_getsockopt(struct socket *sock, int level, int optname, void *optval,
			      int *optlen);

/**
 * sock_put_option() - give the value of an option to the program, as much as it has room for
 * @optval: its memory
 * @optlen: bytes of room, becomes the bytes that were given
 * @data: the value
 * @len: its length
 *
 * Return: 0; -EINVAL for room below 0; -EFAULT for room that is nowhere.
 */
static inline int sock_put_option(void *optval, int *optlen, const void *data, int len)
{
	if (*optlen < 0)
		return -EINVAL;
	if (len > *optlen)
		len = *optlen;
	if (len && !optval)
		return -EFAULT;
	if (len)
		memcpy(optval, data, (size_t)len);
	*optlen = len;
	return 0;
}

/* Note times of arrival on behalf of the socket, until it ends; @flag: SOCK_TIMESTAMP, ... */
SKIFF_API void sock_enable_timestamp(struct sock *sk, enum sock_flags flag);

/**
 * sock_gettstamp() - SIOCGSTAMP and its kin: when the packet that was read last had arrived
 * @sock: the socket; from now on its packets get a time
 * @userstamp: gets seconds, and microseconds or nanoseconds
 * @timeval: microseconds
 * @time32: numbers of 32 bits instead of 64
 *
 * Stack lock. Return: 0, -ENOENT when no packet was read yet, -EFAULT without @userstamp.
 */
SKIFF_API int sock_gettstamp(struct socket *sock, void *userstamp, bool timeval, bool time32);

/* SO_PEEK_OFF for families that support it: their proto_ops.set_peek_off. */
SKIFF_API int sk_set_peek_off(struct sock *sk, int val);

/* Room of options in use, SO_MEMINFO: indices of its array of u32 are Linux's SK_MEMINFO_*. */
SKIFF_API void sk_get_meminfo(const struct sock *sk, u32 *meminfo);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SOCK_OPTIONS_H */
