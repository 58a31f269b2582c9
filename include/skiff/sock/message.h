/* SPDX-License-Identifier: BSD-2-Clause */
/* Control messages of sockets: what goes with a packet to the program, and from it. */
#include <skiff/sock.h> /* outside of the guard: alone, this header is part of that one */

#ifndef SKIFF_SOCK_MESSAGE_H
#define SKIFF_SOCK_MESSAGE_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * put_cmsg() - add a control message for the program
 * @msg: the call; msg_control and msg_controllen move on to what is left of the room
 * @level: SOL_*
 * @type: of the level
 * @len: bytes of @data
 * @data: the message
 *
 * Any thread. What does not fit is cut, and msg_flags get MSG_CTRUNC. Return: 0.
 */
SKIFF_API int put_cmsg(struct skiff_msghdr *msg, int level, int type, int len, const void *data);

/**
 * sock_recv_cmsgs() - add the messages of SOL_SOCKET that the program asked for
 * @msg: the call
 * @sk: the socket
 * @skb: the packet that is received
 *
 * The time of arrival, how many packets were dropped before it, its mark. Notes the time for
 * SIOCGSTAMP as well.
 */
SKIFF_API void sock_recv_cmsgs(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb);

/* The time alone: SO_TIMESTAMP and its kin, or SCM_TIMESTAMPING. */
SKIFF_API void sock_recv_timestamp(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb);

/* And for a stream, whose packets are gone: when the last of them came. */
SKIFF_API void sock_recv_time(struct skiff_msghdr *msg, struct sock *sk, ktime_t tstamp);

/**
 * sock_recv_errqueue() - receive from the error queue: MSG_ERRQUEUE without an address
 * @sk: the socket
 * @msg: the call
 * @len: bytes of room
 * @level: of the message with the struct sock_extended_err
 * @type: of that message
 *
 * Stack lock. Return: bytes of the packet that caused the error, or -EAGAIN.
 */
SKIFF_API int sock_recv_errqueue(struct sock *sk, struct skiff_msghdr *msg, int len, int level,
				 int type);

/**
 * struct sockcm_cookie - what the program wants for one packet
 * @transmit_time: when it is to leave, by the clock of SO_TXTIME; 0: now
 * @mark: skb->mark
 * @priority: skb->priority
 * @tsflags: SOF_TIMESTAMPING_* for its sending
 */
struct sockcm_cookie {
	u64 transmit_time;
	u32 mark;
	u32 priority;
	u32 tsflags;
};

/* What the socket says, before the messages of the call. */
static inline void sockcm_init(struct sockcm_cookie *sockc, const struct sock *sk)
{
	*sockc = (struct sockcm_cookie){ .transmit_time = 0,
					 .mark = sk->sk_mark,
					 .priority = sk->sk_priority,
					 .tsflags = sk->sk_tsflags };
}

/**
 * __sock_cmsg_send() - one message of SOL_SOCKET from the program
 * @sk: the socket
 * @cmsg: the message, whose length was checked
 * @sockc: gets what it says
 *
 * Return: 0, -EINVAL.
 */
SKIFF_API int __sock_cmsg_send(struct sock *sk, struct cmsghdr *cmsg, struct sockcm_cookie *sockc);

/* All messages of the call; those of other levels are passed over. */
SKIFF_API int sock_cmsg_send(struct sock *sk, struct skiff_msghdr *msg,
			     struct sockcm_cookie *sockc);

/* The first message of a call, and the one after @cmsg; NULL at the end. */
SKIFF_API struct cmsghdr *cmsg_firsthdr(const struct skiff_msghdr *msg);
SKIFF_API struct cmsghdr *cmsg_nxthdr(const struct skiff_msghdr *msg, struct cmsghdr *cmsg);

#define for_each_cmsghdr(cmsg, msg) \
	for ((cmsg) = cmsg_firsthdr(msg); (cmsg); (cmsg) = cmsg_nxthdr(msg, cmsg))

/* Whether a message lies within the call's room and is not shorter than its header. */
static inline bool cmsg_ok(const struct skiff_msghdr *msg, const struct cmsghdr *cmsg)
{
	return cmsg->cmsg_len >= sizeof(*cmsg) &&
	       cmsg->cmsg_len <= msg->msg_controllen - (size_t)((const char *)cmsg -
								(const char *)msg->msg_control);
}
#define CMSG_OK(mhdr, cmsg) cmsg_ok(mhdr, cmsg)

/**
 * sock_tx_timestamp() - translate what is wanted into the flags of a packet
 * @sk: the socket
 * @tsflags: SOF_TIMESTAMPING_TX_*
 * @tx_flags: gets SKBTX_*
 */
SKIFF_API void sock_tx_timestamp(struct sock *sk, u32 tsflags, u8 *tx_flags);

/* The same for a packet, with its number for SOF_TIMESTAMPING_OPT_ID. */
SKIFF_API void skb_setup_tx_timestamp(struct sk_buff *skb, u32 tsflags);

/* Note in a packet when it is to leave, as SCM_TXTIME said; a device's queue may go by it. */
SKIFF_API void skb_set_transmit_time(struct sk_buff *skb, const struct sock *sk,
				     const struct sockcm_cookie *sockc);

/**
 * struct ubuf_info_msgzc - memory that calls with MSG_ZEROCOPY have lent
 * @ubuf: what sk_buffs know of it
 * @id: number of the first call
 * @len: calls
 * @zerocopy: nothing was copied so far
 * @bytelen: bytes of these calls
 */
struct ubuf_info_msgzc {
	struct ubuf_info ubuf;
	u32 id;
	u16 len;
	bool zerocopy;
	u32 bytelen;
};
#define uarg_to_msgzc(ubuf_ptr) container_of(ubuf_ptr, struct ubuf_info_msgzc, ubuf)

/**
 * msg_zerocopy_realloc() - a call with MSG_ZEROCOPY begins: an owner for its memory
 * @sk: the socket, with SO_ZEROCOPY
 * @size: bytes of the call
 * @uarg: owner of the memory that was sent last, which may be another protocol's; NULL: none. It goes on
 *        with this call when its calls are not too many by then
 *
 * With the last reference to the owner the program finds in the error queue that its memory is its own
 * again: SO_EE_ORIGIN_ZEROCOPY with the numbers of the first and the last call. Stack lock.
 *
 * Return: the owner, with a reference for the caller, which is dropped by net_zcopy_put() when all is
 * sent, or by msg_zerocopy_put_abort(); NULL when the socket's option memory (net.core.optmem_max) or all
 * memory is at its end: -ENOBUFS.
 */
SKIFF_API struct ubuf_info *msg_zerocopy_realloc(struct sock *sk, size_t size,
						 struct ubuf_info *uarg);

/**
 * msg_zerocopy_put_abort() - nothing of the call was sent: its number goes to the next one
 * @uarg: the owner
 * @have_uref: drop the caller's reference, too
 *
 * Stack lock, without a break since msg_zerocopy_realloc().
 */
SKIFF_API void msg_zerocopy_put_abort(struct ubuf_info *uarg, bool have_uref);

/* ubuf_info.callback of these owners. Any thread. */
SKIFF_API void msg_zerocopy_callback(struct sk_buff *skb, struct ubuf_info *uarg, bool success);

/**
 * sock_zerocopy_done() - a call with MSG_ZEROCOPY was sent
 * @sk: the socket, with SO_ZEROCOPY
 *
 * Its data was copied, so the program's memory is its own again at once: the error queue says so, with
 * SO_EE_CODE_ZEROCOPY_COPIED. Calls that follow each other share one message. Stack lock.
 */
SKIFF_API void sock_zerocopy_done(struct sock *sk);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_SOCK_MESSAGE_H */
