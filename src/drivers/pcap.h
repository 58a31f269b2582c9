/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that replays a capture file and writes another one: what its parts share. */
#ifndef SKIFF_DRIVERS_PCAP_H
#define SKIFF_DRIVERS_PCAP_H

#include <pthread.h>

#include "drivers/drivers.h"

/* Frames read ahead, and frames that wait to be written. */
#define PCAP_RX_RING 256
#define PCAP_TX_RING 512
#define PCAP_MAX_FRAME (65535 + ETH_HLEN + VLAN_HLEN)
/* Speeds are in millionths. */
#define PCAP_SPEED_ONE 1000000u

/* An open capture file that is read, and one that is written. */
struct pcap_in;
struct pcap_out;

/**
 * struct pcap_config - options
 * @in: file to replay, "" for none
 * @out: file to write, "" for none
 * @speed: in millionths of the file's, 0 when not given
 * @fastest: do not wait between frames
 * @loop: how often, 0 for ever; counts only with @has_loop
 * @has_loop: the option was given
 */
struct pcap_config {
	char in[384];
	char out[384];
	u32 speed;
	bool fastest;
	u32 loop;
	bool has_loop;
};

/**
 * struct pcap_dev - one device, netdev_priv() of its net_device
 * @dev: the device
 * @config: how it was made
 * @napi: delivers frames that are due
 * @timer: fires when the next one is; locked
 * @fill_work: reads ahead, without the stack lock
 * @look_work: under the stack lock: there are frames that have been read
 * @file_lock: one thread reads at a time; guards what follows, up to @due
 * @in: the file to replay, NULL at its end
 * @reading: what @generation was when @in was opened
 * @passes: how often it has been read to its end
 * @pass_frames: frames of this pass
 * @pass_fit: of those, which could be received; a pass without any is the last
 * @origin: instant of the first frame
 * @first: that frame's stamp in the file
 * @due: instant of the last frame that was read
 * @lock: guards what follows
 * @running: between open and stop
 * @ended: there will be no more frames
 * @generation: counts openings
 * @started: instant of the last one
 * @rx: frames that were read; tstamp is when they are due
 * @tx: frames to be written
 * @flushing: a thread is writing
 * @broken: a write has failed: nothing more is written
 * @stats: counters
 * @out: the file to write, for the thread that writes
 */
struct pcap_dev {
	struct net_device *dev;
	struct pcap_config config;
	struct napi_struct napi;
	struct timer_list timer;
	struct net_work fill_work;
	struct net_work look_work;

	pthread_mutex_t file_lock;
	struct pcap_in *in;
	u32 reading;
	u32 passes;
	u64 pass_frames;
	u64 pass_fit;
	ktime_t origin;
	s64 first;
	ktime_t due;

	spinlock_t lock;
	bool running;
	bool ended;
	u32 generation;
	ktime_t started;
	struct sk_buff_head rx;
	struct sk_buff_head tx;
	bool flushing;
	bool broken;
	struct rtnl_link_stats64 stats;
	struct pcap_out *out;
};

static inline struct pcap_dev *pcap_of(const struct net_device *dev)
{
	return (struct pcap_dev *)netdev_priv(dev);
}

/* pcap_file.c: system calls */

/* Return: 0 and *@in, or a negative errno and a message. */
int pcap_in_open(struct pcap_in **in, const char *path, char *err, size_t err_size);
void pcap_in_close(struct pcap_in *in);
/* Return: 1 with the frame, good until the next call; 0 at the end; -EIO for a broken file. */
int pcap_in_next(struct pcap_in *in, const u8 **data, u32 *captured, u32 *len, s64 *stamp);

int pcap_out_open(struct pcap_out **out, const char *path, const struct net_device *dev, char *err,
		  size_t err_size);
void pcap_out_close(struct pcap_out *out);
/* Return: 0 or a negative errno. */
int pcap_out_write(struct pcap_out *out, const struct sk_buff *skb);

#endif /* SKIFF_DRIVERS_PCAP_H */
