// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts in one process talk by sockets: a datagram, and the answer to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/socket.h>

#define SERVER "192.0.2.1"
#define CLIENT "192.0.2.2"
#define PORT 7777

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

/* Give the end of the cable an address, and open it. Return: 0 or -1. */
static int plug_in(struct net *net, const char *addr)
{
	char err[200];

	if (!skiff_addr_add(net, "eth0", addr, err, sizeof(err)) &&
	    !skiff_dev_up(net, "eth0", err, sizeof(err)))
		return 0;
	fprintf(stderr, "%s\n", err);
	return -1;
}

static struct sockaddr_in name(const char *addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

/* Receive a datagram and send it back. Return: 0 or -1. */
static int serve_one(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char text[100], addr[INET_ADDRSTRLEN];
	ssize_t n = skiff_recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len);

	if (n < 0)
		return fail("recvfrom");
	printf("%s got \"%.*s\" from %s\n", SERVER, (int)n, text,
	       inet_ntop(AF_INET, &from.sin_addr, addr, sizeof(addr)));
	if (skiff_sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, len) < 0)
		return fail("sendto");
	return 0;
}

/* Each call that waits runs the hosts meanwhile: one thread plays both sides. Return: 0 or -1. */
static int talk(struct net *client_net, struct net *server_net)
{
	static const char question[] = "Is anybody there?";
	struct sockaddr_in server = name(SERVER);
	int client_fd = skiff_socket(client_net, AF_INET, SOCK_DGRAM, 0);
	int server_fd = skiff_socket(server_net, AF_INET, SOCK_DGRAM, 0);
	char text[100];
	ssize_t n;

	if (client_fd < 0 || server_fd < 0)
		return fail("socket");
	if (skiff_bind(server_fd, (struct sockaddr *)&server, sizeof(server)))
		return fail("bind");
	if (skiff_sendto(client_fd, question, strlen(question), 0, (struct sockaddr *)&server,
			 sizeof(server)) < 0)
		return fail("sendto");
	if (serve_one(server_fd))
		return -1;
	n = skiff_recv(client_fd, text, sizeof(text), 0);
	if (n < 0)
		return fail("recv");
	printf("%s got \"%.*s\" back\n", CLIENT, (int)n, text);
	skiff_close(client_fd);
	skiff_close(server_fd);
	return 0;
}

int main(void)
{
	struct net *client = NULL, *server = NULL;
	int err = skiff_init();

	if (!err) {
		client = skiff_net_create(NULL);
		server = skiff_net_create(NULL);
		err = client && server ? veth_create(client, "eth0", server, "eth0", NULL, NULL) :
					 -errno;
	}
	errno = -err;
	if (err)
		fail("the hosts can't be made");
	else if (plug_in(client, CLIENT "/24") || plug_in(server, SERVER "/24") ||
		 talk(client, server))
		err = -1;
	skiff_net_destroy(client);
	skiff_net_destroy(server);
	return err ? 1 : 0;
}
