// SPDX-License-Identifier: BSD-2-Clause
/* A host that does what it is told on standard input: for tests that compare it with the kernel. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/netdevice.h>
#include <skiff/socket.h>

/*
 *	told-host DEVICE SERVICE...	packet,if=k1,name=sk0,addr=192.0.2.2/24 echo
 *
 * A thread of the host's own runs it. It prints "up", then one or more lines for each line that it
 * reads, the last of them ".":
 *
 *	set NAME VALUE				a sysctl
 *	udp HOW SPORT ADDRESS DPORT SIZE COUNT	datagrams from a fresh socket; the letters of HOW are
 *						c: connected; o, n, w, p: IP_PMTUDISC_DO, _DONT,
 *						_WANT, _PROBE; -: none of these
 *	report					counters, drop reasons and the device's statistics
 *
 * End of input ends it: 0 if nothing is left over then.
 */

#define MAX_SIZE 65507

struct order {
	char how[8];
	unsigned int sport;
	char addr[INET_ADDRSTRLEN];
	unsigned int dport;
	unsigned int size;
	unsigned int count;
};

static struct net *net;
static char device_name[IFNAMSIZ];

static struct sockaddr_in at(const char *addr, unsigned int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((u16)port) };

	if (addr && inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		exit(2);
	return sin;
}

/* Return: 0 or an errno. */
static int prepare(int fd, const struct order *o)
{
	static const char letters[] = "nwop";
	struct sockaddr_in own = at(NULL, o->sport), peer = at(o->addr, o->dport);
	const char *c, *letter;
	int mode;

	for (c = o->how; *c; c++) {
		letter = strchr(letters, *c);
		mode = letter ? (int)(letter - letters) : 0;
		if (letter &&
		    skiff_setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &mode, sizeof(mode)))
			return errno;
	}
	if (skiff_bind(fd, (struct sockaddr *)&own, sizeof(own)))
		return errno;
	if (strchr(o->how, 'c') && skiff_connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		return errno;
	return 0;
}

/* Return: how many were sent; @failed gets the last errno. */
static unsigned int send_all(int fd, const struct order *o, int *failed)
{
	struct sockaddr_in peer = at(o->addr, o->dport);
	bool connected = strchr(o->how, 'c') != NULL;
	static char data[MAX_SIZE];
	unsigned int i, sent = 0;

	for (i = 0; i < o->size; i++)
		data[i] = (char)(i * 7);
	for (i = 0; i < o->count; i++) {
		if (skiff_sendto(fd, data, o->size, 0, connected ? NULL : (struct sockaddr *)&peer,
				 connected ? 0 : sizeof(peer)) == (ssize_t)o->size)
			sent++;
		else
			*failed = errno;
	}
	return sent;
}

static void udp(const char *line)
{
	int fd = skiff_socket(net, AF_INET, SOCK_DGRAM, 0), failed;
	unsigned int sent = 0;
	struct order o;

	if (fd < 0 ||
	    sscanf(line, "%7s %u %15s %u %u %u", o.how, &o.sport, o.addr, &o.dport, &o.size,
		   &o.count) != 6 ||
	    o.size > MAX_SIZE)
		exit(2);
	failed = prepare(fd, &o);
	if (!failed)
		sent = send_all(fd, &o, &failed);
	printf("sent %u errno %d\n", sent, failed);
	skiff_close(fd);
}

static void set(char *line)
{
	char *value = strchr(line, ' '), err[256];

	if (!value)
		exit(2);
	*value++ = '\0';
	if (skiff_sysctl_set(net, line, value, err, sizeof(err)))
		printf("refused: %s\n", err);
}

static int say_counter(const char *name, u64 value, void *arg)
{
	if (value)
		printf("%s%s %llu\n", (const char *)arg, name, (unsigned long long)value);
	return 0;
}

static void report(void)
{
	struct rtnl_link_stats64 s;
	struct net_device *dev;
	char snmp[] = "", drop[] = "drop:";

	skiff_snmp_foreach(net, say_counter, snmp);
	skiff_drops_foreach(net, say_counter, drop);
	memset(&s, 0, sizeof(s));
	net_lock(net);
	dev = __dev_get_by_name(net, device_name);
	if (dev)
		dev_get_stats(dev, &s);
	net_unlock(net);
	printf("dev:rx_packets %llu\ndev:rx_bytes %llu\ndev:rx_dropped %llu\ndev:rx_errors %llu\n"
	       "dev:rx_missed %llu\ndev:tx_packets %llu\ndev:tx_dropped %llu\ndev:tx_errors %llu\n",
	       (unsigned long long)s.rx_packets, (unsigned long long)s.rx_bytes,
	       (unsigned long long)s.rx_dropped, (unsigned long long)s.rx_errors,
	       (unsigned long long)s.rx_missed_errors, (unsigned long long)s.tx_packets,
	       (unsigned long long)s.tx_dropped, (unsigned long long)s.tx_errors);
}

static void obey(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "set ", 4))
		set(line + 4);
	else if (!strncmp(line, "udp ", 4))
		udp(line + 4);
	else if (!strcmp(line, "report"))
		report();
	else
		exit(2);
	puts(".");
	fflush(stdout);
}

/* "KIND,name=NAME,..." */
static void note_name(const char *text)
{
	const char *name = strstr(text, ",name=");

	if (!name)
		exit(2);
	name += 6;
	snprintf(device_name, sizeof(device_name), "%.*s", (int)strcspn(name, ","), name);
}

/* Return: 0 or a negative errno. */
static int offer(char **services, char *message, size_t size)
{
	int err = 0;

	for (; *services && !err; services++)
		err = skiff_service_enable(net, *services, message, size);
	return err;
}

int main(int argc, char **argv)
{
	char line[256], message[256] = "the host can't be made";
	int left;

	if (argc < 2 || skiff_init())
		return 2;
	note_name(argv[1]);
	net = skiff_net_create(NULL);
	if (!net || skiff_dev_create(net, argv[1], message, sizeof(message)) < 0 ||
	    offer(argv + 2, message, sizeof(message)) || skiff_net_start(net)) {
		fprintf(stderr, "%s\n", message);
		return 1;
	}
	puts("up\n.");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	skiff_net_stop(net);
	left = skiff_net_destroy(net);
	return left != 0;
}
