// SPDX-License-Identifier: BSD-2-Clause
/* The registry of subsystems that keep something per host, and the list of hosts. */
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "host/host.h"
#include "host/wait.h"

/*
 * Whoever changes anything here holds @registry, from before any stack lock and as long as
 * subsystems set up and tear down, so that a host gets each subsystem's share exactly once.
 * The changes themselves are made under @lists as well, which is held for nothing else: a fork,
 * which may come from a thread with a stack lock, can wait for that, and the child finds the
 * lists whole. It forgets who held @registry, and the hosts, which are not its own.
 */
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lists = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(all_ops);
static LIST_HEAD(all_nets);
/* Drivers follow all subsystems; this is the first of them, or the head when there is none. */
static struct list_head *first_device = &all_ops;
static u64 ids_used = 1; /* number 0 is what a variable holds before it is registered */

static void before_fork(void)
{
	pthread_mutex_lock(&lists);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lists);
}

static void after_fork_in_child(void)
{
	INIT_LIST_HEAD(&all_nets);
	pthread_mutex_init(&registry, NULL);
	pthread_mutex_unlock(&lists);
}

/* A change of a list that a fork must not see half done. */
static void list_change(struct list_head *entry, struct list_head *before)
{
	pthread_mutex_lock(&lists);
	if (before)
		list_add_tail(entry, before);
	else
		list_del(entry);
	pthread_mutex_unlock(&lists);
}

static void watch_forks(void)
{
	if (pthread_atfork(before_fork, after_fork, after_fork_in_child) != 0)
		skiff_panic("pthread_atfork() failed: no memory");
}

void pernet_fork_watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	fork_watch();
	pthread_once(&once, watch_forks);
}

static bool has_memory(const struct pernet_operations *ops)
{
	return ops->id && ops->size;
}

static void free_share(const struct pernet_operations *ops, struct net *net)
{
	if (!has_memory(ops))
		return;
	kfree(net->gen[*ops->id]);
	net->gen[*ops->id] = NULL;
}

static int ops_init(const struct pernet_operations *ops, struct net *net)
{
	int err = 0;

	if (has_memory(ops)) {
		void *share = kzalloc(ops->size, GFP_KERNEL);

		if (!share)
			return -ENOMEM;
		net->gen[*ops->id] = share;
	}
	if (ops->init)
		err = ops->init(net);
	if (err)
		free_share(ops, net);
	return err;
}

static void ops_exit(const struct pernet_operations *ops, struct net *net)
{
	if (ops->exit)
		ops->exit(net);
	free_share(ops, net);
}

/* Walks from the entry before @from back to the first. */
static void exit_before(struct list_head *from, struct net *net)
{
	for (struct list_head *pos = from->prev; pos != &all_ops; pos = pos->prev)
		ops_exit(list_entry(pos, struct pernet_operations, list), net);
}

static void pre_exit_before(struct list_head *from, struct net *net)
{
	for (struct list_head *pos = from->prev; pos != &all_ops; pos = pos->prev) {
		const struct pernet_operations *ops =
			list_entry(pos, struct pernet_operations, list);

		if (ops->pre_exit)
			ops->pre_exit(net);
	}
}

/* Handlers of subsystems that have gone must not run in the host's last moments. */
static void close_softirqs(struct net *net)
{
	for (int nr = 0; nr < NR_SOFTIRQS; nr++)
		net->softirq[nr] = NULL;
}

static int init_all(struct net *net)
{
	struct pernet_operations *ops;
	int err;

	list_for_each_entry(ops, &all_ops, list) {
		err = ops_init(ops, net);
		if (err) {
			pre_exit_before(&ops->list, net);
			exit_before(&ops->list, net);
			close_softirqs(net);
			return err;
		}
	}
	return 0;
}

int pernet_setup(struct net *net)
{
	int err;

	pthread_mutex_lock(&registry);
	net_lock(net);
	err = init_all(net);
	net_unlock(net);
	if (!err)
		list_change(&net->list, &all_nets);
	pthread_mutex_unlock(&registry);
	return err;
}

void pernet_teardown(struct net *net)
{
	pthread_mutex_lock(&registry);
	list_change(&net->list, NULL);
	net_lock(net);
	pre_exit_before(&all_ops, net);
	net_unlock(net);
	/* Drivers' work without the lock comes to its end before what it works with goes. */
	net_synchronize(net);
	net_lock(net);
	exit_before(&all_ops, net);
	close_softirqs(net);
	net_unlock(net);
	pthread_mutex_unlock(&registry);
}

static void exit_in(const struct pernet_operations *ops, struct net *net)
{
	net_lock(net);
	if (ops->pre_exit)
		ops->pre_exit(net);
	net_unlock(net);
	net_synchronize(net);
	net_lock(net);
	ops_exit(ops, net);
	net_unlock(net);
}

static int init_existing(const struct pernet_operations *ops)
{
	struct net *net;
	int err;

	list_for_each_entry(net, &all_nets, list) {
		net_lock(net);
		err = ops_init(ops, net);
		net_unlock(net);
		if (err)
			goto exit_earlier;
	}
	return 0;

exit_earlier:
	for (struct list_head *pos = net->list.prev; pos != &all_nets; pos = pos->prev)
		exit_in(ops, list_entry(pos, struct net, list));
	return err;
}

static bool is_registered(const struct pernet_operations *ops)
{
	const struct pernet_operations *other;

	list_for_each_entry(other, &all_ops, list)
		if (other == ops)
			return true;
	return false;
}

static int take_id(struct pernet_operations *ops)
{
	unsigned int id;

	if (!ops->id)
		return 0;
	if (ids_used == UINT64_MAX)
		return -ENOSPC;
	id = (unsigned int)__builtin_ctzll(~ids_used);
	ids_used |= BIT_ULL(id);
	*ops->id = id;
	return 0;
}

static void give_id(struct pernet_operations *ops)
{
	if (!ops->id)
		return;
	ids_used &= ~BIT_ULL(*ops->id);
	*ops->id = 0;
}

static int register_before(struct pernet_operations *ops, struct list_head *place)
{
	int err;

	if (is_registered(ops))
		return -EALREADY;
	err = take_id(ops);
	if (err)
		return err;
	err = init_existing(ops);
	if (err) {
		give_id(ops);
		return err;
	}
	list_change(&ops->list, place);
	return 0;
}

int register_pernet_subsys(struct pernet_operations *ops)
{
	int err;

	pernet_fork_watch();
	pthread_mutex_lock(&registry);
	err = register_before(ops, first_device);
	pthread_mutex_unlock(&registry);
	return err;
}

int register_pernet_device(struct pernet_operations *ops)
{
	int err;

	pernet_fork_watch();
	pthread_mutex_lock(&registry);
	err = register_before(ops, &all_ops);
	if (!err && first_device == &all_ops)
		first_device = &ops->list;
	pthread_mutex_unlock(&registry);
	return err;
}

void unregister_pernet_subsys(struct pernet_operations *ops)
{
	struct net *net;

	pthread_mutex_lock(&registry);
	if (!WARN_ON(!is_registered(ops))) {
		if (first_device == &ops->list)
			first_device = ops->list.next;
		list_change(&ops->list, NULL);
		list_for_each_entry(net, &all_nets, list)
			exit_in(ops, net);
		give_id(ops);
	}
	pthread_mutex_unlock(&registry);
}

void unregister_pernet_device(struct pernet_operations *ops)
{
	unregister_pernet_subsys(ops);
}

int skiff_run_initcalls(const skiff_initcall *calls, size_t n, int *done)
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
	int err = 0;

	if (__atomic_load_n(done, __ATOMIC_ACQUIRE))
		return 0;
	pthread_mutex_lock(&once);
	for (size_t i = 0; i < n && !*done; i++) {
		err = calls[i]();
		if (err && err != -EALREADY)
			goto unlock;
	}
	err = 0;
	__atomic_store_n(done, 1, __ATOMIC_RELEASE);
unlock:
	pthread_mutex_unlock(&once);
	return err;
}

static bool unattended(const struct net *net)
{
	const struct net_loop *loop = net->loop;

	return READ_ONCE(loop->kicked) && !net->clock->is_virtual && !READ_ONCE(loop->sleeping) &&
	       !READ_ONCE(loop->exported) && !READ_ONCE(loop->has_worker);
}

/*
 * A host that is found here stays, because it leaves the list under the registry's lock. Whoever
 * has that lock may be waiting for us, so it is only tried.
 */
bool net_run_unattended(void)
{
	struct net *net;
	bool did = false;

	if (pthread_mutex_trylock(&registry) != 0)
		return false;
	list_for_each_entry(net, &all_nets, list)
		if (unattended(net) && skiff_poll(net, 0) > 0)
			did = true;
	pthread_mutex_unlock(&registry);
	return did;
}
