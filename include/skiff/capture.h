/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures: every frame of a device into a pcapng file, as Wireshark and tcpdump read it. */
#ifndef SKIFF_CAPTURE_H
#define SKIFF_CAPTURE_H

#include <skiff/dropreason.h>
#include <skiff/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net;
struct sk_buff;

/* A running capture. */
struct skiff_capture;

/**
 * struct skiff_capture_params - how to capture; zeroes are a good start
 * @snaplen: most bytes that are kept of a frame, 0 for all
 * @max_bytes: size at which the file is complete and the capture stops, 0 for no limit
 */
struct skiff_capture_params {
	unsigned int snaplen;
	u64 max_bytes;
};

/**
 * struct skiff_capture_stats - what became of the frames
 * @seen: frames that passed the device
 * @written: frames that are in the file, or on the way
 * @lost: frames that are not: a pipe's reader was too slow, or the capture had stopped
 * @bytes: of the file
 * @error: what stopped the capture, a negative errno: -ENOSPC for a full disk, -EFBIG for the
 *         limit; 0 while it runs
 */
struct skiff_capture_stats {
	u64 seen;
	u64 written;
	u64 lost;
	u64 bytes;
	int error;
};

/**
 * skiff_capture_start() - capture a device
 * @net: its host
 * @ifname: the device's name
 * @path: the file, which is replaced if it exists
 * @params: or NULL
 * @capture: the capture, the caller's until skiff_capture_stop()
 *
 * Frames are seen as they are received and as they are offered to the driver, with nanosecond
 * stamps of the host's clock and their direction. Checksums that are left to the device are
 * written completed. Frames wait in memory and are written when the stack lock is free. A capture
 * that can't go on stops with a message; the host never does. Any thread, without the stack lock.
 *
 * A pipe needs its reader before. While the reader stalls, frames are kept as long as there is
 * room, and then lost and counted.
 *
 * Return: 0; -ENODEV when there is no such device; -ENXIO when @path is a pipe that nobody reads;
 * another errno of opening or writing the file; -ENOMEM.
 */
SKIFF_API int skiff_capture_start(struct net *net, const char *ifname, const char *path,
				  const struct skiff_capture_params *params,
				  struct skiff_capture **capture);

/**
 * skiff_capture_flush() - have all that was seen so far in the file
 * @capture: goes on; NULL is fine
 *
 * For who reads the file while it is written: there are complete blocks in it. Any thread, without the stack lock.
 * Return: 0, -EAGAIN when a pipe's reader has yet to take the rest, or what has stopped the capture.
 */
SKIFF_API int skiff_capture_flush(struct skiff_capture *capture);

/**
 * skiff_capture_stop() - complete the file and end the capture
 * @capture: gone afterwards; NULL is fine
 *
 * Any thread, without the stack lock. The host may have ended before. A pipe's reader that does not
 * read gets a second to take the rest. Return: 0, -ETIMEDOUT when it did not, or what had stopped
 * the capture earlier.
 */
SKIFF_API int skiff_capture_stop(struct skiff_capture *capture);

/* What became of the frames so far. Any thread, without the stack lock. */
SKIFF_API void skiff_capture_stats(struct skiff_capture *capture,
				   struct skiff_capture_stats *stats);

/**
 * capture_drop() - put a dropped packet into the captures of its device
 * @skb: the packet, dev set; not consumed
 * @reason: becomes the packet's comment
 *
 * For who drops packets that would not be understood from the frames alone. Locked.
 */
SKIFF_API void capture_drop(const struct sk_buff *skb, enum skb_drop_reason reason);

#ifdef __cplusplus
}
#endif

#endif /* SKIFF_CAPTURE_H */
