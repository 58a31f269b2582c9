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
#ifdef SYS_accept /* a part of socketcall() elsewhere, where there is no filter either */
	case SYS_accept:
		return call_accept;
#endif
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
 * Who has made the call. Somebody we meet for the first time has the number that the call came with,
 * unless the caller has gone, and the number is another one's by now.
 */
static bool find_task(struct call *call)
{
	struct tasks *tasks = &call->session->server->tasks;

	call->task = tasks_get(tasks, (pid_t)call->req.pid);
	if (!call->task || !call->task->is_new)
		return call->task;
	call->task->is_new = false;
	return notify_alive(call->session->watch.fd, call->req.id);
}

/* The same, when the one we knew by that number has ended. */
static bool find_task_again(struct call *call)
{
	if (task_is_alive(call->task))
		return true;
	tasks_forget(&call->session->server->tasks, call->task);
	return find_task(call);
}

static struct recent *recent_of(struct server *server, pid_t tid, int fd)
{
	return &server->recent[((unsigned int)tid * 31 + (unsigned int)fd) % RECENT_MAX];
}

void psock_is_held(struct psock *ps, pid_t tid, int fd)
{
	ps->holder = tid;
	ps->holder_fd = fd;
	*recent_of(ps->server, tid, fd) =
		(struct recent){ .tid = tid, .fd = fd, .inode = ps->inode };
}

/*
 * The socket that a number of the caller's was when it was last looked at, if that is still there: where nothing would
 * tell that it is not, nobody knows.
 */
static struct psock *psock_of_late(struct call *call)
{
	struct server *server = call->session->server;
	int fd = call_int(call, 0);
	const struct recent *r = recent_of(server, call->task->tid, fd);
	struct psock *ps = NULL;

	if (r->tid == call->task->tid && r->fd == fd)
		ps = psock_find(server, r->inode);
	return ps && list_empty(&ps->of_alone) ? ps : NULL;
}

/*
 * Which socket is behind a number? Not by a descriptor of ours: of a file, fstat() and close() may wait for a file
 * system that waits for us. @own: gets what kept us from looking. Return: the inode, 0: none, or not a socket
 */
static u64 ask_number(struct call *call, int *own)
{
	s64 inode = task_socket_inode(call->task, call_int(call, 0));

	if (inode == -ENOENT && !task_is_alive(call->task) && find_task_again(call))
		inode = task_socket_inode(call->task, call_int(call, 0));
	if (inode < 0 && is_shortage((int)inode))
		*own = (int)inode;
	return inode > 0 ? (u64)inode : 0;
}

/* Which socket is behind a descriptor, by a descriptor of ours for it. 0: none, or not a socket */
static u64 ask_descriptor(struct call *call, int *own)
{
	struct stat st;

	*own = task_borrow(call->task, call_int(call, 0));
	if (*own == -ESRCH && find_task_again(call))
		*own = task_borrow(call->task, call_int(call, 0));
	return *own >= 0 && !fstat(*own, &st) && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
}

/*
 * The socket of a call's first argument; NULL when the kernel's own answer is the right one. @own: gets a
 * descriptor of ours for it, if it took one to find out. A call that waits has its socket, whatever the
 * number has become meanwhile.
 */
static struct psock *psock_of(struct call *call, int *own)
{
	struct psock *ps = call->ps;
	u64 inode;

	if (ps)
		return ps;
	/* What was one of ours a moment ago is no file, and most calls need a descriptor. */
	ps = psock_of_late(call);
	inode = ps ? ask_descriptor(call, own) : ask_number(call, own);
	if (!ps || inode != ps->inode)
		ps = inode ? psock_find(call->session->server, inode) : NULL;
	if (ps)
		psock_is_held(ps, call->task->tid, call_int(call, 0));
	return ps;
}

long call_dispatch(struct call *call)
{
	call_fn *fn = handler_of(call->req.data.nr);
	struct psock *ps;
	int own = -1;
	long ret;

	if (!fn)
		return CALL_CONTINUE;
	if (fn == call_socket)
		return fn(call);
	if (!find_task(call))
		return -ESRCH;
	ps = psock_of(call, &own);
	if (is_shortage(own))
		return -ENOBUFS;
	if (!ps && !call->ps)
		ps = packet_talks(call, &own);
	if (!ps) {
		if (own >= 0)
			close(own);
		return CALL_CONTINUE;
	}
	call->ps = ps;
	psock_asked(ps, own);
	ret = fn(call);
	/* It may be closed by now; its memory is still there. */
	psock_answered(ps);
	return ret;
}
