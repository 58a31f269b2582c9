// SPDX-License-Identifier: BSD-2-Clause
/* Errors of the system's sockets, told to the client as ICMP errors. */
#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <sys/socket.h>

#include <skiff/ip_sock.h>

#include "gateway/gateway.h"

/* How many one look passes on; hosts on the way may send as many as they like. */
#define ERRORS_MAX 16

/* RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. -1: nothing is said. */
static int code_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return ICMP_PORT_UNREACH;
	case ENETUNREACH:
	case ENETDOWN:
		return ICMP_NET_UNREACH;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case EINVAL:
		return ICMP_HOST_UNREACH;
	case ENOPROTOOPT:
		return ICMP_PROT_UNREACH;
	case EACCES:
	case EPERM:
		return ICMP_PKT_FILTERED;
	default:
		return -1;
	}
}

void gw_icmp_errno(struct sk_buff *skb, int err)
{
	int code = code_of(err);

	if (code >= 0)
		icmp_send(skb, ICMP_DEST_UNREACH, code, 0);
}

void gw_want_errors(int fd)
{
	static const int on = 1;

	/* Without it only some errors are heard of, which is all that can be done then. */
	setsockopt(fd, SOL_IP, IP_RECVERR, &on, sizeof(on));
}

int gw_socket_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) ? errno : err;
}

static void pass_on(struct sk_buff *sample, const struct sock_extended_err *e)
{
	if (!sample)
		return;
	/* Sizes are between the system and its path: it fragments. */
	if (e->ee_errno == EMSGSIZE)
		return;
	if (e->ee_origin != SO_EE_ORIGIN_ICMP)
		gw_icmp_errno(sample, (int)e->ee_errno);
	else if (e->ee_type == ICMP_DEST_UNREACH || e->ee_type == ICMP_TIME_EXCEEDED ||
		 e->ee_type == ICMP_PARAMETERPROB)
		icmp_send(sample, e->ee_type, e->ee_code, htonl(e->ee_info));
}

int gw_pass_errors(int fd, struct sk_buff *sample)
{
	int err = 0;

	for (int i = 0; i < ERRORS_MAX; i++) {
		_Alignas(struct cmsghdr) char control[512];
		struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };

		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			struct sock_extended_err e;

			if (c->cmsg_level != SOL_IP || c->cmsg_type != IP_RECVERR)
				continue;
			memcpy(&e, CMSG_DATA(c), sizeof(e));
			err = (int)e.ee_errno;
			pass_on(sample, &e);
		}
	}
	/* One that left nothing in the queue would be reported for ever. */
	return err ? err : gw_socket_error(fd);
}
