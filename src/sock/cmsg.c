// SPDX-License-Identifier: BSD-2-Clause
/* Control messages of SOL_SOCKET: with packets to the program, and from it for its packets. */
#include <linux/net_tstamp.h>

#include <skiff/sock.h>

#include "sock/sock.h"

int put_cmsg(struct skiff_msghdr *msg, int level, int type, int len, const void *data)
{
	struct cmsghdr head = { .cmsg_len = CMSG_LEN((size_t)len),
				.cmsg_level = level,
				.cmsg_type = type };
	size_t used;

	if (!msg->msg_control || msg->msg_controllen < sizeof(head)) {
		msg->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	if (msg->msg_controllen < head.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		head.cmsg_len = msg->msg_controllen;
	}
	/* The program's memory may lie anywhere. */
	memcpy(msg->msg_control, &head, sizeof(head));
	memcpy((char *)msg->msg_control + sizeof(head), data, head.cmsg_len - sizeof(head));
	used = min(CMSG_SPACE((size_t)len), msg->msg_controllen);
	msg->msg_control = (char *)msg->msg_control + used;
	msg->msg_controllen -= used;
	return 0;
}

struct cmsghdr *cmsg_firsthdr(const struct skiff_msghdr *msg)
{
	return msg->msg_control && msg->msg_controllen >= sizeof(struct cmsghdr) ?
		       (struct cmsghdr *)msg->msg_control :
		       NULL;
}

struct cmsghdr *cmsg_nxthdr(const struct skiff_msghdr *msg, struct cmsghdr *cmsg)
{
	size_t at = (size_t)((char *)cmsg - (char *)msg->msg_control);
	size_t left = msg->msg_controllen - at;

	/* One of a bad length is the last: whoever walks them refuses it. */
	if (cmsg->cmsg_len < sizeof(*cmsg) || cmsg->cmsg_len > left ||
	    CMSG_ALIGN(cmsg->cmsg_len) + sizeof(*cmsg) > left)
		return NULL;
	return (struct cmsghdr *)(void *)((char *)cmsg + CMSG_ALIGN(cmsg->cmsg_len));
}

static int send_time(const struct sock *sk, const struct cmsghdr *cmsg, struct sockcm_cookie *sockc)
{
	if (!sock_flag(sk, SOCK_TXTIME) || cmsg->cmsg_len != CMSG_LEN(sizeof(sockc->transmit_time)))
		return -EINVAL;
	memcpy(&sockc->transmit_time, (const char *)cmsg + CMSG_LEN(0),
	       sizeof(sockc->transmit_time));
	return 0;
}

int __sock_cmsg_send(struct sock *sk, struct cmsghdr *cmsg, struct sockcm_cookie *sockc)
{
	u32 val;

	switch (cmsg->cmsg_type) {
	case SO_MARK:
	case SO_PRIORITY:
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		break;
	case SCM_TXTIME:
		return send_time(sk, cmsg, sockc);
	case SCM_RIGHTS:
	case SCM_CREDENTIALS:
		return 0; /* AF_UNIX's, and passed over as on Linux */
	default:
		return -EINVAL;
	}
	if (cmsg->cmsg_len != CMSG_LEN(sizeof(val)))
		return -EINVAL;
	memcpy(&val, CMSG_DATA(cmsg), sizeof(val));
	if (cmsg->cmsg_type == SO_MARK) {
		sockc->mark = val;
		return 0;
	}
	if (cmsg->cmsg_type == SO_PRIORITY) {
		sockc->priority = val;
		return 0;
	}
	if (val & ~(u32)SOF_TIMESTAMPING_TX_RECORD_MASK)
		return -EINVAL;
	sockc->tsflags &= ~(u32)SOF_TIMESTAMPING_TX_RECORD_MASK;
	sockc->tsflags |= val;
	return 0;
}

int sock_cmsg_send(struct sock *sk, struct skiff_msghdr *msg, struct sockcm_cookie *sockc)
{
	struct cmsghdr *cmsg;
	int err;

	for_each_cmsghdr(cmsg, msg)
	{
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		err = __sock_cmsg_send(sk, cmsg, sockc);
		if (err)
			return err;
	}
	return 0;
}

/* How many packets were lost before this one. */
static void recv_drops(struct skiff_msghdr *msg, const struct sock *sk, const struct sk_buff *skb)
{
	u32 drops = SOCK_SKB_CB(skb)->dropcount;

	if (sock_flag(sk, SOCK_RXQ_OVFL) && drops)
		put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, sizeof(drops), &drops);
}

static void recv_mark(struct skiff_msghdr *msg, const struct sock *sk, const struct sk_buff *skb)
{
	u32 mark = skb->mark;

	if (sock_flag(sk, SOCK_RCVMARK))
		put_cmsg(msg, SOL_SOCKET, SO_MARK, sizeof(mark), &mark);
}

static void recv_priority(struct skiff_msghdr *msg, const struct sock *sk,
			  const struct sk_buff *skb)
{
	u32 priority = skb->priority;

	if (sock_flag(sk, SOCK_RCVPRIORITY))
		put_cmsg(msg, SOL_SOCKET, SO_PRIORITY, sizeof(priority), &priority);
}

#define FLAGS_WITH_CMSGS                                                        \
	(1UL << SOCK_RXQ_OVFL | 1UL << SOCK_RCVTSTAMP | 1UL << SOCK_TIMESTAMP | \
	 1UL << SOCK_RCVMARK | 1UL << SOCK_WIFI_STATUS | 1UL << SOCK_RCVPRIORITY)
#define TSFLAGS_WITH_CMSGS \
	(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_SOFTWARE)

void sock_recv_cmsgs(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	if (likely(!(READ_ONCE(sk->sk_flags) & FLAGS_WITH_CMSGS) &&
		   !(sk->sk_tsflags & TSFLAGS_WITH_CMSGS))) {
		/* From now on there is a packet, whose time nobody asked for. */
		if (unlikely(sk->sk_stamp == SK_DEFAULT_STAMP))
			sk->sk_stamp = 0;
		return;
	}
	sock_recv_timestamp(msg, sk, skb);
	recv_drops(msg, sk, skb);
	recv_mark(msg, sk, skb);
	recv_priority(msg, sk, skb);
}

int sock_recv_errqueue(struct sock *sk, struct skiff_msghdr *msg, int len, int level, int type)
{
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	struct sock_extended_err ee;
	int copied, err;

	if (!skb)
		return -EAGAIN;
	copied = (int)skb->len;
	if (copied > len) {
		msg->msg_flags |= MSG_TRUNC;
		copied = len;
	}
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (!err) {
		sock_recv_timestamp(msg, sk, skb);
		ee = SKB_EXT_ERR(skb)->ee;
		put_cmsg(msg, level, type, sizeof(ee), &ee);
		msg->msg_flags |= MSG_ERRQUEUE;
	}
	consume_skb(skb);
	return err ? err : copied;
}
