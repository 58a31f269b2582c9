// SPDX-License-Identifier: BSD-2-Clause
/* Which handler answers which call. */
#include <errno.h>
#include <sys/syscall.h>

#include "program/program.h"

static call_fn *handler_of(int nr)
{
	switch (nr) {
	case SYS_socket:
		return call_socket;
	case SYS_bind:
		return call_bind;
	case SYS_listen:
		return call_listen;
	case SYS_accept:
		return call_accept;
	case SYS_accept4:
		return call_accept4;
	case SYS_connect:
		return call_connect;
	case SYS_getsockname:
		return call_getsockname;
	case SYS_getpeername:
		return call_getpeername;
	case SYS_shutdown:
		return call_shutdown;
	case SYS_setsockopt:
		return call_setsockopt;
	case SYS_getsockopt:
		return call_getsockopt;
	case SYS_ioctl:
		return call_ioctl;
	case SYS_sendto:
		return call_sendto;
	case SYS_sendmsg:
		return call_sendmsg;
	case SYS_sendmmsg:
		return call_sendmmsg;
	case SYS_recvfrom:
		return call_recvfrom;
	case SYS_recvmsg:
		return call_recvmsg;
	case SYS_recvmmsg:
		return call_recvmmsg;
	default:
		return NULL;
	}
}

/* The socket of a call's first argument; NULL when the kernel's own answer is the right one. */
static struct psock *psock_of(const struct call *call)
{
	int fd = call_int(call, 0);
	s64 inode = task_socket_inode(call->task, fd);
	struct psock *ps;

	if (inode <= 0)
		return NULL;
	ps = psock_find(call->session->server, (u64)inode);
	if (!ps)
		return NULL;
	ps->holder = call->task->tid;
	ps->holder_fd = fd;
	return ps;
}

long call_dispatch(struct call *call)
{
	call_fn *fn = handler_of(call->req.data.nr);

	if (!fn)
		return CALL_CONTINUE;
	if (fn == call_socket)
		return fn(call);
	if (!call->ps)
		call->ps = psock_of(call);
	return call->ps ? fn(call) : CALL_CONTINUE;
}
