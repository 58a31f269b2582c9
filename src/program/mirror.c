// SPDX-License-Identifier: BSD-2-Clause
/* Images of a host's devices, on the host's side. */
#include "program/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <skiff/if_ether.h>
#include <skiff/netdevice.h>
#include <skiff/printk.h>
#include <skiff/slab.h>

#include "program/mirror_show.h"

/**
 * struct mirror - the image that one program has
 * @list: of all programs
 * @key: what the program is known by
 * @shown: it may be listening
 * @image: what it consists of; changed under the stack lock, because frames are shown there
 * @lines: that it is made by
 */
struct mirror {
	struct list_head list;
	int key;
	bool shown;
	struct image image;
	char *lines;
};

/**
 * struct mirrors - those of a host
 * @net: the host
 * @furnish: writes the lines by which images are made
 * @event: readable when they are to follow
 * @changed: they are, and @event says so
 * @list: all of them
 * @nr_shown: how many may be listening
 * @tap: registered while there are such
 * @frame: where one is put together
 */
struct mirrors {
	struct net *net;
	void (*furnish)(struct net *net, FILE *out);
	int event;
	bool changed;
	struct list_head list;
	unsigned int nr_shown;
	struct packet_type tap;
	struct shown_frame frame;
};

/*
 * It is system calls under the stack lock, for those who look at their packets; what a queue or a socket does not
 * take is lost, as for a listener who is slow.
 */
static int mirror_tap(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		      struct net_device *orig_dev)
{
	struct mirrors *mirrors = pt->af_packet_priv;
	bool out = skb->pkt_type == PACKET_OUTGOING;
	struct mirror *m;

	/* What is sent on loopback comes back, in the image by itself. */
	if ((out || !(dev->flags & IFF_LOOPBACK)) && !shown_frame_make(&mirrors->frame, skb))
		list_for_each_entry(m, &mirrors->list, list)
			if (m->shown)
				shown_frame_show(&mirrors->frame, &m->image, dev->ifindex, out);
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

struct mirrors *mirrors_create(struct net *net, void (*furnish)(struct net *net, FILE *out))
{
	struct mirrors *mirrors = kzalloc(sizeof(*mirrors), GFP_KERNEL);

	if (!mirrors) {
		errno = ENOMEM;
		return NULL;
	}
	mirrors->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mirrors->event < 0) {
		kfree(mirrors);
		return NULL;
	}
	mirrors->net = net;
	mirrors->furnish = furnish;
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

void mirrors_destroy(struct mirrors *mirrors)
{
	struct mirror *m, *next;

	if (!mirrors)
		return;
	list_for_each_entry_safe(m, next, &mirrors->list, list)
		mirrors_remove(mirrors, m);
	close(mirrors->event);
	kfree(mirrors);
}

void mirrors_changed(struct mirrors *mirrors)
{
	if (!mirrors || mirrors->changed || list_empty(&mirrors->list))
		return;
	mirrors->changed = !eventfd_write(mirrors->event, 1);
}

int mirrors_fd(const struct mirrors *mirrors)
{
	return mirrors->event;
}

/* Return: what is to be freed, or NULL without memory. */
static char *lines_of_now(struct mirrors *mirrors)
{
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return NULL;
	mirrors->furnish(mirrors->net, out);
	if (!fclose(out))
		return lines;
	free(lines);
	return NULL;
}

static void follow(struct mirrors *mirrors, struct mirror *m, const char *lines)
{
	char *kept;
	int err;

	/* Without rtnetlink, as where there is no namespace or no /dev/net/tun, there is nothing to follow. */
	if (m->image.rtnl < 0 || !strcmp(m->lines, lines))
		return;
	kept = strdup(lines);
	err = kept ? 0 : -ENOMEM;
	net_lock(mirrors->net);
	if (kept)
		err = image_apply(&m->image, m->lines, lines);
	net_unlock(mirrors->net);
	if (err)
		net_warn_ratelimited("the devices that a program is shown could not follow: %s",
				     strerror(-err));
	if (!kept)
		return;
	free(m->lines);
	m->lines = kept;
}

void mirrors_follow(struct mirrors *mirrors)
{
	struct mirror *m;
	eventfd_t count;
	char *lines;

	if (eventfd_read(mirrors->event, &count))
		return;
	net_lock(mirrors->net);
	mirrors->changed = false;
	net_unlock(mirrors->net);
	lines = lines_of_now(mirrors);
	if (!lines)
		return;
	list_for_each_entry(m, &mirrors->list, list)
		follow(mirrors, m, lines);
	free(lines);
}

static struct mirror *find(struct mirrors *mirrors, int key)
{
	struct mirror *m;

	list_for_each_entry(m, &mirrors->list, list)
		if (m->key == key)
			return m;
	return NULL;
}

struct mirror *mirrors_add(struct mirrors *mirrors, int key, struct image *image, const char *lines)
{
	struct mirror *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->key = key;
	m->lines = strdup(lines);
	if (!m->lines) {
		kfree(m);
		return NULL;
	}
	image_number(image, lines);
	m->image = *image;
	image_init(image);
	net_lock(mirrors->net);
	/* One that had the same key may be about to go. */
	list_add(&m->list, &mirrors->list);
	/* It is as the host was when the program began to be started. */
	mirrors_changed(mirrors);
	net_unlock(mirrors->net);
	return m;
}

void mirrors_remove(struct mirrors *mirrors, struct mirror *m)
{
	if (!m)
		return;
	net_lock(mirrors->net);
	count_shown(mirrors, m, false);
	list_del(&m->list);
	net_unlock(mirrors->net);
	image_close(&m->image);
	free(m->lines);
	kfree(m);
}

bool mirrors_show(struct mirrors *mirrors, int key)
{
	struct mirror *m = find(mirrors, key);

	if (!m || m->image.packet < 0)
		return false;
	net_lock(mirrors->net);
	count_shown(mirrors, m, true);
	net_unlock(mirrors->net);
	return true;
}
