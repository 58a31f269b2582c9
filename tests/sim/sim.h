/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated networks: hosts on cables under one virtual clock, which repeat with their seed. */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <skiff/inetdevice.h>
#include <skiff/netconf.h>
#include <skiff/netem.h>
#include <skiff/netdevice.h>
#include <skiff/skiff.h>

#define SIM_HOSTS_MAX 16
#define SIM_CABLES_MAX 16

struct sim;

/*
 * One end of a cable, with the handler that hears what arrives there. A device that goes takes the
 * handler out of its list, so an empty list says that @dev is no more.
 */
struct sim_end {
	struct sim *sim;
	struct net *net;
	struct net_device *dev;
	struct packet_type tap;
};

/**
 * struct sim - a network
 * @seed: where the chance of all its hosts begins
 * @clock: virtual
 * @hosts: the hosts, @nr_hosts of them
 * @ends: two for each of @nr_cables cables
 * @frames: how many frames arrived anywhere
 * @hash: of every byte of them, of when and where they arrived
 * @unheard: nobody looks at frames, because there are too many: @frames and @hash stay
 * @arrived: is told of each frame, and at which end it arrived, or NULL
 */
struct sim {
	u64 seed;
	struct skiff_clock *clock;
	struct net *hosts[SIM_HOSTS_MAX];
	int nr_hosts;
	struct sim_end ends[2 * SIM_CABLES_MAX];
	int nr_cables;
	u64 frames;
	u64 hash;
	bool unheard;
	void (*arrived)(struct sim *sim, int end, const struct sk_buff *skb, const u8 *frame,
			size_t len);
};

/* What the environment's SEED asks for, 0 without one: it is added to the seed of every network. */
u64 sim_base_seed(void);

/* Say how to repeat what a program did if it @failed. Return: @failed. */
int sim_report(int failed);

/* Make @nr_hosts hosts without cables. @sim keeps its place. */
void sim_open(struct sim *sim, u64 seed, int nr_hosts);

/*
 * Join hosts @a and @b by the next cable, number n: @a's end is 10.0.n.1/24, @b's 10.0.n.2/24.
 * @netem is what happens to packets both ways, as netem_parse() takes it, or NULL.
 */
void sim_cable(struct sim *sim, int a, int b, const char *netem);

/* The same for when memory may be short. Return: 0, or an errno, and no cable is left behind. */
int sim_try_cable(struct sim *sim, int a, int b, const char *netem);

/* The device at end 0 or 1 of a cable, or NULL when it is gone. With its host's lock. */
struct net_device *sim_dev(struct sim *sim, int cable, int end);

/* Take both ends of a cable away, if they are there. What the other host does about it is due. */
void sim_cut(struct sim *sim, int cable);

/* Replace what happens to packets that leave by an end. Return: 0, an errno, -ENODEV. */
int sim_netem(struct sim *sim, int cable, int end, const char *netem);

/* What has happened to packets of both ends so far. */
struct netem_stats sim_netem_stats(struct sim *sim, int cable);

/* The address of end 0 or 1 of a cable. */
__be32 sim_addr(int cable, int end);

void sim_sleep(struct sim *sim, s64 ns);

/* End all hosts. Return: how much was left over, which should be nothing. */
size_t sim_close(struct sim *sim);

#endif /* TESTS_SIM_H */
