// SPDX-License-Identifier: BSD-2-Clause
/* The socket calls on TCP sockets: AF_INET's, and those of TCP. */
#include "tcp/tcp.h"

const struct proto_ops inet_stream_ops = {
	.family = AF_INET,
	.release = inet_release,
	.bind = inet_bind,
	.connect = inet_stream_connect,
	.socketpair = sock_no_socketpair,
	.accept = tcp_accept,
	.getname = inet_getname,
	.poll = tcp_poll,
	.ioctl = inet_ioctl,
	.listen = tcp_listen,
	.shutdown = inet_shutdown,
	.linger = tcp_linger,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
	.sendmsg = inet_sendmsg,
	.recvmsg = inet_recvmsg,
	.set_peek_off = sk_set_peek_off,
	.set_rcvlowat = tcp_set_rcvlowat,
	.recv_skb = tcp_recv_skb_form,
	.send_skb = inet_send_skb,
};
