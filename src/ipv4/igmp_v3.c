// SPDX-License-Identifier: BSD-2-Clause
/* IGMPv3 reports, RFC 3376 section 4.2: records of groups and their sources, in as few packets as fit. */
#include <skiff/slab.h>

#include "ipv4/igmp.h"
#include "wire/ip.h"

/*
 * What the device wants of a group follows from its sockets (RFC 3376 section 3.2). ip_mc_list.tomb
 * and told_mode remember what routers were told; a change is the difference between the two, and
 * is reported until it was sent often enough; then what is wanted counts as told. A change in
 * between starts that again, with the difference to what was told at first.
 */
#define RECORD_HLEN 8u
#define REPORT_HLEN 8u

/* A report that is being written. */
struct report {
	struct in_device *in_dev;
	struct sk_buff *skb;
	unsigned int records;
	u8 *record;
};

static void report_flush(struct report *r)
{
	if (!r->skb)
		return;
	wire_put16(skb_transport_header(r->skb), 6, (u16)r->records);
	igmp_xmit(r->skb);
	r->skb = NULL;
	r->record = NULL;
	r->records = 0;
}

static unsigned int report_room(const struct report *r)
{
	unsigned int mtu = min_t(unsigned int, r->in_dev->dev->mtu, 1500);

	return r->skb && mtu > r->skb->len ? mtu - r->skb->len : 0;
}

static bool report_begin(struct report *r)
{
	unsigned int mtu = min_t(unsigned int, r->in_dev->dev->mtu, 1500);

	if (mtu < WIRE_IP_HLEN + 4 + REPORT_HLEN + RECORD_HLEN + 4)
		return false;
	r->skb = igmp_alloc(r->in_dev->dev, htonl(0xe0000016), mtu - WIRE_IP_HLEN - 4);
	if (!r->skb)
		return false;
	*(u8 *)skb_put_zero(r->skb, REPORT_HLEN) = IGMPV3_HOST_MEMBERSHIP_REPORT;
	return true;
}

/* Start a record. Return: false when nothing can be sent. */
static bool report_record(struct report *r, u8 type, __be32 group)
{
	if (r->skb && report_room(r) < RECORD_HLEN + 4)
		report_flush(r);
	if (!r->skb && !report_begin(r))
		return false;
	r->record = (u8 *)skb_put_zero(r->skb, RECORD_HLEN);
	r->record[0] = type;
	memcpy(r->record + 4, &group, sizeof(group));
	r->records++;
	return true;
}

/*
 * RFC 3376 section 4.2.16: sources that do not fit go into another record of the same type; for the
 * exclude types that is not possible, and what is left out will be received.
 */
static void report_source(struct report *r, __be32 addr)
{
	__be32 group;
	u8 type;

	if (!r->record)
		return;
	type = r->record[0];
	if (report_room(r) < 4) {
		if (type == IGMPV3_MODE_IS_EXCLUDE || type == IGMPV3_CHANGE_TO_EXCLUDE)
			return;
		memcpy(&group, r->record + 4, sizeof(group));
		report_flush(r);
		if (!report_record(r, type, group))
			return;
	}
	skb_put_data(r->skb, &addr, sizeof(addr));
	wire_put16(r->record, 2, (u16)(wire_get16(r->record, 2) + 1));
}

/* Whether a source is part of what the device's filter lists. */
static bool source_listed(const struct ip_mc_list *im, const struct ip_sf_list *psf)
{
	if (im->sfmode == MCAST_INCLUDE)
		return psf->sf_count[MCAST_INCLUDE] != 0;
	return !psf->sf_count[MCAST_INCLUDE] &&
	       psf->sf_count[MCAST_EXCLUDE] == im->sfcount[MCAST_EXCLUDE];
}

static const struct ip_sf_list *source_in(const struct ip_sf_list *list, __be32 addr)
{
	while (list && list->sf_inaddr != addr)
		list = list->sf_next;
	return list;
}

static bool source_told(const struct ip_mc_list *im, __be32 addr)
{
	return source_in(im->tomb, addr) != NULL;
}

static bool source_wanted(const struct ip_mc_list *im, __be32 addr)
{
	const struct ip_sf_list *psf = source_in(im->sources, addr);

	return psf && source_listed(im, psf);
}

bool igmpv3_differs(const struct ip_mc_list *im)
{
	const struct ip_sf_list *psf;

	if (im->told_mode != im->sfmode)
		return true;
	for (psf = im->sources; psf; psf = psf->sf_next)
		if (source_listed(im, psf) && !source_told(im, psf->sf_inaddr))
			return true;
	for (psf = im->tomb; psf; psf = psf->sf_next)
		if (!source_wanted(im, psf->sf_inaddr))
			return true;
	return false;
}

/* What is wanted is what was told, from now on. Without memory less is remembered and told again. */
void igmpv3_told(struct ip_mc_list *im)
{
	struct ip_sf_list *psf, *copy;

	while ((psf = im->tomb) != NULL) {
		im->tomb = psf->sf_next;
		kfree(psf);
	}
	im->told_mode = (unsigned char)im->sfmode;
	for (psf = im->sources; psf; psf = psf->sf_next) {
		if (!source_listed(im, psf))
			continue;
		copy = (struct ip_sf_list *)kzalloc(sizeof(*copy), GFP_ATOMIC);
		if (!copy)
			return;
		copy->sf_inaddr = psf->sf_inaddr;
		copy->sf_next = im->tomb;
		im->tomb = copy;
	}
}

/* The filter as it is. */
static void report_filter(struct report *r, const struct ip_mc_list *im, u8 type)
{
	const struct ip_sf_list *psf;

	if (!report_record(r, type, im->multiaddr))
		return;
	for (psf = im->sources; psf; psf = psf->sf_next)
		if (source_listed(im, psf))
			report_source(r, psf->sf_inaddr);
}

static u8 current_type(const struct ip_mc_list *im)
{
	return im->sfmode == MCAST_EXCLUDE ? IGMPV3_MODE_IS_EXCLUDE : IGMPV3_MODE_IS_INCLUDE;
}

void igmpv3_report_all(struct in_device *in_dev)
{
	struct report r = { .in_dev = in_dev };
	struct ip_mc_list *im;

	for_each_pmc(in_dev, im) if (igmp_is_reported(im)) report_filter(&r, im, current_type(im));
	report_flush(&r);
}

/* RFC 3376 section 5.2: asked about sources, those of them that are wanted. */
static void report_asked_sources(struct report *r, const struct ip_mc_list *im)
{
	const struct ip_sf_list *psf;
	bool begun = false;

	for (psf = im->sources; psf; psf = psf->sf_next) {
		bool wanted = source_listed(im, psf) == (im->sfmode == MCAST_INCLUDE);

		if (!psf->sf_gsresp || !wanted)
			continue;
		if (!begun && !report_record(r, IGMPV3_MODE_IS_INCLUDE, im->multiaddr))
			return;
		begun = true;
		report_source(r, psf->sf_inaddr);
	}
}

void igmpv3_report_group(struct ip_mc_list *im)
{
	struct report r = { .in_dev = im->interface };

	if (im->gsquery && im->sfmode == MCAST_INCLUDE)
		report_asked_sources(&r, im);
	else
		report_filter(&r, im, current_type(im));
	report_flush(&r);
}

/* RFC 3376 section 5.1: one or two records that lead from what was told to what is wanted. */
static void report_change(struct report *r, const struct ip_mc_list *im)
{
	bool exclude = im->sfmode == MCAST_EXCLUDE, begun = false;
	const struct ip_sf_list *psf;

	if (im->told_mode != im->sfmode) {
		report_filter(r, im, exclude ? IGMPV3_CHANGE_TO_EXCLUDE : IGMPV3_CHANGE_TO_INCLUDE);
		return;
	}
	for (psf = im->sources; psf; psf = psf->sf_next) {
		if (!source_listed(im, psf) || source_told(im, psf->sf_inaddr))
			continue;
		if (!begun)
			report_record(r,
				      exclude ? IGMPV3_BLOCK_OLD_SOURCES : IGMPV3_ALLOW_NEW_SOURCES,
				      im->multiaddr);
		begun = true;
		report_source(r, psf->sf_inaddr);
	}
	for (begun = false, psf = im->tomb; psf; psf = psf->sf_next) {
		if (source_wanted(im, psf->sf_inaddr))
			continue;
		if (!begun)
			report_record(r,
				      exclude ? IGMPV3_ALLOW_NEW_SOURCES : IGMPV3_BLOCK_OLD_SOURCES,
				      im->multiaddr);
		begun = true;
		report_source(r, psf->sf_inaddr);
	}
}

static bool report_left(struct report *r, struct in_device *in_dev)
{
	struct igmp_left **p = &in_dev->mc_left, *left;

	while ((left = *p) != NULL) {
		report_record(r, IGMPV3_CHANGE_TO_INCLUDE, left->multiaddr);
		if (--left->crcount) {
			p = &left->next;
			continue;
		}
		*p = left->next;
		kfree(left);
	}
	return in_dev->mc_left != NULL;
}

/* Return: whether there is something to be repeated. */
bool igmpv3_report_changes(struct in_device *in_dev)
{
	struct report r = { .in_dev = in_dev };
	struct ip_mc_list *im;
	bool more;

	more = report_left(&r, in_dev);
	for_each_pmc(in_dev, im)
	{
		if (!im->crcount)
			continue;
		report_change(&r, im);
		if (--im->crcount)
			more = true;
		else
			igmpv3_told(im);
	}
	report_flush(&r);
	return more;
}
