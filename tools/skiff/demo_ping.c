// SPDX-License-Identifier: BSD-2-Clause
/* The kernel pings the host: by the system's ping, or by an ICMP socket of the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/ip_icmp.h>

#include <skiff/checksum.h>

#include "demo.h"

extern char **environ;

/* Read a child's output until it ends, DEMO_TIMEOUT at most. */
static void read_output(int fd, char *buf, size_t size)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	s64 end = demo_now_ns() + DEMO_TIMEOUT * 1000000LL;
	size_t len = 0;

	while (len < size - 1) {
		s64 left = (end - demo_now_ns()) / 1000000;
		ssize_t n;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			break;
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
}

/* Run the system's ping. Return: whether there is one that could be run. */
static bool run_ping(char *output, size_t size)
{
	char *argv[] = { "ping", "-c", "3", "-i", "0.2", "-W", "1", DEMO_ADDR, NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], status, err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
	err = posix_spawnp(&pid, "ping", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!err) {
		read_output(fds[0], output, size);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(fds[0]);
	return !err;
}

/* Take the counts and the average out of what iputils, inetutils or busybox print. */
static bool parse_ping(const char *output, unsigned int *sent, unsigned int *received, double *avg)
{
	const char *counts = strstr(output, " packets transmitted"), *rtt;
	char *end;

	if (!counts)
		return false;
	while (counts > output && counts[-1] != '\n')
		counts--;
	*sent = (unsigned int)strtoul(counts, &end, 10);
	end = strchr(end, ',');
	if (!end)
		return false;
	*received = (unsigned int)strtoul(end + 1, NULL, 10);
	rtt = strstr(output, "min/avg/max");
	rtt = rtt ? strstr(rtt, " = ") : NULL;
	rtt = rtt ? strchr(rtt, '/') : NULL;
	*avg = rtt ? strtod(rtt + 1, NULL) : 0;
	return true;
}

/* An echo request by hand. Return: the round trip in nanoseconds or a negative errno. */
static s64 ask_echo(int fd, bool raw, u16 seq)
{
	struct sockaddr_in to = demo_sockaddr(DEMO_ADDR, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct icmphdr request = { .type = ICMP_ECHO }, reply;
	s64 start = demo_now_ns();
	u8 buf[256];

	request.un.echo.id = htons(DEMO_PING_ID);
	request.un.echo.sequence = htons(seq);
	request.checksum = (u16)ip_compute_csum(&request, sizeof(request));
	if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	while (poll(&pfd, 1, DEMO_TIMEOUT / 2) > 0) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		/* A raw socket gives the IP header too. */
		size_t at = raw && n > 0 ? (buf[0] & 15) * 4u : 0;

		if (n < (ssize_t)(at + sizeof(reply)))
			continue;
		memcpy(&reply, buf + at, sizeof(reply));
		if (reply.type == ICMP_ECHOREPLY && reply.un.echo.sequence == htons(seq))
			return demo_now_ns() - start;
	}
	return -ETIMEDOUT;
}

static void ping_by_socket(struct step_result *result)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
	unsigned int received = 0;
	bool raw = fd < 0;
	s64 sum = 0;

	if (raw)
		fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0) {
		step_failed(result, "no ping, no ICMP socket: %s", strerror(errno));
		return;
	}
	printf("There is no ping command; the kernel's ICMP socket asks instead.\n");
	for (u16 seq = 1; seq <= DEMO_PINGS; seq++) {
		s64 rtt = ask_echo(fd, raw, seq);

		if (rtt > 0) {
			received++;
			sum += rtt;
		}
	}
	close(fd);
	result->ok = received == DEMO_PINGS;
	snprintf(result->text, sizeof(result->text), "%u of %d answered", received, DEMO_PINGS);
	result->rtt_ns = received ? sum / received : 0;
}

void kernel_ping(struct step_result *result)
{
	unsigned int sent, received;
	char output[4096];
	double avg;

	if (!run_ping(output, sizeof(output)) || !parse_ping(output, &sent, &received, &avg)) {
		ping_by_socket(result);
		return;
	}
	printf("The system's ping command asks.\n");
	result->ok = sent == DEMO_PINGS && received == sent;
	snprintf(result->text, sizeof(result->text), "%u of %u answered", received, sent);
	result->rtt_ns = (s64)(avg * 1e6);
}
