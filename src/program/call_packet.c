// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packet sockets that receive nothing yet.
 *
 * Who makes one wants to listen, or to talk. Who listens (libpcap) wants a ring in memory that is shared with the
 * kernel, and so gets the kernel's socket, in the program's namespace, where frames are shown. Which of both it is
 * shows later: who talks asks for one protocol, or sends. Then the descriptor becomes that of a socket of the
 * host's, before anything else has been done with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skiff/socket.h>

#include "program/program.h"

bool packet_may_listen(struct session *session, int domain, int type, int protocol)
{
	struct server *server = session->server;

	if (domain != AF_PACKET || protocol || (type != SOCK_RAW && type != SOCK_DGRAM) ||
	    !server->on_packet || !server->on_packet(server->on_packet_arg, session->watch.fd))
		return false;
	session->has_listeners = true;
	return true;
}

static bool asks_for_one_protocol(struct call *call)
{
	struct sockaddr_ll addr = { 0 };

	if (call_int(call, 2) < (int)offsetof(struct sockaddr_ll, sll_ifindex) ||
	    task_read(call->task, &addr, call_arg(call, 1),
		      offsetof(struct sockaddr_ll, sll_ifindex)))
		return false;
	return addr.sll_family == AF_PACKET && addr.sll_protocol &&
	       (__force u16)addr.sll_protocol != htons(ETH_P_ALL);
}

static bool talks(struct call *call)
{
	switch (call->req.data.nr) {
	case SYS_bind:
		return asks_for_one_protocol(call);
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
		return true;
	default:
		return false;
	}
}

/* Return: the type of a packet socket of the kernel's, 0 for anything else. */
static int type_of(const struct task *task, int number)
{
	/* Of a file nothing is borrowed, whose file system may be waiting for us. */
	int fd = task_socket_inode(task, number) > 0 ? task_borrow(task, number) : -1;
	int domain = 0, type = 0;
	socklen_t len = sizeof(int);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) || domain != AF_PACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		type = 0;
	close(fd);
	return type;
}

/* Put the program's end of a new socket in the place of what it has. Return: 0 or -errno. */
static int replace(struct call *call, struct psock *ps)
{
	int number = call_int(call, 0), flags = task_fd_flags(call->task, number), fd, err;

	if (flags < 0)
		return flags;
	ps->state = PSOCK_DATAGRAM;
	fd = pair_new(ps, SOCK_SEQPACKET, flags & O_NONBLOCK);
	if (fd < 0)
		return fd;
	err = notify_replace_fd(call->session->watch.fd, call->req.id, fd, number,
				(u32)flags & O_CLOEXEC);
	close(fd);
	ps->holder = call->task->tid;
	ps->holder_fd = number;
	return err < 0 ? err : 0;
}

struct psock *packet_talks(struct call *call, int *own)
{
	struct server *server = call->session->server;
	struct psock *ps;
	int type, sfd;

	if (!call->session->has_listeners || !talks(call))
		return NULL;
	type = type_of(call->task, call_int(call, 0));
	if (!type)
		return NULL;
	sfd = skiff_socket(server->host, AF_PACKET, type | SOCK_NONBLOCK, 0);
	if (sfd < 0)
		return NULL;
	ps = psock_new(server, sfd, AF_PACKET, type, 0);
	if (!ps) {
		skiff_close(sfd);
		return NULL;
	}
	if (replace(call, ps)) {
		psock_close(ps);
		return NULL;
	}
	/* It was borrowed of the one before. */
	if (*own >= 0)
		close(*own);
	*own = -1;
	return ps;
}
