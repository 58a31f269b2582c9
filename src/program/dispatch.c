// SPDX-License-Identifier: BSD-2-Clause
/* Which handler answers which call. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/*
 * The socket of a call's first argument; NULL when the kernel's own answer is the right one. @own: gets a
 * descriptor of ours for it, or a negative errno.
 */
static struct psock *psock_of(const struct call *call, int *own)
{
	int fd = call_int(call, 0);
	struct psock *ps = NULL;
	struct stat st;

	*own = task_borrow(call->task, fd);
	if (*own < 0 || fstat(*own, &st))
		return NULL;
	if (S_ISSOCK(st.st_mode))
		ps = psock_find(call->session->server, st.st_ino);
	if (!ps)
		return NULL;
	ps->holder = call->task->tid;
	ps->holder_fd = fd;
	return ps;
}

/* A number that is another socket's by now, after it was parked, is not this call's any more. */
static bool is_about(const struct call *call, const struct psock *ps)
{
	return ps && (!call->ps || call->ps == ps);
}

long call_dispatch(struct call *call)
{
	call_fn *fn = handler_of(call->req.data.nr);
	struct psock *ps;
	long ret;
	int own;

	if (!fn)
		return CALL_CONTINUE;
	if (fn == call_socket)
		return fn(call);
	ps = psock_of(call, &own);
	if (is_shortage(own))
		return -ENOBUFS;
	if (is_about(call, ps)) {
		call->ps = ps;
		ps->own = own;
		ret = fn(call);
		/* It may be closed by now; its memory is still there. */
		ps->own = -1;
	} else {
		ret = call->ps ? -EBADF : CALL_CONTINUE;
	}
	if (own >= 0)
		close(own);
	return ret;
}
