// SPDX-License-Identifier: BSD-2-Clause
/* TCP's part of each host: set-up and end. */
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "tcp/metrics.h"

unsigned int tcp_net_id;

/*
 * Connections that nobody owns any more, and that wait for their peers still, end: nothing is sent, but
 * what is held is let go while there are devices and routes.
 */
static bool end_unowned(struct sock *sk, void *arg)
{
	(void)arg;
	if (sk->sk_state == TCP_TIME_WAIT) {
		inet_twsk_deschedule_put(inet_twsk(sk));
	} else if (sk->sk_state != TCP_NEW_SYN_RECV && sock_flag(sk, SOCK_DEAD)) {
		tcp_set_state(sk, TCP_CLOSE);
		inet_csk_destroy_sock(sk);
	}
	return true;
}

/* Sockets belong to whoever made them; one that is left must not find its host gone. */
static bool complain(struct sock *sk, void *arg)
{
	const struct net *net = (const struct net *)arg;
	bool listens = sk->sk_state == TCP_LISTEN;

	/* With its listening socket, which was visited before, it has gone. */
	if (sk->sk_state == TCP_NEW_SYN_RECV)
		return true;
	pr_warn("%s: TCP socket on port %u outlives its host", skiff_net_name(net), sk->sk_num);
	tcp_set_state(sk, TCP_CLOSE);
	tcp_clear_xmit_timers(sk);
	tcp_tsq_stop(sk);
	if (listens)
		inet_csk_listen_stop(sk);
	return true;
}

static void tcp_net_pre_exit(struct net *net)
{
	tcp_for_each(net, end_unowned, NULL);
}

static void tcp_net_exit(struct net *net)
{
	struct tcp_net *tn = tcp_net(net);

	/* Those that were closed since. */
	tcp_for_each(net, end_unowned, NULL);
	tcp_for_each(net, complain, net);
	tcp_page_frag_put(tn);
	tcp_metrics_exit(tn);
	tcp_sysctl_exit(tn);
	inet_hashinfo_exit(&tn->hashinfo);
	spares_free(&tn->requests);
	spares_free(&tn->timewaits);
}

static void make_secrets(struct tcp_net *tn)
{
	get_random_bytes(&tn->isn_key, sizeof(tn->isn_key));
	get_random_bytes(&tn->ts_key, sizeof(tn->ts_key));
	get_random_bytes(tn->cookie_key, sizeof(tn->cookie_key));
	get_random_bytes(&tn->port_key, sizeof(tn->port_key));
	tcp_fastopen_init_key(tn);
}

/* What never changes, as Linux has it: times in milliseconds (RFC 1213 section 6.7). */
static void set_constants(struct net *net)
{
	net->mib.tcp[TCP_MIB_RTOALGORITHM] = 1;
	net->mib.tcp[TCP_MIB_RTOMIN] = TCP_RTO_MIN * 1000 / HZ;
	net->mib.tcp[TCP_MIB_RTOMAX] = TCP_RTO_MAX * 1000 / HZ;
	net->mib.tcp[TCP_MIB_MAXCONN] = (u64)-1;
}

static int tcp_net_init(struct net *net)
{
	struct tcp_net *tn = tcp_net(net);
	int err;

	tn->net = net;
	make_secrets(tn);
	set_constants(net);
	err = inet_hashinfo_init(&tn->hashinfo);
	if (err)
		return err;
	err = tcp_sysctl_init(net, tn);
	if (err)
		inet_hashinfo_exit(&tn->hashinfo);
	return err;
}

static struct pernet_operations tcp_net_ops = {
	.init = tcp_net_init,
	.pre_exit = tcp_net_pre_exit,
	.exit = tcp_net_exit,
	.id = &tcp_net_id,
	.size = sizeof(struct tcp_net),
};

static const struct net_protocol tcp_protocol = {
	.handler = tcp_v4_rcv,
	.err_handler = tcp_v4_err,
};

static struct inet_protosw tcp_protosw = {
	.type = SOCK_STREAM,
	.protocol = IPPROTO_TCP,
	.prot = &tcp_prot,
	.ops = &inet_stream_ops,
	.flags = INET_PROTOSW_PERMANENT,
};

int tcp_init(void)
{
	struct tcp_congestion_ops *const ca[] = { &tcp_reno, &tcp_cubic, &tcp_bbr, &tcp_dctcp };
	int err = register_pernet_subsys(&tcp_net_ops);

	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(ca); i++)
		tcp_register_congestion_control(ca[i]);
	ip_metrics_congestion_set(tcp_ca_get_key_by_name);
	inet_add_protocol(&tcp_protocol, IPPROTO_TCP);
	inet_register_protosw(&tcp_protosw);
	return 0;
}
