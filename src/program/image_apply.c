// SPDX-License-Identifier: BSD-2-Clause
/*
 * An image from one state to another.
 *
 * Both are given as lines. What is in the old ones only is taken back, the last one first; then what is in the new
 * ones only is made, in order. The kernel does some of it by itself, and does more: with an address the route to
 * its subnet comes, with a device that goes down routes go, with the first address of a subnet the others. So what
 * is there already, or not any more, is fine; and where a device or its addresses have changed, all that is
 * said of that device is made once more.
 *
 * In the end the kernel must not receive at the addresses: what listeners are shown it would answer as well. It is
 * made deaf by taking away the routes of its table "local". They have to be there, though, while routes are made
 * that prefer an address as their source.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/if_tun.h>

#include "program/image.h"
#include "program/rtnl.h"

#define WORDS_MAX 7
#define LINE_MAX_LEN 160

/* Linux 4.20 */
#ifndef TUNSETCARRIER
#define TUNSETCARRIER _IOW('T', 226, int)
#endif

/* Flags that are asked for; the others are the kernel's. */
#define SETTABLE (IFF_UP | IFF_NOARP | IFF_MULTICAST)

/**
 * struct line - one line
 * @text: of the lines, not ended by 0
 * @len: bytes of it
 * @kind: of kinds
 * @ifindex: the device that it is about
 * @alone: the other lines have none like it
 */
struct line {
	const char *text;
	size_t len;
	unsigned int kind;
	int ifindex;
	bool alone;
};

/**
 * struct lines - the lines of one state
 * @line: in their order
 * @sorted: the same by what they say
 * @nr: how many
 */
struct lines {
	struct line *line;
	struct line **sorted;
	size_t nr;
};

/* A number of the host's, which writes them well. */
static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static bool is_address(const char *text, struct in_addr *addr)
{
	return inet_pton(AF_INET, text, addr) == 1;
}

/* device INDEX NAME FLAGS MTU MAC */

static int read_mac(const char *text, unsigned char *mac)
{
	char *end;

	for (int i = 0; i < 6; i++) {
		mac[i] = (unsigned char)strtoul(text, &end, 16);
		if (*end != (i < 5 ? ':' : '\0'))
			return -EPROTO;
		text = end + 1;
	}
	return 0;
}

/* Older kernels rename what is down only. It is up again, if it is to be, with its other settings. */
static int rename_device(struct image *image, struct image_device *dev, const char *name)
{
	const struct rtnl_link down = { .change = IFF_UP };
	int err;

	if (!strcmp(dev->name, name))
		return 0;
	err = rtnl_rename_link(image->rtnl, dev->ifindex, name);
	if (err == -EBUSY) {
		rtnl_set_link(image->rtnl, dev->ifindex, &down);
		err = rtnl_rename_link(image->rtnl, dev->ifindex, name);
	}
	if (!err)
		snprintf(dev->name, sizeof(dev->name), "%s", name);
	return err;
}

static int set_device(struct image *image, struct image_device *dev, char *words[])
{
	unsigned int flags = (unsigned int)strtoul(words[3], NULL, 16);
	int carrier = flags & IMAGE_CARRIER || !(flags & IFF_UP), err;
	struct rtnl_link link = {
		.flags = flags & SETTABLE,
		.change = SETTABLE,
		.mtu = number(words[4]),
	};

	/* Loopback is the kernel's in these. */
	if (dev->fd < 0) {
		link.change = IFF_UP;
		return rtnl_set_link(image->rtnl, dev->ifindex, &link);
	}
	link.has_mac = strcmp(words[5], "-") != 0;
	if (link.has_mac && read_mac(words[5], link.mac))
		return -EPROTO;
	err = rename_device(image, dev, words[2]);
	if (!err)
		err = rtnl_set_link(image->rtnl, dev->ifindex, &link);
	if (!err && ioctl(dev->fd, TUNSETCARRIER, &carrier))
		err = -errno;
	return err;
}

static int make_device(struct image *image, int ifindex, char *words[])
{
	struct image_device *dev = image_find(image, ifindex);
	int err = dev ? 0 : image_add_device(image, ifindex, words[2], strcmp(words[5], "-") != 0);

	return err ? err : set_device(image, image_find(image, ifindex), words);
}

static int unmake_device(struct image *image, int ifindex, char *words[])
{
	image_del_device(image, image_find(image, ifindex));
	return 0;
}

/* address INDEX ADDRESS LENGTH PEER BROADCAST */

static int read_address(char *words[], int ifindex, struct rtnl_address *a)
{
	a->ifindex = ifindex;
	a->prefix_len = number(words[3]);
	return is_address(words[2], &a->local) && is_address(words[4], &a->peer) &&
			       is_address(words[5], &a->broadcast) ?
		       0 :
		       -EPROTO;
}

static int make_address(struct image *image, int ifindex, char *words[])
{
	struct rtnl_address a;
	int err = read_address(words, ifindex, &a);

	return err ? err : rtnl_add_address(image->rtnl, &a);
}

static int unmake_address(struct image *image, int ifindex, char *words[])
{
	struct rtnl_address a;
	int err = read_address(words, ifindex, &a);

	return err ? err : rtnl_del_address(image->rtnl, &a);
}

static int set_deaf(struct image *image, int ifindex, char *words[], bool deaf)
{
	struct rtnl_address a;
	int err = read_address(words, ifindex, &a);

	/* Nothing from outside is taken for those of loopback. */
	if (err || (ntohl(a.local.s_addr) >> 24) == IN_LOOPBACKNET)
		return err;
	return deaf ? rtnl_be_deaf(image->rtnl, &a) : rtnl_hear(image->rtnl, &a);
}

/* route INDEX ADDRESS LENGTH GATEWAY SOURCE METRIC */

static int read_route(char *words[], int ifindex, struct rtnl_route *r)
{
	r->ifindex = ifindex;
	r->prefix_len = number(words[3]);
	r->metric = number(words[6]);
	return is_address(words[2], &r->dst) && is_address(words[4], &r->gateway) &&
			       is_address(words[5], &r->source) ?
		       0 :
		       -EPROTO;
}

static int make_route(struct image *image, int ifindex, char *words[])
{
	struct rtnl_route r;
	int err = read_route(words, ifindex, &r);

	return err ? err : rtnl_add_route(image->rtnl, &r);
}

static int unmake_route(struct image *image, int ifindex, char *words[])
{
	struct rtnl_route r;
	int err = read_route(words, ifindex, &r);

	return err ? err : rtnl_del_route(image->rtnl, &r);
}

enum { DEVICE, ADDRESS, ROUTE, KINDS };

static const struct {
	const char *name;
	unsigned int nr_words;
	int (*make)(struct image *image, int ifindex, char *words[]);
	int (*unmake)(struct image *image, int ifindex, char *words[]);
} kinds[KINDS] = {
	[DEVICE] = { "device", 6, make_device, unmake_device },
	[ADDRESS] = { "address", 6, make_address, unmake_address },
	[ROUTE] = { "route", 7, make_route, unmake_route },
};

/* Return: how many words @line has, which are in @copy then. */
static unsigned int split(const struct line *line, char copy[LINE_MAX_LEN], char *words[WORDS_MAX])
{
	unsigned int n = 0;
	char *word;

	snprintf(copy, LINE_MAX_LEN, "%.*s", (int)line->len, line->text);
	while (n < WORDS_MAX && (word = strsep(&copy, " ")) != NULL)
		words[n++] = word;
	return n;
}

enum what { MAKE, UNMAKE, HEAR, BE_DEAF };

static int do_line(struct image *image, const struct line *line, enum what what)
{
	char copy[LINE_MAX_LEN], *words[WORDS_MAX];
	unsigned int n = split(line, copy, words);
	bool there = image_find(image, line->ifindex);

	if (n != kinds[line->kind].nr_words)
		return -EPROTO;
	/* Of a device that could not be made nothing can, and of one that is gone there is nothing. */
	if (!there && (line->kind != DEVICE || what != MAKE))
		return 0;
	switch (what) {
	case MAKE:
		return kinds[line->kind].make(image, line->ifindex, words);
	case UNMAKE:
		return kinds[line->kind].unmake(image, line->ifindex, words);
	default:
		return set_deaf(image, line->ifindex, words, what == BE_DEAF);
	}
}

/* Return: whether the line is of a kind that is known. */
static bool read_line(struct line *line, const char *text, size_t len)
{
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		size_t name_len = strlen(kinds[kind].name);

		if (len <= name_len || len >= LINE_MAX_LEN || text[name_len] != ' ' ||
		    strncmp(text, kinds[kind].name, name_len) != 0)
			continue;
		*line = (struct line){ text, len, kind, (int)number(text + name_len), true };
		return true;
	}
	return false;
}

static int compare(const struct line *a, const struct line *b)
{
	int diff = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return diff ? diff : a->len < b->len ? -1 : a->len > b->len;
}

static int compare_sorted(const void *a, const void *b)
{
	return compare(*(struct line *const *)a, *(struct line *const *)b);
}

static int read_lines(struct lines *lines, const char *text)
{
	size_t max = 1;

	for (const char *c = text; *c; c++)
		max += *c == '\n';
	lines->nr = 0;
	lines->line = calloc(max, sizeof(*lines->line));
	lines->sorted = calloc(max, sizeof(struct line *));
	if (!lines->line || !lines->sorted)
		return -ENOMEM;
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (read_line(&lines->line[lines->nr], text, len)) {
			lines->sorted[lines->nr] = &lines->line[lines->nr];
			lines->nr++;
		}
		text += len + (text[len] == '\n');
	}
	qsort(lines->sorted, lines->nr, sizeof(struct line *), compare_sorted);
	return 0;
}

static void free_lines(struct lines *lines)
{
	free(lines->line);
	free(lines->sorted);
}

/* Find out which lines have no twin. */
static void match(struct lines *was, struct lines *is)
{
	size_t i = 0, j = 0;

	while (i < was->nr && j < is->nr) {
		int diff = compare(was->sorted[i], is->sorted[j]);

		if (!diff)
			was->sorted[i]->alone = is->sorted[j]->alone = false;
		i += diff <= 0;
		j += diff >= 0;
	}
}

static bool has_device(const struct lines *lines, int ifindex)
{
	for (size_t i = 0; i < lines->nr; i++)
		if (lines->line[i].kind == DEVICE && lines->line[i].ifindex == ifindex)
			return true;
	return false;
}

/**
 * struct change - what is done to an image
 * @image: the image
 * @was: how it is
 * @is: how it is to be
 * @touched: numbers of devices that have changed, or their addresses
 * @nr_touched: how many
 * @error: the first one, negative
 */
struct change {
	struct image *image;
	struct lines was;
	struct lines is;
	int touched[2 * IMAGE_DEVICES_MAX];
	unsigned int nr_touched;
	int error;
};

static bool is_touched(const struct change *c, int ifindex)
{
	for (unsigned int i = 0; i < c->nr_touched; i++)
		if (c->touched[i] == ifindex)
			return true;
	return false;
}

static void touch(struct change *c, const struct lines *lines)
{
	for (size_t i = 0; i < lines->nr; i++) {
		const struct line *line = &lines->line[i];

		if (line->alone && line->kind != ROUTE && !is_touched(c, line->ifindex) &&
		    c->nr_touched < ARRAY_SIZE(c->touched))
			c->touched[c->nr_touched++] = line->ifindex;
	}
}

static void change_line(struct change *c, const struct line *line, enum what what)
{
	int err = do_line(c->image, line, what);

	if (!c->error)
		c->error = err;
}

static void unmake_lines(struct change *c)
{
	for (size_t i = c->was.nr; i-- > 0;) {
		const struct line *line = &c->was.line[i];

		/* A device that is said to be otherwise is still there. */
		if (line->alone && (line->kind != DEVICE || !has_device(&c->is, line->ifindex)))
			change_line(c, line, UNMAKE);
	}
}

static void make_lines(struct change *c)
{
	for (size_t i = 0; i < c->is.nr; i++)
		if (c->is.line[i].alone || is_touched(c, c->is.line[i].ifindex))
			change_line(c, &c->is.line[i], MAKE);
}

static void set_ears(struct change *c, const struct lines *lines, enum what what)
{
	for (size_t i = 0; i < lines->nr; i++)
		if (lines->line[i].kind == ADDRESS)
			change_line(c, &lines->line[i], what);
}

/* Addresses that stay, while routes are made that may prefer them. */
static void hear_at_those_that_stay(struct change *c)
{
	for (size_t i = 0; i < c->was.nr; i++)
		if (c->was.line[i].kind == ADDRESS && !c->was.line[i].alone)
			change_line(c, &c->was.line[i], HEAR);
}

int image_apply(struct image *image, const char *was, const char *is)
{
	struct change c = { .image = image };

	c.error = read_lines(&c.was, was);
	if (!c.error)
		c.error = read_lines(&c.is, is);
	if (!c.error) {
		match(&c.was, &c.is);
		touch(&c, &c.was);
		touch(&c, &c.is);
		unmake_lines(&c);
		hear_at_those_that_stay(&c);
		make_lines(&c);
		set_ears(&c, &c.is, BE_DEAF);
	}
	free_lines(&c.was);
	free_lines(&c.is);
	return c.error;
}

void image_number(struct image *image, const char *lines)
{
	char copy[LINE_MAX_LEN], *words[WORDS_MAX];
	struct lines l;

	if (!read_lines(&l, lines))
		for (size_t i = 0; i < l.nr; i++) {
			if (l.line[i].kind != DEVICE || split(&l.line[i], copy, words) < 3)
				continue;
			for (unsigned int j = 0; j < image->nr; j++)
				if (!strcmp(image->device[j].name, words[2]))
					image->device[j].ifindex = l.line[i].ifindex;
		}
	free_lines(&l);
}
