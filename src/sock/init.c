// SPDX-License-Identifier: BSD-2-Clause
/* The settings of a host for its sockets: net.core.rmem_default and its kin. */
#include <string.h>

#include <skiff/net_namespace.h>
#include <skiff/slab.h>
#include <skiff/sock.h>

#include "base/spares.h"
#include "sock/sock.h"

/* As many small packets as a socket takes by default on Linux. */
#define DEFAULT_MEM ((int)(256 * SKB_TRUESIZE(256)))
#define DEFAULT_OPTMEM (128 * 1024)
#define DEFAULT_SOMAXCONN 4096

/* Smaller ones the C library keeps at hand for a thread as well. */
#define SOCK_SPARE_LEAST 1024

/**
 * struct sock_net - the sockets' share of a host
 * @limits: its settings
 * @table: under their names
 * @ctl: its registration
 * @last_cookie: the number of the socket that was numbered last
 * @cookie: the host's own number
 * @spares: memory of sockets that have ended, for the next ones: of the kind that was the last to end
 * @spare_size: bytes of each
 */
struct sock_net {
	struct sock_limits limits;
	struct ctl_table table[8];
	struct ctl_table_header *ctl;
	u64 last_cookie;
	u64 cookie;
	struct spares spares;
	size_t spare_size;
};

static unsigned int sock_net_id;
static atomic_long_t last_net_cookie;
static bool sock_net_registered;

/* Also what sockets without a host get; nothing writes to it, since only a host has settings. */
static struct sock_limits default_limits = {
	.rmem_default = DEFAULT_MEM,
	.wmem_default = DEFAULT_MEM,
	.rmem_max = DEFAULT_MEM,
	.wmem_max = DEFAULT_MEM,
	.optmem_max = DEFAULT_OPTMEM,
	.somaxconn = DEFAULT_SOMAXCONN,
};

static struct sock_net *sock_net_of(const struct net *net)
{
	if (!net || !READ_ONCE(sock_net_registered))
		return NULL;
	return (struct sock_net *)net_generic(net, sock_net_id);
}

void *sock_memory(struct net *net, size_t size, gfp_t gfp)
{
	struct sock_net *sn = net && current_net() == net ? sock_net_of(net) : NULL;

	return sn && sn->spare_size == size ? spares_alloc(&sn->spares, size, gfp) :
					      kmalloc(size, gfp);
}

void sock_memory_free(const struct net *net, void *p, size_t size)
{
	struct sock_net *sn = net && current_net() == net ? sock_net_of(net) : NULL;

	if (!sn || size < SOCK_SPARE_LEAST || (sn->spares.nr && sn->spare_size != size)) {
		kfree(p);
		return;
	}
	sn->spare_size = size;
	spares_put(&sn->spares, p);
}

struct sock_limits *sock_limits(const struct net *net)
{
	struct sock_net *sn = sock_net_of(net);

	return sn ? &sn->limits : &default_limits;
}

u64 sock_gen_cookie(struct sock *sk)
{
	struct sock_net *sn = sock_net_of(sock_net(sk));

	if (!sk->sk_cookie)
		sk->sk_cookie = sn ? ++sn->last_cookie : (u64)(uintptr_t)sk;
	return sk->sk_cookie;
}

/* 0, which no host has, for a socket without. */
u64 sock_net_cookie(const struct sock *sk)
{
	const struct sock_net *sn = sock_net_of(sock_net(sk));

	return sn ? sn->cookie : 0;
}

static int min_sndbuf = SOCK_MIN_SNDBUF, min_rcvbuf = SOCK_MIN_RCVBUF;

static struct ctl_table setting(const char *name, int *value, int *least)
{
	return (struct ctl_table){ .procname = name,
				   .data = value,
				   .maxlen = sizeof(*value),
				   .mode = 0644,
				   .proc_handler = proc_dointvec_minmax,
				   .extra1 = least ? least : SYSCTL_ZERO };
}

static int sock_net_init(struct net *net)
{
	struct sock_net *sn = (struct sock_net *)net_generic(net, sock_net_id);
	struct sock_limits *l = &sn->limits;
	int i = 0;

	*l = default_limits;
	sn->cookie = (u64)atomic_long_add_return(1, &last_net_cookie);
	sn->table[i++] = setting("rmem_default", &l->rmem_default, &min_rcvbuf);
	sn->table[i++] = setting("rmem_max", &l->rmem_max, &min_rcvbuf);
	sn->table[i++] = setting("wmem_default", &l->wmem_default, &min_sndbuf);
	sn->table[i++] = setting("wmem_max", &l->wmem_max, &min_sndbuf);
	sn->table[i++] = setting("optmem_max", &l->optmem_max, NULL);
	sn->table[i++] = setting("somaxconn", &l->somaxconn, NULL);
	sn->table[i++] = setting("busy_read", &l->busy_read, NULL);
	sn->ctl = register_net_sysctl(net, "net/core", sn->table);
	return sn->ctl ? 0 : -ENOMEM;
}

static void sock_net_exit(struct net *net)
{
	struct sock_net *sn = (struct sock_net *)net_generic(net, sock_net_id);

	unregister_net_sysctl_table(sn->ctl);
	spares_free(&sn->spares);
}

static struct pernet_operations sock_net_ops = {
	.init = sock_net_init,
	.exit = sock_net_exit,
	.id = &sock_net_id,
	.size = sizeof(struct sock_net),
};

int skiff_sock_init(void)
{
	int err = register_pernet_subsys(&sock_net_ops);

	if (!err)
		WRITE_ONCE(sock_net_registered, true);
	return err;
}
