// SPDX-License-Identifier: BSD-2-Clause
/* Addresses, routes and ARP entries by ioctl(): answers, changes and Linux's errno. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/sockios.h>

#include <skiff/inet_ioctl.h>
#include <skiff/net.h>
#include <skiff/netdev_ioctl.h>
#include <skiff/route.h>

#include "wire_host.h"

static struct wire_host host;
static struct ifreq ifr;

static int setup(void **state)
{
	wire_host_open(&host);
	net_lock(host.net);
	memset(&ifr, 0, sizeof(ifr));
	return 0;
}

static int teardown(void **state)
{
	net_unlock(host.net);
	assert_int_equal(wire_host_close(&host), 0);
	return 0;
}

static struct sockaddr_in *in(struct sockaddr *sa)
{
	return (struct sockaddr_in *)(void *)sa;
}

static void set_in(struct sockaddr *sa, u32 addr)
{
	memset(sa, 0, sizeof(*sa));
	in(sa)->sin_family = AF_INET;
	in(sa)->sin_addr.s_addr = htonl(addr);
}

static int ask(unsigned int cmd)
{
	strcpy(ifr.ifr_name, "wire0");
	return devinet_ioctl(host.net, cmd, &ifr);
}

static u32 answer(unsigned int cmd)
{
	memset(&ifr.ifr_addr, 0, sizeof(ifr.ifr_addr));
	assert_int_equal(ask(cmd), 0);
	assert_int_equal(ifr.ifr_addr.sa_family, AF_INET);
	return ntohl(in(&ifr.ifr_addr)->sin_addr.s_addr);
}

static int change(unsigned int cmd, u32 addr)
{
	set_in(&ifr.ifr_addr, addr);
	return ask(cmd);
}

static void test_addresses(void **state)
{
	assert_int_equal(answer(SIOCGIFADDR), 0xc0000202);
	assert_int_equal(answer(SIOCGIFNETMASK), 0xffffff00);
	assert_int_equal(answer(SIOCGIFBRDADDR), 0xc00002ff);
	assert_int_equal(answer(SIOCGIFDSTADDR), 0xc0000202);
	assert_int_equal(change(SIOCSIFNETMASK, 0xffffff01), -EINVAL);
	assert_int_equal(change(SIOCSIFNETMASK, 0xfffffff0), 0);
	assert_int_equal(answer(SIOCGIFBRDADDR), 0xc000020f);
	/* By its class: 10/8. */
	assert_int_equal(change(SIOCSIFADDR, 0x0a010203), 0);
	assert_int_equal(answer(SIOCGIFADDR), 0x0a010203);
	assert_int_equal(answer(SIOCGIFNETMASK), 0xff000000);
	assert_false(inet_dev_has_addr(host.dev, HOST_IP));
	assert_int_equal(change(SIOCSIFADDR, 0x0a010203), 0);
	/* A refused one leaves the old one. */
	assert_int_equal(change(SIOCSIFADDR, 0xe0000001), -EINVAL);
	assert_int_equal(change(SIOCSIFADDR, 0x0affffff), -EINVAL);
	assert_int_equal(answer(SIOCGIFADDR), 0x0a010203);
	assert_int_equal(change(SIOCSIFBRDADDR, 0x0affffff), 0);
	/* A second one is found by its value. */
	assert_int_equal(inet_insert_ifa(host.dev, htonl(0xc0a80001), 16), 0);
	set_in(&ifr.ifr_addr, 0xc0a80001);
	assert_int_equal(ask(SIOCGIFNETMASK), 0);
	assert_int_equal(ntohl(in(&ifr.ifr_addr)->sin_addr.s_addr), 0xffff0000);
	assert_int_equal(inet_del_ifa(host.dev, htonl(0xc0a80001)), 0);
	assert_int_equal(change(SIOCSIFADDR, 0), 0);
	assert_int_equal(ask(SIOCGIFADDR), -EADDRNOTAVAIL);
	assert_int_equal(change(SIOCSIFNETMASK, 0xff000000), -EADDRNOTAVAIL);
}

static void test_address_refusals(void **state)
{
	assert_int_equal(ask(SIOCGIFMTU), -ENOTTY);
	assert_int_equal(ask(SIOCSIFADDR), -EINVAL);
	set_in(&ifr.ifr_addr, 0x0a000001);
	strcpy(ifr.ifr_name, "none0");
	assert_int_equal(devinet_ioctl(host.net, SIOCSIFADDR, &ifr), -ENODEV);
	strcpy(ifr.ifr_name, "wire0:1");
	assert_int_equal(devinet_ioctl(host.net, SIOCGIFADDR, &ifr), -EADDRNOTAVAIL);
	set_in(&ifr.ifr_addr, 0x0a000001);
	assert_int_equal(devinet_ioctl(host.net, SIOCSIFBRDADDR, &ifr), -EADDRNOTAVAIL);
	assert_int_equal(devinet_ioctl(host.net, SIOCSIFNETMASK, &ifr), -EADDRNOTAVAIL);
	strcpy(ifr.ifr_name, "none0:1");
	assert_int_equal(devinet_ioctl(host.net, SIOCSIFADDR, &ifr), -ENODEV);
}

static unsigned int type_of(u32 addr)
{
	return inet_addr_type(host.net, htonl(addr));
}

static void test_broadcasts(void **state)
{
	assert_int_equal(change(SIOCSIFBRDADDR, 0xc0000200), 0);
	assert_int_equal(answer(SIOCGIFBRDADDR), 0xc0000200);
	assert_int_equal(type_of(0xc0000200), RTN_BROADCAST);
	/* The last address of the subnet is one whatever is said. */
	assert_int_equal(type_of(0xc00002ff), RTN_BROADCAST);
	assert_int_equal(change(SIOCSIFBRDADDR, 0x0a000001), 0);
	assert_int_equal(type_of(0xc0000200), RTN_UNICAST);
	assert_int_equal(type_of(0x0a000001), RTN_BROADCAST);
	assert_int_equal(change(SIOCSIFBRDADDR, 0xffffffff), 0);
	assert_int_equal(type_of(0x0a000001), RTN_UNICAST);
	assert_int_equal(change(SIOCSIFBRDADDR, 0), 0);
	assert_int_equal(answer(SIOCGIFBRDADDR), 0);
	assert_int_equal(type_of(0xc00002ff), RTN_BROADCAST);
	assert_int_equal(inet_del_ifa(host.dev, HOST_IP), 0);
	assert_int_equal(type_of(0xc00002ff), RTN_UNICAST);
}

static void test_the_other_end(void **state)
{
	struct flowi4 fl4 = { .daddr = htonl(0x0a000001) };
	struct rtable *rt;

	assert_int_equal(change(SIOCSIFNETMASK, 0xffffffff), 0);
	assert_int_equal(change(SIOCSIFDSTADDR, 0xe0000001), -EINVAL);
	assert_int_equal(change(SIOCSIFDSTADDR, 0x0a000001), 0);
	assert_int_equal(answer(SIOCGIFDSTADDR), 0x0a000001);
	assert_int_equal(answer(SIOCGIFADDR), 0xc0000202);
	rt = ip_route_output_key(host.net, &fl4);
	assert_false(IS_ERR(rt));
	assert_int_equal(fl4.saddr, HOST_IP);
	ip_rt_put(rt);
	assert_int_equal(change(SIOCSIFDSTADDR, 0xc0000202), 0);
	fl4 = (struct flowi4){ .daddr = htonl(0x0a000001) };
	rt = ip_route_output_key(host.net, &fl4);
	assert_true(IS_ERR(rt));
}

static int on_label(const char *label, unsigned int cmd, u32 addr)
{
	set_in(&ifr.ifr_addr, addr);
	strcpy(ifr.ifr_name, label);
	return devinet_ioctl(host.net, cmd, &ifr);
}

static u32 of_label(const char *label, unsigned int cmd)
{
	memset(&ifr.ifr_addr, 0, sizeof(ifr.ifr_addr));
	strcpy(ifr.ifr_name, label);
	if (devinet_ioctl(host.net, cmd, &ifr))
		return 0;
	return ntohl(in(&ifr.ifr_addr)->sin_addr.s_addr);
}

/* Names behind a colon, one address each. */
static void test_labels(void **state)
{
	assert_int_equal(on_label("wire0:1", SIOCSIFADDR, 0x0a010101), 0);
	assert_int_equal(of_label("wire0:1", SIOCGIFADDR), 0x0a010101);
	assert_int_equal(of_label("wire0:1", SIOCGIFNETMASK), 0xff000000);
	assert_int_equal(of_label("wire0", SIOCGIFADDR), 0xc0000202);
	assert_int_equal(on_label("wire0:1", SIOCSIFNETMASK, 0xffffff00), 0);
	assert_int_equal(on_label("wire0:1", SIOCSIFBRDADDR, 0x0a010109), 0);
	assert_int_equal(of_label("wire0:1", SIOCGIFBRDADDR), 0x0a010109);
	assert_int_equal(on_label("wire0:2", SIOCSIFADDR, 0x0b010101), 0);
	/* Another one in its place. */
	assert_int_equal(on_label("wire0:1", SIOCSIFADDR, 0x0c010101), 0);
	assert_int_equal(of_label("wire0:1", SIOCGIFADDR), 0x0c010101);
	assert_false(inet_dev_has_addr(host.dev, htonl(0x0a010101)));
	/* They go along when the device is renamed. */
	dev_close(host.dev);
	assert_int_equal(dev_change_name(host.dev, "anothername"), 0);
	assert_int_equal(of_label("anothername", SIOCGIFADDR), 0xc0000202);
	assert_int_equal(of_label("anothername:2", SIOCGIFADDR), 0x0b010101);
	assert_int_equal(dev_change_name(host.dev, "wire0"), 0);
	assert_int_equal(dev_open(host.dev, NULL), 0);
	/* Down is gone. */
	strcpy(ifr.ifr_name, "wire0:1");
	ifr.ifr_flags = IFF_UP;
	assert_int_equal(inet_net_ioctl(host.net, SIOCSIFFLAGS, &ifr), 0);
	assert_int_equal(of_label("wire0:1", SIOCGIFADDR), 0x0c010101);
	strcpy(ifr.ifr_name, "wire0:1");
	ifr.ifr_flags = 0;
	assert_int_equal(inet_net_ioctl(host.net, SIOCSIFFLAGS, &ifr), 0);
	assert_int_equal(of_label("wire0:1", SIOCGIFADDR), 0);
	ifr.ifr_flags = 0;
	assert_int_equal(inet_net_ioctl(host.net, SIOCSIFFLAGS, &ifr), -EADDRNOTAVAIL);
	strcpy(ifr.ifr_name, "wire0");
	assert_int_equal(inet_net_ioctl(host.net, SIOCSIFFLAGS, &ifr), -ENOIOCTLCMD);
	assert_int_equal(on_label("wire0:2", SIOCSIFADDR, 0), 0);
	assert_int_equal(of_label("wire0:2", SIOCGIFADDR), 0);
	assert_int_equal(of_label("wire0", SIOCGIFADDR), 0xc0000202);
}

static void test_ifconf(void **state)
{
	struct ifreq room[4];
	struct ifconf ifc = { .ifc_len = sizeof(room), .ifc_req = room };

	assert_int_equal(inet_insert_ifa(host.dev, htonl(0xc0a80001), 16), 0);
	assert_int_equal(dev_ifconf(host.net, &ifc), 0);
	assert_int_equal(ifc.ifc_len % sizeof(struct ifreq), 0);
	assert_true(ifc.ifc_len >= (int)(2 * sizeof(struct ifreq)));
	assert_string_equal(room[ifc.ifc_len / sizeof(struct ifreq) - 1].ifr_name, "wire0");
	assert_int_equal(
		in(&room[ifc.ifc_len / sizeof(struct ifreq) - 1].ifr_addr)->sin_addr.s_addr,
		htonl(0xc0a80001));
}

static void test_routes(void **state)
{
	struct rtentry rt = { .rt_flags = RTF_UP | RTF_GATEWAY };
	char dev[] = "wire0", none[] = "none0", longer[] = "a name that is far too long";

	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -EAFNOSUPPORT);
	set_in(&rt.rt_dst, 0x0a000000);
	set_in(&rt.rt_genmask, 0xff000000);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -EINVAL);
	set_in(&rt.rt_gateway, 0xc0000201);
	rt.rt_dev = none;
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -ENODEV);
	rt.rt_dev = longer;
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -ENODEV);
	rt.rt_dev = dev;
	set_in(&rt.rt_genmask, 0xff00ff00);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -EINVAL);
	set_in(&rt.rt_genmask, 0xfe000000);
	set_in(&rt.rt_dst, 0x0b000000);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -EINVAL);
	set_in(&rt.rt_dst, 0x0a000000);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), 0);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -EEXIST);
	set_in(&rt.rt_gateway, 0x0c000001);
	rt.rt_metric = 2;
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), -ENETUNREACH);
	rt.rt_metric = 0;
	set_in(&rt.rt_gateway, 0xc0000201);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCDELRT, &rt), 0);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCDELRT, &rt), -ESRCH);
	rt.rt_flags = RTF_REJECT | RTF_HOST;
	set_in(&rt.rt_dst, 0x0a010203);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCADDRT, &rt), 0);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCDELRT, &rt), 0);
	assert_int_equal(ip_rt_ioctl(host.net, SIOCSARP, &rt), -EINVAL);
}

static void test_arp_entries(void **state)
{
	struct arpreq r = { .arp_flags = ATF_COM | ATF_PERM };

	assert_int_equal(arp_ioctl(host.net, SIOCADDRT, &r), -EINVAL);
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -EPFNOSUPPORT);
	set_in(&r.arp_pa, 0xc0000201);
	memcpy(r.arp_ha.sa_data, peer_mac, ETH_ALEN);
	r.arp_ha.sa_family = ARPHRD_ETHER;
	/* The device follows from the route. */
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), 0);
	memset(&r.arp_ha, 0, sizeof(r.arp_ha));
	r.arp_flags = 0;
	assert_int_equal(arp_ioctl(host.net, SIOCGARP, &r), -ENODEV);
	strcpy(r.arp_dev, "wire0");
	assert_int_equal(arp_ioctl(host.net, SIOCGARP, &r), 0);
	assert_int_equal(r.arp_flags, ATF_COM | ATF_PERM);
	assert_memory_equal(r.arp_ha.sa_data, peer_mac, ETH_ALEN);
	r.arp_ha.sa_family = ARPHRD_LOOPBACK;
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -EINVAL);
	r.arp_ha.sa_family = ARPHRD_ETHER;
	r.arp_flags = ATF_NETMASK;
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -EINVAL);
	r.arp_flags = 0;
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), 0);
	assert_int_equal(arp_ioctl(host.net, SIOCGARP, &r), -ENXIO);
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), -ENXIO);
	strcpy(r.arp_dev, "none0");
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), -ENODEV);
	/* No way to there. */
	r.arp_dev[0] = '\0';
	set_in(&r.arp_pa, 0xc6336401);
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), -ENETUNREACH);
}

static int proxy_arp(const char *dev)
{
	char name[60], value[8];

	snprintf(name, sizeof(name), "net.ipv4.conf.%s.proxy_arp", dev);
	net_unlock(host.net);
	assert_int_equal(skiff_sysctl_get(host.net, name, value, sizeof(value)), 1);
	net_lock(host.net);
	return value[0] - '0';
}

static void test_published(void **state)
{
	const __be32 addr = htonl(0xc6336409);
	struct arpreq r = { .arp_flags = ATF_PUBL | ATF_NETMASK };

	set_in(&r.arp_pa, 0xc6336409);
	set_in(&r.arp_netmask, 0xffffffff);
	/* For all devices, for one by its name, for one by its address. */
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), 0);
	assert_non_null(pneigh_lookup(&arp_tbl, host.net, &addr, NULL, 0));
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), 0);
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), -ENOENT);
	strcpy(r.arp_dev, "wire0");
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), 0);
	assert_null(pneigh_lookup(&arp_tbl, host.net, &addr, NULL, 0));
	assert_non_null(pneigh_lookup(&arp_tbl, host.net, &addr, host.dev, 0));
	r.arp_dev[0] = '\0';
	r.arp_flags |= ATF_COM;
	r.arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(r.arp_ha.sa_data, host_mac, ETH_ALEN);
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), 0);
	r.arp_ha.sa_data[5] ^= 1;
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -ENODEV);
	r.arp_flags &= ~ATF_COM;
	strcpy(r.arp_dev, "none0");
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -ENODEV);
	/* One or all, nothing in between. */
	set_in(&r.arp_netmask, 0xffffff00);
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), -EINVAL);
	set_in(&r.arp_netmask, 0);
	strcpy(r.arp_dev, "wire0");
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), 0);
	assert_true(proxy_arp("wire0") == 1 && proxy_arp("all") == 0);
	assert_int_equal(arp_ioctl(host.net, SIOCDARP, &r), 0);
	r.arp_dev[0] = '\0';
	assert_int_equal(arp_ioctl(host.net, SIOCSARP, &r), 0);
	assert_true(proxy_arp("wire0") == 0 && proxy_arp("all") == 1);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(test_addresses),  test(test_address_refusals), test(test_ifconf),
		test(test_routes),     test(test_arp_entries),	    test(test_published),
		test(test_broadcasts), test(test_the_other_end),    test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
