// SPDX-License-Identifier: BSD-2-Clause
/* What goes wrong beneath sockets: devices that go or hang, queues that are full, lost fragments. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <skiff/etherdevice.h>
#include <skiff/socket.h>

#include "sim.h"

#define SERVER_PORT 3000
#define MS 1000000ll
/* net.ipv4.ipfrag_time, and a second. */
#define FRAGMENTS_END (31 * NSEC_PER_SEC)

static struct sim sim;

static struct sockaddr_in server_addr(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(SERVER_PORT),
				     .sin_addr.s_addr = sim_addr(0, 1) };
}

/* Sockets that never wait: what they wait for may never come. */
static int client(void)
{
	const struct sockaddr_in to = server_addr();
	int fd = skiff_socket(sim.hosts[0], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static int server(void)
{
	const struct sockaddr_in at = server_addr();
	int fd = skiff_socket(sim.hosts[1], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(skiff_bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Two hosts that know each other's hardware addresses. */
static void open_pair(const char *netem, int *from, int *to)
{
	char c = 0;

	sim_open(&sim, 1, 2);
	sim_cable(&sim, 0, 1, NULL);
	*from = client();
	*to = server();
	assert_int_equal(skiff_send(*from, &c, 1, 0), 1);
	sim_sleep(&sim, NSEC_PER_SEC);
	assert_int_equal(skiff_recv(*to, &c, 1, 0), 1);
	assert_int_equal(sim_netem(&sim, 0, 0, netem), 0);
}

static void close_pair(int from, int to)
{
	assert_int_equal(skiff_close(from), 0);
	assert_int_equal(skiff_close(to), 0);
	assert_int_equal(sim_close(&sim), 0);
}

static u64 snmp(int host, const char *name)
{
	u64 value = 0;

	assert_int_equal(skiff_snmp_get(sim.hosts[host], name, &value), 0);
	return value;
}

/* Return: how many datagrams of @len bytes are there, each as it was sent. */
static int receive_all(int fd, size_t len)
{
	static u8 in[65536];
	int nr = 0;
	ssize_t got;

	while ((got = skiff_recv(fd, in, sizeof(in), 0)) >= 0) {
		assert_int_equal(got, len);
		for (size_t i = 1; i < len; i++)
			assert_int_equal(in[i], in[0]);
		nr++;
	}
	assert_int_equal(errno, EAGAIN);
	return nr;
}

static void send_all(int fd, int nr, size_t len)
{
	static u8 out[65536];

	for (int i = 0; i < nr; i++) {
		memset(out, i, len);
		assert_int_equal(skiff_send(fd, out, len, 0), len);
	}
}

static bool is_there(int end)
{
	bool there;

	net_lock(sim.ends[end].net);
	there = sim_dev(&sim, 0, end) != NULL;
	net_unlock(sim.ends[end].net);
	return there;
}

static void a_device_goes_in_traffic(void **state)
{
	int from, to;
	u64 before;
	char c = 0;

	open_pair("delay=10ms", &from, &to);
	send_all(from, 10, 100);
	sim_sleep(&sim, 5 * MS);
	send_all(from, 10, 100);
	sim_sleep(&sim, 7 * MS);
	before = sim.frames;
	/* The second ten are on their way. */
	sim_cut(&sim, 0);
	assert_false(is_there(0));
	sim_sleep(&sim, NSEC_PER_SEC);
	assert_false(is_there(1));
	assert_int_equal(sim.frames, before);
	assert_int_equal(receive_all(to, 100), 10);
	assert_int_equal(skiff_send(from, &c, 1, 0), -1);
	assert_int_equal(errno, ENETUNREACH);
	close_pair(from, to);
}

static void a_network_is_full(void **state)
{
	struct netem_stats stats;
	int from, to;

	open_pair("delay=1s,limit=5", &from, &to);
	send_all(from, 20, 100);
	sim_sleep(&sim, 2 * NSEC_PER_SEC);
	stats = sim_netem_stats(&sim, 0);
	assert_int_equal(stats.overlimit, 15);
	assert_int_equal(receive_all(to, 100), 5);
	/* It has room again. */
	send_all(from, 5, 100);
	sim_sleep(&sim, 2 * NSEC_PER_SEC);
	assert_int_equal(receive_all(to, 100), 5);
	close_pair(from, to);
}

static void a_receiver_is_full(void **state)
{
	const int nr = 200, size = 4096;
	int from, to, got;

	open_pair("delay=1ms", &from, &to);
	assert_int_equal(skiff_setsockopt(to, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	send_all(from, nr, 1000);
	sim_sleep(&sim, NSEC_PER_SEC);
	got = receive_all(to, 1000);
	assert_in_range(got, 1, nr - 1);
	assert_int_equal(snmp(1, "UdpRcvbufErrors"), nr - got);
	close_pair(from, to);
}

/* A device whose hardware has hung: it takes nothing, and resetting it does not help. */
static int nr_timeouts;

static netdev_tx_t hung_xmit(struct sk_buff *skb, struct net_device *dev)
{
	netif_stop_queue(dev);
	return NETDEV_TX_BUSY;
}

static void hung_timeout(struct net_device *dev, unsigned int txqueue)
{
	nr_timeouts++;
	netif_trans_update(dev);
	netif_wake_queue(dev);
}

static const struct net_device_ops hung_ops = {
	.ndo_start_xmit = hung_xmit,
	.ndo_tx_timeout = hung_timeout,
	.ndo_set_mac_address = eth_mac_addr,
};

static struct net_device *hung_device(void)
{
	struct net_device *dev = alloc_etherdev(0);

	assert_non_null(dev);
	strcpy(dev->name, "hung");
	dev->netdev_ops = &hung_ops;
	dev->watchdog_timeo = HZ;
	dev->needs_free_netdev = true;
	dev_net_set(dev, sim.hosts[0]);
	eth_hw_addr_random(dev);
	net_lock(sim.hosts[0]);
	assert_int_equal(register_netdevice(dev), 0);
	assert_int_equal(inet_insert_ifa(dev, sim_addr(0, 0), 24), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	net_unlock(sim.hosts[0]);
	return dev;
}

static void a_driver_is_busy_for_ever(void **state)
{
	struct net_device *dev;
	ssize_t sent = 0;
	int from;

	sim_open(&sim, 1, 1);
	dev = hung_device();
	from = client();
	nr_timeouts = 0;
	/* Not even the question for the neighbour gets out, so what waits for the answer is bounded. */
	for (int i = 0; i < 5000 && sent >= 0; i++) {
		sent = skiff_send(from, &sim, 1000, 0);
		if (i % 100 == 99)
			sim_sleep(&sim, MS);
	}
	assert_true(sent == 1000 || errno == EAGAIN);
	sim_sleep(&sim, 20 * NSEC_PER_SEC);
	assert_in_range(nr_timeouts, 5, 40);
	net_lock(sim.hosts[0]);
	unregister_netdevice(dev);
	net_unlock(sim.hosts[0]);
	assert_int_equal(skiff_send(from, &sim, 1, 0), -1);
	assert_int_equal(errno, ENETUNREACH);
	assert_int_equal(skiff_close(from), 0);
	assert_int_equal(sim_close(&sim), 0);
}

static void fragments_are_lost(void **state)
{
	const int nr = 30;
	int from, to, got = 0;

	open_pair("delay=10ms,loss=20%", &from, &to);
	/* Few at a time, so that nothing else is short. */
	for (int i = 0; i < nr / 3; i++) {
		send_all(from, 3, 5000);
		sim_sleep(&sim, 100 * MS);
		got += receive_all(to, 5000);
	}
	assert_in_range(got, 1, nr - 1);
	assert_true(sim_netem_stats(&sim, 0).lost > 0);
	assert_int_equal(snmp(1, "IpReasmOKs"), got);
	assert_int_equal(snmp(1, "IpReasmTimeout"), 0);
	assert_true(skb_live_buffers() > 0);
	sim_sleep(&sim, FRAGMENTS_END);
	/* All the rest, but for those of which no fragment came. */
	assert_in_range(snmp(1, "IpReasmTimeout"), 1, nr - got);
	assert_int_equal(snmp(1, "IpReasmFails"), snmp(1, "IpReasmTimeout"));
	assert_int_equal(receive_all(to, 5000), 0);
	assert_int_equal(skb_live_buffers(), 0);
	close_pair(from, to);
}

static u64 conflicts(int end)
{
	u64 nr;

	net_lock(sim.ends[end].net);
	nr = __in_dev_get(sim_dev(&sim, 0, end))->arp_conflicts;
	net_unlock(sim.ends[end].net);
	return nr;
}

static void somebody_takes_an_address(void **state)
{
	int from, to;

	open_pair("delay=1ms", &from, &to);
	assert_int_equal(conflicts(0), 0);
	net_lock(sim.hosts[1]);
	assert_int_equal(inet_insert_ifa(sim_dev(&sim, 0, 1), sim_addr(0, 0), 24), 0);
	net_unlock(sim.hosts[1]);
	sim_sleep(&sim, 10 * NSEC_PER_SEC);
	assert_true(conflicts(0) > 0);
	/* To the other one, what comes from its own address is forged. */
	send_all(from, 3, 100);
	sim_sleep(&sim, NSEC_PER_SEC);
	assert_int_equal(receive_all(to, 100), 0);
	net_lock(sim.hosts[1]);
	assert_int_equal(inet_del_ifa(sim_dev(&sim, 0, 1), sim_addr(0, 0)), 0);
	net_unlock(sim.hosts[1]);
	send_all(from, 3, 100);
	sim_sleep(&sim, NSEC_PER_SEC);
	assert_int_equal(receive_all(to, 100), 3);
	close_pair(from, to);
}

/* A neighbour that was there answers no more: what it said is believed for a while, then asked. */
static void a_neighbour_falls_silent(void **state)
{
	const int on = 1;
	int from, to;
	char c = 0;

	open_pair("loss=100%", &from, &to);
	assert_int_equal(skiff_setsockopt(from, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
	sim_sleep(&sim, 100 * NSEC_PER_SEC);
	assert_int_equal(skiff_send(from, &c, 1, 0), 1);
	/* It has five seconds to show that it is there, then three questions to itself, three to all. */
	sim_sleep(&sim, 4 * NSEC_PER_SEC);
	assert_int_equal(skiff_send(from, &c, 1, 0), 1);
	sim_sleep(&sim, 20 * NSEC_PER_SEC);
	(void)skiff_send(from, &c, 1, 0);
	sim_sleep(&sim, 20 * NSEC_PER_SEC);
	assert_int_equal(skiff_recv(from, &c, 1, 0), -1);
	assert_int_equal(errno, EHOSTUNREACH);
	assert_int_equal(receive_all(to, 1), 0);
	close_pair(from, to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_goes_in_traffic),
		cmocka_unit_test(a_network_is_full),
		cmocka_unit_test(a_receiver_is_full),
		cmocka_unit_test(a_driver_is_busy_for_ever),
		cmocka_unit_test(fragments_are_lost),
		cmocka_unit_test(somebody_takes_an_address),
		cmocka_unit_test(a_neighbour_falls_silent),
	};

	return sim_report(cmocka_run_group_tests_name("sim-trouble", tests, NULL, NULL));
}
