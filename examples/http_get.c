// SPDX-License-Identifier: BSD-2-Clause
/* A host that gets a file from a web server and writes it to its standard output. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/netconf.h>
#include <skiff/socket.h>

/*
 *	http_get		from a second host, joined by a cable
 *	http_get DEVICE URL	tap,name=sk0,addr=192.0.2.2/24 http://192.0.2.1:8000/file
 */

#define PAGE "http://192.0.2.1:8000/"
#define HEAD_MAX 8192
#define BUF_SIZE 65536

/* Where to ask, and for what. */
struct url {
	struct sockaddr_in server;
	char host[64];
	const char *path;
};

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

/* "http://192.0.2.1:8000/file"; the port may be left out. Return: 0 or -1. */
static int parse_url(const char *text, struct url *url)
{
	char addr[INET_ADDRSTRLEN];
	int end = 0, port = 80;

	if (sscanf(text, "http://%15[0-9.]%n", addr, &end) != 1)
		return -1;
	memset(url, 0, sizeof(*url));
	url->path = text + end;
	if (*url->path == ':') {
		if (sscanf(url->path, ":%5d%n", &port, &end) != 1 || port < 1 || port > 65535)
			return -1;
		url->path += end;
	}
	url->server.sin_family = AF_INET;
	url->server.sin_port = htons((u16)port);
	snprintf(url->host, sizeof(url->host), "%s:%d", addr, port);
	return *url->path == '/' && inet_pton(AF_INET, addr, &url->server.sin_addr) == 1 ? 0 : -1;
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = skiff_send(fd, text, len, 0);

		if (n < 0)
			return fail("send");
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_request(int fd, const struct url *url)
{
	char text[2048];
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", url->path,
			   url->host);

	errno = ENAMETOOLONG;
	return len < (int)sizeof(text) ? send_all(fd, text, (size_t)len) : fail(url->host);
}

/* Read up to the empty line that ends the head. Return: bytes there, -1; *@body: where it ends. */
static ssize_t read_head(int fd, char head[HEAD_MAX + 1], size_t *body)
{
	size_t got = 0;
	char *end;
	ssize_t n;

	do {
		n = skiff_recv(fd, head + got, HEAD_MAX - got, 0);
		if (n < 0)
			return fail("recv");
		got += (size_t)n;
		head[got] = '\0';
		end = strstr(head, "\r\n\r\n");
	} while (n && !end);
	if (!end) {
		fprintf(stderr, "the answer has no head\n");
		return -1;
	}
	*end = '\0';
	*body = (size_t)(end + 4 - head);
	return (ssize_t)got;
}

/* Return: what the head says, or -1 when it does not. */
static long long content_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoll(line + 17, NULL, 10) : -1;
}

/* The file itself. Return: 0 or -1. */
static int copy_body(int fd, const char *begin, size_t len, long long expected)
{
	static char buf[BUF_SIZE];
	long long got = 0;
	ssize_t n = (ssize_t)len;

	for (;;) {
		if (n && fwrite(begin, 1, (size_t)n, stdout) != (size_t)n)
			return fail("standard output");
		got += n;
		n = skiff_recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			return fail("recv");
		if (!n)
			break;
		begin = buf;
	}
	if (expected < 0 || got == expected)
		return fflush(stdout) ? fail("standard output") : 0;
	fprintf(stderr, "%lld bytes instead of %lld\n", got, expected);
	return -1;
}

static int get_by(int fd, const struct url *url)
{
	static char head[HEAD_MAX + 1];
	size_t body = 0;
	ssize_t got;

	if (skiff_connect(fd, (const struct sockaddr *)&url->server, sizeof(url->server)))
		return fail(url->host);
	if (send_request(fd, url))
		return -1;
	got = read_head(fd, head, &body);
	if (got < 0)
		return -1;
	if (strncmp(head, "HTTP/1.", 7) || strncmp(head + 8, " 200 ", 5)) {
		fprintf(stderr, "%s: %.*s\n", url->host, (int)strcspn(head, "\r\n"), head);
		return -1;
	}
	return copy_body(fd, head + body, (size_t)got - body, content_length(head));
}

static int get(struct net *net, const struct url *url)
{
	int fd = skiff_socket(net, AF_INET, SOCK_STREAM, 0), ret;

	if (fd < 0)
		return fail("socket");
	ret = get_by(fd, url);
	skiff_close(fd);
	return ret;
}

/* The second host: a server of one page and one client. */
static void *serve(void *arg)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 12\r\n\r\nGood morning";
	int listener = (int)(intptr_t)arg, fd = skiff_accept(listener, NULL, NULL);
	size_t body;
	char head[HEAD_MAX + 1];

	if (fd < 0) {
		fail("accept");
		return NULL;
	}
	if (read_head(fd, head, &body) >= 0)
		send_all(fd, answer, sizeof(answer) - 1);
	skiff_close(fd);
	return NULL;
}

static int give_address(struct net *net, const char *addr)
{
	int err = skiff_addr_add(net, "eth0", addr, NULL, 0);

	return err ? err : skiff_dev_up(net, "eth0", NULL, 0);
}

/* Return: 0 or -1. */
static int get_by_cable(struct net *net, struct net *other)
{
	struct url url;
	pthread_t thread;
	int listener, ret;

	if (parse_url(PAGE, &url) || veth_create(net, "eth0", other, "eth0", NULL, NULL) ||
	    give_address(net, "192.0.2.2/24") || give_address(other, "192.0.2.1/24"))
		return -1;
	listener = skiff_socket(other, AF_INET, SOCK_STREAM, 0);
	if (listener < 0 ||
	    skiff_bind(listener, (struct sockaddr *)&url.server, sizeof(url.server)) ||
	    skiff_listen(listener, 1))
		return fail("the server can't begin");
	errno = pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener);
	if (errno)
		return fail("the server can't begin");
	ret = get(net, &url);
	/* Ends the server's accept(), if it is in there still. */
	if (ret)
		skiff_shutdown(listener, SHUT_RD);
	pthread_join(thread, NULL);
	skiff_close(listener);
	return ret;
}

int main(int argc, char **argv)
{
	struct net *net, *other = NULL;
	char message[256];
	struct url url;
	int ret = -1;

	if (argc != 1 && argc != 3) {
		fprintf(stderr, "usage: %s [DEVICE URL]\n", argv[0]);
		return 2;
	}
	if (argc == 3 && parse_url(argv[2], &url)) {
		fprintf(stderr, "URL '%s': one as %sfile is accepted\n", argv[2], PAGE);
		return 2;
	}
	if (skiff_init())
		return 1;
	net = skiff_net_create(NULL);
	if (!net)
		return 1;
	if (argc == 1) {
		other = skiff_net_create(NULL);
		ret = other ? get_by_cable(net, other) : -1;
	} else if (skiff_dev_create(net, argv[1], message, sizeof(message)) < 0) {
		fprintf(stderr, "%s\n", message);
	} else {
		ret = get(net, &url);
	}
	skiff_net_destroy(net);
	skiff_net_destroy(other);
	return ret ? 1 : 0;
}
