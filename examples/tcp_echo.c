// SPDX-License-Identifier: BSD-2-Clause
/* Two hosts in one process talk over TCP: one sends what it hears back, in a thread of its own. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
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

/* Return: a descriptor that takes connections, or -1. */
static int start_listening(struct net *net)
{
	struct sockaddr_in here = name(SERVER);
	int fd = skiff_socket(net, AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return fail("socket");
	if (skiff_bind(fd, (struct sockaddr *)&here, sizeof(here)) || skiff_listen(fd, 5)) {
		fail("listen");
		skiff_close(fd);
		return -1;
	}
	return fd;
}

/* A connection, from the first byte to the end of the stream. */
static void *serve(void *arg)
{
	int listener = (int)(intptr_t)arg, fd;
	char text[100];
	ssize_t n;

	fd = skiff_accept(listener, NULL, NULL);
	if (fd < 0) {
		fail("accept");
		return NULL;
	}
	while ((n = skiff_recv(fd, text, sizeof(text), 0)) > 0) {
		printf("%s got \"%.*s\"\n", SERVER, (int)n, text);
		if (skiff_send(fd, text, (size_t)n, 0) < 0)
			fail("send");
	}
	if (n < 0)
		fail("recv");
	skiff_close(fd);
	return NULL;
}

/* Ask, say that this was all, and read to the end. Return: 0 or -1. */
static int ask(int fd)
{
	static const char question[] = "Is anybody there?";
	struct sockaddr_in server = name(SERVER);
	char text[100];
	size_t got = 0;
	ssize_t n;

	if (skiff_connect(fd, (struct sockaddr *)&server, sizeof(server)))
		return fail("connect");
	if (skiff_send(fd, question, strlen(question), 0) < 0 || skiff_shutdown(fd, SHUT_WR))
		return fail("send");
	while ((n = skiff_recv(fd, text + got, sizeof(text) - got, 0)) > 0)
		got += (size_t)n;
	if (n < 0)
		return fail("recv");
	printf("%s got \"%.*s\" back\n", CLIENT, (int)got, text);
	return got == strlen(question) && !memcmp(text, question, got) ? 0 : -1;
}

static int talk(struct net *client, struct net *server)
{
	int listener = start_listening(server), fd, ret;
	pthread_t thread;

	if (listener < 0)
		return -1;
	fd = skiff_socket(client, AF_INET, SOCK_STREAM, 0);
	errno = pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener);
	if (fd < 0 || errno)
		return fail("the client can't begin");
	ret = ask(fd);
	/* Ends the server's accept(), if it is in there still. */
	if (ret)
		skiff_shutdown(listener, SHUT_RD);
	skiff_close(fd);
	pthread_join(thread, NULL);
	skiff_close(listener);
	return ret;
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
