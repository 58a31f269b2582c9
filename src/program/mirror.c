// SPDX-License-Identifier: BSD-2-Clause
/* Images of a host's devices, on the host's side: what the devices carry is copied to those who listen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include <skiff/if_ether.h>
#include <skiff/netdevice.h>
#include <skiff/skbuff.h>
#include <skiff/slab.h>

#include "device/frame.h"
#include "program/mirror.h"

/* What the kernel calls it in each namespace. */
#define LOOPBACK "lo"

/* The largest frame: a merged packet with its link-layer header. */
#define FRAME_MAX (65536 + 64)

/**
 * struct mirror - the image that one program has
 * @list: of all programs
 * @key: what the program is known by
 * @shown: it may be listening
 * @nr: how many devices there are
 * @end: their queues
 */
struct mirror {
	struct list_head list;
	int key;
	bool shown;
	unsigned int nr;
	struct mirror_end end[MIRROR_MAX];
};

/**
 * struct mirrors - those of a host
 * @net: the host
 * @list: all of them
 * @nr_shown: how many may be listening
 * @tap: registered while there are such
 * @frame: where one is put together
 */
struct mirrors {
	struct net *net;
	struct list_head list;
	unsigned int nr_shown;
	struct packet_type tap;
	u8 frame[FRAME_MAX];
};

bool mirror_is_end(int fd, const char *name)
{
	int family = 0;
	socklen_t len = sizeof(family);
	struct ifreq ifr;

	if (!strcmp(name, LOOPBACK))
		return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) && family == AF_PACKET;
	memset(&ifr, 0, sizeof(ifr));
	return !ioctl(fd, TUNGETIFF, &ifr) && !strncmp(ifr.ifr_name, name, IF_NAMESIZE);
}

/*
 * Write it to the queues of device @name. It is a system call under the stack lock, for those who look at
 * their packets; a queue that is full loses it, as a listener who is slow does.
 */
static void show(struct mirrors *mirrors, const char *name, size_t len)
{
	struct mirror *m;
	ssize_t n;

	list_for_each_entry(m, &mirrors->list, list)
		for (unsigned int i = 0; m->shown && i < m->nr; i++)
			if (!strcmp(m->end[i].name, name)) {
				n = write(m->end[i].fd, mirrors->frame, len);
				(void)n;
			}
}

static int mirror_tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		      struct net_device *orig_dev)
{
	struct mirrors *mirrors = (struct mirrors *)pt->af_packet_priv;
	int offset = frame_offset(skb);
	size_t len = skb->len + (size_t)-offset;

	/* What is sent on loopback comes back, in the image by itself. */
	if ((!(dev->flags & IFF_LOOPBACK) || skb->pkt_type == PACKET_OUTGOING) &&
	    len <= FRAME_MAX && !frame_copy(skb, mirrors->frame, len, true))
		show(mirrors, dev->name, len);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

struct mirrors *mirrors_create(struct net *net)
{
	struct mirrors *mirrors = kzalloc(sizeof(*mirrors), GFP_KERNEL);

	if (!mirrors)
		return NULL;
	mirrors->net = net;
	INIT_LIST_HEAD(&mirrors->list);
	mirrors->tap.type = htons(ETH_P_ALL);
	mirrors->tap.af_packet_net = net;
	mirrors->tap.func = mirror_tap;
	mirrors->tap.af_packet_priv = mirrors;
	return mirrors;
}

/* One more or one less may be listening. Under the stack lock. */
static void count_shown(struct mirrors *mirrors, struct mirror *m, bool shown)
{
	if (m->shown == shown)
		return;
	m->shown = shown;
	if (shown && !mirrors->nr_shown++)
		dev_add_pack(&mirrors->tap);
	if (!shown && !--mirrors->nr_shown)
		dev_remove_pack(&mirrors->tap);
}

static void mirror_free(struct mirrors *mirrors, struct mirror *m)
{
	net_lock(mirrors->net);
	count_shown(mirrors, m, false);
	list_del(&m->list);
	net_unlock(mirrors->net);
	for (unsigned int i = 0; i < m->nr; i++)
		close(m->end[i].fd);
	kfree(m);
}

void mirrors_destroy(struct mirrors *mirrors)
{
	struct mirror *m, *next;

	if (!mirrors)
		return;
	list_for_each_entry_safe(m, next, &mirrors->list, list)
		mirror_free(mirrors, m);
	kfree(mirrors);
}

static struct mirror *find(struct mirrors *mirrors, int key)
{
	struct mirror *m;

	list_for_each_entry(m, &mirrors->list, list)
		if (m->key == key)
			return m;
	return NULL;
}

struct mirror *mirrors_add(struct mirrors *mirrors, int key, const struct mirror_end *ends,
			   unsigned int nr)
{
	struct mirror *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->key = key;
	m->nr = nr;
	memcpy(m->end, ends, nr * sizeof(*ends));
	net_lock(mirrors->net);
	/* One that had the same key may be about to go. */
	list_add(&m->list, &mirrors->list);
	net_unlock(mirrors->net);
	return m;
}

void mirrors_forget(struct mirrors *mirrors, struct mirror *mirror)
{
	mirror->nr = 0;
	mirror_free(mirrors, mirror);
}

void mirrors_remove(struct mirrors *mirrors, struct mirror *mirror)
{
	if (mirror)
		mirror_free(mirrors, mirror);
}

bool mirrors_show(struct mirrors *mirrors, int key)
{
	struct mirror *m = find(mirrors, key);

	if (!m || !m->nr)
		return false;
	net_lock(mirrors->net);
	count_shown(mirrors, m, true);
	net_unlock(mirrors->net);
	return true;
}
