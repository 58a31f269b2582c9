// SPDX-License-Identifier: BSD-2-Clause
/* UDP between a host of this process and the kernel, 64 bytes: over a TAP and over AF_PACKET. */
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

#include "harness.h"
#include "kernel_udp.h"

/* A link between the two, with a socket on either side, connected to the other one. */
struct link {
	struct net *net;
	int skiff_fd;
	int kernel_fd;
};

static struct udp_burst out, in;

/* Bursts that the kernel sends before the host looks, as it is with one that has other work too. */
#define WINDOW 8

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void skiff_to_kernel(size_t times, void *arg)
{
	const struct link *l = (const struct link *)arg;

	for (size_t i = 0; i < times; i++) {
		int sent = skiff_sendmmsg(l->skiff_fd, out.msgs, UDP_BURST, 0), got = 0, n;

		need(sent == UDP_BURST, "skiff_sendmmsg");
		for (; got < sent; got += n) {
			n = recvmmsg(l->kernel_fd, in.msgs, (unsigned int)(sent - got), 0, NULL);
			need(n > 0, "recvmmsg: datagrams lost");
		}
	}
}

static void kernel_to_skiff(size_t times, void *arg)
{
	const struct link *l = (const struct link *)arg;

	for (size_t i = 0; i < times; i++) {
		int got = 0, n;

		for (int j = 0; j < WINDOW; j++)
			need(sendmmsg(l->kernel_fd, out.msgs, UDP_BURST, 0) == UDP_BURST,
			     "sendmmsg");
		for (; got < WINDOW * UDP_BURST; got += n) {
			n = skiff_recvmmsg(l->skiff_fd, in.msgs, UDP_BURST, MSG_WAITFORONE, NULL);
			need(n > 0, "skiff_recvmmsg: datagrams lost");
		}
	}
}

static int open_skiff(struct net *net, const char *own, const char *peer)
{
	struct sockaddr_in a = udp_at(own), b = udp_at(peer);
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);

	need(fd >= 0 && skiff_bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		     skiff_connect(fd, (struct sockaddr *)&b, sizeof(b)) == 0,
	     "skiff's UDP socket");
	return fd;
}

/* The host with its device; the kernel's side is set up by commands, after or before that. */
static void link_up(struct link *l, const char *device, const char *before, const char *after,
		    const char *own, const char *peer)
{
	const struct timeval patience = { .tv_sec = 5 };
	char err[256];

	l->net = skiff_net_create(NULL);
	need(l->net != NULL, "skiff_net_create");
	need(!before || netns_run(before), before);
	if (skiff_dev_create(l->net, device, err, sizeof(err)) < 0) {
		fprintf(stderr, "%s: %s\n", device, err);
		exit(1);
	}
	need(!after || netns_run(after), after);
	l->skiff_fd = open_skiff(l->net, own, peer);
	l->kernel_fd = kernel_udp(peer, own);
	need(l->kernel_fd >= 0 && setsockopt(l->kernel_fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
					     sizeof(patience)) == 0,
	     "kernel's socket");
	need(skiff_setsockopt(l->skiff_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ==
		     0,
	     "SO_RCVTIMEO");
	/*
	 * The neighbours get to know each other, so that no burst has to wait for that. The kernel
	 * asks first: it is the call that waits for its datagram which runs our host.
	 */
	for (int i = 0; i < 4; i++) {
		char c = 0;

		need(send(l->kernel_fd, &c, 1, 0) == 1 && skiff_recv(l->skiff_fd, &c, 1, 0) == 1 &&
			     skiff_send(l->skiff_fd, &c, 1, 0) == 1 &&
			     recv(l->kernel_fd, &c, 1, 0) == 1,
		     "first exchange");
	}
}

static int link_down(struct link *l)
{
	skiff_close(l->skiff_fd);
	close(l->kernel_fd);
	return skiff_net_destroy(l->net);
}

#define SEND(link) .ours = skiff_to_kernel, .arg = link, .times = 96, .units = UDP_BURST
#define RECEIVE(link) \
	.ours = kernel_to_skiff, .arg = link, .times = 96 / WINDOW, .units = UDP_BURST * WINDOW

int main(void)
{
	static int kernel[2];
	static struct link tap, packet;
	static struct bench_case cases[] = {
		{ .name = "udp/tap-send", SEND(&tap) },
		{ .name = "udp/tap-receive", RECEIVE(&tap) },
		{ .name = "udp/packet-send", SEND(&packet) },
		{ .name = "udp/packet-receive", RECEIVE(&packet) },
	};

	if (!netns_enter() || !kernel_cable(kernel)) {
		printf("no network namespace with iproute2: UDP to the kernel is not measured\n");
		return 0;
	}
	udp_burst_init(&out);
	udp_burst_init(&in);
	need(skiff_init() == 0, "skiff_init");
	link_up(&tap, "tap,name=sk0,addr=192.0.2.2/24", NULL,
		"ip addr add 192.0.2.1/24 dev sk0 && ip link set sk0 up", "192.0.2.2", "192.0.2.1");
	link_up(&packet, "packet,if=p1,addr=203.0.113.2/24",
		"ip link add p0 type veth peer name p1 && ip link set p0 up && ip link set p1 up && "
		"ip addr add 203.0.113.1/24 dev p0",
		NULL, "203.0.113.2", "203.0.113.1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cases[i].rate = "packets/s";
		cases[i].peer = kernel_one_way;
		cases[i].peer_times = 96;
		cases[i].peer_name = "kernel veth, sendmmsg";
		cases[i].peer_arg = kernel;
		bench_run(&cases[i]);
	}
	return link_down(&tap) || link_down(&packet);
}
