// SPDX-License-Identifier: BSD-2-Clause
/* The sockets that programs hold. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skiff/skbuff.h>
#include <skiff/slab.h>
#include <skiff/socket.h>

#include "program/program.h"
#include "program/unix_diag.h"

/* How long after the last one came somebody looks anyway, ns; each further look takes twice as long. */
#define SWEEP_SOON 100000000LL
#define SWEEP_SPAN_MAX (64 * SWEEP_SOON)

/* Edges of everything: handlers go on until there is nothing more. */
#define HOST_EVENTS (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET)

static struct hlist_head *bucket_of(struct server *server, u64 inode)
{
	return &server->by_inode[inode % PSOCK_BUCKETS];
}

struct psock *psock_find(struct server *server, u64 inode)
{
	struct psock *ps;

	hlist_for_each_entry(ps, bucket_of(server, inode), by_inode)
		if (ps->inode == inode)
			return ps;
	return NULL;
}

struct psock *psock_new(struct server *server, int sfd, int domain, int type, int protocol)
{
	struct psock *ps = kzalloc(sizeof(*ps), GFP_KERNEL);
	struct epoll_event event = { .events = HOST_EVENTS, .data.ptr = ps };

	if (!ps)
		return NULL;
	ps->server = server;
	ps->sfd = sfd;
	ps->domain = domain;
	ps->type = type;
	ps->protocol = protocol;
	ps->end.fd = -1;
	ps->spare = -1;
	ps->ahead_max = 1;
	__skb_queue_head_init(&ps->ahead);
	ps->holder_fd = -1;
	ps->own = -1;
	INIT_LIST_HEAD(&ps->of_alone);
	INIT_LIST_HEAD(&ps->of_again);
	INIT_LIST_HEAD(&ps->calls);
	INIT_HLIST_NODE(&ps->by_inode);
	if (skiff_epoll_ctl(server->sep, EPOLL_CTL_ADD, sfd, &event)) {
		kfree(ps);
		return NULL;
	}
	list_add_tail(&ps->node, &server->psocks);
	server->nr_psocks++;
	return ps;
}

static void forget_own(struct psock *ps)
{
	if (ps->own >= 0)
		close(ps->own);
	ps->own = -1;
}

void psock_is_inode(struct psock *ps, u64 inode)
{
	forget_own(ps);
	hlist_del_init(&ps->by_inode);
	ps->inode = inode;
	hlist_add_head(&ps->by_inode, bucket_of(ps->server, inode));
}

int psock_known_by(struct psock *ps, int program_end)
{
	struct stat st;

	if (fstat(program_end, &st))
		return -errno;
	psock_is_inode(ps, st.st_ino);
	return 0;
}

void go_on_later(struct psock *ps)
{
	if (ps->end.fd >= 0 && list_empty(&ps->of_again))
		list_add_tail(&ps->of_again, &ps->server->again);
}

void psock_is_joined(struct psock *ps)
{
	if (list_empty(&ps->of_alone))
		return;
	list_del_init(&ps->of_alone);
	ps->server->nr_alone--;
	/* Of the last one: it is nobody's any more, and would be over for ever. */
	server_set_deadline(ps->server);
}

void psock_close(struct psock *ps)
{
	struct server *server = ps->server;

	calls_drop(ps, -EBADF);
	psock_is_joined(ps);
	list_del_init(&ps->of_again);
	hlist_del_init(&ps->by_inode);
	list_del(&ps->node);
	server->nr_psocks--;
	loop_close(&server->loop, &ps->end);
	consume_skb(ps->out);
	consume_skb(ps->in);
	__skb_queue_purge(&ps->ahead);
	kfree(ps->stamp);
	if (ps->spare >= 0)
		skiff_close(ps->spare);
	if (ps->sfd >= 0)
		skiff_close(ps->sfd);
	ps->sfd = -1;
	loop_free_later(&server->loop, &ps->garbage);
}

static int borrow_from(struct psock *ps, struct task *task, int fd)
{
	struct stat st;
	int own = task_borrow(task, fd);

	if (own < 0)
		return own;
	if (!fstat(own, &st) && st.st_ino == ps->inode)
		return own;
	close(own);
	return -ENOENT;
}

/* From who had it last. It or -errno. */
static int borrow_from_holder(struct psock *ps)
{
	struct task *task = NULL;

	if (ps->holder_fd >= 0)
		task = tasks_get(&ps->server->tasks, ps->holder);
	return task ? borrow_from(ps, task, ps->holder_fd) : -ENOENT;
}

int psock_borrow(struct psock *ps)
{
	int own;

	if (ps->own >= 0)
		return ps->own;
	own = borrow_from_holder(ps);
	if (own < 0)
		own = tasks_search(&ps->server->tasks, ps->inode, &ps->holder, &ps->holder_fd);
	if (ps->asked && own >= 0)
		ps->own = own;
	return own;
}

void psock_asked(struct psock *ps, int own)
{
	if (own >= 0 && ps->own >= 0)
		close(own);
	else if (own >= 0)
		ps->own = own;
	ps->asked++;
}

void psock_answered(struct psock *ps)
{
	if (!--ps->asked)
		forget_own(ps);
}

void psock_return(struct psock *ps, int fd)
{
	if (fd >= 0 && fd != ps->own)
		close(fd);
}

void psock_is_alone(struct psock *ps)
{
	struct server *server = ps->server;

	if (!list_empty(&ps->of_alone))
		return;
	list_add_tail(&ps->of_alone, &server->alone);
	server->nr_alone++;
	server->sweep_span = SWEEP_SOON;
	server->sweep_time = loop_now() + server->sweep_span;
	server_set_deadline(server);
}

static void is_held(void *arg, pid_t pid, int fd, u64 inode)
{
	struct server *server = arg;
	struct psock *ps = psock_find(server, inode);

	if (!ps)
		return;
	ps->holder = pid;
	ps->holder_fd = fd;
	ps->is_missing = false;
}

/* Return: how many of the sockets without a sign of life are not where they were last. */
static int look_for_holders(struct server *server)
{
	struct psock *ps;
	int missing = 0, own;

	list_for_each_entry(ps, &server->alone, of_alone) {
		own = ps->own >= 0 ? ps->own : borrow_from_holder(ps);
		ps->is_missing = own < 0 && !is_shortage(own);
		missing += ps->is_missing;
		if (own >= 0)
			psock_return(ps, own);
	}
	return missing;
}

/*
 * Among all descriptors of all threads, for each of those that are missing. Then among those of all processes; who looks
 * through them does not see what is under way between them.
 */
static void search_for_holders(struct server *server)
{
	struct psock *ps;
	int own;

	list_for_each_entry(ps, &server->alone, of_alone) {
		if (!ps->is_missing)
			continue;
		own = psock_borrow(ps);
		ps->is_missing = own < 0 && !is_shortage(own);
		if (own >= 0)
			psock_return(ps, own);
	}
	sockets_of_all(is_held, server);
}

/* Return: false when the kernel can't tell which of those that are missing are somebody's. */
static bool ask_for_holders(struct server *server)
{
	struct psock *ps;
	struct stat st;
	int fd, has;

	if (fstat(server->meeting, &st))
		return false;
	fd = unix_diag_open(st.st_ino);
	if (fd < 0)
		return false;
	list_for_each_entry(ps, &server->alone, of_alone) {
		if (!ps->is_missing)
			continue;
		has = unix_diag_has(fd, ps->inode);
		if (has < 0)
			break;
		ps->is_missing = !has;
	}
	close(fd);
	return list_entry_is_head(ps, &server->alone, of_alone);
}

/* The program has closed it: what it wrote goes first, if there is something. */
static void closed_unseen(struct psock *ps)
{
	if (ps->state == PSOCK_STREAM && ps->end.fd >= 0) {
		ps->hung_up = true;
		pump_out(ps);
	} else {
		psock_close(ps);
	}
}

/*
 * Nothing tells of the end of a socket that the program holds alone: one that never had anything to do
 * with the host, or has nothing any more. When there are many of them, or some time has passed, somebody
 * looks.
 */
void psock_sweep(struct server *server)
{
	struct psock *ps, *next;

	/* The kernel knows of each whether it is somebody's, without looking through all that anybody has. */
	if (look_for_holders(server) && !ask_for_holders(server))
		search_for_holders(server);
	list_for_each_entry_safe(ps, next, &server->alone, of_alone)
		if (ps->is_missing)
			closed_unseen(ps);
	server->sweep_at = server->nr_alone * 2 > SWEEP_MIN ? server->nr_alone * 2 : SWEEP_MIN;
	if (server->sweep_span < SWEEP_SPAN_MAX)
		server->sweep_span *= 2;
	server->sweep_time = loop_now() + server->sweep_span;
	server_set_deadline(server);
}

void psock_sweep_in_time(struct server *server)
{
	if (server->nr_alone < server->sweep_at &&
	    (!server->nr_alone || loop_now() < server->sweep_time))
		return;
	psock_sweep(server);
	server_forget_tasks(server);
}
