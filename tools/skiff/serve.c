// SPDX-License-Identifier: BSD-2-Clause
/* Running a host: the server that answers its programs, and the control socket, in one loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/capability.h>

#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>

#include "cable.h"
#include "follow.h"
#include "program/control.h"
#include "program/mirror.h"
#include "program/rights.h"
#include "program/server.h"
#include "serve.h"
#include "tcp/tcp.h"

/* How often a host whose programs are gone looks whether its connections are, too. */
#define LINGER_NS 20000000
/* How long who waits for captures does so for connections: most have ended by then. */
#define FRONT_MAX_NS 1000000000
/* The kernel gives those up as well; net.ipv4.tcp_orphan_retries' eight take about so long. */
#define LINGER_MAX_NS 120000000000

/**
 * struct running - the host that runs
 * @how: it was asked for
 * @host: the host
 * @server: answers its programs
 * @mirrors: images of its devices where programs are
 * @follow: has them changed
 * @control: answers those who control it
 * @timer: while it waits for the last connections, or somebody for it, or -1
 * @idle: there is no program any more
 * @lingered: how long it has waited then
 * @front: as struct serve says
 * @ended: the process there has said that its program has ended
 * @front_waited: how long it has waited then
 */
struct running {
	const struct serve *how;
	struct up_host host;
	struct server *server;
	struct mirrors *mirrors;
	struct follow follow;
	struct control *control;
	int timer;
	bool idle;
	u64 lingered;
	int front;
	bool ended;
	u64 front_waited;
};

/* For signals. */
static struct server *stopped_server;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
	if (stopped_server)
		server_stop(stopped_server);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* Who reads what we say may go away; the host stays. */
	signal(SIGPIPE, SIG_IGN);
	/* A capture that passes the limit for files is to stop with an error, not with a signal. */
	signal(SIGXFSZ, SIG_IGN);
}

static int watch(void *host, int fd, u32 events, void (*ready)(void *arg, u32 events), void *arg)
{
	struct running *r = host;

	return server_watch(r->server, fd, events, ready, arg);
}

static void unwatch(void *host, int fd)
{
	struct running *r = host;

	server_unwatch(r->server, fd);
}

static int attach(void *host, int listener, struct image *image, const char *lines, void **kept)
{
	struct running *r = host;
	struct mirror *mirror = mirrors_add(r->mirrors, listener, image, lines);
	int err;

	if (!mirror) {
		close(listener);
		return -ENOMEM;
	}
	err = server_attach(r->server, listener);
	if (err)
		mirrors_remove(r->mirrors, mirror);
	else
		*kept = mirror;
	return err;
}

static void detach(void *host, void *kept)
{
	struct running *r = host;

	mirrors_remove(r->mirrors, kept);
}

static bool has_packets_shown(void *host, int listener)
{
	struct running *r = host;

	return mirrors_show(r->mirrors, listener);
}

static void furnish(void *host, FILE *out)
{
	const struct running *r = host;
	char text[INET_ADDRSTRLEN];

	for (unsigned int i = 0; i < r->how->config->nr_dns; i++)
		fprintf(out, "dns %s\n", r->how->config->dns[i]);
	if (!r->how->config->nr_dns && r->host.uplink.net)
		fprintf(out, "dns %s\n",
			inet_ntop(AF_INET, &r->host.uplink.dns, text, sizeof(text)));
	furnish_devices(r->host.net, out);
}

/* Under the stack lock. */
static void describe_device(const struct net_device *dev, FILE *out)
{
	const struct in_device *in_dev = __in_dev_get(dev);
	const struct in_ifaddr *ifa;
	char text[INET_ADDRSTRLEN];

	fprintf(out, "device %s %s %u", dev->name, dev->flags & IFF_UP ? "up" : "down", dev->mtu);
	if (in_dev)
		in_dev_for_each_ifa(ifa, in_dev)
			fprintf(out, " %s/%u",
				inet_ntop(AF_INET, &ifa->ifa_local, text, sizeof(text)),
				ifa->ifa_prefixlen);
	fputc('\n', out);
}

static void describe(void *host, FILE *out)
{
	const struct running *r = host;
	const struct net_device *dev;

	net_lock(r->host.net);
	for_each_netdev(r->host.net, dev)
		describe_device(dev, out);
	net_unlock(r->host.net);
}

/* The descriptor is named last: it is the one that counts. */
static int lay_cable(void *host, int fd, const char *text, char *err, size_t err_size)
{
	const struct running *r = host;
	char device[CABLE_TEXT_MAX];
	int ret;

	if (strncmp(text, "veth", 4) != 0 || (text[4] && text[4] != ',')) {
		snprintf(err, err_size, "'%s' is no end of a cable", text);
		return -EINVAL;
	}
	snprintf(device, sizeof(device), "%s,fd=%d", text, fd);
	ret = skiff_dev_create(r->host.net, device, err, err_size);
	return min_t(int, ret, 0);
}

static void down(void *host)
{
	struct running *r = host;

	server_stop(r->server);
}

/* Whether all that programs have left behind is sent, and acknowledged. */
static bool is_quiet(const struct running *r)
{
	int orphans;

	net_lock(r->host.net);
	orphans = tcp_net(r->host.net)->orphan_count;
	net_unlock(r->host.net);
	return !orphans && !server_nr_sessions(r->server) && !server_nr_sockets(r->server) &&
	       uplink_is_quiet(&r->host);
}

static void end_timer(struct running *r)
{
	if (r->timer < 0)
		return;
	server_unwatch(r->server, r->timer);
	close(r->timer);
	r->timer = -1;
}

/* Its file is as complete as it will be, or, with programs that go on, up to here. */
static void let_front_go(struct running *r)
{
	if (r->idle) {
		up_end_captures(&r->host);
	} else {
		up_flush_captures(&r->host);
		end_timer(r);
	}
	close(r->front);
	r->front = -1;
}

static void look(void *arg, u32 events)
{
	struct running *r = arg;
	u64 ticks;

	if (read(r->timer, &ticks, sizeof(ticks)) < 0)
		return;
	r->lingered += r->idle ? ticks * LINGER_NS : 0;
	r->front_waited += r->ended ? ticks * LINGER_NS : 0;
	if (r->idle && (is_quiet(r) || r->lingered >= LINGER_MAX_NS))
		server_stop(r->server);
	else if (r->front >= 0 && r->front_waited >= FRONT_MAX_NS)
		let_front_go(r);
}

/* Return: whether look() will be called. */
static bool begin_to_look(struct running *r)
{
	const struct itimerspec often = { .it_value.tv_nsec = 1, .it_interval.tv_nsec = LINGER_NS };

	if (r->timer >= 0)
		return true;
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return r->timer >= 0 && !timerfd_settime(r->timer, 0, &often, NULL) &&
	       !server_watch(r->server, r->timer, EPOLLIN, look, r);
}

/* The last program is gone. Its connections end as they would if the kernel had them. */
static void begin_to_linger(void *host)
{
	struct running *r = host;

	if (r->how->client < 0)
		return;
	r->idle = true;
	if (!begin_to_look(r))
		server_stop(r->server);
}

/* The program has ended. What it has left open, and who was about to end with it, may take a moment longer. */
static void front_ready(void *arg, u32 events)
{
	struct running *r = arg;

	server_unwatch(r->server, r->front);
	r->ended = true;
	if (!begin_to_look(r))
		let_front_go(r);
}

static const struct control_ops control_ops = {
	.watch = watch,
	.unwatch = unwatch,
	.attach = attach,
	.detach = detach,
	.furnish = furnish,
	.describe = describe,
	.down = down,
	.lay_cable = lay_cable,
	.idle = begin_to_linger,
};

static void mirrors_ready(void *arg, u32 events)
{
	struct running *r = arg;

	mirrors_follow(r->mirrors);
}

/* What programs are shown of the devices is kept in step. Return: 0 or a negative errno. */
static int begin_to_follow(struct running *r)
{
	int err;

	r->mirrors = mirrors_create(r->host.net, furnish_devices);
	if (!r->mirrors)
		return -errno;
	err = server_watch(r->server, mirrors_fd(r->mirrors), EPOLLIN, mirrors_ready, r);
	return err ? err : follow_begin(&r->follow, r->host.net, r->mirrors);
}

static void end_to_follow(struct running *r)
{
	if (!r->mirrors)
		return;
	follow_end(&r->follow);
	server_unwatch(r->server, mirrors_fd(r->mirrors));
	mirrors_destroy(r->mirrors);
}

static enum status can_not_serve(int error)
{
	return complain(STATUS_FAILED, "programs can't be served: %s", strerror(error));
}

static enum status open_control_socket(struct running *r)
{
	const struct taken *taken = r->how->taken;
	int fd = control_socket_bind(taken->dir, taken->socket);
	int err = fd < 0 ? fd : control_listen(r->control, fd);

	if (err && fd >= 0)
		close(fd);
	return err ? complain(STATUS_FAILED, "the control socket can't be made: %s",
			      strerror(-err)) :
		     STATUS_OK;
}

static enum status serve_programs(struct running *r)
{
	enum status status = STATUS_OK;
	int err;

	r->server = server_create(r->host.net);
	if (!r->server)
		return can_not_serve(errno);
	err = r->host.uplink.net ? server_add_net(r->server, r->host.uplink.net) : 0;
	if (err)
		return can_not_serve(-err);
	err = begin_to_follow(r);
	if (err)
		return can_not_serve(-err);
	server_on_packet(r->server, has_packets_shown, r);
	r->control = control_create(&control_ops, r);
	if (!r->control)
		return can_not_serve(errno);
	if (r->how->taken)
		status = open_control_socket(r);
	if (status == STATUS_OK && r->how->client >= 0) {
		err = control_add_client(r->control, r->how->client);
		if (err)
			status = can_not_serve(-err);
	}
	if (status == STATUS_OK && r->front >= 0) {
		err = server_watch(r->server, r->front, EPOLLIN, front_ready, r);
		if (err)
			status = can_not_serve(-err);
	}
	return status;
}

/*
 * What it takes to see the memory and the descriptors of programs that have changed their user, to send
 * them SIGPIPE, and to change the image in their network namespaces; and for the gateway to ping where ping sockets
 * are not for everybody (net.ipv4.ping_group_range).
 */
#define PROGRAM_RIGHTS                                                             \
	(1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_KILL | \
	 1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_RAW)

/* Each socket of each program takes a descriptor here. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static enum status begin(struct running *r)
{
	enum status status = up_begin(r->how->config, &r->host);
	int err;

	if (status == STATUS_OK)
		status = serve_programs(r);
	if (status != STATUS_OK)
		return status;
	/* Programs of other users, which have been started by root, are still to be served. */
	err = rights_drop(rights_have(CAP_SYS_ADMIN) ? PROGRAM_RIGHTS : 0);
	if (err)
		status = complain(STATUS_FAILED, "rights can't be given up: %s", strerror(-err));
	return status;
}

static void run(struct running *r)
{
	/* Of a program's own host nobody needs to hear; and a service manager waits for the program. */
	bool report = r->how->client < 0;

	if (report) {
		up_report_begin(&r->host, r->how->config);
		tell_service_manager("READY=1");
	}
	if (r->how->background)
		background_ready(r->how->background);
	stopped_server = r->server;
	if (!stopped)
		server_run(r->server);
	stopped_server = NULL;
	if (report) {
		tell_service_manager("STOPPING=1");
		up_report_end(&r->host, r->how->config);
	}
}

enum status serve(const struct serve *how)
{
	struct running r = { .how = how, .timer = -1, .front = how->front };
	enum status status, ended;

	catch_signals();
	raise_limit();
	status = begin(&r);
	if (status == STATUS_OK)
		run(&r);
	control_destroy(r.control);
	end_to_follow(&r);
	if (r.server)
		server_destroy(r.server);
	if (r.timer >= 0)
		close(r.timer);
	ended = up_end(&r.host);
	if (r.front >= 0)
		close(r.front);
	return status == STATUS_OK ? ended : status;
}
