/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for return addresses, and whose a buffer is: for panics and leak reports. */
#ifndef SKB_TRACK_H
#define SKB_TRACK_H

#include <skiff/skbuff.h>

#define SKB_SITE_TEXT 256

/* "function+0x1b (object)", or with file and line where a sanitizer's runtime knows them. */
void skb_site_text(char *buf, size_t size, const void *site);

/*
 * Each live buffer has an owner, the host that it is in: the one whose stack lock was held when it
 * was allocated, until it goes to another. Nothing in builds that do not track.
 */
#ifdef SKIFF_SKB_TRACK
/* What a buffer for a device belongs to, whoever allocates it; set where devices are known. */
extern const void *(*skb_track_device_owner)(const struct net_device *dev);
void skb_track_owner(struct sk_buff *skb, const void *owner);
/* Tell of each live buffer of an owner. Return: how many there are. */
size_t skb_track_owned(const void *owner, void (*fn)(const struct sk_buff *skb, const char *alloced,
						     const char *last));
#else
static inline void skb_track_owner(struct sk_buff *skb, const void *owner)
{
}

static inline size_t skb_track_owned(const void *owner,
				     void (*fn)(const struct sk_buff *skb, const char *alloced,
						const char *last))
{
	return 0;
}
#endif

#endif /* SKB_TRACK_H */
