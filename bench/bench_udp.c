// SPDX-License-Identifier: BSD-2-Clause
/* UDP echo between two hosts of one process on a cable, 64 bytes, on one core. */
#include <skiff/inet_common.h>
#include <skiff/netconf.h>
#include <skiff/services.h>
#include <skiff/socket.h>
#include <skiff/udp.h>

#include "harness.h"
#include "kernel_udp.h"
#include "two_hosts.h"

#define OWN_PORT 7001

static struct net *hosts[2];
static int fds[2];	      /* connected to each other */
static int service_fd;	      /* connected to the echo service of the other host */
static struct sock *stack[2]; /* sockets of the stack: the second one sends back what comes */
static unsigned long echoed;
static struct udp_burst to, from;

/* The four calls that a program would make. */
static void echo_calls(size_t times, void *arg)
{
	char buf[UDP_BYTES] = { 0 };

	for (size_t i = 0; i < times; i++) {
		need(skiff_send(fds[0], buf, sizeof(buf), 0) == UDP_BYTES, "send");
		need(skiff_recv(fds[1], buf, sizeof(buf), 0) == UDP_BYTES, "recv");
		need(skiff_send(fds[1], buf, sizeof(buf), 0) == UDP_BYTES, "send back");
		need(skiff_recv(fds[0], buf, sizeof(buf), 0) == UDP_BYTES, "recv back");
	}
}

/* The same with the buffer itself: it goes round for ever. */
static void echo_skbs(size_t times, void *arg)
{
	struct sk_buff *skb;

	for (size_t i = 0; i < times; i++) {
		skb = alloc_skb(256, GFP_KERNEL);
		need(skb != NULL, "alloc_skb");
		skb_reserve(skb, 128);
		skb_put(skb, UDP_BYTES);
		for (int end = 0; end < 2; end++) {
			need(skiff_send_skb(fds[end], skb, NULL, 0, 0) == UDP_BYTES, "send_skb");
			skb = skiff_recv_skb(fds[!end], 0);
			need(skb != NULL, "recv_skb");
		}
		consume_skb(skb);
	}
}

static void move_burst(int out, int in)
{
	int got = 0, n;

	need(skiff_sendmmsg(out, to.msgs, UDP_BURST, 0) == UDP_BURST, "sendmmsg");
	do {
		n = skiff_recvmmsg(in, from.msgs, (unsigned int)(UDP_BURST - got), 0, NULL);
		need(n > 0, "recvmmsg");
		got += n;
	} while (got < UDP_BURST);
}

static void echo_mmsg(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++) {
		move_burst(fds[0], fds[1]);
		move_burst(fds[1], fds[0]);
	}
}

static void one_way_mmsg(size_t times, void *arg)
{
	for (size_t i = 0; i < times; i++)
		move_burst(fds[0], fds[1]);
}

/* Back to where it came from, in the same buffer. Under the stack lock. */
static int send_back(struct sock *sk, struct sk_buff *skb)
{
	struct flowi4 fl4;
	struct rtable *rt;

	udp_reply_flow(skb, &fl4);
	fl4.fl4_sport = inet_sk(sk)->inet_sport;
	fl4.flowi4_proto = IPPROTO_UDP;
	__skb_pull(skb, sizeof(struct udphdr));
	skb_scrub_packet(skb, true);
	skb->ip_summed = CHECKSUM_NONE;
	rt = inet_route_datagram(sk, &fl4, true);
	if (IS_ERR(rt))
		kfree_skb(skb);
	else
		udp_send_skb(sk, skb, &fl4, rt);
	return 0;
}

static int count_back(struct sock *sk, struct sk_buff *skb)
{
	echoed++;
	consume_skb(skb);
	return 0;
}

/* Bursts of the stack's own sockets: no calls, no copies but the one into the buffer. */
static void echo_callback(size_t times, void *arg)
{
	static const char data[UDP_BYTES];
	struct in_addr peer;

	inet_pton(AF_INET, "192.0.2.2", &peer);
	for (size_t i = 0; i < times; i++) {
		unsigned long before = echoed;

		net_lock(hosts[0]);
		for (int j = 0; j < UDP_BURST; j++)
			udp_send_data(stack[0], data, UDP_BYTES, (__force __be32)peer.s_addr,
				      htons(OWN_PORT));
		net_unlock(hosts[0]);
		while (echoed - before < UDP_BURST)
			need(skiff_poll(hosts[1], 0) + skiff_poll(hosts[0], 0) > 0, "burst lost");
	}
}

/* A program asks, a service of the other host answers. */
static void request_response(size_t times, void *arg)
{
	char buf[UDP_BYTES] = { 0 };

	for (size_t i = 0; i < times; i++) {
		need(skiff_send(service_fd, buf, sizeof(buf), 0) == UDP_BYTES, "send");
		need(skiff_recv(service_fd, buf, sizeof(buf), 0) == UDP_BYTES, "recv");
	}
}

static int open_socket(struct net *net, const char *own, const char *peer, in_port_t port)
{
	struct sockaddr_in a = udp_at(own), b = udp_at(peer);
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);

	a.sin_port = port ? 0 : a.sin_port;
	b.sin_port = port ? port : b.sin_port;
	need(fd >= 0 && skiff_bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     skiff_connect(fd, (struct sockaddr *)&b, sizeof(b)) == 0,
	     "socket");
	return fd;
}

/* Connected, and so with a route to remember. */
static void open_stack(int side, const char *own, const char *peer,
		       int (*rcv)(struct sock *, struct sk_buff *))
{
	const struct udp_port_cfg cfg = {
		.family = AF_INET,
		.local_ip = (__force __be32)udp_at(own).sin_addr.s_addr,
		.peer_ip = (__force __be32)udp_at(peer).sin_addr.s_addr,
		.local_udp_port = htons(OWN_PORT),
		.peer_udp_port = htons(OWN_PORT),
		.use_udp_checksums = true,
	};

	net_lock(hosts[side]);
	need(udp_sock_create(hosts[side], &cfg, &stack[side]) == 0, "udp_sock_create");
	udp_sk(stack[side])->encap_rcv = rcv;
	udp_sk(stack[side])->encap_type = 1;
	net_unlock(hosts[side]);
}

static void setup(void)
{
	struct net_device *ends[2];

	two_hosts(hosts, ends);
	while (skiff_poll(hosts[1], 0) > 0 || skiff_poll(hosts[0], 0) > 0)
		;
	net_lock(hosts[1]);
	need(service_enable(hosts[1], "echo") == 0, "echo");
	net_unlock(hosts[1]);
	for (int i = 0; i < 2; i++)
		fds[i] = open_socket(hosts[i], host_addr[i], host_addr[!i], 0);
	service_fd = open_socket(hosts[0], host_addr[0], host_addr[1], htons(7));
	open_stack(0, host_addr[0], host_addr[1], count_back);
	open_stack(1, host_addr[1], host_addr[0], send_back);
	udp_burst_init(&to);
	udp_burst_init(&from);
	/* The neighbours get to know each other. */
	echo_calls(1, NULL);
}

static int teardown(void)
{
	for (int i = 0; i < 2; i++) {
		skiff_close(fds[i]);
		net_lock(hosts[i]);
		udp_sock_release(stack[i]);
		net_unlock(hosts[i]);
	}
	skiff_close(service_fd);
	return skiff_net_destroy(hosts[0]) || skiff_net_destroy(hosts[1]);
}

#define ECHOES .rate = "echoes/s", .units = 1, .times = 5000
#define BURSTS .units = UDP_BURST, .times = 300

int main(int argc, char **argv)
{
	static int kernel[2];
	static struct bench_case cases[] = {
		{ .name = "udp/echo-in-process", .ours = echo_callback, BURSTS, .rate = "echoes/s" },
		{ .name = "udp/echo-in-process-mmsg",
		  .ours = echo_mmsg,
		  BURSTS,
		  .rate = "echoes/s" },
		{ .name = "udp/echo-in-process-skb", .ours = echo_skbs, ECHOES },
		{ .name = "udp/echo-in-process-calls", .ours = echo_calls, ECHOES },
		{ .name = "udp/in-process", .ours = one_way_mmsg, BURSTS, .rate = "packets/s" },
		{ .name = "udp/rtt-in-process",
		  .ours = request_response,
		  .units = 1,
		  .times = 5000 },
	};
	bool alone = argc != 3 && netns_enter() && kernel_cable(kernel);

	setup();
	/* One case a few times over, for who counts instructions: its number and how often. */
	if (argc == 3) {
		cases[atoi(argv[1])].ours((size_t)atoi(argv[2]), NULL);
		return teardown();
	}
	if (!alone)
		printf("no network namespace with iproute2: nothing to compare with\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench_case *c = &cases[i];

		if (alone && (c->ours == echo_callback || c->ours == one_way_mmsg)) {
			c->peer = kernel_one_way;
			c->peer_name = "kernel veth, one way";
		} else if (alone && c->ours == echo_mmsg) {
			c->peer = kernel_echo_bursts;
			c->peer_name = "kernel veth, mmsg echo";
		} else if (alone) {
			c->peer = kernel_echo;
			c->peer_name = "kernel veth, echo";
		}
		c->peer_arg = kernel;
		bench_run(c);
	}
	return teardown();
}
