// SPDX-License-Identifier: BSD-2-Clause
/* A host that pings: over a TAP device to the kernel, or over a cable to a second host. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>

/*
 *	ping					two hosts, joined by a cable
 *	ping DEVICE ADDRESS [COUNT [SIZE]]	tap,name=sk0,addr=192.0.2.2/24 192.0.2.1 5 1400
 */

#define MAX_COUNT 65535
/* Bytes of data; what is larger than the MTU goes in fragments. */
#define MAX_SIZE 65507

/* What is asked for, and what the callbacks count. */
struct pings {
	unsigned int wanted;
	unsigned int size;
	unsigned int sent;
	unsigned int finished;
	unsigned int answered;
};

/* Called by the host's loop, which here is skiff_poll() below. */
static void finished(struct net *net, const struct skiff_ping_result *result, void *arg)
{
	struct pings *pings = (struct pings *)arg;
	char from[INET_ADDRSTRLEN];

	pings->finished++;
	inet_ntop(AF_INET, &result->from, from, sizeof(from));
	if (result->status == SKIFF_PING_REPLY) {
		pings->answered++;
		printf("%u bytes from %s: seq %u ttl %u time %.3f ms\n", result->len, from,
		       result->seq, result->ttl, (double)result->rtt_ns / 1e6);
	} else {
		printf("%s: seq %u %s\n", skiff_net_name(net), result->seq,
		       result->status == SKIFF_PING_TIMEOUT ? "no answer" : "unreachable");
	}
}

/* One after the other. Return: 0 or a negative errno. */
static int ping(struct net *net, struct net *other, struct in_addr to, struct pings *pings)
{
	while (pings->finished < pings->wanted) {
		const struct skiff_ping_params params = {
			.daddr = to,
			.len = pings->size,
			.seq = (u16)(pings->sent + 1),
		};
		int err;

		if (pings->sent == pings->finished) {
			err = skiff_ping(net, &params, finished, pings);
			if (err) {
				fprintf(stderr, "ping: %s\n", strerror(-err));
				return err;
			}
			pings->sent++;
		}
		if (other)
			skiff_poll(other, 0);
		skiff_poll(net, other ? 0 : -1);
	}
	printf("%u sent, %u answered\n", pings->sent, pings->answered);
	return pings->answered ? 0 : -ETIMEDOUT;
}

/* Return: whether @text is a number from @min to @max. */
static int parse_number(const char *text, unsigned int min, unsigned int max, unsigned int *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < min || n > max)
		return 0;
	*value = (unsigned int)n;
	return 1;
}

static int give_address(struct net *net, const char *name, const char *addr)
{
	int err = skiff_addr_add(net, name, addr, NULL, 0);

	return err ? err : skiff_dev_up(net, name, NULL, 0);
}

/* A second host at the other end of a cable. Return: NULL on failure. */
static struct net *join_by_cable(struct net *net)
{
	struct net *other = skiff_net_create(NULL);

	if (!other)
		return NULL;
	if (veth_create(net, "eth0", other, "eth0", NULL, NULL) ||
	    give_address(net, "eth0", "192.0.2.2/24") ||
	    give_address(other, "eth0", "192.0.2.1/24")) {
		skiff_net_destroy(other);
		return NULL;
	}
	return other;
}

int main(int argc, char **argv)
{
	struct pings pings = { .wanted = 3, .size = 56 };
	struct net *net, *other = NULL;
	struct in_addr to;
	char message[256] = "the hosts can't be made";
	int err;

	if (argc == 2 || argc > 5) {
		fprintf(stderr, "usage: %s [DEVICE ADDRESS [COUNT [SIZE]]]\n", argv[0]);
		return 2;
	}
	if (inet_pton(AF_INET, argc > 2 ? argv[2] : "192.0.2.1", &to) != 1) {
		fprintf(stderr, "address '%s': four numbers, as 192.0.2.1, are accepted\n",
			argv[2]);
		return 2;
	}
	if (argc > 3 && !parse_number(argv[3], 1, MAX_COUNT, &pings.wanted)) {
		fprintf(stderr, "count '%s': 1 to %d is accepted\n", argv[3], MAX_COUNT);
		return 2;
	}
	if (argc > 4 && !parse_number(argv[4], 0, MAX_SIZE, &pings.size)) {
		fprintf(stderr, "size '%s': 0 to %d is accepted\n", argv[4], MAX_SIZE);
		return 2;
	}
	if (skiff_init())
		return 1;
	net = skiff_net_create(NULL);
	if (!net)
		return 1;
	if (argc > 2) {
		err = skiff_dev_create(net, argv[1], message, sizeof(message));
	} else {
		other = join_by_cable(net);
		err = other ? 0 : -ENOMEM;
	}
	if (err < 0)
		fprintf(stderr, "%s\n", message);
	else
		err = ping(net, other, to, &pings);
	skiff_net_destroy(net);
	skiff_net_destroy(other);
	return err < 0;
}
