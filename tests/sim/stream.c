// SPDX-License-Identifier: BSD-2-Clause
/* Programs that send and receive streams in a simulated network, all in one thread. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <skiff/socket.h>

#include "../unit/tcp/invariants.h"

#define CHUNK_MAX 65536

/* The byte at a place of a stream: different for each place and seed, and cheap. */
static u8 byte_at(u64 seed, u64 at)
{
	u64 x = (at >> 3) * 0x9e3779b97f4a7c15ULL + seed;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	return (u8)(x >> (8 * (at & 7)));
}

static struct sockaddr_in name_of(__be32 addr, u16 port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = (__force u16)htons(port) };

	sin.sin_addr.s_addr = (__force u32)addr;
	return sin;
}

static int listen_at(struct sim *sim, int cable, u16 port)
{
	struct sockaddr_in sin = name_of(sim_addr(cable, 1), port);
	int fd =
		skiff_socket(sim->ends[2 * cable + 1].net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (skiff_bind(fd, (struct sockaddr *)(void *)&sin, sizeof(sin)) || skiff_listen(fd, 8)) {
		skiff_close(fd);
		return -1;
	}
	return fd;
}

/* Whatever happened, the queues of both ends agree with their counters. */
static void check(struct sim *sim)
{
	for (int i = 0; i < sim->nr_hosts; i++)
		tcp_check_invariants(sim->hosts[i]);
}

/* Let time go on to the next event. Return: false when there is none before @limit. */
static bool step(struct sim *sim, ktime_t limit)
{
	ktime_t next = skiff_clock_next(sim->clock);

	check(sim);
	if (next < 0 || next > limit) {
		skiff_clock_run_until(sim->clock, limit);
		return false;
	}
	return skiff_clock_run_until(sim->clock, next) == 0;
}

int stream_open(struct stream_pair *p, struct sim *sim, u16 port)
{
	return stream_open_over(p, sim, 0, port);
}

int stream_open_over(struct stream_pair *p, struct sim *sim, int cable, u16 port)
{
	struct sockaddr_in sin = name_of(sim_addr(cable, 1), port);
	const ktime_t limit = skiff_clock_now(sim->clock) + 300 * NSEC_PER_SEC;
	bool connected = false;

	memset(p, 0, sizeof(*p));
	p->sim = sim;
	p->end[0].fd = p->end[1].fd = -1;
	p->listener = listen_at(sim, cable, port);
	if (p->listener < 0)
		return errno;
	p->end[0].fd =
		skiff_socket(sim->ends[2 * cable].net, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (p->end[0].fd < 0)
		return errno;
	do {
		if (!connected) {
			connected = !skiff_connect(p->end[0].fd, (struct sockaddr *)(void *)&sin,
						   sizeof(sin));
			if (!connected && errno == EISCONN)
				connected = true;
			if (!connected && errno != EINPROGRESS && errno != EALREADY)
				return errno;
		}
		if (p->end[1].fd < 0)
			p->end[1].fd = skiff_accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
		if (connected && p->end[1].fd >= 0)
			return 0;
	} while (step(sim, limit));
	return ETIMEDOUT;
}

static bool send_some(struct stream_end *e)
{
	u8 buf[CHUNK_MAX];
	size_t len = (size_t)min(e->to_send - e->sent, (u64)e->chunk);
	ssize_t n;

	if (e->error || e->shut)
		return false;
	if (!len) {
		e->shut = true;
		if (skiff_shutdown(e->fd, SHUT_WR))
			e->error = errno;
		return true;
	}
	for (size_t i = 0; i < len; i++)
		buf[i] = byte_at(e->seed, e->sent + i);
	n = skiff_send(e->fd, buf, len, 0);
	if (n < 0) {
		if (errno != EAGAIN)
			e->error = errno;
		return false;
	}
	e->sent += (u64)n;
	return true;
}

static bool get_some(struct stream_end *e, ktime_t now)
{
	u8 buf[CHUNK_MAX];
	ssize_t n;

	if (e->error || e->eof || now < e->next_read)
		return false;
	n = skiff_recv(e->fd, buf, e->chunk, 0);
	if (n < 0) {
		if (errno != EAGAIN)
			e->error = errno;
		return false;
	}
	e->next_read = now + e->pause;
	if (!n)
		e->eof = true;
	for (ssize_t i = 0; i < n; i++)
		e->bad += buf[i] != byte_at(e->peer_seed, e->got + (u64)i);
	e->got += (u64)n;
	return true;
}

static bool done(const struct stream_end *e)
{
	return e->error || (e->shut && e->eof);
}

static bool run_once(struct stream_pair *p)
{
	const ktime_t now = skiff_clock_now(p->sim->clock);
	bool did = false;

	for (int i = 0; i < 2; i++) {
		did |= send_some(&p->end[i]);
		did |= get_some(&p->end[i], now);
	}
	return did;
}

void stream_start(struct stream_pair *p, u64 forth, u64 back)
{
	for (int i = 0; i < 2; i++) {
		struct stream_end *e = &p->end[i];

		e->to_send = i ? back : forth;
		e->to_get = i ? forth : back;
		e->seed = p->sim->seed * 2 + (u64)i;
		e->peer_seed = p->sim->seed * 2 + (u64)!i;
		if (!e->chunk)
			e->chunk = CHUNK_MAX;
		e->chunk = min(e->chunk, (size_t)CHUNK_MAX);
	}
}

static bool all_done(const struct stream_pair *p, int n)
{
	for (int i = 0; i < n; i++)
		if (!done(&p[i].end[0]) || !done(&p[i].end[1]))
			return false;
	return true;
}

/* When the first of those that pause goes on, or @end. */
static ktime_t next_read(const struct stream_pair *p, int n, ktime_t end)
{
	const ktime_t now = skiff_clock_now(p->sim->clock);

	for (int i = 0; i < 2 * n; i++) {
		const ktime_t next = p[i / 2].end[i % 2].next_read;

		if (next > now)
			end = min(end, next);
	}
	return end;
}

static int first_error(const struct stream_pair *p, int n)
{
	for (int i = 0; i < 2 * n; i++)
		if (p[i / 2].end[i % 2].error)
			return p[i / 2].end[i % 2].error;
	return 0;
}

int stream_run_all(struct stream_pair *p, int n, s64 limit)
{
	const ktime_t end = skiff_clock_now(p->sim->clock) + limit;

	while (!all_done(p, n)) {
		ktime_t until;
		bool did = false;

		for (int i = 0; i < n; i++)
			did |= run_once(&p[i]);
		if (did)
			continue;
		until = next_read(p, n, end);
		if (!step(p->sim, until) && until == end)
			return ETIMEDOUT;
	}
	return first_error(p, n);
}

int stream_run(struct stream_pair *p, u64 forth, u64 back, s64 limit)
{
	stream_start(p, forth, back);
	return stream_run_all(p, 1, limit);
}

bool stream_whole(const struct stream_pair *p)
{
	for (int i = 0; i < 2; i++) {
		const struct stream_end *e = &p->end[i];

		if (e->error || e->bad || e->sent != e->to_send || e->got != e->to_get)
			return false;
	}
	return true;
}

void stream_close(struct stream_pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->end[i].fd >= 0)
			skiff_close(p->end[i].fd);
	if (p->listener >= 0)
		skiff_close(p->listener);
}
