// SPDX-License-Identifier: BSD-2-Clause
/* UDP sockets: made, bound, connected and closed. */
#include "udp/udp.h"

atomic_long_t udp_memory_allocated;

/*
 * In pages of 4 KiB: 192, 256 and 384 MiB. Linux goes by the machine's memory; a host that is to run
 * the same everywhere can't.
 */
long sysctl_udp_mem[3] = { 49152, 65536, 98304 };

/* Out of the tables at once; what is under way keeps the memory. */
static void udp_close(struct sock *sk, long timeout)
{
	(void)timeout;
	ASSERT_NET_LOCKED(sock_net(sk));
	udp_flush_pending_frames(sk);
	udp_lib_unhash(sk);
	udp_want_gro(sk, false);
	sock_orphan(sk);
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
}

static void udp_destroy_sock(struct sock *sk)
{
	if (udp_sk(sk)->encap_type && udp_sk(sk)->encap_destroy)
		udp_sk(sk)->encap_destroy(sk);
}

struct proto udp_prot = {
	.name = "UDP",
	.obj_size = sizeof(struct udp_sock),
	.destroy = udp_destroy_sock,
	.close = udp_close,
	.hash = udp_lib_rehash,
	.unhash = udp_lib_unhash,
	.get_port = udp_v4_get_port,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.ioctl = datagram_ioctl,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
	.sendmsg = udp_sendmsg,
	.send_skb = udp_send_user_skb,
	.recvmsg = udp_recvmsg,
	.memory_allocated = &udp_memory_allocated,
	.sysctl_mem = sysctl_udp_mem,
};

/* RFC 1122 section 4.1.4: an application may only use addresses that the host has. */
static int udp_check_cfg(struct net *net, const struct udp_port_cfg *cfg)
{
	unsigned int type;

	if (cfg->family != AF_INET)
		return -EAFNOSUPPORT;
	if (cfg->bind_ifindex && !__dev_get_by_index(net, cfg->bind_ifindex))
		return -ENODEV;
	if (!cfg->local_ip)
		return 0;
	type = inet_addr_type(net, cfg->local_ip);
	return type == RTN_UNICAST ? -EADDRNOTAVAIL : 0;
}

int udp_sock_create(struct net *net, const struct udp_port_cfg *cfg, struct sock **skp)
{
	struct sock *sk;
	int err = udp_check_cfg(net, cfg);

	ASSERT_NET_LOCKED(net);
	if (err)
		return err;
	sk = sk_alloc(net, AF_INET, GFP_KERNEL, &udp_prot, 1);
	if (!sk)
		return -ENOMEM;
	sock_init_data(NULL, sk);
	inet_sock_init(sk);
	sk->sk_type = SOCK_DGRAM;
	sk->sk_protocol = IPPROTO_UDP;
	sk->sk_rcv_saddr = cfg->local_ip;
	/* Packets can't come from a broadcast or multicast address that was bound to. */
	if (cfg->local_ip && inet_addr_type(net, cfg->local_ip) == RTN_LOCAL)
		inet_sk(sk)->inet_saddr = cfg->local_ip;
	sk->sk_daddr = cfg->peer_ip;
	sk->sk_dport = cfg->peer_udp_port;
	if (cfg->peer_ip && cfg->peer_udp_port)
		sk->sk_state = INET_STATE_CONNECTED;
	sk->sk_bound_dev_if = cfg->bind_ifindex;
	sk->sk_no_check_tx = !cfg->use_udp_checksums;
	err = udp_v4_get_port(sk, ntohs(cfg->local_udp_port));
	if (err) {
		sock_put(sk);
		return err;
	}
	*skp = sk;
	return 0;
}

void udp_sock_release(struct sock *sk)
{
	udp_close(sk, 0);
}
