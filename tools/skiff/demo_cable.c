// SPDX-License-Identifier: BSD-2-Clause
/* A second skiff host as the peer, at the other end of a cable inside of this process. */
#include <errno.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>

#include "demo.h"

#define PEER_DEV "sk1"

/* What the peer's callbacks report. */
static struct outcome asked, answered, pinged;

static void got_answer(struct skiff_udp *udp, const void *data, size_t len,
		       const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	outcome_set(&asked, 1, data, len);
}

static void got_error(struct skiff_udp *udp, int error, const struct sockaddr_in *to, void *arg)
{
	outcome_set(&asked, -error, NULL, 0);
}

static int peer_asks(struct demo *demo, u16 port, const void *data, size_t len, void *answer,
		     size_t size)
{
	const struct skiff_udp_params params = { .recv = got_answer, .error = got_error };
	struct sockaddr_in to = demo_sockaddr(DEMO_ADDR, port);
	struct skiff_udp *udp;
	int ret = skiff_udp_open(demo->peer_net, &params, &udp);

	if (ret)
		return ret;
	outcome_reset(&asked);
	ret = skiff_udp_send(udp, data, len, &to);
	if (!ret)
		ret = outcome_wait(&asked);
	skiff_udp_close(udp);
	if (ret < 0)
		return ret;
	memcpy(answer, asked.data, min(size, asked.len));
	return (int)asked.len;
}

static void send_back(struct skiff_udp *udp, const void *data, size_t len,
		      const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	int err = __skiff_udp_send(udp, data, len, from);

	outcome_set(&answered, err ? err : (int)len, data, len);
}

static int peer_serves(struct demo *demo, u16 port)
{
	const struct skiff_udp_params params = { .port = port, .recv = send_back };

	return skiff_udp_open(demo->peer_net, &params, &demo->peer_udp);
}

static int peer_answers(struct demo *demo)
{
	int ret = outcome_wait(&answered);

	(void)demo;
	outcome_reset(&answered);
	return ret;
}

static void ping_done(struct net *net, const struct skiff_ping_result *r, void *arg)
{
	outcome_set(&pinged, r->status == SKIFF_PING_REPLY ? 1 : -ETIMEDOUT, &r->rtt_ns,
		    sizeof(r->rtt_ns));
}

static void peer_pings(struct demo *demo, struct step_result *result)
{
	struct skiff_ping_params params = { .len = 56, .id = DEMO_PING_ID };
	unsigned int received = 0;
	s64 sum = 0, rtt;

	params.daddr = demo_sockaddr(DEMO_ADDR, 0).sin_addr;
	for (params.seq = 1; params.seq <= DEMO_PINGS; params.seq++) {
		outcome_reset(&pinged);
		if (skiff_ping(demo->peer_net, &params, ping_done, NULL) ||
		    outcome_wait(&pinged) < 0)
			continue;
		memcpy(&rtt, pinged.data, sizeof(rtt));
		sum += rtt;
		received++;
	}
	result->ok = received == DEMO_PINGS;
	snprintf(result->text, sizeof(result->text), "%u of %d answered", received, DEMO_PINGS);
	result->rtt_ns = received ? sum / received : 0;
}

static int peer_sends_back(struct demo *demo, u16 *port)
{
	*port = 7;
	return skiff_service_enable(demo->peer_net, "echo", NULL, 0);
}

static int peer_mac(struct demo *demo, u8 mac[ETH_ALEN])
{
	const struct net_device *dev;

	net_lock(demo->peer_net);
	dev = __dev_get_by_name(demo->peer_net, PEER_DEV);
	if (dev)
		memcpy(mac, dev->dev_addr, ETH_ALEN);
	net_unlock(demo->peer_net);
	return dev ? 0 : -ENODEV;
}

static void peer_end(struct demo *demo)
{
	skiff_udp_close(demo->peer_udp);
	skiff_net_destroy(demo->peer_net);
}

static const struct peer_ops cable_ops = {
	.name = "the peer",
	.ping = peer_pings,
	.ask = peer_asks,
	.serve = peer_serves,
	.answer = peer_answers,
	.send_back = peer_sends_back,
	.mac = peer_mac,
	.end = peer_end,
};

int bring_up(struct net *net, const char *name, const char *addr, char *err, size_t size)
{
	int ret = skiff_addr_add(net, name, addr, err, size);

	return ret ? ret : skiff_dev_up(net, name, err, size);
}

int connect_cable(struct demo *demo, char *err, size_t size)
{
	const struct skiff_net_params params = { .name = "peer" };
	int ret;

	demo->peer_net = skiff_net_create(&params);
	if (!demo->peer_net)
		return -errno;
	demo->peer = &cable_ops;
	ret = veth_create(demo->net, DEMO_DEV, demo->peer_net, PEER_DEV, NULL, NULL);
	if (!ret)
		ret = bring_up(demo->peer_net, PEER_DEV, DEMO_PEER_ADDR "/24", err, size);
	if (!ret)
		ret = bring_up(demo->net, DEMO_DEV, DEMO_ADDR "/24", err, size);
	if (!ret)
		ret = skiff_net_start(demo->peer_net);
	return ret;
}
