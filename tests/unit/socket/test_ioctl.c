// SPDX-License-Identifier: BSD-2-Clause
/* ioctl() on sockets: requests about devices, addresses, routes and ARP entries reach who knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>
#include <linux/sockios.h>
#include <net/route.h>

#include <skiff/drivers.h>
#include <skiff/inet_ioctl.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

static struct net *net;

static int setup(void **state)
{
	struct net_device *a, *b;

	assert_int_equal(skiff_init(), 0);
	net = skiff_net_create(NULL);
	assert_non_null(net);
	assert_int_equal(veth_create(net, "veA", net, "veB", &a, &b), 0);
	return 0;
}

static int teardown(void **state)
{
	for (int fd = 0; fd < 4; fd++)
		skiff_close(fd);
	assert_int_equal(skiff_net_destroy(net), 0);
	assert_int_equal(skb_live_buffers(), 0);
	return 0;
}

static void put_in(struct sockaddr *sa, u32 addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(sa, &in, sizeof(*sa));
}

static u32 get_in(const struct sockaddr *sa)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

static struct ifreq request(const char *name)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, name);
	return ifr;
}

static void set_up(int fd, const char *name)
{
	struct ifreq ifr = request(name);

	assert_int_equal(skiff_ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	assert_false(ifr.ifr_flags & IFF_UP);
	ifr.ifr_flags |= IFF_UP;
	assert_int_equal(skiff_ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	assert_int_equal(skiff_ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	assert_true(ifr.ifr_flags & IFF_UP);
}

static void addresses_and_routes(int fd)
{
	struct ifreq ifr = request("veA");
	struct rtentry rt = { .rt_flags = RTF_UP };

	set_up(fd, "veA");
	set_up(fd, "veB");
	assert_int_equal(skiff_ioctl(fd, SIOCGIFADDR, &ifr), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	put_in(&ifr.ifr_addr, 0xc0000201);
	assert_int_equal(skiff_ioctl(fd, SIOCSIFADDR, &ifr), 0);
	assert_int_equal(skiff_ioctl(fd, SIOCGIFNETMASK, &ifr), 0);
	assert_int_equal(get_in(&ifr.ifr_addr), 0xffffff00);
	assert_int_equal(skiff_ioctl(fd, SIOCGIFADDR, &ifr), 0);
	assert_int_equal(get_in(&ifr.ifr_addr), 0xc0000201);
	put_in(&rt.rt_dst, 0xc6336400);
	put_in(&rt.rt_genmask, 0xffffff00);
	put_in(&rt.rt_gateway, 0xc0000209);
	rt.rt_flags |= RTF_GATEWAY;
	assert_int_equal(skiff_ioctl(fd, SIOCADDRT, &rt), 0);
	assert_int_equal(skiff_ioctl(fd, SIOCDELRT, &rt), 0);
	assert_int_equal(skiff_ioctl(fd, SIOCDELRT, &rt), -1);
	assert_int_equal(errno, ESRCH);
}

static void test_inet(void **state)
{
	addresses_and_routes(skiff_socket(net, AF_INET, SOCK_DGRAM, 0));
}

static void test_packet(void **state)
{
	addresses_and_routes(skiff_socket(net, AF_PACKET, SOCK_RAW, 0));
}

static void test_arp(void **state)
{
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = request("veA");
	struct arpreq arp = { .arp_flags = ATF_PERM | ATF_COM, .arp_dev = "veA" };
	const unsigned char mac[6] = { 2, 0, 0, 0, 0, 5 };

	set_up(fd, "veA");
	put_in(&ifr.ifr_addr, 0xc0000201);
	assert_int_equal(skiff_ioctl(fd, SIOCSIFADDR, &ifr), 0);
	put_in(&arp.arp_pa, 0xc0000205);
	arp.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(arp.arp_ha.sa_data, mac, sizeof(mac));
	assert_int_equal(skiff_ioctl(fd, SIOCSARP, &arp), 0);
	memset(&arp.arp_ha, 0, sizeof(arp.arp_ha));
	assert_int_equal(skiff_ioctl(fd, SIOCGARP, &arp), 0);
	assert_memory_equal(arp.arp_ha.sa_data, mac, sizeof(mac));
	assert_int_equal(skiff_ioctl(fd, SIOCDARP, &arp), 0);
}

static void test_devices(void **state)
{
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = request("veB"), list[4];
	struct ifconf ifc = { .ifc_len = sizeof(list), .ifc_req = list };

	assert_int_equal(skiff_ioctl(fd, SIOCGIFINDEX, &ifr), 0);
	assert_int_equal(skiff_ioctl(fd, SIOCGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "veB");
	ifr.ifr_mtu = 1400;
	assert_int_equal(skiff_ioctl(fd, SIOCSIFMTU, &ifr), 0);
	ifr.ifr_mtu = 0;
	assert_int_equal(skiff_ioctl(fd, SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1400);
	/* The loopback device's address alone. */
	assert_int_equal(skiff_ioctl(fd, SIOCGIFCONF, &ifc), 0);
	assert_int_equal(ifc.ifc_len, sizeof(list[0]));
	assert_int_equal(get_in(&list[0].ifr_addr), INADDR_LOOPBACK);
	ifr = request("none");
	assert_int_equal(skiff_ioctl(fd, SIOCGIFMTU, &ifr), -1);
	assert_int_equal(errno, ENODEV);
}

static void refused(int fd, unsigned long cmd, void *arg, int err)
{
	assert_int_equal(skiff_ioctl(fd, cmd, arg), -1);
	assert_int_equal(errno, err);
}

static void test_refusals(void **state)
{
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0);
	int fd6 = skiff_socket(net, AF_INET6, SOCK_DGRAM, 0);
	struct rtentry rt = { .rt_flags = RTF_UP };
	struct ifreq ifr = request("lo");

	refused(fd, SIOCGIFADDR, NULL, EFAULT);
	refused(fd, SIOCADDRT, NULL, EFAULT);
	refused(fd, SIOCSARP, NULL, EFAULT);
	refused(fd, SIOCGIFMTU, NULL, EFAULT);
	refused(fd, SIOCGIFCONF, NULL, EFAULT);
	refused(fd, 0x1234, NULL, ENOTTY);
	refused(fd, 0x1234, &ifr, ENOTTY);
	/* IPv6's structures have the same numbers. */
	refused(fd6, SIOCADDRT, &rt, ENOTTY);
	assert_int_equal(skiff_ioctl(fd6, SIOCGIFMTU, &ifr), 0);
}

/* Sockets of all kinds. */
static const struct {
	int domain, type, protocol;
} kinds[] = {
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM, 1 /* ICMP */ },
	{ AF_INET, SOCK_RAW, 1 },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_PACKET, SOCK_RAW, 0 },
	{ AF_PACKET, SOCK_DGRAM, 0 },
};

static void options_of_nothing(int fd, int level)
{
	static const socklen_t sizes[] = { 1, 4, 8, 16, 128, 136 };

	for (int name = 0; name < 80; name++) {
		socklen_t len = 0;

		/* Without a length there is nothing to be read. */
		skiff_setsockopt(fd, level, name, NULL, 0);
		skiff_getsockopt(fd, level, name, NULL, &len);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			assert_int_equal(skiff_setsockopt(fd, level, name, NULL, sizes[i]), -1);
			len = sizes[i];
			/* Of some, there is nothing to say. */
			if (!skiff_getsockopt(fd, level, name, NULL, &len))
				assert_int_equal(len, 0);
		}
	}
}

/* NULL with a length is an error, and nothing else. */
static void test_nowhere(void **state)
{
	static const int levels[] = { SOL_SOCKET,    0 /* IP */,    6 /* TCP */, 17 /* UDP */,
				      41 /* IPv6 */, 255 /* raw */, 263 /* packet */ };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		int fd = skiff_socket(net, kinds[k].domain, kinds[k].type, kinds[k].protocol);

		assert_true(fd >= 0);
		for (size_t l = 0; l < ARRAY_SIZE(levels); l++)
			options_of_nothing(fd, levels[l]);
		for (unsigned long cmd = 0x8900; cmd < 0x8a00; cmd++)
			assert_int_equal(skiff_ioctl(fd, cmd, NULL), -1);
		assert_int_equal(skiff_ioctl(fd, FIONREAD, NULL), -1);
		skiff_close(fd);
	}
	refused(skiff_socket(net, AF_INET, SOCK_DGRAM, 0), FIONREAD, NULL, EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_inet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nowhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
