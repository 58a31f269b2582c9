// SPDX-License-Identifier: BSD-2-Clause
/* The sockets of each host: when it ends, those that are still open end with it. */
#include <skiff/net_namespace.h>
#include <skiff/printk.h>

#include "socket/epoll.h"
#include "socket/file.h"

static unsigned int socket_net_id;
static int registered;

struct socket_net {
	struct list_head files;
};

void sfile_join_host(struct sfile *f, struct net *net)
{
	struct socket_net *sn;

	ASSERT_NET_LOCKED(net);
	/* A program that has not registered the layer sees to the order itself. */
	if (!READ_ONCE(registered))
		return;
	sn = (struct socket_net *)net_generic(net, socket_net_id);
	list_add_tail(&f->node, &sn->files);
}

void sfile_leave_host(struct sfile *f)
{
	list_del_init(&f->node);
}

static int socket_net_init(struct net *net)
{
	struct socket_net *sn = (struct socket_net *)net_generic(net, socket_net_id);

	INIT_LIST_HEAD(&sn->files);
	return 0;
}

/* The descriptor stays, and every call on it gives ENETDOWN from now on. */
static void end_socket(struct sfile *f, struct net *net)
{
	struct socket *sock = &f->sock;

	pr_warn("%s: socket of family %d outlives its host", skiff_net_name(net),
		sock->ops->family);
	sock->ops->release(sock);
	sock->sk = NULL;
	sock->net = NULL;
	sfile_leave_host(f);
	wait_queue_wake(&f->wait, EPOLLERR | EPOLLHUP);
}

static void socket_net_pre_exit(struct net *net)
{
	struct socket_net *sn = (struct socket_net *)net_generic(net, socket_net_id);
	struct sfile *f, *next;

	list_for_each_entry_safe(f, next, &sn->files, node)
		end_socket(f, net);
	epoll_host_gone();
}

static struct pernet_operations socket_net_ops = {
	.init = socket_net_init,
	.pre_exit = socket_net_pre_exit,
	.id = &socket_net_id,
	.size = sizeof(struct socket_net),
};

int skiff_socket_init(void)
{
	int err = register_pernet_device(&socket_net_ops);

	if (!err)
		WRITE_ONCE(registered, 1);
	return err;
}
