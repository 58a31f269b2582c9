// SPDX-License-Identifier: BSD-2-Clause
/* The library's start: what is registered, in which order. */
#include <skiff/drivers.h>
#include <skiff/ip.h>
#include <skiff/ipv6.h>
#include <skiff/neighbour.h>
#include <skiff/netdevice.h>
#include <skiff/packet.h>
#include <skiff/raw.h>
#include <skiff/services.h>
#include <skiff/sock.h>
#include <skiff/socket.h>
#include <skiff/tcp.h>
#include <skiff/udp.h>

#include "skiff/skiff_top.h"

/* RFC 1122 section 3.2.1.3(g): every host has 127.0.0.1, from its first moment on. */
static int loopback_up(struct net *net)
{
	struct net_device *lo = net_loopback_dev(net);
	int err;

	if (!lo)
		return -ENODEV;
	err = inet_insert_ifa(lo, htonl(INADDR_LOOPBACK), 8);
	return err ? err : dev_open(lo, NULL);
}

static struct pernet_operations loopback_up_ops = {
	.init = loopback_up,
};

static int loopback_up_init(void)
{
	return register_pernet_device(&loopback_up_ops);
}

static const skiff_initcall skiff_initcalls[] = {
	skiff_sock_init,    skiff_device_init, neigh_init,	  ipv4_init,   udp_init,
	tcp_init,	    raw_init,	       inet6_init,	  packet_init, services_init,
	skiff_drivers_init, loopback_up_init,  skiff_socket_init,
};

int skiff_init(void)
{
	static int done;

	return skiff_run_initcalls(skiff_initcalls, ARRAY_SIZE(skiff_initcalls), &done);
}
