/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files about Fast Open have from each other. */
#ifndef SKIFF_TCP_FASTOPEN_H
#define SKIFF_TCP_FASTOPEN_H

#include "tcp/tcp.h"

/* Bits of net.ipv4.tcp_fastopen. */
#define TFO_CLIENT_ENABLE 1
#define TFO_SERVER_ENABLE 2
#define TFO_CLIENT_NO_COOKIE 4		 /* data in the SYN without a cookie */
#define TFO_SERVER_COOKIE_NOT_REQD 0x200 /* data is taken without one */
#define TFO_SERVER_WO_SOCKOPT1 0x400	 /* for all who listen */

/**
 * struct tcp_fastopen_request - data that goes with the SYN (RFC 7413)
 * @cookie: the cookie; its length below 0: none is said
 * @data: where the program's data is, NULL when all of it has gone
 * @size: bytes that the program gave
 * @copied: bytes that went with the SYN
 * @uarg: owner of the data, who is told when it has arrived; NULL: nobody
 */
struct tcp_fastopen_request {
	struct tcp_fastopen_cookie cookie;
	struct skiff_msghdr *data;
	size_t size;
	int copied;
	struct ubuf_info *uarg;
};

/* May data go without a cookie? @flag: the setting's bit for that side. */
bool tcp_fastopen_no_cookie(const struct sock *sk, const struct dst_entry *dst, int flag);

#endif /* SKIFF_TCP_FASTOPEN_H */
