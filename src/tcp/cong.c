// SPDX-License-Identifier: BSD-2-Clause
/* Congestion controls: the registry, what all build on, and Reno (RFC 5681). */
#include <skiff/jhash.h>
#include <skiff/slab.h>

#include "tcp/tcp.h"

/* Filled before the first host runs. */
static LIST_HEAD(tcp_cong_list);

struct tcp_congestion_ops *tcp_ca_find(const char *name)
{
	struct tcp_congestion_ops *ca;

	list_for_each_entry(ca, &tcp_cong_list, list)
		if (strcmp(ca->name, name) == 0)
			return ca;
	return NULL;
}

static struct tcp_congestion_ops *find_key(u32 key)
{
	struct tcp_congestion_ops *ca;

	list_for_each_entry(ca, &tcp_cong_list, list)
		if (ca->key == key)
			return ca;
	return NULL;
}

u32 tcp_ca_get_key_by_name(const char *name, bool *ecn_ca)
{
	const struct tcp_congestion_ops *ca = tcp_ca_find(name);

	if (ca)
		*ecn_ca = READ_ONCE(ca->flags) & TCP_CONG_NEEDS_ECN;
	return ca ? ca->key : TCP_CA_UNSPEC;
}

int tcp_register_congestion_control(struct tcp_congestion_ops *ca)
{
	if (!ca->ssthresh || !ca->undo_cwnd || !(ca->cong_avoid || ca->cong_control)) {
		pr_err("congestion control %s lacks what is required", ca->name);
		return -EINVAL;
	}
	ca->key = jhash(ca->name, sizeof(ca->name), 0);
	if (ca->key == TCP_CA_UNSPEC || find_key(ca->key)) {
		pr_notice("congestion control %s is registered already", ca->name);
		return -EEXIST;
	}
	list_add_tail(&ca->list, &tcp_cong_list);
	return 0;
}

void tcp_unregister_congestion_control(struct tcp_congestion_ops *ca)
{
	list_del(&ca->list);
}

/* Names */

static void list_names(char *buf, size_t len, u32 flags)
{
	struct tcp_congestion_ops *ca;
	size_t offs = 0;

	*buf = '\0';
	list_for_each_entry(ca, &tcp_cong_list, list) {
		int n;

		if ((READ_ONCE(ca->flags) & flags) != flags)
			continue;
		n = snprintf(buf + offs, len - offs, "%s%s", offs ? " " : "", ca->name);
		if (n < 0 || (size_t)n >= len - offs)
			break;
		offs += (size_t)n;
	}
}

void tcp_get_available_congestion_control(char *buf, size_t len)
{
	list_names(buf, len, 0);
}

void tcp_get_allowed_congestion_control(char *buf, size_t len)
{
	list_names(buf, len, TCP_CONG_NON_RESTRICTED);
}

#define BLANKS " \t\n"

/* The flag is the process's, which other hosts look at meanwhile. */
static void allow(struct tcp_congestion_ops *ca, bool allowed)
{
	u32 flags = READ_ONCE(ca->flags) & ~(u32)TCP_CONG_NON_RESTRICTED;

	WRITE_ONCE(ca->flags, allowed ? flags | TCP_CONG_NON_RESTRICTED : flags);
}

static bool is_listed(const char *names, const char *name)
{
	size_t len;

	for (names += strspn(names, BLANKS); *names; names += strspn(names, BLANKS)) {
		len = strcspn(names, BLANKS);
		if (len == strlen(name) && !memcmp(names, name, len))
			return true;
		names += len;
	}
	return false;
}

/* Return: 0, or -ENOENT for a name that there is not, and then nothing has changed. */
int tcp_set_allowed_congestion_control(const char *names)
{
	char *copy = kstrdup(names, GFP_KERNEL), *save = NULL, *name;
	struct tcp_congestion_ops *ca;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	for (name = strtok_r(copy, BLANKS, &save); name; name = strtok_r(NULL, BLANKS, &save))
		if (!tcp_ca_find(name))
			err = -ENOENT;
	kfree(copy);
	if (err)
		return err;
	list_for_each_entry(ca, &tcp_cong_list, list)
		allow(ca, is_listed(names, ca->name));
	return 0;
}

int tcp_set_default_congestion_control(struct net *net, const char *name)
{
	struct tcp_congestion_ops *ca = tcp_ca_find(name);

	if (!ca)
		return -ENOENT;
	tcp_net(net)->ca_default = ca;
	allow(ca, true);
	return 0;
}

/* A connection's */

/* Let go of what the congestion control had for its own. */
static void drop_private(struct inet_connection_sock *icsk)
{
	if (icsk->icsk_ca_outside)
		kfree(icsk->icsk_ca_block);
	icsk->icsk_ca_outside = 0;
	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
}

/* Memory for what @ca has for its own, NULL if the socket has room for it. Return: whether there was. */
static bool alloc_private(const struct tcp_congestion_ops *ca, u64 **block)
{
	*block = NULL;
	if (ca->priv_size && ca->priv_size <= ICSK_CA_PRIV_WITHIN)
		return true;
	*block = (u64 *)kzalloc(ICSK_CA_PRIV_SIZE, GFP_ATOMIC);
	return *block != NULL;
}

static void use_control(struct inet_connection_sock *icsk, const struct tcp_congestion_ops *ca,
			u64 *block)
{
	drop_private(icsk);
	icsk->icsk_ca_ops = ca;
	if (!block)
		return;
	icsk->icsk_ca_block = block;
	icsk->icsk_ca_outside = 1;
}

/* Reno needs nothing for its own. */
static void use_control_or_reno(struct sock *sk, const struct tcp_congestion_ops *ca)
{
	u64 *block;

	if (!alloc_private(ca, &block))
		ca = &tcp_reno;
	use_control(inet_csk(sk), ca, block);
}

void tcp_assign_congestion_control(struct sock *sk)
{
	use_control_or_reno(sk, tcp_net_sk(sk)->ca_default);
}

bool tcp_ca_dst_init(struct sock *sk, const struct dst_entry *dst)
{
	u32 key = dst_metric(dst, RTAX_CC_ALGO);
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_congestion_ops *ca = key == TCP_CA_UNSPEC ? NULL : find_key(key);
	u64 *block;

	if (!ca || !alloc_private(ca, &block))
		return false;
	icsk->icsk_ca_dst_locked = dst_metric_locked(dst, RTAX_CC_ALGO) != 0;
	use_control(icsk, ca, block);
	return true;
}

void tcp_inherit_congestion_control(struct sock *child, const struct dst_entry *dst)
{
	struct inet_connection_sock *icsk = inet_csk(child);

	icsk->icsk_ca_initialized = 0;
	/* What is outside is the listener's. */
	icsk->icsk_ca_outside = 0;
	if (!tcp_ca_dst_init(child, dst))
		use_control_or_reno(child, icsk->icsk_ca_setsockopt ?
						   icsk->icsk_ca_ops :
						   tcp_net_sk(child)->ca_default);
}

void tcp_init_congestion_control(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->prior_ssthresh = 0;
	if (icsk->icsk_ca_ops->init)
		icsk->icsk_ca_ops->init(sk);
	icsk->icsk_ca_initialized = 1;
}

void tcp_cleanup_congestion_control(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_ca_initialized && icsk->icsk_ca_ops->release)
		icsk->icsk_ca_ops->release(sk);
	icsk->icsk_ca_initialized = 0;
}

void tcp_free_congestion_control(struct sock *sk)
{
	tcp_cleanup_congestion_control(sk);
	use_control(inet_csk(sk), &tcp_reno, NULL);
}

/*
 * In the middle of a connection, too. Return: 0; -ENOENT for a name that there is not; -EPERM for one
 * that net.ipv4.tcp_allowed_congestion_control leaves out; -ENOMEM.
 */
int tcp_set_congestion_control(struct sock *sk, const char *name)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_congestion_ops *ca = tcp_ca_find(name);
	u64 *block;

	if (icsk->icsk_ca_dst_locked)
		return -EPERM;
	if (!ca)
		return -ENOENT;
	if (ca == icsk->icsk_ca_ops) {
		icsk->icsk_ca_setsockopt = 1;
		return 0;
	}
	if (!(READ_ONCE(ca->flags) & TCP_CONG_NON_RESTRICTED))
		return -EPERM;
	if (!alloc_private(ca, &block))
		return -ENOMEM;
	tcp_cleanup_congestion_control(sk);
	use_control(icsk, ca, block);
	icsk->icsk_ca_setsockopt = 1;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		tcp_init_congestion_control(sk);
	return 0;
}

void tcp_set_ca_state(struct sock *sk, u8 ca_state)
{
	struct inet_connection_sock *icsk = inet_csk(sk);

	if (icsk->icsk_ca_ops->set_state)
		icsk->icsk_ca_ops->set_state(sk, ca_state);
	icsk->icsk_ca_state = ca_state & 0xf;
	/* Sequence numbers come again: what is known of them ends with the recovery. */
	tcp_rexmit_forget(tcp_sk(sk));
}

/* Two windows in slow start and a little more than one later leave per round trip. */
void tcp_update_pacing_rate(struct sock *sk)
{
	const struct tcp_net *tn = tcp_net_sk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 rate = (u64)tp->mss_cache * ((USEC_PER_SEC / 100) << 3);

	if (tcp_snd_cwnd(tp) < tp->snd_ssthresh / 2)
		rate *= (u64)tn->sysctl_tcp_pacing_ss_ratio;
	else
		rate *= (u64)tn->sysctl_tcp_pacing_ca_ratio;
	rate *= max(tcp_snd_cwnd(tp), tp->packets_out);
	if (likely(tp->srtt_us))
		rate /= tp->srtt_us;
	WRITE_ONCE(sk->sk_pacing_rate, (unsigned long)min(rate, (u64)sk->sk_max_pacing_rate));
}

/* For all */

u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)
{
	u32 cwnd = min(tcp_snd_cwnd(tp) + acked, tp->snd_ssthresh);

	acked -= cwnd - tcp_snd_cwnd(tp);
	tcp_snd_cwnd_set(tp, min(cwnd, tp->snd_cwnd_clamp));
	return acked;
}

void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)
{
	w = max(w, 1U);
	/* Credits of a smaller w are not lost. */
	if (tp->snd_cwnd_cnt >= w) {
		tp->snd_cwnd_cnt = 0;
		tcp_snd_cwnd_set(tp, tcp_snd_cwnd(tp) + 1);
	}
	tp->snd_cwnd_cnt += acked;
	if (tp->snd_cwnd_cnt >= w) {
		u32 delta = tp->snd_cwnd_cnt / w;

		tp->snd_cwnd_cnt -= delta * w;
		tcp_snd_cwnd_set(tp, tcp_snd_cwnd(tp) + delta);
	}
	tcp_snd_cwnd_set(tp, min(tcp_snd_cwnd(tp), tp->snd_cwnd_clamp));
}

/* Reno */

void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	(void)ack;
	if (!tcp_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	tcp_cong_avoid_ai(tp, tcp_snd_cwnd(tp), acked);
}

u32 tcp_reno_ssthresh(struct sock *sk)
{
	return max(tcp_snd_cwnd(tcp_sk(sk)) >> 1U, 2U);
}

u32 tcp_reno_undo_cwnd(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return max(tcp_snd_cwnd(tp), tp->prior_cwnd);
}

struct tcp_congestion_ops tcp_reno = {
	.flags = TCP_CONG_NON_RESTRICTED,
	.name = "reno",
	.priv_size = 1, /* nothing, but that can't be said */
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
};
