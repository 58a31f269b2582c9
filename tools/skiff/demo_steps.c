// SPDX-License-Identifier: BSD-2-Clause
/* The conversation that the demonstration shows. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "demo.h"

static pthread_mutex_t outcome_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t outcome_changed = PTHREAD_COND_INITIALIZER;

s64 demo_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

struct sockaddr_in demo_sockaddr(const char *addr, u16 port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

void outcome_set(struct outcome *o, int value, const void *data, size_t len)
{
	pthread_mutex_lock(&outcome_lock);
	o->value = value;
	o->len = min(len, sizeof(o->data));
	if (o->len)
		memcpy(o->data, data, o->len);
	pthread_cond_broadcast(&outcome_changed);
	pthread_mutex_unlock(&outcome_lock);
}

void outcome_reset(struct outcome *o)
{
	pthread_mutex_lock(&outcome_lock);
	o->value = 0;
	pthread_mutex_unlock(&outcome_lock);
}

int outcome_wait(struct outcome *o)
{
	struct timespec end;
	int err = 0, value;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += DEMO_TIMEOUT / 1000;
	pthread_mutex_lock(&outcome_lock);
	while (!o->value && !err)
		err = pthread_cond_timedwait(&outcome_changed, &outcome_lock, &end);
	value = o->value ? o->value : -ETIMEDOUT;
	pthread_mutex_unlock(&outcome_lock);
	return value;
}

void step_ok(struct step_result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->text, sizeof(result->text), fmt, args);
	va_end(args);
	result->ok = true;
}

void step_failed(struct step_result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->text, sizeof(result->text), fmt, args);
	va_end(args);
	result->ok = false;
}

/* What the callbacks of the host report. */
static struct outcome pinged;

static void peer_pings_host(struct demo *demo, struct step_result *result)
{
	demo->peer->ping(demo, result);
}

static void peer_asks_echo(struct demo *demo, struct step_result *result)
{
	static const char question[] = "Does anybody hear me?";
	char answer[256];
	s64 start = demo_now_ns();
	int n = demo->peer->ask(demo, 7, question, sizeof(question) - 1, answer, sizeof(answer));

	result->rtt_ns = demo_now_ns() - start;
	if (n < 0)
		step_failed(result, "%s", strerror(-n));
	else if (n != sizeof(question) - 1 || memcmp(answer, question, (size_t)n))
		step_failed(result, "%d other bytes came back", n);
	else
		step_ok(result, "%d bytes came back", n);
}

static void peer_asks_daytime(struct demo *demo, struct step_result *result)
{
	char answer[256];
	s64 start = demo_now_ns();
	int n = demo->peer->ask(demo, 13, "", 0, answer, sizeof(answer) - 1);

	result->rtt_ns = demo_now_ns() - start;
	if (n <= 0) {
		step_failed(result, "%s", n ? strerror(-n) : "an empty answer");
		return;
	}
	answer[n] = '\0';
	answer[strcspn(answer, "\r\n")] = '\0';
	step_ok(result, "\"%.40s\"", answer);
}

static void peer_asks_closed_port(struct demo *demo, struct step_result *result)
{
	char answer[16];
	s64 start = demo_now_ns();
	int n = demo->peer->ask(demo, DEMO_CLOSED_PORT, "?", 1, answer, sizeof(answer));

	result->rtt_ns = demo_now_ns() - start;
	if (n == -ECONNREFUSED)
		step_ok(result, "refused by ICMP");
	else
		step_failed(result, "%s", n < 0 ? strerror(-n) : "an answer");
}

static void ping_done(struct net *net, const struct skiff_ping_result *r, void *arg)
{
	(void)net;
	(void)arg;
	outcome_set(&pinged, r->status == SKIFF_PING_REPLY ? 1 : -ETIMEDOUT, &r->rtt_ns,
		    sizeof(r->rtt_ns));
}

static void host_pings_peer(struct demo *demo, struct step_result *result)
{
	struct skiff_ping_params params = { .len = 56, .id = DEMO_PING_ID };
	unsigned int answers = 0;
	s64 sum = 0, rtt;

	params.daddr = demo_sockaddr(DEMO_PEER_ADDR, 0).sin_addr;
	for (params.seq = 1; params.seq <= DEMO_PINGS; params.seq++) {
		outcome_reset(&pinged);
		if (skiff_ping(demo->net, &params, ping_done, NULL) || outcome_wait(&pinged) < 0)
			continue;
		memcpy(&rtt, pinged.data, sizeof(rtt));
		sum += rtt;
		answers++;
	}
	step_ok(result, "%u of %d answered", answers, DEMO_PINGS);
	result->ok = answers == DEMO_PINGS;
	result->rtt_ns = answers ? sum / answers : 0;
}

static void got_answer(struct skiff_udp *udp, const void *data, size_t len,
		       const struct sockaddr_in *from, const struct sockaddr_in *to, void *arg)
{
	struct demo *demo = arg;

	outcome_set(&demo->received, 1, data, len);
}

/* The host's port stays open for the step that builds a datagram by hand. */
static void host_asks_peer(struct demo *demo, struct step_result *result)
{
	static const char question[] = "Good morning, is this Linux?";
	const struct skiff_udp_params params = { .recv = got_answer, .arg = demo };
	struct sockaddr_in to = demo_sockaddr(DEMO_PEER_ADDR, DEMO_PEER_PORT);
	int err = demo->peer->serve(demo, DEMO_PEER_PORT);
	s64 start;

	if (!err)
		err = skiff_udp_open(demo->net, &params, &demo->udp);
	start = demo_now_ns();
	if (!err)
		err = skiff_udp_send(demo->udp, question, sizeof(question) - 1, &to);
	if (!err)
		err = min(demo->peer->answer(demo), 0);
	if (!err)
		err = min(outcome_wait(&demo->received), 0);
	result->rtt_ns = demo_now_ns() - start;
	if (err)
		step_failed(result, "%s", strerror(-err));
	else if (demo->received.len != sizeof(question) - 1 ||
		 memcmp(demo->received.data, question, demo->received.len))
		step_failed(result, "%zu other bytes came back", demo->received.len);
	else
		step_ok(result, "%zu bytes came back", demo->received.len);
}

const struct step demo_steps[] = {
	{ "%s pings skiff", peer_pings_host },
	{ "%s asks skiff's echo service over UDP", peer_asks_echo },
	{ "%s asks skiff's daytime service", peer_asks_daytime },
	{ "%s asks a closed port of skiff", peer_asks_closed_port },
	{ "skiff pings %s", host_pings_peer },
	{ "skiff asks a UDP socket of %s", host_asks_peer },
	{ "skiff sends %s a buffer built by hand", step_skb },
	{ "a file goes to %s by TCP and back", step_stream },
	{ "two skiff hosts over a bad network, simulated", step_lossy },
};

const unsigned int demo_nr_steps = ARRAY_SIZE(demo_steps);
