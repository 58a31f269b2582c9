/* SPDX-License-Identifier: BSD-2-Clause */
/* netem: a discipline that treats packets as a bad network would. */
#ifndef SKIFF_NETEM_H
#define SKIFF_NETEM_H

#include <skiff/netdevice.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NETEM_LIMIT_DEFAULT 1000
#define NETEM_LIMIT_MAX 1000000
/* Longest delay and jitter, in nanoseconds. */
#define NETEM_DELAY_MAX (3600ll * 1000000000)

/* Probabilities are parts of 2^32 - 1, which is "always". */
#define NETEM_ALWAYS UINT32_MAX

/**
 * struct netem_chance - something that happens to some packets
 * @probability: to how many of them
 * @correlation: how often the decision depends on the same number as the one before. The number
 *               of packets concerned stays what @probability says, they come in groups.
 */
struct netem_chance {
	u32 probability;
	u32 correlation;
};

/* How delays spread around their mean; the jitter is half the width, or the deviation. */
enum netem_dist { NETEM_UNIFORM, NETEM_NORMAL, NETEM_PARETO };

enum netem_loss { NETEM_LOSS_RANDOM, NETEM_LOSS_GILBERT_ELLIOTT, NETEM_LOSS_MARKOV };

/**
 * struct netem_params - what is to happen to packets; all zero changes nothing
 * @delay: nanoseconds that a packet is on its way
 * @jitter: spread of these
 * @delay_correlation: as in struct netem_chance
 * @dist: shape of the spread
 * @loss_model: which of the following three holds
 * @loss: single losses
 * @ge: Gilbert and Elliott's two states. @p: from good to bad; @r: back; @h1: lost while bad (what
 *      they call 1-h); @k1: lost while good (1-k)
 * @markov: four states: 1 received, 2 received within a burst, 3 lost in a burst, 4 lost alone;
 *          @pNM from state N to M
 * @duplicate: sent twice; the second one meets all the rest by itself
 * @reorder: sent at once, past those that are on their way
 * @gap: only each packet of this number may be so; 0 means 1, each
 * @corrupt: one bit is wrong
 * @rate: bytes per second, 0 for no limit
 * @overhead: bytes that each packet has on the wire in addition; may be negative
 * @cell_size: bytes of payload in a cell, 0 when there are none
 * @cell_overhead: bytes that a cell has in addition; may be negative
 * @slot_min: nanoseconds at least until packets may leave again, all together; 0 with @slot_max of 0: always
 * @slot_max: and at most; less than @slot_min counts as the same
 * @slot_packets: packets that may leave then, 0 for any number
 * @slot_bytes: the same in bytes; the last packet may be longer
 * @limit: most packets on their way, 0 for NETEM_LIMIT_DEFAULT
 */
struct netem_params {
	s64 delay;
	s64 jitter;
	u32 delay_correlation;
	enum netem_dist dist;
	enum netem_loss loss_model;
	struct netem_chance loss;
	struct {
		u32 p, r, h1, k1;
	} ge;
	struct {
		u32 p13, p31, p32, p23, p14;
	} markov;
	struct netem_chance duplicate;
	struct netem_chance reorder;
	u32 gap;
	struct netem_chance corrupt;
	u64 rate;
	s32 overhead;
	u32 cell_size;
	s32 cell_overhead;
	s64 slot_min;
	s64 slot_max;
	u32 slot_packets;
	u32 slot_bytes;
	u32 limit;
};

/**
 * struct netem_stats - what has happened
 * @packets: that came
 * @lost: by the loss model
 * @duplicated: copies that were made
 * @reordered: that went past others
 * @corrupted: bits that were turned
 * @overlimit: dropped because @limit packets were on their way, or there was no memory
 */
struct netem_stats {
	u64 packets;
	u64 lost;
	u64 duplicated;
	u64 reordered;
	u64 corrupted;
	u64 overlimit;
};

/**
 * netem_configure() - let a device's packets pass through a bad network on their way out
 * @dev: the device, registered; each of its transmit queues is a network of its own
 * @params: what happens there, copied; NULL for nothing any more
 *
 * A device that has netem already changes its behaviour: what is on its way arrives as was decided
 * before. Else what waits in the old discipline is dropped. Chance comes from the host's generator
 * and time from its clock, so a run on a virtual clock repeats. Locked.
 *
 * Return: 0, -EINVAL for parameters that contradict each other or are out of range, -ENOMEM and
 * nothing has changed.
 */
SKIFF_API int netem_configure(struct net_device *dev, const struct netem_params *params);

/* What netem has done to a device's packets so far. Locked. 0, or -ENOENT when it has none. */
SKIFF_API int netem_get_stats(const struct net_device *dev, struct netem_stats *stats);

/**
 * netem_option() - take one setting as text
 * @params: where to
 * @key: "delay", "jitter", "loss", ...: those of netem_keys()
 * @value: "10ms", "1%", "10mbit", ...
 * @err: a message for the user that names the value and what is accepted
 * @err_size: bytes there
 *
 * Any thread. Return: 0, -ENOENT when there is no such key, -EINVAL for the value.
 */
SKIFF_API int netem_option(struct netem_params *params, const char *key, const char *value,
			   char *err, size_t err_size);

/**
 * netem_parse() - take settings as text
 * @params: filled in
 * @text: "delay=10ms,jitter=2ms,loss=1%"
 * @err: a message
 * @err_size: bytes there
 *
 * Any thread. Return: 0, or -EINVAL: also for settings that contradict each other.
 */
SKIFF_API int netem_parse(struct netem_params *params, const char *text, char *err,
			  size_t err_size);

/* The keys for help texts, separated by commas. */
SKIFF_API const char *netem_keys(void);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_NETEM_H */
