// SPDX-License-Identifier: BSD-2-Clause
/* Birth and death of a host, and what it counts. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <skiff/printk.h>
#include <skiff/slab.h>

#include "host/host.h"
#include "skb/track.h"

/* The kernel's default of net.core.netdev_budget. */
#define DEFAULT_BUDGET 300
/* Work that makes more work without end is not waited for when a host dies. */
#define LAST_ROUNDS 1000
/* No limit: far enough from the end of a long that no sum of a few gets there. */
#define MEM_MAX ((size_t)(__LONG_MAX__ / 4))

static struct host *host_of(struct net *net)
{
	return container_of(net, struct host, net);
}

static bool name_is_good(const char *name)
{
	size_t len = strnlen(name, SKIFF_NET_NAME_MAX + 1);

	if (len == 0 || len > SKIFF_NET_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

/* Without a seed a simulation repeats, and a real host is like no other. */
static void seed_host(struct net *net, u64 seed)
{
	if (seed)
		skiff_rng_seed(&net->rng, seed);
	else if (net->clock->is_virtual)
		skiff_rng_seed(&net->rng, net->id);
	else
		skiff_rng_init(&net->rng);
}

static void fill_in(struct host *host, const struct skiff_net_params *params)
{
	struct net *net = &host->net;

	net->clock = skiff_clock_get(params->clock ? params->clock : skiff_clock_real());
	net->generation = skiff_fork_generation;
	net->env = &host->env;
	net->timers = &host->timers;
	net->loop = &host->loop;
	net->budget = DEFAULT_BUDGET;
	refcount_set(&net->mem->users, 1);
	net->mem->limit = min(params->mem_limit, MEM_MAX);
	INIT_LIST_HEAD(&net->sysctls);
	work_list_init(&net->remote);
	work_list_init(&net->after_unlock);
	mutex_init(&net->mutex);
	timer_base_init(&host->timers, net->clock);
	host->env.clock = net->clock;
	host->env.timers = &host->timers;
	host->env.rng = &net->rng;
	host->env.owner = net;
	clock_join(net);
	seed_host(net, params->seed);
	if (params->name)
		snprintf(net->name, sizeof(net->name), "%s", params->name);
	else
		snprintf(net->name, sizeof(net->name), "net%u", net->id);
}

static void let_out(struct host *host)
{
	clock_leave(&host->net);
	skiff_clock_put(host->net.clock);
}

static int create(const struct skiff_net_params *params, struct net **made)
{
	struct host *host;
	int err;

	if (params->name && !name_is_good(params->name))
		return -EINVAL;
	if (params->clock && params->clock->is_virtual &&
	    params->clock->generation != skiff_fork_generation)
		return -EOWNERDEAD;
	host = (struct host *)kzalloc(sizeof(*host), GFP_KERNEL);
	if (!host)
		return -ENOMEM;
	err = -ENOMEM;
	host->net.mem = (struct net_mem *)kzalloc(sizeof(*host->net.mem), GFP_KERNEL);
	if (!host->net.mem)
		goto free_host;
	err = net_loop_init(&host->loop);
	if (err)
		goto free_mem;
	fill_in(host, params);
	err = net_core_sysctl_init(host);
	if (err)
		goto let_out;
	err = pernet_setup(&host->net);
	if (err)
		goto exit_sysctl;
	*made = &host->net;
	return 0;

exit_sysctl:
	net_core_sysctl_exit(host);
let_out:
	let_out(host);
	net_loop_exit(&host->loop);
free_mem:
	kfree(host->net.mem);
free_host:
	kfree(host);
	return err;
}

struct net *skiff_net_create(const struct skiff_net_params *params)
{
	static const struct skiff_net_params defaults;
	struct net *net = NULL;
	int err;

	if (current_net())
		skiff_panic("skiff_net_create() with the stack lock of host %s held",
			    current_net()->name);
	pernet_fork_watch();
	err = create(params ? params : &defaults, &net);
	if (err)
		errno = -err;
	return net;
}

/*
 * The steps of a host's death, in their order: nobody runs it, what was begun is finished, each
 * subsystem takes its share away, and then nothing may be left.
 */
static void die_finish_work(struct net *net)
{
	for (int i = 0; i < LAST_ROUNDS && net_has_work(net); i++) {
		net_lock(net);
		net_unlock(net);
	}
}

/*
 * A driver may have let another host's thread in as long as its device was there (veth's sender
 * runs the host it sends to). That thread has dropped the lock by now, but still looks at the host
 * afterwards; nobody comes after it, because the devices are gone.
 */
static void die_wait_for_guests(struct net *net)
{
	net_synchronize(net);
}

static void report_timer(const struct timer_list *timer, void *arg)
{
	const struct net *net = (const struct net *)arg;

	pr_err("host %s: timer %s is still armed", net->name, timer->name ? timer->name : "?");
}

static void report_work(struct net *net, struct net_work_list *list, const char *kind, int *left)
{
	struct net_work *work;

	while ((work = work_list_pop(list))) {
		pr_err("host %s: %s work %p was never done", net->name, kind, (void *)work);
		work->next = NULL;
		(*left)++;
	}
}

static void report_buffer(const struct sk_buff *skb, const char *alloced, const char *last)
{
	pr_err("sk_buff %p of a host that ends: len %u, allocated by %s, last had by %s",
	       (const void *)skb, skb->len, alloced, last);
}

static int die_report_left(struct net *net)
{
	int left = 0;
	long bytes;

	net_watch_report_left(net, &left);
	net_lock(net);
	net_sysctl_report_left(net, &left);
	left += (int)timer_base_drain(net->timers, report_timer, net);
	report_work(net, &net->remote, "deferred", &left);
	report_work(net, &net->after_unlock, "after-unlock", &left);
	net->remote_waiting = 0;
	net->softirq_pending = 0;
	net_unlock(net);
	left += (int)skb_track_owned(net, report_buffer);
	bytes = atomic_long_read(&net->mem->used);
	if (bytes) {
		pr_err("host %s: %ld bytes of buffers are still accounted", net->name, bytes);
		left++;
	}
	return left;
}

static void die_free(struct net *net)
{
	struct host *host = host_of(net);

	let_out(host);
	net_loop_exit(&host->loop);
	net_mem_put(net->mem);
	kfree(host);
}

int skiff_net_destroy(struct net *net)
{
	int left;

	if (!net)
		return 0;
	if (net_closed(net))
		return -EOWNERDEAD;
	if (skiff_net_stop(net) == -EDEADLK)
		skiff_panic("host %s destroyed by its own worker", net->name);
	die_finish_work(net);
	pernet_teardown(net);
	die_wait_for_guests(net);
	die_finish_work(net);
	net_core_sysctl_exit(host_of(net));
	left = die_report_left(net);
	die_free(net);
	return left;
}

const char *skiff_net_name(const struct net *net)
{
	return net->name;
}

struct skiff_clock *skiff_net_clock(const struct net *net)
{
	return net->clock;
}

ktime_t skiff_net_now(const struct net *net)
{
	return skiff_clock_now(net->clock);
}

bool net_mem_charge(struct net *net, size_t bytes)
{
	size_t limit = net->mem->limit ? net->mem->limit : MEM_MAX;
	long used;

	/* What can't fit is not even tried: others would see the sum for a moment. */
	if (unlikely(bytes > limit))
		return false;
	used = atomic_long_add_return((long)bytes, &net->mem->used);
	if (likely((size_t)used <= limit))
		return true;
	atomic_long_sub((long)bytes, &net->mem->used);
	return false;
}

void net_mem_put(struct net_mem *mem)
{
	if (refcount_dec_and_test(&mem->users))
		kfree(mem);
}

void net_mem_uncharge(struct net *net, size_t bytes)
{
	long used = atomic_long_add_return(-(long)bytes, &net->mem->used);

	WARN_ON_ONCE(used < 0);
}

void net_count_drop(struct net *net, enum skb_drop_reason reason)
{
	if (!net)
		net = current_net();
	if (!net || reason <= SKB_NOT_DROPPED_YET || reason >= SKB_DROP_REASON_MAX)
		return;
	(void)__skiff_fetch_add(&net->drops[reason], 1, __ATOMIC_RELAXED);
}
