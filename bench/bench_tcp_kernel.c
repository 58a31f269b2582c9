// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP between a host of this process and the kernel over a TAP, next to the kernel with itself over
 * veth. The far end is the same process of the kernel's sockets in both; this end is skiff or the
 * kernel. Bulk cases tell the processor time of either end, too, which a busy machine changes less.
 */
#include <dirent.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/sockios.h>

#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/skbuff.h>
#include <skiff/socket.h>

#include "blocks.h"
#include "harness.h"
#include "netns.h"
#include "tcp_partner.h"

#define need partner_need
#define MB (1024.0 * 1024.0)
/* A buffer of the sk_buff form is so many blocks, with long packets or without. */
#define SKB_BLOCKS 2
#define SKB_BLOCKS_LONG 8
/* Most bytes of a packet with long ones. */
#define LONG "262144"
/* Of one round. */
#define BULK_MB 256
/* Connections that are opened and closed at a time. */
#define IN_FLIGHT 64

static struct netns_pair ns;
static struct partner partner;
static struct page *blocks[SKB_BLOCKS_LONG];

/**
 * struct stream - this end of a connection, and what it has cost
 * @net: skiff's host; NULL for a socket of the kernel's
 * @fd: descriptor, of either stack
 * @conn: its number at the partner
 * @blocks: it goes by sk_buffs, of so many blocks when sent; 0: it is copied
 * @threaded: a thread of the kernel's receives what this end sends
 * @thread: that one's processor time
 * @near: processor time of this end, seconds
 * @far: of the other end
 * @bytes: that went
 */
struct stream {
	struct net *net;
	int fd;
	int conn;
	int blocks;
	bool threaded;
	clockid_t thread;
	double near;
	double far;
	double bytes;
};

static int conns;

static void skiff_source(const struct stream *s, size_t bytes)
{
	while (bytes) {
		ssize_t n = skiff_send(s->fd, partner_buf, min(bytes, (size_t)PARTNER_CHUNK), 0);

		need(n > 0, "skiff_send");
		bytes -= (size_t)n;
	}
}

static void skiff_source_skb(const struct stream *s, size_t bytes)
{
	while (bytes) {
		struct sk_buff *skb = blocks_skb(blocks, s->blocks);
		ssize_t n;

		need(skb != NULL, "alloc_skb");
		n = skiff_send_skb(s->fd, skb, NULL, 0, 0);
		need(n > 0, "skiff_send_skb");
		bytes -= min(bytes, (size_t)n);
	}
}

static void skiff_sink(const struct stream *s, size_t bytes)
{
	while (bytes) {
		ssize_t n = skiff_recv(s->fd, partner_buf, PARTNER_CHUNK, 0);

		need(n > 0, "skiff_recv");
		bytes -= (size_t)n;
	}
}

static void skiff_sink_skb(const struct stream *s, size_t bytes)
{
	while (bytes) {
		struct sk_buff *skb = skiff_recv_skb(s->fd, 0);

		need(skb != NULL, "skiff_recv_skb");
		bytes -= skb->len;
		consume_skb(skb);
	}
}

/* What is in the send buffer leaves only while somebody runs the host. */
static void skiff_drain(const struct stream *s)
{
	int waiting;

	while (skiff_ioctl(s->fd, SIOCOUTQ, &waiting) == 0 && waiting)
		skiff_poll(s->net, 1000000);
}

/* Processor time of the kernel's thread, seconds. */
static double thread_seconds(const struct stream *s)
{
	struct timespec t = { 0, 0 };

	need(!s->threaded || clock_gettime(s->thread, &t) == 0, "clock of the kernel's thread");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count_costs(struct stream *s, double near, double far, size_t bytes)
{
	s->near += near;
	s->far += far;
	s->bytes += (double)bytes;
}

static void send_bulk(size_t times, void *arg)
{
	struct stream *s = (struct stream *)arg;
	size_t bytes = times * (size_t)MB;
	double before = cpu_seconds(), thread = thread_seconds(s), near;

	partner_order(&partner, PARTNER_SINK, s->conn, bytes);
	if (!s->net)
		kernel_source(s->fd, bytes);
	else if (s->blocks)
		skiff_source_skb(s, bytes);
	else
		skiff_source(s, bytes);
	if (s->net)
		skiff_drain(s);
	near = cpu_seconds() - before;
	thread = thread_seconds(s) - thread;
	count_costs(s, near, partner_report(&partner) + thread, bytes);
}

static void receive_bulk(size_t times, void *arg)
{
	struct stream *s = (struct stream *)arg;
	size_t bytes = times * (size_t)MB;
	double before = cpu_seconds(), thread = thread_seconds(s), near;

	partner_order(&partner, PARTNER_SOURCE, s->conn, bytes);
	if (!s->net)
		kernel_sink(s->fd, bytes);
	else if (s->blocks)
		skiff_sink_skb(s, bytes);
	else
		skiff_sink(s, bytes);
	near = cpu_seconds() - before;
	thread = thread_seconds(s) - thread;
	count_costs(s, near, partner_report(&partner) + thread, bytes);
}

/* Picoseconds a byte of one end, and the kernel's in its place. */
static void report_cpu(const char *name, const char *end, double ours, double peer,
		       const char *peer_name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s-cpu-%s", name, end);
	bench_line(full, ours * 1e12, "ps/byte", false, peer_name, peer * 1e12, peer / ours);
}

/* A case of bulk also tells the processor time of both. */
static void run(const struct bench_case *c)
{
	struct stream *ours = (struct stream *)c->arg, *peer = (struct stream *)c->peer_arg;

	if (c->ours != send_bulk && c->ours != receive_bulk) {
		bench_run(c);
		return;
	}
	ours->near = ours->far = ours->bytes = 0;
	peer->near = peer->far = peer->bytes = 0;
	bench_run(c);
	report_cpu(c->name, "near", ours->near / ours->bytes, peer->near / peer->bytes,
		   c->peer_name);
	report_cpu(c->name, "far", ours->far / ours->bytes, peer->far / peer->bytes, c->peer_name);
}

/* Requests. */

static void skiff_request(int fd)
{
	need(skiff_send(fd, partner_buf, PARTNER_REQUEST, 0) == PARTNER_REQUEST, "skiff_send");
}

/* Asking runs the host. */
static void skiff_spin_recv(int fd)
{
	ssize_t n;

	do {
		n = skiff_recv(fd, partner_buf, PARTNER_REQUEST, MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN);
	need(n == PARTNER_REQUEST, "skiff_recv");
}

/* The far end is another process. */
static void round_trips(size_t times, void *arg)
{
	const struct stream *s = (const struct stream *)arg;

	partner_order(&partner, PARTNER_ECHO, s->conn, times);
	for (size_t i = 0; i < times; i++) {
		if (s->net) {
			skiff_request(s->fd);
			skiff_spin_recv(s->fd);
		} else {
			kernel_request(s->fd);
			kernel_spin_recv(s->fd);
		}
	}
	partner_report(&partner);
}

/* Both ends of a connection in this process; @far is the kernel's. */
struct own_pair {
	struct net *net;
	int fd;
	int far;
};

static void round_trips_alone(size_t times, void *arg)
{
	const struct own_pair *p = (const struct own_pair *)arg;

	for (size_t i = 0; i < times; i++) {
		if (p->net)
			skiff_request(p->fd);
		else
			kernel_request(p->fd);
		kernel_spin_recv(p->far);
		kernel_request(p->far);
		if (p->net)
			skiff_spin_recv(p->fd);
		else
			kernel_spin_recv(p->fd);
	}
}

/* Connections. */

/* Where to, from which host. @net: skiff's, NULL for the kernel's other namespace. */
struct dial {
	struct net *net;
	const char *addr;
};

static int own_listener;

static int begin_connect(const struct dial *d)
{
	struct sockaddr_in a = partner_name(d->addr, OWN_PORT);
	int fd, err;

	if (d->net) {
		fd = skiff_socket(d->net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		need(fd >= 0, "skiff_socket");
		err = skiff_connect(fd, (struct sockaddr *)&a, sizeof(a));
	} else {
		fd = kernel_tcp(SOCK_NONBLOCK);
		err = connect(fd, (struct sockaddr *)&a, sizeof(a));
	}
	need(err == 0 || errno == EINPROGRESS, "connect");
	return fd;
}

static int accept_one(const struct dial *d)
{
	int fd;

	while ((fd = accept4(own_listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
		need(errno == EAGAIN, "accept");
		if (d->net)
			skiff_poll(d->net, 0);
	}
	return fd;
}

static void end_connect(const struct dial *d, int fd)
{
	ssize_t n;
	char c;

	do {
		n = d->net ? skiff_recv(fd, &c, 1, 0) : recv(fd, &c, 1, 0);
	} while (n < 0 && errno == EAGAIN);
	need(n == 0, "end of stream");
	if (d->net)
		skiff_close(fd);
	else
		close(fd);
}

/* The side that accepts sends the first FIN: the ports of the other one are not used up. */
static void connections(size_t times, void *arg)
{
	const struct dial *d = (const struct dial *)arg;
	int fds[IN_FLIGHT], accepted[IN_FLIGHT];

	need(d->net || netns_go(ns.away), "namespace");
	while (times--) {
		for (int i = 0; i < IN_FLIGHT; i++)
			fds[i] = begin_connect(d);
		for (int i = 0; i < IN_FLIGHT; i++)
			accepted[i] = accept_one(d);
		for (int i = 0; i < IN_FLIGHT; i++)
			close(accepted[i]);
		for (int i = 0; i < IN_FLIGHT; i++)
			end_connect(d, fds[i]);
	}
	need(d->net || netns_go(ns.home), "namespace");
}

/* Setting up. */

static int skiff_connected(struct net *net, const char *addr, int port)
{
	struct sockaddr_in a = partner_name(addr, port);
	int fd = skiff_socket(net, AF_INET, SOCK_STREAM, 0);

	need(fd >= 0 && skiff_connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "skiff_connect");
	return fd;
}

static int kernel_connected(const char *addr, int port)
{
	int fd;

	need(netns_go(ns.away), "namespace");
	fd = kernel_connect(addr, port);
	need(netns_go(ns.home), "namespace");
	return fd;
}

/* A connection with the partner at @addr; @net: skiff's, or NULL. */
static struct stream stream_to(struct net *net, const char *addr)
{
	struct stream s = { .net = net, .conn = conns++ };

	s.fd = net ? skiff_connected(net, addr, PARTNER_PORT) :
		     kernel_connected(addr, PARTNER_PORT);
	partner_order(&partner, PARTNER_ACCEPT, s.conn, 0);
	partner_report(&partner);
	return s;
}

/*
 * The thread "napi/DEV-N" does the far end's work as well. Where it can't be seen, as in a namespace of processes,
 * its time can't be told, and there is no stream.
 */
static struct stream threaded_stream_to(struct net *net, const char *addr, const char *dev)
{
	struct stream s = stream_to(net, addr);
	char path[300], name[64], wanted[64];
	DIR *proc = opendir("/proc");
	struct dirent *d;

	snprintf(wanted, sizeof(wanted), "napi/%s-", dev);
	while (proc && !s.threaded && (d = readdir(proc)) != NULL) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		f = atoi(d->d_name) > 0 ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		s.threaded = fgets(name, sizeof(name), f) &&
			     !strncmp(name, wanted, strlen(wanted)) &&
			     clock_getcpuclockid(atoi(d->d_name), &s.thread) == 0;
		fclose(f);
	}
	if (proc)
		closedir(proc);
	if (!s.threaded) {
		skiff_close(s.fd);
		s.net = NULL;
	}
	return s;
}

static struct own_pair pair_at(struct net *net, const char *addr)
{
	const struct dial d = { .net = net, .addr = addr };
	struct own_pair p = { .net = net };

	p.fd = net ? skiff_connected(net, addr, OWN_PORT) : kernel_connected(addr, OWN_PORT);
	p.far = accept_one(&d);
	return p;
}

/* A host with a TAP whose kernel's end has the other address of the net; NULL: not on this kernel. */
static struct net *tap_host(const char *name, const char *net, const char *options)
{
	struct net *host = skiff_net_create(NULL);
	char text[128], err[256];

	need(host != NULL, "skiff_net_create");
	snprintf(text, sizeof(text), "tap,name=%s,addr=%s.2/24%s", name, net, options);
	if (skiff_dev_create(host, text, err, sizeof(err)) < 0) {
		printf("%s: %s\n", text, err);
		skiff_net_destroy(host);
		return NULL;
	}
	snprintf(text, sizeof(text), "ip addr add %s.1/24 dev %s && ip link set %s up", net, name,
		 name);
	need(netns_run(text), text);
	return host;
}

static bool setup_kernel(void)
{
	if (!netns_enter() || !netns_pair(&ns) || !netns_cable(&ns, "kx", "ky", "198.51.100") ||
	    !netns_cable(&ns, "nx", "ny", "198.51.101"))
		return false;
	/* The second cable takes what a plain one would. */
	if (!netns_no_offloads("nx") || !netns_go(ns.away) || !netns_no_offloads("ny") ||
	    !netns_go(ns.home))
		return false;
	partner_start(&partner);
	own_listener = kernel_listener(OWN_PORT, SOCK_NONBLOCK);
	return true;
}

/* The cases. */

static struct stream kernel, plain_kernel, ours, by_skb, lng, long_by_skb, plain;
static struct stream threaded, threaded_by_skb, threaded_plain;
static struct own_pair kernel_own, ours_own;
static struct dial kernel_dial, ours_dial;

#define BULK(way, end) \
	.ours = (way), .arg = &(end), .times = BULK_MB, .units = (size_t)MB, .rate = "bytes/s"
#define VETH(way, end) .peer = (way), .peer_arg = &(end), .peer_name = "kernel veth"
#define PLAIN_VETH(way) \
	.peer = (way), .peer_arg = &plain_kernel, .peer_name = "kernel veth, no offloads"

static const struct bench_case cases[] = {
	{ .name = "tcp/tap-send", BULK(send_bulk, ours), VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-send-skb", BULK(send_bulk, by_skb), VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-long-send", BULK(send_bulk, lng), VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-long-send-skb", BULK(send_bulk, long_by_skb), VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-receive", BULK(receive_bulk, ours), VETH(receive_bulk, kernel) },
	{ .name = "tcp/tap-receive-skb", BULK(receive_bulk, by_skb), VETH(receive_bulk, kernel) },
	{ .name = "tcp/tap-plain-send", BULK(send_bulk, plain), PLAIN_VETH(send_bulk) },
	{ .name = "tcp/tap-plain-receive", BULK(receive_bulk, plain), PLAIN_VETH(receive_bulk) },
	{ .name = "tcp/tap-threaded-send", BULK(send_bulk, threaded), VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-threaded-send-skb",
	  BULK(send_bulk, threaded_by_skb),
	  VETH(send_bulk, kernel) },
	{ .name = "tcp/tap-threaded-receive",
	  BULK(receive_bulk, threaded),
	  VETH(receive_bulk, kernel) },
	{ .name = "tcp/tap-plain-threaded-send",
	  BULK(send_bulk, threaded_plain),
	  PLAIN_VETH(send_bulk) },
	{ .name = "tcp/tap-plain-threaded-receive",
	  BULK(receive_bulk, threaded_plain),
	  PLAIN_VETH(receive_bulk) },
	{ .name = "tcp/tap-rtt",
	  .ours = round_trips,
	  .arg = &ours,
	  VETH(round_trips, kernel),
	  .units = 1,
	  .times = 1000 },
	{ .name = "tcp/tap-rtt-one-core",
	  .ours = round_trips_alone,
	  .arg = &ours_own,
	  VETH(round_trips_alone, kernel_own),
	  .units = 1,
	  .times = 2000 },
	{ .name = "tcp/tap-connect-64",
	  .ours = connections,
	  .arg = &ours_dial,
	  VETH(connections, kernel_dial),
	  .units = IN_FLIGHT,
	  .times = 10,
	  .rate = "connections/s" },
};

/*
 * Hosts: as they come; with packets of more than 64 KB; without the virtio header; and the first and the last
 * kind with a thread of the kernel's.
 */
static struct net *tap, *long_tap, *bare, *tap_threaded, *bare_threaded;

static void setup(void)
{
	need(blocks_get(blocks, SKB_BLOCKS_LONG), "alloc_pages");
	kernel = stream_to(NULL, "198.51.100.1");
	plain_kernel = stream_to(NULL, "198.51.101.1");
	ours = stream_to(tap, "192.0.2.1");
	by_skb = stream_to(tap, "192.0.2.1");
	by_skb.blocks = SKB_BLOCKS;
	if (long_tap) {
		lng = stream_to(long_tap, "203.0.114.1");
		long_by_skb = stream_to(long_tap, "203.0.114.1");
		long_by_skb.blocks = SKB_BLOCKS_LONG;
	}
	plain = stream_to(bare, "203.0.113.1");
	if (tap_threaded && bare_threaded) {
		threaded = threaded_stream_to(tap_threaded, "203.0.115.1", "sk3");
		threaded_by_skb = threaded_stream_to(tap_threaded, "203.0.115.1", "sk3");
		threaded_by_skb.blocks = SKB_BLOCKS;
		threaded_plain = threaded_stream_to(bare_threaded, "203.0.116.1", "sk4");
	}
	kernel_own = pair_at(NULL, "198.51.100.1");
	ours_own = pair_at(tap, "192.0.2.1");
	kernel_dial = (struct dial){ .addr = "198.51.100.1" };
	ours_dial = (struct dial){ .net = tap, .addr = "192.0.2.1" };
}

static int teardown(void)
{
	const struct stream *const streams[] = {
		&ours,	   &by_skb,	     &lng,	     &long_by_skb, &plain,
		&threaded, &threaded_by_skb, &threaded_plain
	};
	struct net *const hosts[] = { tap, long_tap, bare, tap_threaded, bare_threaded };
	int left = 0;

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++)
		if (streams[i]->net)
			skiff_close(streams[i]->fd);
	skiff_close(ours_own.fd);
	blocks_put(blocks, SKB_BLOCKS_LONG);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		left += hosts[i] ? skiff_net_destroy(hosts[i]) : 0;
	return left;
}

/* One case alone, or this side of it so many times over, is for who looks for costs. */
static void run_asked(const struct bench_case *c, int argc, char **argv)
{
	/* What this machine has no device for has no host. */
	if ((c->ours == send_bulk || c->ours == receive_bulk) && !((struct stream *)c->arg)->net)
		return;
	if (argc > 1 && strcmp(argv[1], c->name) != 0)
		return;
	if (argc > 2)
		c->ours((size_t)atoi(argv[2]), c->arg);
	else
		run(c);
}

int main(int argc, char **argv)
{
	if (!setup_kernel()) {
		printf("no network namespace with iproute2: TCP to the kernel is not measured\n");
		return 0;
	}
	need(skiff_init() == 0, "skiff_init");
	tap = tap_host("sk0", "192.0.2", "");
	long_tap = tap_host("sk2", "203.0.114", ",gso_ipv4_max_size=" LONG);
	bare = tap_host("sk1", "203.0.113", ",vnet_hdr=off");
	tap_threaded = tap_host("sk3", "203.0.115", ",napi=threaded");
	bare_threaded = tap_host("sk4", "203.0.116", ",vnet_hdr=off,napi=threaded,sndbuf=0");
	need(tap && bare, "TAP");
	setup();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		run_asked(&cases[i], argc, argv);
	return teardown();
}
