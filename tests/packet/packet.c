// SPDX-License-Identifier: BSD-2-Clause
/* The host of a story, its device, and the segments between both. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <skiff/checksum.h>
#include <skiff/inetdevice.h>
#include <skiff/netdevice.h>
#include <skiff/route.h>
#include <skiff/skiff.h>

#include "wire/ip.h"
#include "wire/tcp.h"

/* Last, for its short names. */
#include "packet.h"

#define HOST_ADDR htonl(0xc0a80001)
#define PEER_ADDR htonl(0xc0000201)
#define LISTEN_PORT 8080
#define PEER_PORT 8080
#define START (1000 * NSEC_PER_SEC)
#define PACKET_MAX 2048

struct story st;

static struct skiff_clock *story_clock;
static struct net_device *dev;
static struct sk_buff_head sent;
static u16 host_port;
static u32 iss;
static bool iss_known;

static const u8 zeros[1 << 20];

/* Nobody looks at what is sent while the host ends. */
static bool over;

static netdev_tx_t take_packet(struct sk_buff *skb, struct net_device *d)
{
	(void)d;
	if (over) {
		consume_skb(skb);
		return NETDEV_TX_OK;
	}
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb->tstamp = skiff_clock_now(story_clock);
	skb_queue_tail(&sent, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = {
	.ndo_start_xmit = take_packet,
};

static void device_setup(struct net_device *d)
{
	d->netdev_ops = &ops;
	d->type = 0xfffe; /* ARPHRD_NONE */
	d->flags = IFF_POINTOPOINT | IFF_NOARP;
	d->mtu = 1500;
	d->max_mtu = 65535;
	d->tx_queue_len = 500;
	d->needs_free_netdev = true;
}

static void device_up(void)
{
	struct fib_config route = { .fc_dst = PEER_ADDR,
				    .fc_dst_len = 32,
				    .fc_type = RTN_UNICAST,
				    .fc_scope = RT_SCOPE_LINK };

	dev = alloc_netdev(0, "tun0", NET_NAME_USER, device_setup);
	assert_non_null(dev);
	dev_net_set(dev, st.net);
	assert_int_equal(register_netdev(dev), 0);
	net_lock(st.net);
	assert_int_equal(inet_insert_ifa(dev, HOST_ADDR, 16), 0);
	assert_int_equal(dev_open(dev, NULL), 0);
	route.fc_oif = dev->ifindex;
	assert_int_equal(fib_table_insert(st.net, &route), 0);
	net_unlock(st.net);
}

static void settle(void)
{
	assert_int_equal(skiff_clock_run_until(story_clock, skiff_clock_now(story_clock)), 0);
}

int story_begin(void **state)
{
	const struct skiff_net_params params = {
		.clock = skiff_clock_virtual(START, 1800000000ll * NSEC_PER_SEC),
	};

	(void)state;
	assert_int_equal(skiff_init(), 0);
	story_clock = params.clock;
	assert_non_null(story_clock);
	skb_queue_head_init(&sent);
	st = (struct story){ .fd = -1, .listener = -1, .win = 65535 };
	st.net = skiff_net_create(&params);
	assert_non_null(st.net);
	host_port = 0;
	iss_known = false;
	device_up();
	settle();
	skb_queue_purge(&sent);
	return 0;
}

int story_end(void **state)
{
	int left;

	(void)state;
	if (st.fd >= 0)
		skiff_close(st.fd);
	if (st.listener >= 0)
		skiff_close(st.listener);
	skb_queue_purge(&sent);
	over = true;
	left = skiff_net_destroy(st.net);
	over = false;
	skiff_clock_put(story_clock);
	return left + (int)skb_live_buffers();
}

uint32_t story_iss(void)
{
	return iss;
}

/* Of the next segment. */
static u16 urgent;

static size_t build(u8 *p, unsigned int flags, u32 seq, u32 ack, size_t len, const void *opts,
		    size_t optlen)
{
	size_t hlen = WIRE_TCP_HLEN + optlen;
	const struct wire_ip_fields ip = { .tos = st.tos,
					   .ttl = 64,
					   .protocol = IPPROTO_TCP,
					   .id = 1,
					   .payload_len = hlen + len,
					   .saddr = PEER_ADDR,
					   .daddr = HOST_ADDR };
	u8 *tcp = p + WIRE_IP_HLEN;
	__sum16 sum;

	assert_int_equal(wire_ip_build(p, PACKET_MAX, &ip), WIRE_IP_HLEN);
	memset(tcp, 0, hlen + len);
	wire_put16(tcp, 0, PEER_PORT);
	wire_put16(tcp, 2, host_port ? host_port : LISTEN_PORT);
	wire_put32(tcp, 4, seq);
	wire_put32(tcp, 8, flags & A ? iss + ack : 0);
	wire_put8(tcp, 12, (u8)(hlen / 4 << 4));
	wire_put8(tcp, 13, (u8)flags);
	wire_put16(tcp, 14, st.win);
	wire_put16(tcp, 18, urgent);
	if (optlen)
		memcpy(tcp + WIRE_TCP_HLEN, opts, optlen);
	sum = csum_tcpudp_magic(PEER_ADDR, HOST_ADDR, (u32)(hlen + len), IPPROTO_TCP,
				csum_partial(tcp, (int)(hlen + len), 0));
	memcpy(tcp + 16, &sum, sizeof(sum));
	return WIRE_IP_HLEN + hlen + len;
}

void in_opts(unsigned int flags, uint32_t seq, uint32_t ack, size_t len, const void *opts,
	     size_t optlen)
{
	u8 packet[PACKET_MAX];
	size_t n = build(packet, flags, seq, ack, len, opts, optlen);
	struct sk_buff *skb = netdev_alloc_skb(dev, (unsigned int)n);

	assert_non_null(skb);
	skb_put_data(skb, packet, (unsigned int)n);
	skb_reset_mac_header(skb);
	skb->protocol = htons(ETH_P_IP);
	netif_rx(skb);
	settle();
}

void in(unsigned int flags, uint32_t seq, uint32_t ack, size_t len)
{
	in_opts(flags, seq, ack, len, st.opts, st.optlen);
}

void in_urgent(uint32_t seq, uint32_t ack, size_t len, uint16_t pointer)
{
	urgent = pointer;
	in(U | P | A, seq, ack, len);
	urgent = 0;
}

static void parse(const u8 *p, size_t n)
{
	const u8 *tcp = p + WIRE_IP_HLEN;
	size_t hlen;

	assert_int_equal(wire_ip_check(p, n), WIRE_IP_OK);
	assert_int_equal(wire_tcp_check(tcp, n - WIRE_IP_HLEN, HOST_ADDR, PEER_ADDR), WIRE_TCP_OK);
	hlen = wire_tcp_hlen(tcp);
	st.last.flags = wire_tcp_flags(tcp);
	if (!iss_known && st.last.flags & S) {
		iss = wire_tcp_seq(tcp);
		host_port = wire_tcp_source(tcp);
		iss_known = true;
	}
	st.last.seq = wire_tcp_seq(tcp) - iss;
	st.last.ack = wire_tcp_ack(tcp);
	st.last.win = wire_tcp_window(tcp);
	st.last.len = n - WIRE_IP_HLEN - hlen;
	st.last.optlen = hlen - WIRE_TCP_HLEN;
	memcpy(st.last.opts, tcp + WIRE_TCP_HLEN, st.last.optlen);
}

void next_out(void)
{
	struct sk_buff *skb = skb_dequeue(&sent);
	u8 packet[PACKET_MAX];
	size_t n;

	if (!skb)
		fail_msg("nothing was sent");
	n = skb->len;
	assert_true(n <= PACKET_MAX);
	assert_int_equal(skb_copy_bits(skb, 0, packet, (int)n), 0);
	st.last.ms = (skb->tstamp - START) / NSEC_PER_MSEC;
	consume_skb(skb);
	parse(packet, n);
}

void out(unsigned int flags, uint32_t seq, uint32_t ack, size_t len)
{
	next_out();
	if (st.last.flags != flags || st.last.seq != seq || st.last.len != len ||
	    (flags & A && st.last.ack != ack))
		fail_msg("sent was flags %#x seq %u ack %u len %zu; expected flags %#x seq %u ack "
			 "%u len %zu",
			 st.last.flags, st.last.seq, st.last.ack, st.last.len, flags, seq, ack,
			 len);
}

void out_at(int64_t ms, unsigned int flags, uint32_t seq, uint32_t ack, size_t len)
{
	at(ms);
	out(flags, seq, ack, len);
	assert_int_equal(st.last.ms, ms);
}

void none(void)
{
	if (!skb_queue_empty(&sent)) {
		next_out();
		fail_msg("sent was flags %#x seq %u ack %u len %zu; expected nothing",
			 st.last.flags, st.last.seq, st.last.ack, st.last.len);
	}
}

void at(int64_t ms)
{
	assert_int_equal(skiff_clock_run_until(story_clock, START + ms * NSEC_PER_MSEC), 0);
}

const uint8_t *option(unsigned int kind)
{
	const u8 *p = st.last.opts, *end = p + st.last.optlen;

	while (p < end && *p) {
		if (*p == kind)
			return p + 2;
		p += *p == TCPOPT_NOP ? 1 : p[1];
	}
	return NULL;
}

uint32_t option_value(unsigned int kind, size_t offset, size_t n)
{
	const uint8_t *p = option(kind);
	uint32_t v = 0;

	if (!p)
		fail_msg("no option %u was sent", kind);
	for (p += offset; n; n--)
		v = v << 8 | *p++;
	return v;
}

void stream_socket(void)
{
	st.fd = skiff_socket(st.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(st.fd >= 0);
}

void connecting(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PEER_PORT) };

	to.sin_addr.s_addr = (__force u32)PEER_ADDR;
	if (st.fd < 0)
		stream_socket();
	assert_int_equal(skiff_connect(st.fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EINPROGRESS);
	settle();
}

void another_connection(void)
{
	st.fd = -1;
	iss_known = false;
}

void listening(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(LISTEN_PORT) };

	st.listener = skiff_socket(st.net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(st.listener >= 0);
	assert_int_equal(skiff_bind(st.listener, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(skiff_listen(st.listener, 8), 0);
}

void accepted(void)
{
	st.fd = skiff_accept4(st.listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(st.fd >= 0);
}

void writes(size_t len)
{
	assert_int_equal(skiff_send(st.fd, zeros, len, 0), (ssize_t)len);
	settle();
}

void reads(ssize_t len)
{
	static u8 buf[1 << 20];

	assert_int_equal(skiff_recv(st.fd, buf, sizeof(buf), 0), len);
	settle();
}

void fails(int err)
{
	u8 c;

	assert_int_equal(skiff_recv(st.fd, &c, 1, 0), -1);
	assert_int_equal(errno, err);
}

void closes(void)
{
	assert_int_equal(skiff_close(st.fd), 0);
	st.fd = -1;
	settle();
}

void sets(int level, int name, int val)
{
	assert_int_equal(skiff_setsockopt(st.fd, level, name, &val, sizeof(val)), 0);
}

void setting(const char *name, const char *value)
{
	assert_int_equal(skiff_sysctl_set(st.net, name, value, NULL, 0), 0);
}

int tcp_state(void)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(skiff_getsockopt(st.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_state;
}

uint64_t counter(const char *name)
{
	u64 value = 0;

	assert_int_equal(skiff_snmp_get(st.net, name, &value), 0);
	return value;
}

static const u8 mss_and_sack[] = { 2, 4, 1000 >> 8, 1000 & 0xff, 1, 1, 4, 2 };

void connected(void)
{
	connecting();
	out(S, 0, 0, 0);
	in_opts(S | A, 0, 1, 0, mss_and_sack, sizeof(mss_and_sack));
	out(A, 1, 1, 0);
	none();
}

void connected_passively(void)
{
	listening();
	in_opts(S, 0, 0, 0, mss_and_sack, sizeof(mss_and_sack));
	out(S | A, 0, 1, 0);
	in(A, 1, 1, 0);
	accepted();
	none();
}
