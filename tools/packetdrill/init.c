// SPDX-License-Identifier: BSD-2-Clause
/*
 * libskiff_packetdrill.so: lets packetdrill judge the stack.
 *
 *	packetdrill --so_filename=.../libskiff_packetdrill.so
 *	    --so_flags=ip=192.168.0.1,plen=16,remote=192.0.2.1,mtu=1500,ctl=/path script.pkt
 *
 * The flags repeat the addresses that packetdrill is told, of which it tells us nothing; ctl is a
 * file with commands (control.c). The host lives by a virtual clock (time.c), so a script takes no
 * longer than the work in it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <skiff/types.h>

#include "adapter.h"

struct flags {
	__be32 ip;
	__be32 remote;
	unsigned int plen;
	int mtu;
	const char *ctl;
};

_Noreturn void pd_die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "skiff: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

struct pd *pd_enter(void *u)
{
	struct pd *pd = (struct pd *)u;

	pthread_mutex_lock(&pd->lock);
	pd_control_run(pd);
	return pd;
}

long pd_leave(struct pd *pd, long ret)
{
	int err = errno;

	pd_settle(pd);
	pthread_mutex_unlock(&pd->lock);
	errno = err;
	return ret;
}

static __be32 address(const char *key, const char *value)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, value, &addr) != 1)
		pd_die("so_flags: %s=%s: an IPv4 address is accepted", key, value);
	return (__force __be32)addr.s_addr;
}

static int number(const char *key, const char *value, int most)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < 1 || n > most)
		pd_die("so_flags: %s=%s: a number from 1 to %d is accepted", key, value, most);
	return (int)n;
}

static void take_flag(struct flags *f, const char *key, const char *value)
{
	if (!strcmp(key, "ip"))
		f->ip = address(key, value);
	else if (!strcmp(key, "remote"))
		f->remote = address(key, value);
	else if (!strcmp(key, "plen"))
		f->plen = (unsigned int)number(key, value, 32);
	else if (!strcmp(key, "mtu"))
		f->mtu = number(key, value, 65535);
	else if (!strcmp(key, "ctl"))
		f->ctl = value;
	else if (!strcmp(key, "v") && strcmp(value, "4") != 0)
		pd_die("so_flags: v=%s: 4 is accepted", value);
	else if (strcmp(key, "v") != 0 && strcmp(key, "gw") != 0)
		pd_die("so_flags: %s: ip, plen, gw, remote, v, mtu and ctl are accepted", key);
}

/* @text stays, with ends of words in it. */
static void take_flags(struct flags *f, char *text)
{
	char *at = NULL, *word;

	for (word = strtok_r(text, ",", &at); word; word = strtok_r(NULL, ",", &at)) {
		char *value = strchr(word, '=');

		if (!value)
			pd_die("so_flags: %s: KEY=VALUE is accepted", word);
		*value++ = '\0';
		take_flag(f, word, value);
	}
}

static void pd_free(void *u)
{
	struct pd *pd = pd_enter(u);

	for (int i = 0; i < PD_FILES; i++)
		if (pd->files[i].used)
			pd_close_file(pd, i);
	pd_preload_exit();
	pd_control_exit(pd);
	pthread_mutex_unlock(&pd->lock);
	skiff_net_destroy(pd->net);
	pd_device_purge(pd);
	pd_time_exit(pd);
	free(pd);
}

static struct pd *pd_create(const struct flags *f)
{
	struct pd *pd = (struct pd *)calloc(1, sizeof(*pd));
	struct skiff_net_params params = { .name = "packetdrill" };

	if (!pd || skiff_init())
		pd_die("the stack does not start");
	pd_time_init(pd);
	params.clock = pd->clock;
	pd->net = skiff_net_create(&params);
	if (!pd->net)
		pd_die("no host: %m");
	pd_device_create(pd, f->ip, f->plen, f->remote, f->mtu);
	pd_control_init(pd, f->ctl);
	pd_preload_init(pd);
	return pd;
}

__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc)
{
	struct flags f = { .plen = 16, .mtu = 1500 };
	char *text = strdup(flags ? flags : "");

	f.ip = address("ip", "192.168.0.1");
	f.remote = address("remote", "192.0.2.1");
	take_flags(&f, text);
	ifc->userdata = pd_create(&f);
	free(text);
	ifc->free = pd_free;
	pd_calls(ifc);
	pd_transfers(ifc);
	pd_events(ifc);
	pd_pipes(ifc);
	ifc->fcntl = pd_fcntl;
	ifc->ioctl = pd_ioctl;
	ifc->close = pd_close;
	ifc->netdev_send = pd_netdev_send;
	ifc->netdev_receive = pd_netdev_receive;
	ifc->usleep = pd_usleep;
	ifc->gettimeofday = pd_gettimeofday;
}
