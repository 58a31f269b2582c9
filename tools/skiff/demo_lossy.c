// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two hosts with a bad network between them, under virtual time.
 *
 * Questions go to the echo service of the other host by blocking socket calls, and again when no
 * answer comes in time. What becomes of each packet is seen by taps at both ends and printed when
 * it is over. Nothing here is left to chance but the hosts' generators: each run with
 * the same seed prints the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skiff/drivers.h>
#include <skiff/if_ether.h>
#include <skiff/ip.h>
#include <skiff/netem.h>
#include <skiff/socket.h>

#include "demo.h"

#define NETWORK "delay=10ms,jitter=2ms,loss=10%,duplicate=5%"
#define QUESTIONS 12
#define TRIES 8
/* Longer than there and back may take. */
#define PATIENCE_MS 50
#define ECHO_PORT 7
/* Ethernet, IPv4 without options, UDP. */
#define PAYLOAD_OFFSET (ETH_HLEN + 20 + 8)
#define ARRIVALS_MAX 4
#define LETTERS_MAX (2 * QUESTIONS * TRIES)

static const char *const host_name[] = { "asker", "answerer" };
static const char *const host_addr[] = { DEMO_ADDR, DEMO_PEER_ADDR };

/* What a question and its answer carry. */
struct letter_id {
	u8 question;
	u8 try;
};

/**
 * struct letter - a question or an answer on its way
 * @id: which
 * @answer: it is the answer
 * @sent: how often; an answer twice when the question came twice
 * @when: the first time
 * @arrived: how often
 * @arrival: when
 */
struct letter {
	struct letter_id id;
	bool answer;
	unsigned int sent;
	ktime_t when;
	unsigned int arrived;
	ktime_t arrival[ARRIVALS_MAX];
};

struct lossy;

/* A tap on one end; what arrives there are answers at the asker's, questions at the answerer's. */
struct ear {
	struct packet_type tap;
	struct lossy *lossy;
	bool hears_answers;
};

/**
 * struct lossy - the whole
 * @clock: virtual
 * @net: asker and answerer
 * @dev: their devices
 * @ear: and what is seen there
 * @fd: the asker's socket
 * @start: when the network became bad
 * @letter: in the order of sending
 * @nr_letters: how many
 */
struct lossy {
	struct skiff_clock *clock;
	struct net *net[2];
	struct net_device *dev[2];
	struct ear ear[2];
	int fd;
	ktime_t start;
	struct letter letter[LETTERS_MAX];
	unsigned int nr_letters;
};

static struct letter *find_letter(struct lossy *l, struct letter_id id, bool answer)
{
	for (unsigned int i = 0; i < l->nr_letters; i++)
		if (!memcmp(&l->letter[i].id, &id, sizeof(id)) && l->letter[i].answer == answer)
			return &l->letter[i];
	return NULL;
}

static void note_sent(struct lossy *l, struct letter_id id, bool answer)
{
	struct letter *letter = find_letter(l, id, answer);

	if (!letter && l->nr_letters < LETTERS_MAX) {
		letter = &l->letter[l->nr_letters++];
		letter->id = id;
		letter->answer = answer;
		letter->when = skiff_clock_now(l->clock);
	}
	if (letter)
		letter->sent++;
}

static void note_arrival(struct lossy *l, struct letter_id id, bool answer)
{
	struct letter *letter = find_letter(l, id, answer);

	if (letter && letter->arrived < ARRIVALS_MAX)
		letter->arrival[letter->arrived++] = skiff_clock_now(l->clock);
}

/* A question that arrives is answered at once: echo does nothing else. */
static int hear(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		struct net_device *orig_dev)
{
	struct ear *ear = pt->af_packet_priv;
	struct letter_id id;

	(void)dev;
	(void)orig_dev;
	if (skb->pkt_type == PACKET_HOST && skb->protocol == htons(ETH_P_IP) &&
	    !skb_copy_bits(skb, skb_mac_offset(skb) + PAYLOAD_OFFSET, &id, sizeof(id))) {
		note_arrival(ear->lossy, id, ear->hears_answers);
		if (!ear->hears_answers)
			note_sent(ear->lossy, id, true);
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static int make_hosts(struct lossy *l, u32 seed)
{
	l->clock = skiff_clock_virtual(NSEC_PER_SEC, 0);
	if (!l->clock)
		return -errno;
	for (unsigned int i = 0; i < 2; i++) {
		const struct skiff_net_params params = {
			.name = host_name[i],
			.clock = l->clock,
			.seed = (u64)seed << 1 | i,
		};

		l->net[i] = skiff_net_create(&params);
		if (!l->net[i])
			return -errno;
	}
	return 0;
}

static void listen_at(struct lossy *l, unsigned int i)
{
	struct ear *ear = &l->ear[i];

	ear->lossy = l;
	ear->hears_answers = !i;
	ear->tap.type = htons(ETH_P_ALL);
	ear->tap.dev = l->dev[i];
	ear->tap.func = hear;
	ear->tap.af_packet_priv = ear;
	net_lock(l->net[i]);
	dev_add_pack(&ear->tap);
	net_unlock(l->net[i]);
}

static int join(struct lossy *l)
{
	int err = veth_create(l->net[0], "eth0", l->net[1], "eth0", &l->dev[0], &l->dev[1]);

	if (err)
		return err;
	for (unsigned int i = 0; i < 2; i++)
		listen_at(l, i);
	for (unsigned int i = 0; i < 2 && !err; i++) {
		char addr[32];

		snprintf(addr, sizeof(addr), "%s/%d", host_addr[i], DEMO_PREFIX_LEN);
		err = bring_up(l->net[i], "eth0", addr, NULL, 0);
	}
	return err;
}

static int open_socket(struct lossy *l)
{
	const struct timeval patience = { .tv_usec = PATIENCE_MS * 1000 };
	struct sockaddr_in to = demo_sockaddr(DEMO_PEER_ADDR, ECHO_PORT);

	l->fd = skiff_socket(l->net[0], AF_INET, SOCK_DGRAM, 0);
	if (l->fd < 0 || skiff_connect(l->fd, (struct sockaddr *)&to, sizeof(to)) ||
	    skiff_setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return -errno;
	return 0;
}

/* Until the answer to this question comes; another one is late, or a copy. Return: 0 or -errno. */
static int await_answer(struct lossy *l, unsigned int question, struct letter_id *id)
{
	ssize_t n;

	do
		n = skiff_recv(l->fd, id, sizeof(*id), 0);
	while (n == sizeof(*id) && id->question != question);
	if (n < 0)
		return -errno;
	return n == sizeof(*id) ? 0 : -EBADMSG;
}

/* Return: 0 and the time it took, by the try that was answered, or -errno. */
static int ask(struct lossy *l, unsigned int question, s64 *rtt)
{
	int err = -EAGAIN;

	for (unsigned int try = 1; try <= TRIES && err == -EAGAIN; try++) {
		struct letter_id id = { .question = (u8)question, .try = (u8)try };

		note_sent(l, id, false);
		if (skiff_send(l->fd, &id, sizeof(id), 0) < 0)
			return -errno;
		err = await_answer(l, question, &id);
		if (!err)
			*rtt = skiff_clock_now(l->clock) - find_letter(l, id, false)->when;
	}
	return err == -EAGAIN ? -ETIMEDOUT : err;
}

/* From here on packets suffer; before, the hosts have found each other over a good cable. */
static int spoil(struct lossy *l)
{
	struct netem_params params;
	char why[128];
	s64 rtt;
	int err = ask(l, 0, &rtt);

	if (!err)
		err = netem_parse(&params, NETWORK, why, sizeof(why));
	for (unsigned int i = 0; i < 2 && !err; i++) {
		net_lock(l->net[i]);
		err = netem_configure(l->dev[i], &params);
		net_unlock(l->net[i]);
	}
	memset(l->letter, 0, sizeof(l->letter));
	l->nr_letters = 0;
	l->start = skiff_clock_now(l->clock);
	return err;
}

static int begin(struct lossy *l, u32 seed)
{
	int err = make_hosts(l, seed);

	if (!err)
		err = join(l);
	if (!err)
		err = skiff_service_enable(l->net[1], "echo", NULL, 0);
	if (!err)
		err = open_socket(l);
	return err ? err : spoil(l);
}

static int end(struct lossy *l)
{
	int left = 0;

	if (l->fd >= 0)
		skiff_close(l->fd);
	for (unsigned int i = 0; i < 2; i++) {
		if (l->ear[i].lossy) {
			net_lock(l->net[i]);
			dev_remove_pack(&l->ear[i].tap);
			net_unlock(l->net[i]);
		}
	}
	for (unsigned int i = 0; i < 2; i++)
		if (l->net[i])
			left += skiff_net_destroy(l->net[i]);
	skiff_clock_put(l->clock);
	return left;
}

static void print_fate(const struct letter *letter, ktime_t start)
{
	printf("%9.3f ms  %-8s %2u, try %u: sent%s, ", (double)(letter->when - start) / 1e6,
	       letter->answer ? "answer" : "question", letter->id.question, letter->id.try,
	       letter->sent > 1 ? " to each copy" : "");
	if (!letter->arrived) {
		printf("lost by the wire\n");
		return;
	}
	printf("%sdelivered after", letter->arrived > letter->sent ? "duplicated, " : "");
	for (unsigned int i = 0; i < letter->arrived; i++)
		printf("%s %.3f", i ? " and" : "",
		       (double)(letter->arrival[i] - letter->when) / 1e6);
	printf(" ms%s\n", letter->arrived < letter->sent ? ", the rest lost by the wire" : "");
}

/*
 * What the taps saw has to be what the network says that it did. Return: packets that were sent
 * that way, 0 when it is not.
 */
static unsigned int print_direction(struct lossy *l, bool answers)
{
	struct netem_stats s = { 0 };
	unsigned int sent = 0, arrived = 0;

	for (unsigned int i = 0; i < l->nr_letters; i++) {
		if (l->letter[i].answer == answers) {
			sent += l->letter[i].sent;
			arrived += l->letter[i].arrived;
		}
	}
	net_lock(l->net[answers]);
	if (netem_get_stats(l->dev[answers], &s))
		sent = 0;
	net_unlock(l->net[answers]);
	printf("%-10s %6u %6llu %11llu %10u\n", answers ? "answers" : "questions", sent,
	       (unsigned long long)s.lost, (unsigned long long)s.duplicated, arrived);
	return sent == s.packets && sent + s.duplicated == s.lost + arrived ? sent : 0;
}

static void report(struct lossy *l, unsigned int answered, s64 rtt_sum, struct step_result *result)
{
	ktime_t over = skiff_clock_now(l->clock);
	unsigned int questions, answers;

	/* What is under way still arrives. */
	skiff_clock_run_until(l->clock, over + PATIENCE_MS * NSEC_PER_MSEC);
	for (unsigned int i = 0; i < l->nr_letters; i++)
		print_fate(&l->letter[i], l->start);
	printf("\n%-10s %6s %6s %11s %10s\n", "", "sent", "lost", "duplicated", "delivered");
	questions = print_direction(l, false);
	answers = print_direction(l, true);
	printf("%.3f ms of virtual time\n", (double)(over - l->start) / 1e6);
	result->packets = questions + answers;
	if (answered != QUESTIONS)
		step_failed(result, "%u of %d answered", answered, QUESTIONS);
	else if (!questions || !answers)
		step_failed(result, "the network counted other packets");
	else
		step_ok(result, "%u answered, %u asked again", answered, questions - answered);
	result->rtt_ns = answered ? rtt_sum / answered : 0;
}

void step_lossy(struct demo *demo, struct step_result *result)
{
	struct lossy l = { .fd = -1 };
	unsigned int answered = 0;
	s64 rtt = 0, sum = 0;
	int err = begin(&l, demo->seed);

	printf("Simulated, seed %u: %s, each way.\n", demo->seed, NETWORK);
	for (unsigned int i = 1; i <= QUESTIONS && !err; i++) {
		if (!ask(&l, i, &rtt)) {
			answered++;
			sum += rtt;
		}
	}
	if (err)
		step_failed(result, "%s", strerror(-err));
	else
		report(&l, answered, sum, result);
	if (end(&l))
		step_failed(result, "the hosts left things behind");
}
