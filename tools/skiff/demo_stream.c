// SPDX-License-Identifier: BSD-2-Clause
/*
 * A file goes to the peer over TCP and comes back, and how that went.
 *
 * The file is this program's own. It is on its way in both directions at the same time; while it is,
 * the socket is asked now and then for its round-trip time and its congestion window (TCP_INFO). The
 * curves are drawn with characters here, and in a picture.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/tcp.h>

#include <skiff/socket.h>

#include "demo.h"

#define FILE_MAX (4u << 20)
#define SAMPLES 64
/* Moved at a time, so that there is something to see in between. */
#define CHUNK (FILE_MAX / SAMPLES)

/**
 * struct sample - the connection at one instant
 * @time: since the first byte, nanoseconds
 * @bytes: that are there and back
 * @value: one for each curve
 */
struct sample {
	s64 time;
	size_t bytes;
	double value[3];
};

static const struct {
	const char *name;
	const char *unit;
	const char *colour;
} curves[] = {
	{ "throughput", "Mbit/s", "#1f6fb2" },
	{ "RTT", "ms", "#b2451f" },
	{ "cwnd", "segments", "#2d8a3e" },
};

/**
 * struct transfer - the file on its way
 * @fd: the connection
 * @file: what is sent
 * @size: bytes of it
 * @back: what came back
 * @sent: bytes that the socket took
 * @got: bytes that came back
 * @start: when the first byte left
 * @sample: taken on the way
 * @nr_samples: how many
 */
struct transfer {
	int fd;
	u8 *file;
	size_t size;
	u8 *back;
	size_t sent;
	size_t got;
	s64 start;
	struct sample sample[SAMPLES];
	unsigned int nr_samples;
};

/* Return: 0 or a negative errno. */
static int read_file(struct transfer *t)
{
	FILE *f = fopen("/proc/self/exe", "re");

	if (!f)
		return -errno;
	t->file = malloc(FILE_MAX);
	t->back = malloc(FILE_MAX);
	if (t->file && t->back)
		t->size = fread(t->file, 1, FILE_MAX, f);
	fclose(f);
	return t->size ? 0 : -ENOMEM;
}

static int open_stream(struct transfer *t, struct demo *demo, u16 port)
{
	struct sockaddr_in to = demo_sockaddr(DEMO_PEER_ADDR, port);

	t->fd = skiff_socket(demo->net, AF_INET, SOCK_STREAM, 0);
	if (t->fd < 0 || skiff_connect(t->fd, (struct sockaddr *)&to, sizeof(to)))
		return -errno;
	return 0;
}

/* What has come back is due a sample for each part of the file. */
static void take_sample(struct transfer *t)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct sample *s = &t->sample[t->nr_samples], *before = s - 1;
	s64 from = 0;
	size_t bytes = t->got;

	if (t->nr_samples == SAMPLES || t->got < t->size / SAMPLES * (t->nr_samples + 1) ||
	    skiff_getsockopt(t->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	s->time = demo_now_ns() - t->start;
	s->bytes = t->got;
	if (t->nr_samples) {
		from = before->time;
		bytes -= before->bytes;
	}
	s->value[0] = s->time > from ? (double)bytes * 8e3 / (double)(s->time - from) : 0;
	s->value[1] = info.tcpi_rtt / 1e3;
	s->value[2] = info.tcpi_snd_cwnd;
	t->nr_samples++;
}

static bool would_wait(void)
{
	return errno == EAGAIN;
}

/* What goes without waiting. Return: 0 or a negative errno. */
static int move_some(struct transfer *t)
{
	ssize_t n;

	if (t->sent < t->size) {
		n = skiff_send(t->fd, t->file + t->sent, min_t(size_t, t->size - t->sent, CHUNK),
			       MSG_DONTWAIT);
		if (n < 0 && !would_wait())
			return -errno;
		t->sent += (size_t)max_t(ssize_t, n, 0);
		if (t->sent == t->size && skiff_shutdown(t->fd, SHUT_WR))
			return -errno;
	}
	n = skiff_recv(t->fd, t->back + t->got, min_t(size_t, t->size - t->got, CHUNK),
		       MSG_DONTWAIT);
	if (!n)
		return -EPIPE;
	if (n < 0)
		return would_wait() ? 0 : -errno;
	t->got += (size_t)n;
	take_sample(t);
	return 0;
}

/* Return: 0 or a negative errno. */
static int there_and_back(struct transfer *t)
{
	int err = 0;
	u8 more;

	t->start = demo_now_ns();
	while (t->got < t->size && !err) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };

		if (t->sent < t->size)
			p.events |= POLLOUT;
		if (skiff_poll_fds(&p, 1, DEMO_TIMEOUT) != 1)
			return -ETIMEDOUT;
		err = move_some(t);
	}
	if (err)
		return err;
	if (!t->file || !t->back || memcmp(t->file, t->back, t->size))
		return -EBADMSG;
	return skiff_recv(t->fd, &more, 1, 0) ? -EMSGSIZE : 0;
}

static double highest(const struct transfer *t, unsigned int curve)
{
	double high = 0;

	for (unsigned int i = 0; i < t->nr_samples; i++)
		high = max(high, t->sample[i].value[curve]);
	return high;
}

/* One line for each curve, from left to right the parts of the file. */
static void print_curves(const struct transfer *t)
{
	static const char levels[] = "_.-~=+*#";

	for (unsigned int c = 0; c < ARRAY_SIZE(curves); c++) {
		double high = highest(t, c);

		printf("%12s  ", curves[c].name);
		for (unsigned int i = 0; i < t->nr_samples; i++) {
			double part = high > 0 ? t->sample[i].value[c] / high : 0;

			putchar(levels[min_t(size_t, (size_t)(part * (sizeof(levels) - 1)),
					     sizeof(levels) - 2)]);
		}
		printf("  at most %.*f %s\n", high < 10 ? 2 : 0, high, curves[c].unit);
	}
}

/* The picture */

#define PANEL_WIDTH 640
#define PANEL_HEIGHT 120
#define PANEL_STEP 170
#define PANEL_LEFT 60
#define PANEL_TOP 40

static void draw_curve(FILE *f, const struct transfer *t, unsigned int c)
{
	const s64 end = max(t->sample[t->nr_samples - 1].time, (s64)1);
	const double high = max(highest(t, c), 1e-9);
	const int top = PANEL_TOP + (int)c * PANEL_STEP;

	fprintf(f,
		"<text x='%d' y='%d'>%s, at most %.2f %s</text>\n"
		"<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#999'/>\n"
		"<polyline fill='none' stroke='%s' stroke-width='2' points='",
		PANEL_LEFT, top - 8, curves[c].name, high, curves[c].unit, PANEL_LEFT, top,
		PANEL_WIDTH, PANEL_HEIGHT, curves[c].colour);
	for (unsigned int i = 0; i < t->nr_samples; i++)
		fprintf(f, "%.1f,%.1f ",
			PANEL_LEFT + PANEL_WIDTH * (double)t->sample[i].time / (double)end,
			top + PANEL_HEIGHT * (1 - t->sample[i].value[c] / high));
	fprintf(f, "'/>\n");
}

/* Return: 0 or a negative errno. */
static int draw_curves(const struct transfer *t, const char *path)
{
	const int height = PANEL_TOP + (int)ARRAY_SIZE(curves) * PANEL_STEP;
	FILE *f = t->nr_samples ? fopen(path, "we") : NULL;
	bool bad;

	if (!f)
		return t->nr_samples ? -errno : -ENODATA;
	fprintf(f,
		"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
		"font-family='sans-serif' font-size='13'>\n"
		"<rect width='100%%' height='100%%' fill='white'/>\n",
		PANEL_LEFT * 2 + PANEL_WIDTH, height);
	for (unsigned int c = 0; c < ARRAY_SIZE(curves); c++)
		draw_curve(f, t, c);
	fprintf(f, "<text x='%d' y='%d'>%.3f ms from left to right</text>\n</svg>\n", PANEL_LEFT,
		height - 15, (double)t->sample[t->nr_samples - 1].time / 1e6);
	bad = ferror(f) || fflush(f);
	return (fclose(f) || bad) ? -errno : 0;
}

static void report(const struct transfer *t, struct demo *demo, struct step_result *result)
{
	const s64 took = demo_now_ns() - t->start;
	int err;

	print_curves(t);
	if (t->nr_samples)
		result->rtt_ns = (s64)(t->sample[t->nr_samples - 1].value[1] * 1e6);
	step_ok(result, "%.1f MB each way at once, %.0f Mbit/s", (double)t->size / 1e6,
		(double)t->size * 8e3 / (double)max(took, (s64)1));
	err = draw_curves(t, demo->chart_path);
	if (err)
		step_failed(result, "%s", strerror(-err));
}

void step_stream(struct demo *demo, struct step_result *result)
{
	struct transfer t = { .fd = -1 };
	u16 port = 0;
	int err = demo->peer->send_back(demo, &port);

	if (!err)
		err = read_file(&t);
	if (!err)
		err = open_stream(&t, demo, port);
	if (!err)
		err = there_and_back(&t);
	if (err)
		step_failed(result, "%s", strerror(-err));
	else
		report(&t, demo, result);
	if (t.fd >= 0)
		skiff_close(t.fd);
	free(t.file);
	free(t.back);
}
