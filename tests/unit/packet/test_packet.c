// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET sockets: what they see, what they send, and every way in which calls are refused. */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#include <skiff/if_vlan.h>

#include "packet_host.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static void test_create(void **state)
{
	static const int refused[] = { SOCK_STREAM, SOCK_RDM, SOCK_SEQPACKET };
	struct sockaddr_storage name;
	struct socket s;
	int val;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(try_open(&s, refused[i], ETH_P_ALL), -ESOCKTNOSUPPORT);
	open_socket(&s, SOCK_RAW, ETH_P_ALL);
	assert_int_equal(LOCKED(s.ops->connect(&s, (struct sockaddr *)&name, 20, 0)), -EOPNOTSUPP);
	assert_int_equal(LOCKED(s.ops->listen(&s, 1)), -EOPNOTSUPP);
	assert_int_equal(LOCKED(s.ops->shutdown(&s, SHUT_RDWR)), -EOPNOTSUPP);
	assert_int_equal(LOCKED(s.ops->getname(&s, (struct sockaddr *)&name, 1)), -EOPNOTSUPP);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, 0x1234, (unsigned long)&val)), -ENOIOCTLCMD);
	assert_int_equal(LOCKED(s.ops->poll(&s)), EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	close_socket(&s);
	assert_int_equal(LOCKED(s.ops->release(&s)), 0);
}

static void test_receive(void **state)
{
	struct socket raw, cooked, other, none;
	u8 frame[100], got[200];

	open_socket(&raw, SOCK_RAW, ETH_P_ALL);
	open_socket(&cooked, SOCK_DGRAM, 0x88b5);
	open_socket(&other, SOCK_RAW, ETH_P_IP);
	open_socket(&none, SOCK_RAW, 0);
	make_frame(frame, host_mac, peer_mac, sizeof(frame), 7);
	wire_inject(&host, frame, sizeof(frame));

	assert_int_equal(receive(&raw, got, sizeof(got), 0), 100);
	assert_memory_equal(got, frame, 100);
	assert_int_equal(last_namelen, sizeof(struct sockaddr_ll));
	assert_int_equal(from()->sll_family, AF_PACKET);
	assert_int_equal(from()->sll_protocol, htons(0x88b5));
	assert_int_equal(from()->sll_ifindex, host.dev->ifindex);
	assert_int_equal(from()->sll_hatype, ARPHRD_ETHER);
	assert_int_equal(from()->sll_pkttype, PACKET_HOST);
	assert_int_equal(from()->sll_halen, ETH_ALEN);
	assert_memory_equal(from()->sll_addr, peer_mac, ETH_ALEN);
	assert_int_equal(last_flags, 0);

	assert_int_equal(receive(&cooked, got, sizeof(got), 0), 86);
	assert_memory_equal(got, frame + ETH_HLEN, 86);
	assert_memory_equal(from()->sll_addr, peer_mac, ETH_ALEN);
	assert_int_equal(receive(&raw, got, sizeof(got), 0), -EAGAIN);
	assert_int_equal(receive(&other, got, sizeof(got), 0), -EAGAIN);
	assert_int_equal(receive(&none, got, sizeof(got), 0), -EAGAIN);

	inject(other_mac, 60, 0);
	inject(bcast_mac, 60, 0);
	assert_int_equal(receive(&raw, got, sizeof(got), 0), 60);
	assert_int_equal(from()->sll_pkttype, PACKET_OTHERHOST);
	assert_int_equal(receive(&raw, got, sizeof(got), 0), 60);
	assert_int_equal(from()->sll_pkttype, PACKET_BROADCAST);
	close_socket(&raw);
	close_socket(&cooked);
	close_socket(&other);
	close_socket(&none);
}

static void test_partial_reads(void **state)
{
	struct socket s;
	u8 got[100];
	int val = 0;

	open_bound(&s, SOCK_RAW);
	inject(host_mac, 90, 1);
	inject(host_mac, 70, 2);
	assert_int_equal(LOCKED(s.ops->poll(&s)) & EPOLLIN, EPOLLIN);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, SIOCINQ, (unsigned long)&val)), 0);
	assert_int_equal(val, 90);
	assert_int_equal(receive(&s, got, 20, MSG_PEEK), 20);
	assert_int_equal(last_flags, MSG_TRUNC);
	assert_int_equal(receive(&s, got, 20, MSG_PEEK | MSG_TRUNC), 90);
	assert_int_equal(receive(&s, got, 20, MSG_TRUNC), 90);
	assert_int_equal(receive(&s, got, 0, 0), 0);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, SIOCINQ, (unsigned long)&val)), 0);
	assert_int_equal(val, 0);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, SIOCOUTQ, (unsigned long)&val)), 0);
	assert_int_equal(val, 0);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, SIOCINQ, 0)), -EFAULT);
	assert_int_equal(receive(&s, got, 20, MSG_OOB), -EINVAL);
	assert_int_equal(receive(&s, got, 20, MSG_ERRQUEUE), -EAGAIN);
	assert_false(sk_has_allocations(s.sk));
	close_socket(&s);
}

static void test_outgoing(void **state)
{
	struct socket sender, raw, cooked, deaf;
	u8 frame[80], got[FRAME_MAX];

	open_bound(&sender, SOCK_RAW);
	open_bound(&raw, SOCK_RAW);
	open_bound(&cooked, SOCK_DGRAM);
	open_bound(&deaf, SOCK_RAW);
	assert_int_equal(set_option(&deaf, PACKET_IGNORE_OUTGOING, 1), 0);
	make_frame(frame, peer_mac, host_mac, sizeof(frame), 3);
	assert_int_equal(send_frame(&sender, frame, sizeof(frame)), 80);
	assert_int_equal(wire_take(&host, got), 80);
	assert_memory_equal(got, frame, 80);
	assert_int_equal(receive(&raw, got, sizeof(got), 0), 80);
	assert_memory_equal(got, frame, 80);
	assert_int_equal(from()->sll_pkttype, PACKET_OUTGOING);
	assert_int_equal(from()->sll_protocol, htons(0x88b5));
	assert_int_equal(receive(&cooked, got, sizeof(got), 0), 66);
	assert_memory_equal(got, frame + ETH_HLEN, 66);
	/* neither its own, nor what it does not want to see; what comes in all the same */
	assert_int_equal(receive(&sender, got, sizeof(got), 0), -EAGAIN);
	assert_int_equal(receive(&deaf, got, sizeof(got), 0), -EAGAIN);
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&sender, got, sizeof(got), 0), 60);
	assert_int_equal(receive(&deaf, got, sizeof(got), 0), 60);
	close_socket(&sender);
	close_socket(&raw);
	close_socket(&cooked);
	close_socket(&deaf);
}

static void test_bind(void **state)
{
	struct sockaddr_ll sll = address(host.dev->ifindex, ETH_P_IP);
	struct socket s;
	u8 got[100];

	open_socket(&s, SOCK_RAW, 0);
	assert_int_equal(LOCKED(s.ops->bind(&s, (struct sockaddr *)&sll, sizeof(sll) - 1)),
			 -EINVAL);
	sll.sll_family = AF_INET;
	assert_int_equal(LOCKED(s.ops->bind(&s, (struct sockaddr *)&sll, sizeof(sll))), -EINVAL);
	assert_int_equal(bind_socket(&s, 1000, ETH_P_ALL), -ENODEV);
	assert_int_equal(LOCKED(s.ops->getname(&s, (struct sockaddr *)&last_name, 0)), 12);
	assert_int_equal(from()->sll_ifindex, 0);
	assert_int_equal(bind_socket(&s, host.dev->ifindex, 0x88b5), 0);
	assert_int_equal(LOCKED(s.ops->getname(&s, (struct sockaddr *)&last_name, 0)), 18);
	assert_int_equal(from()->sll_family, AF_PACKET);
	assert_int_equal(from()->sll_ifindex, host.dev->ifindex);
	assert_int_equal(from()->sll_protocol, htons(0x88b5));
	assert_int_equal(from()->sll_hatype, ARPHRD_ETHER);
	assert_int_equal(from()->sll_halen, ETH_ALEN);
	assert_memory_equal(from()->sll_addr, host_mac, ETH_ALEN);
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	/* to the loopback device: nothing from here any more */
	assert_int_equal(bind_socket(&s, LOCKED(net_loopback_dev(host.net)->ifindex), 0), 0);
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -EAGAIN);
	/* to all devices, with the protocol that it has */
	assert_int_equal(bind_socket(&s, 0, 0), 0);
	inject(host_mac, 60, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	close_socket(&s);
}

static void test_device_goes(void **state)
{
	struct socket s, late;
	u8 frame[60], got[100];

	make_frame(frame, peer_mac, host_mac, sizeof(frame), 0);
	open_bound(&s, SOCK_RAW);
	inject(host_mac, 60, 1);
	net_lock(host.net);
	dev_close(host.dev);
	net_unlock(host.net);
	assert_int_equal(LOCKED(s.ops->poll(&s)) & EPOLLERR, EPOLLERR);
	assert_int_equal(send_frame(&s, frame, sizeof(frame)), -ENETDOWN);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -ENETDOWN);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	/* binding to what is down is an error that is told later */
	open_socket(&late, SOCK_RAW, 0);
	assert_int_equal(bind_socket(&late, host.dev->ifindex, ETH_P_ALL), 0);
	assert_int_equal(receive(&late, got, sizeof(got), 0), -ENETDOWN);
	assert_int_equal(LOCKED(dev_open(host.dev, NULL)), 0);
	inject(host_mac, 61, 1);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 61);
	assert_int_equal(receive(&late, got, sizeof(got), 0), 61);

	/* gone for good, with frames still in the queue */
	inject(host_mac, 62, 1);
	net_lock(host.net);
	unregister_netdevice(host.dev);
	net_unlock(host.net);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -ENETDOWN);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 62);
	assert_int_equal(send_frame(&s, frame, sizeof(frame)), -ENXIO);
	assert_int_equal(LOCKED(s.ops->getname(&s, (struct sockaddr *)&last_name, 0)), 12);
	assert_int_equal(from()->sll_ifindex, -1);
	assert_int_equal(bind_socket(&s, 0, ETH_P_ALL), 0);
	close_socket(&s);
	close_socket(&late);
}

static void test_send_refused(void **state)
{
	struct sockaddr_ll to = address(host.dev->ifindex, 0x88b5);
	static u8 frame[3000];
	struct socket s, none;

	make_frame(frame, peer_mac, host_mac, sizeof(frame), 0);
	open_bound(&s, SOCK_RAW);
	open_socket(&none, SOCK_RAW, 0);
	assert_int_equal(send_frame(&none, frame, 60), -ENXIO);
	assert_int_equal(send_to(&none, frame, 60, &to, sizeof(to)), 60);
	assert_int_equal(send_to(&none, frame, 60, &to, sizeof(to) - 1), -EINVAL);
	to.sll_halen = 9;
	assert_int_equal(send_to(&none, frame, 60, &to, sizeof(to)), -EINVAL);
	to = address(1000, 0x88b5);
	assert_int_equal(send_to(&none, frame, 60, &to, sizeof(to)), -ENXIO);
	assert_int_equal(send_frame(&s, frame, 0), -EINVAL);
	assert_int_equal(send_frame(&s, frame, ETH_HLEN - 1), -EINVAL);
	assert_int_equal(send_frame(&s, frame, ETH_HLEN), ETH_HLEN);
	assert_int_equal(send_frame(&s, frame, 1514), 1514);
	assert_int_equal(send_frame(&s, frame, 1515), -EMSGSIZE);
	assert_int_equal(send_frame(&s, frame, 1519), -EMSGSIZE);
	/* a tag does not count */
	frame[12] = 0x81;
	frame[13] = 0;
	assert_int_equal(send_frame(&s, frame, 1518), 1518);
	assert_int_equal(send_frame(&s, frame, 1519), -EMSGSIZE);
	sock_set_flag(s.sk, SOCK_NOFCS);
	assert_int_equal(send_frame(&s, frame, 60), -EPROTONOSUPPORT);
	wire_drop_sent(&host);
	assert_int_equal(sk_wmem_alloc_get(s.sk), 0);
	assert_int_equal(sk_wmem_alloc_get(none.sk), 0);
	close_socket(&s);
	close_socket(&none);
}

static void test_send_cooked(void **state)
{
	struct sockaddr_ll to = address(host.dev->ifindex, 0x88b6);
	u8 got[FRAME_MAX], data[1501] = "hello";
	struct socket s;

	open_socket(&s, SOCK_DGRAM, 0);
	memcpy(to.sll_addr, peer_mac, ETH_ALEN);
	assert_int_equal(send_to(&s, data, 50, &to, sizeof(to)), 50);
	assert_int_equal(wire_take(&host, got), 64);
	assert_memory_equal(got, peer_mac, ETH_ALEN);
	assert_memory_equal(got + ETH_ALEN, host_mac, ETH_ALEN);
	assert_int_equal(wire_eth_type(got), 0x88b6);
	assert_memory_equal(got + ETH_HLEN, data, 50);
	assert_int_equal(send_to(&s, data, 1500, &to, sizeof(to)), 1500);
	assert_int_equal(send_to(&s, data, 1501, &to, sizeof(to)), -EMSGSIZE);
	/* bound, but to nobody in particular */
	assert_int_equal(bind_socket(&s, host.dev->ifindex, 0x88b6), 0);
	assert_int_equal(send_frame(&s, data, 50), -EINVAL);
	wire_drop_sent(&host);
	close_socket(&s);
}

static void test_send_buffer(void **state)
{
	u8 frame[1000];
	struct socket s;
	int n = 0, ret, val = 0;

	make_frame(frame, peer_mac, host_mac, sizeof(frame), 0);
	open_bound(&s, SOCK_RAW);
	s.sk->sk_sndbuf = 20000;
	netif_stop_queue(host.dev);
	while ((ret = send_frame(&s, frame, sizeof(frame))) == 1000)
		n++;
	assert_int_equal(ret, -EAGAIN);
	assert_true(n > 3 && n < 20);
	assert_int_equal(LOCKED(s.ops->poll(&s)) & EPOLLOUT, 0);
	assert_int_equal(LOCKED(s.ops->ioctl(&s, SIOCOUTQ, (unsigned long)&val)), 0);
	assert_true(val >= 20000);
	net_lock(host.net);
	netif_wake_queue(host.dev);
	net_unlock(host.net);
	wire_run(&host);
	assert_int_equal(skb_queue_len(&host.sent), n);
	assert_int_equal(LOCKED(s.ops->poll(&s)) & EPOLLOUT, EPOLLOUT);
	/* past the queue: a device that can't take it loses it */
	assert_int_equal(set_option(&s, PACKET_QDISC_BYPASS, 1), 0);
	assert_int_equal(get_option(&s, PACKET_QDISC_BYPASS), 1);
	assert_int_equal(send_frame(&s, frame, sizeof(frame)), 1000);
	netif_stop_queue(host.dev);
	assert_int_equal(send_frame(&s, frame, sizeof(frame)), -ENOBUFS);
	wire_drop_sent(&host);
	close_socket(&s);
}

static void test_filter(void **state)
{
	static struct sock_filter cut[] = { BPF_STMT(BPF_RET | BPF_K, 30) };
	static struct sock_filter drop[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	static struct sock_filter tagged[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter read_back[4];
	struct socket s;
	u8 got[100];
	int len, val;

	open_bound(&s, SOCK_RAW);
	assert_int_equal(set_option(&s, PACKET_AUXDATA, 1), 0);
	assert_int_equal(attach(&s, cut, 1), 0);
	inject(host_mac, 80, 0);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 30);
	assert_int_equal(auxdata()->tp_len, 80);
	assert_int_equal(auxdata()->tp_snaplen, 30);
	assert_int_equal(auxdata()->tp_net, ETH_HLEN);
	assert_int_equal(auxdata()->tp_mac, 0);
	assert_int_equal(auxdata()->tp_status, TP_STATUS_USER);

	assert_int_equal(attach(&s, tagged, 4), 0);
	inject(host_mac, 60, 4);
	inject(host_mac, 60, 5);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	assert_int_equal(got[14], 5);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -EAGAIN);

	/* room and length are counted in instructions */
	len = 0;
	assert_int_equal(LOCKED(sock_getsockopt(&s, SOL_SOCKET, SO_GET_FILTER, NULL, &len)), 0);
	assert_int_equal(len, 4);
	len = 3;
	assert_int_equal(LOCKED(sock_getsockopt(&s, SOL_SOCKET, SO_GET_FILTER, read_back, &len)),
			 -EINVAL);
	len = 4;
	assert_int_equal(LOCKED(sock_getsockopt(&s, SOL_SOCKET, SO_GET_FILTER, read_back, &len)),
			 0);
	assert_memory_equal(read_back, tagged, sizeof(tagged));

	assert_int_equal(attach(&s, drop, 1), 0);
	inject(host_mac, 60, 5);
	assert_int_equal(receive(&s, got, sizeof(got), 0), -EAGAIN);
	/* what is not wanted is not lost */
	assert_int_equal(statistics(&s).tp_drops, 0);

	val = 0;
	assert_int_equal(
		LOCKED(sock_setsockopt(&s, SOL_SOCKET, SO_DETACH_FILTER, &val, sizeof(val))), 0);
	assert_int_equal(
		LOCKED(sock_setsockopt(&s, SOL_SOCKET, SO_DETACH_FILTER, &val, sizeof(val))),
		-ENOENT);
	assert_int_equal(atomic_read(&s.sk->sk_omem_alloc), 0);
	assert_int_equal(attach(&s, cut, 1), 0);
	val = 1;
	assert_int_equal(LOCKED(sock_setsockopt(&s, SOL_SOCKET, SO_LOCK_FILTER, &val, sizeof(val))),
			 0);
	assert_int_equal(attach(&s, drop, 1), -EPERM);
	val = 0;
	assert_int_equal(LOCKED(sock_setsockopt(&s, SOL_SOCKET, SO_LOCK_FILTER, &val, sizeof(val))),
			 -EPERM);
	assert_int_equal(
		LOCKED(sock_setsockopt(&s, SOL_SOCKET, SO_DETACH_FILTER, &val, sizeof(val))),
		-EPERM);
	close_socket(&s);
}

static void test_overflow(void **state)
{
	struct tpacket_stats st;
	struct socket s;
	u8 got[100];
	int n = 0;

	open_bound(&s, SOCK_RAW);
	s.sk->sk_rcvbuf = 10000;
	for (int i = 0; i < 50; i++)
		inject(host_mac, 60, 0);
	while (receive(&s, got, sizeof(got), 0) == 60)
		n++;
	assert_true(n > 2 && n < 50);
	assert_int_equal(atomic_read(&s.sk->sk_drops), 50 - n);
	assert_int_equal(wire_drops(&host, SKB_DROP_REASON_SOCKET_RCVBUFF), 50 - n);
	st = statistics(&s);
	assert_int_equal(st.tp_packets, 50);
	assert_int_equal(st.tp_drops, 50 - n);
	st = statistics(&s);
	assert_int_equal(st.tp_packets, 0);
	assert_int_equal(st.tp_drops, 0);
	close_socket(&s);
}

static void test_memberships(void **state)
{
	struct packet_mreq mreq = { .mr_ifindex = host.dev->ifindex, .mr_type = PACKET_MR_PROMISC };
	struct socket s, t;

	open_socket(&s, SOCK_RAW, 0);
	open_socket(&t, SOCK_RAW, 0);
#define MEMBER(sock, opt, len) LOCKED((sock)->ops->setsockopt(sock, SOL_PACKET, opt, &mreq, len))
	assert_int_equal(MEMBER(&s, PACKET_ADD_MEMBERSHIP, sizeof(mreq) - 1), -EINVAL);
	assert_int_equal(MEMBER(&s, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(MEMBER(&s, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(host.dev->promiscuity, 2);
	assert_int_equal(MEMBER(&s, PACKET_DROP_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(host.dev->promiscuity, 2);
	assert_int_equal(MEMBER(&s, PACKET_DROP_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(MEMBER(&s, PACKET_DROP_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(host.dev->promiscuity, 1);
	mreq.mr_type = PACKET_MR_ALLMULTI;
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(host.dev->allmulti, 1);
	mreq.mr_type = PACKET_MR_MULTICAST;
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), -EINVAL);
	mreq.mr_alen = 9;
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), -EINVAL);
	mreq.mr_alen = ETH_ALEN;
	memcpy(mreq.mr_address, (u8[]){ 1, 0, 0x5e, 1, 2, 3 }, ETH_ALEN);
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	assert_int_equal(LOCKED(dev_mc_del(host.dev, mreq.mr_address)), 0);
	assert_int_equal(LOCKED(dev_mc_add(host.dev, mreq.mr_address)), 0);
	mreq.mr_ifindex = 1000;
	assert_int_equal(MEMBER(&t, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), -ENODEV);
	mreq.mr_ifindex = host.dev->ifindex;
	/* closing takes everything back */
	close_socket(&t);
	assert_int_equal(host.dev->promiscuity, 0);
	assert_int_equal(host.dev->allmulti, 0);
	assert_int_equal(LOCKED(dev_mc_del(host.dev, mreq.mr_address)), -ENOENT);
	/* and so does the end of the device */
	mreq.mr_type = PACKET_MR_PROMISC;
	assert_int_equal(MEMBER(&s, PACKET_ADD_MEMBERSHIP, sizeof(mreq)), 0);
	net_lock(host.net);
	unregister_netdevice(host.dev);
	net_unlock(host.net);
	assert_int_equal(atomic_read(&s.sk->sk_omem_alloc), 0);
	close_socket(&s);
}

static void test_vnet_hdr(void **state)
{
	struct {
		struct virtio_net_hdr hdr;
		u8 frame[74];
	} __packed out = { .hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				    .csum_start = 34,
				    .csum_offset = 6 } },
		   in;
	struct socket s, other;
	u8 got[FRAME_MAX];

	open_bound(&s, SOCK_DGRAM);
	assert_int_equal(set_option(&s, PACKET_VNET_HDR, 1), -EINVAL);
	close_socket(&s);
	open_bound(&s, SOCK_RAW);
	open_bound(&other, SOCK_RAW);
	assert_int_equal(set_option(&s, PACKET_VNET_HDR, 1), 0);
	assert_int_equal(set_option(&other, PACKET_VNET_HDR, 1), 0);
	make_frame(out.frame, peer_mac, host_mac, sizeof(out.frame), 0);
	assert_int_equal(send_frame(&s, &out, sizeof(out)), sizeof(out));
	/* the device has no checksums: it was filled in */
	assert_int_equal(wire_take(&host, got), 74);
	assert_memory_equal(got, out.frame, 40);
	assert_memory_not_equal(got + 40, out.frame + 40, 2);
	assert_int_equal(receive(&other, &in, sizeof(in), 0), sizeof(in));
	assert_int_equal(receive(&other, &in, sizeof(in), 0), -EAGAIN);
	inject(host_mac, 74, 0);
	assert_int_equal(receive(&s, &in, 5, 0), -EINVAL);
	out.hdr.csum_start = 80;
	assert_int_equal(send_frame(&s, &out, sizeof(out)), -EINVAL);
	out.hdr.csum_start = 34;
	out.hdr.hdr_len = 75;
	assert_int_equal(send_frame(&s, &out, sizeof(out)), -EINVAL);
	assert_int_equal(send_frame(&s, &out, 9), -EINVAL);
	close_socket(&s);
	close_socket(&other);
}

static void test_vlan_auxdata(void **state)
{
	u8 f[FRAME_MAX], got[100];
	struct sk_buff *skb;
	struct socket s;

	open_bound(&s, SOCK_RAW);
	assert_int_equal(set_option(&s, PACKET_AUXDATA, 1), 0);
	skb = netdev_alloc_skb_ip_align(host.dev, 60);
	assert_non_null(skb);
	make_frame(f, host_mac, peer_mac, 60, 0);
	skb_put_data(skb, f, 60);
	skb->protocol = eth_type_trans(skb, host.dev);
	__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), 0x2007);
	netif_rx(skb);
	wire_run(&host);
	assert_int_equal(receive(&s, got, sizeof(got), 0), 60);
	assert_int_equal(auxdata()->tp_status,
			 TP_STATUS_USER | TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID);
	assert_int_equal(auxdata()->tp_vlan_tci, 0x2007);
	assert_int_equal(auxdata()->tp_vlan_tpid, ETH_P_8021Q);
	close_socket(&s);
}

static void test_options(void **state)
{
	static const int absent[] = { PACKET_RX_RING, PACKET_TX_RING,	  PACKET_VERSION,
				      PACKET_HDRLEN,  PACKET_COPY_THRESH, PACKET_RESERVE,
				      PACKET_LOSS,    PACKET_TX_HAS_OFF };
	static const int flags[] = { PACKET_AUXDATA, PACKET_ORIGDEV, PACKET_VNET_HDR,
				     PACKET_IGNORE_OUTGOING, PACKET_QDISC_BYPASS };
	struct socket s;
	int val = 0, len;

	open_socket(&s, SOCK_RAW, 0);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		assert_int_equal(set_option(&s, absent[i], 1), -ENOPROTOOPT);
		assert_int_equal(get_option(&s, absent[i]), -ENOPROTOOPT);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		assert_int_equal(get_option(&s, flags[i]), 0);
		assert_int_equal(set_option(&s, flags[i], 1), 0);
		assert_int_equal(get_option(&s, flags[i]), 1);
		assert_int_equal(LOCKED(s.ops->setsockopt(&s, SOL_PACKET, flags[i], &val, 3)),
				 -EINVAL);
	}
	assert_int_equal(set_option(&s, PACKET_IGNORE_OUTGOING, 2), -EINVAL);
	assert_int_equal(set_option(&s, PACKET_TIMESTAMP, 64), 0);
	assert_int_equal(get_option(&s, PACKET_TIMESTAMP), 64);
	assert_int_equal(get_option(&s, PACKET_ROLLOVER_STATS), -EINVAL);
	assert_int_equal(LOCKED(s.ops->setsockopt(&s, SOL_IP, PACKET_AUXDATA, &val, 4)),
			 -ENOPROTOOPT);
	assert_int_equal(LOCKED(s.ops->setsockopt(&s, SOL_PACKET, PACKET_AUXDATA, NULL, 4)),
			 -EFAULT);
	len = 4;
	assert_int_equal(LOCKED(s.ops->getsockopt(&s, SOL_IP, PACKET_AUXDATA, &val, &len)),
			 -ENOPROTOOPT);
	len = -1;
	assert_int_equal(LOCKED(s.ops->getsockopt(&s, SOL_PACKET, PACKET_AUXDATA, &val, &len)),
			 -EINVAL);
	len = 2;
	assert_int_equal(LOCKED(s.ops->getsockopt(&s, SOL_PACKET, PACKET_AUXDATA, &val, &len)), 0);
	assert_int_equal(len, 2);
	close_socket(&s);
}

static int fault_round(void)
{
	static struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, 50) };
	struct packet_mreq mreq = { .mr_ifindex = host.dev->ifindex, .mr_type = PACKET_MR_PROMISC };
	struct socket s;
	u8 f[80], got[100];
	int err = try_open(&s, SOCK_RAW, ETH_P_ALL);

	if (err)
		return err;
	make_frame(f, peer_mac, host_mac, sizeof(f), 0);
	err = bind_socket(&s, host.dev->ifindex, ETH_P_ALL);
	if (!err)
		err = attach(&s, all, 1);
	if (!err)
		err = LOCKED(s.ops->setsockopt(&s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
					       sizeof(mreq)));
	if (!err)
		err = set_option(&s, PACKET_FANOUT, PACKET_FANOUT_ROLLOVER << 16 | 1);
	if (!err)
		err = min(send_frame(&s, f, sizeof(f)), 0);
	if (!err && wire_inject_quiet(&host, f, sizeof(f))) {
		wire_run(&host);
		err = min(receive(&s, got, sizeof(got), 0), 0);
	}
	wire_drop_sent(&host);
	close_socket(&s);
	return err;
}

static void test_no_memory(void **state)
{
	for (long n = 1; n < 1000; n++) {
		int err, count;

		if (skiff_fail_nth(n))
			skip();
		err = fault_round();
		count = (int)skiff_fail_count();
		skiff_fail_nth(0);
		assert_true(err == 0 || err == -ENOMEM || err == -ENOBUFS || err == -EAGAIN);
		assert_int_equal(skb_live_buffers(), 0);
		assert_int_equal(host.dev->promiscuity, 0);
		if (count < n) {
			assert_int_equal(err, 0);
			return;
		}
	}
	fail();
}

/* Random calls on some sockets end with nothing charged. */
static void test_exact(void **state)
{
	struct socket s[4];
	unsigned int seed = 3;
	u8 f[FRAME_MAX], got[FRAME_MAX];

	for (int i = 0; i < 4; i++)
		open_bound(&s[i], i % 2 ? SOCK_RAW : SOCK_DGRAM);
	for (int n = 0; n < 10000; n++) {
		struct socket *at = &s[rand_r(&seed) % 4];
		size_t len = (size_t)rand_r(&seed) % 1514;

		make_frame(f, peer_mac, host_mac, max(len, (size_t)ETH_HLEN), (u8)n);
		switch (rand_r(&seed) % 5) {
		case 0:
			send_frame(at, f, len);
			break;
		case 1:
			inject(host_mac, max(len, (size_t)60), 0);
			break;
		case 2:
			receive(at, got, len, rand_r(&seed) & (MSG_PEEK | MSG_TRUNC));
			break;
		case 3:
			at->sk->sk_rcvbuf = 3000 + (int)len * 20;
			break;
		default:
			bind_socket(at, rand_r(&seed) & 1 ? host.dev->ifindex : 0, ETH_P_ALL);
			break;
		}
		wire_drop_sent(&host);
	}
	for (int i = 0; i < 4; i++) {
		while (receive(&s[i], got, sizeof(got), 0) >= 0)
			;
		assert_false(sk_has_allocations(s[i].sk));
		close_socket(&s[i]);
	}
}

/* What was not read goes with the socket. */
static void test_pending_at_close(void **state)
{
	struct socket s;

	open_bound(&s, SOCK_RAW);
	for (int i = 0; i < 10; i++)
		inject(host_mac, 100, 0);
	assert_int_equal(skb_queue_len(&s.sk->sk_receive_queue), 10);
	close_socket(&s);
	assert_int_equal(skb_live_buffers(), 0);
}

/* Of one frame: what was received is sent on as it is. */
static void buffers_instead_of_copies(void **state)
{
	struct socket in, out, cooked;
	struct sk_buff *skb;
	struct sockaddr_ll to = address(host.dev->ifindex, 0x88b5);
	struct skiff_msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	u8 f[FRAME_MAX];
	int err;

	open_bound(&in, SOCK_RAW);
	open_socket(&out, SOCK_RAW, 0);
	open_socket(&cooked, SOCK_DGRAM, 0);
	inject(host_mac, 100, 1);
	net_lock(host.net);
	skb = in.ops->recv_skb(&in, MSG_DONTWAIT, &err);
	assert_non_null(skb);
	assert_int_equal(skb->len, 100);
	assert_null(in.ops->recv_skb(&in, MSG_DONTWAIT, &err));
	assert_int_equal(err, -EAGAIN);
	assert_int_equal(out.ops->send_skb(&out, &msg, skb), 100);
	net_unlock(host.net);
	wire_run(&host);
	assert_int_equal(wire_take(&host, f), 100);
	assert_memory_equal(f, host_mac, ETH_ALEN);
	assert_memory_equal(f + ETH_ALEN, peer_mac, ETH_ALEN);
	/* A cooked one puts the header in front. */
	memcpy(to.sll_addr, peer_mac, ETH_ALEN);
	skb = alloc_skb(64, GFP_KERNEL);
	memset(skb_put(skb, 64), 7, 64);
	assert_int_equal(LOCKED(cooked.ops->send_skb(&cooked, &msg, skb)), 64);
	wire_run(&host);
	assert_int_equal(wire_take(&host, f), 64 + ETH_HLEN);
	assert_memory_equal(f, peer_mac, ETH_ALEN);
	assert_memory_equal(f + ETH_ALEN, host_mac, ETH_ALEN);
	assert_int_equal(wire_eth_type(f), 0x88b5);
	/* Refused, a buffer is gone all the same. */
	skb = alloc_skb(2000, GFP_KERNEL);
	skb_put(skb, 2000);
	assert_int_equal(LOCKED(out.ops->send_skb(&out, &msg, skb)), -EMSGSIZE);
	skb = alloc_skb(13, GFP_KERNEL);
	memset(skb_put(skb, 13), 0, 13);
	assert_int_equal(LOCKED(out.ops->send_skb(&out, &msg, skb)), -EINVAL);
	skb = alloc_skb(0, GFP_KERNEL);
	assert_int_equal(LOCKED(out.ops->send_skb(&out, &msg, skb)), -EINVAL);
	to.sll_ifindex = 999;
	skb = alloc_skb(64, GFP_KERNEL);
	skb_put(skb, 64);
	assert_int_equal(LOCKED(out.ops->send_skb(&out, &msg, skb)), -ENXIO);
	close_socket(&in);
	close_socket(&out);
	close_socket(&cooked);
}

/* SOCK_PACKET, also by the name of the family that had it first. */
static void the_old_form(void **state)
{
	struct sockaddr_pkt pkt = { .spkt_protocol = htons(0x88b5) };
	struct sockaddr sa = { .sa_family = AF_PACKET };
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct socket s;
	u8 f[FRAME_MAX];
	int err;

	err = LOCKED(sock_create_net(host.net, AF_INET, SOCK_PACKET, htons(ETH_P_ALL), 0, &s));
	assert_int_equal(err, 0);
	assert_int_equal(s.sk->sk_family, AF_PACKET);
	inject(host_mac, 60, 1);
	assert_int_equal(receive(&s, f, sizeof(f), MSG_PEEK), 60);
	assert_int_equal(receive(&s, f, 20, MSG_TRUNC), 60);
	assert_int_equal(last_flags & MSG_TRUNC, MSG_TRUNC);
	assert_int_equal(last_namelen, sizeof(pkt));
	memcpy(&pkt, &last_name, sizeof(pkt));
	assert_string_equal((char *)pkt.spkt_device, host.dev->name);
	assert_int_equal(pkt.spkt_family, ARPHRD_ETHER);
	assert_int_equal(pkt.spkt_protocol, htons(0x88b5));
	assert_int_equal(receive(&s, f, 20, MSG_OOB), -EINVAL);
	assert_int_equal(receive(&s, f, 20, MSG_ERRQUEUE), -EAGAIN);
	make_frame(f, peer_mac, host_mac, 1515, 3);
	assert_int_equal(send_to(&s, f, 60, (void *)&pkt, sizeof(pkt)), 60);
	assert_int_equal(wire_take(&host, f), 60);
	assert_int_equal(send_to(&s, f, 1515, (void *)&pkt, sizeof(pkt)), -EMSGSIZE);
	assert_int_equal(send_to(&s, f, 0, (void *)&pkt, sizeof(pkt)), -EINVAL);
	assert_int_equal(send_to(&s, f, 60, NULL, 0), -ENOTCONN);
	assert_int_equal(attach(&s, none, 1), 0);
	inject(host_mac, 60, 1);
	while (receive(&s, f, sizeof(f), 0) > 0)
		; /* what went out */
	inject(host_mac, 60, 1);
	assert_int_equal(receive(&s, f, sizeof(f), 0), -EAGAIN);
	/* A name that fills all of its place. */
	memset(sa.sa_data, 'x', sizeof(sa.sa_data));
	assert_int_equal(LOCKED(s.ops->bind(&s, &sa, sizeof(sa))), -ENODEV);
	strcpy(sa.sa_data, host.dev->name);
	assert_int_equal(LOCKED(s.ops->bind(&s, &sa, sizeof(sa))), 0);
	LOCKED((dev_close(host.dev), 0));
	assert_int_equal(receive(&s, f, 20, 0), -ENETDOWN);
	assert_int_equal(send_to(&s, f, 60, (void *)&pkt, sizeof(pkt)), -ENETDOWN);
	close_socket(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		P(test_create),
		P(test_receive),
		P(test_partial_reads),
		P(test_outgoing),
		P(test_bind),
		P(test_device_goes),
		P(test_send_refused),
		P(test_send_cooked),
		P(test_send_buffer),
		P(test_filter),
		P(test_overflow),
		P(test_memberships),
		P(test_vnet_hdr),
		P(test_vlan_auxdata),
		P(test_options),
		P(test_no_memory),
		P(test_exact),
		P(test_pending_at_close),
		P(buffers_instead_of_copies),
		P(the_old_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
