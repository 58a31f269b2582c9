// SPDX-License-Identifier: BSD-2-Clause
/* Multicast groups of devices: how many sockets want each, and from which sources. */
#include <skiff/slab.h>

#include "ipv4/igmp.h"

/*
 * A device is a member of a group while anybody wants it. Each socket wants it in one of two modes
 * (RFC 3376 section 3): all but some sources (MCAST_EXCLUDE) or some only (MCAST_INCLUDE). Counted
 * are, per group, the sockets of each mode, and per source, the sockets that named it in each mode:
 * whether a packet is wanted by anybody at all follows from these four numbers.
 *
 * igmp_group_added(), igmp_group_dropped() and igmp_ifc_event() tell the protocol, which reports.
 */

static struct ip_mc_list *ip_mc_find(const struct in_device *in_dev, __be32 addr)
{
	struct ip_mc_list *im;

	for_each_pmc(in_dev, im) if (im->multiaddr == addr) return im;
	return NULL;
}

static void ip_mc_set_mode(struct ip_mc_list *im)
{
	im->sfmode = im->sfcount[MCAST_EXCLUDE] ? MCAST_EXCLUDE : MCAST_INCLUDE;
}

static struct ip_mc_list *ip_mc_create(struct in_device *in_dev, __be32 addr)
{
	struct ip_mc_list *im;

	if (in_dev->mc_count >= IP_MC_GROUPS_MAX)
		return NULL;
	im = (struct ip_mc_list *)kzalloc(sizeof(*im), GFP_KERNEL);
	if (!im)
		return NULL;
	im->interface = in_dev;
	im->multiaddr = addr;
	igmp_group_init(im);
	im->next = in_dev->mc_list;
	in_dev->mc_list = im;
	in_dev->mc_count++;
	return im;
}

int __ip_mc_inc_group(struct in_device *in_dev, __be32 addr, unsigned int mode)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, addr);
	bool fresh = !im;

	if (fresh)
		im = ip_mc_create(in_dev, addr);
	if (!im)
		return -ENOMEM;
	im->users++;
	im->sfcount[mode]++;
	ip_mc_set_mode(im);
	if (fresh)
		igmp_group_added(im);
	else
		igmp_ifc_event(in_dev);
	return 0;
}

static void ip_mc_free(struct ip_mc_list *im)
{
	struct ip_sf_list *psf;

	while ((psf = im->sources) != NULL) {
		im->sources = psf->sf_next;
		kfree(psf);
	}
	while ((psf = im->tomb) != NULL) {
		im->tomb = psf->sf_next;
		kfree(psf);
	}
	kfree(im);
}

static void ip_mc_unlink(struct ip_mc_list *im)
{
	struct ip_mc_list **p = &im->interface->mc_list;

	while (*p != im)
		p = &(*p)->next;
	*p = im->next;
	im->interface->mc_count--;
}

void __ip_mc_dec_group(struct in_device *in_dev, __be32 addr, unsigned int mode)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, addr);

	if (!im)
		return;
	im->sfcount[mode]--;
	ip_mc_set_mode(im);
	if (--im->users) {
		igmp_ifc_event(in_dev);
		return;
	}
	ip_mc_unlink(im);
	igmp_group_dropped(im);
	ip_mc_free(im);
}

int ip_mc_inc_group(struct in_device *in_dev, __be32 addr)
{
	ASSERT_NET_LOCKED(dev_net(in_dev->dev));
	return __ip_mc_inc_group(in_dev, addr, MCAST_EXCLUDE);
}

void ip_mc_dec_group(struct in_device *in_dev, __be32 addr)
{
	ASSERT_NET_LOCKED(dev_net(in_dev->dev));
	__ip_mc_dec_group(in_dev, addr, MCAST_EXCLUDE);
}

/* A socket changes its mode without leaving. */
void ip_mc_change_mode(struct in_device *in_dev, __be32 addr, unsigned int from, unsigned int to)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, addr);

	if (!im || from == to)
		return;
	im->sfcount[from]--;
	im->sfcount[to]++;
	ip_mc_set_mode(im);
}

/* Sources */

static struct ip_sf_list **ip_mc_find_src(struct ip_mc_list *im, __be32 addr)
{
	struct ip_sf_list **p = &im->sources;

	while (*p && (*p)->sf_inaddr != addr)
		p = &(*p)->sf_next;
	return p;
}

static int ip_mc_add_src1(struct ip_mc_list *im, unsigned int mode, __be32 addr)
{
	struct ip_sf_list **p = ip_mc_find_src(im, addr);

	if (!*p) {
		*p = (struct ip_sf_list *)kzalloc(sizeof(**p), GFP_KERNEL);
		if (!*p)
			return -ENOBUFS;
		(*p)->sf_inaddr = addr;
	}
	(*p)->sf_count[mode]++;
	return 0;
}

static void ip_mc_del_src1(struct ip_mc_list *im, unsigned int mode, __be32 addr)
{
	struct ip_sf_list **p = ip_mc_find_src(im, addr), *psf = *p;

	if (!psf || !psf->sf_count[mode])
		return;
	psf->sf_count[mode]--;
	if (psf->sf_count[MCAST_EXCLUDE] || psf->sf_count[MCAST_INCLUDE])
		return;
	*p = psf->sf_next;
	kfree(psf);
}

int ip_mc_add_src(struct in_device *in_dev, __be32 group, unsigned int mode, const __be32 *addrs,
		  unsigned int count)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, group);
	unsigned int i;

	if (!im)
		return -ESRCH;
	for (i = 0; i < count; i++) {
		if (!ip_mc_add_src1(im, mode, addrs[i]))
			continue;
		while (i--)
			ip_mc_del_src1(im, mode, addrs[i]);
		return -ENOBUFS;
	}
	igmp_ifc_event(in_dev);
	return 0;
}

void ip_mc_del_src(struct in_device *in_dev, __be32 group, unsigned int mode, const __be32 *addrs,
		   unsigned int count)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, group);

	if (!im)
		return;
	while (count--)
		ip_mc_del_src1(im, mode, addrs[count]);
	igmp_ifc_event(in_dev);
}

int ip_check_mc(struct in_device *in_dev, __be32 mc_addr, __be32 src_addr, u16 proto)
{
	struct ip_mc_list *im = ip_mc_find(in_dev, mc_addr);
	const struct ip_sf_list *psf;

	if (!im)
		return 0;
	if (proto == IPPROTO_IGMP || !src_addr)
		return 1;
	psf = *ip_mc_find_src(im, src_addr);
	if (psf)
		return psf->sf_count[MCAST_INCLUDE] ||
		       psf->sf_count[MCAST_EXCLUDE] != im->sfcount[MCAST_EXCLUDE];
	return im->sfcount[MCAST_EXCLUDE] != 0;
}

/* Devices that come and go. RFC 1112 section 4: every host is a member of all systems. */

void ip_mc_up(struct in_device *in_dev)
{
	struct ip_mc_list *im;

	ASSERT_NET_LOCKED(dev_net(in_dev->dev));
	if (in_dev->dev->flags & IFF_MULTICAST && !ip_mc_find(in_dev, htonl(INADDR_ALLHOSTS_GROUP)))
		ip_mc_inc_group(in_dev, htonl(INADDR_ALLHOSTS_GROUP));
	for_each_pmc(in_dev, im) igmp_group_added(im);
}

void ip_mc_down(struct in_device *in_dev)
{
	struct ip_mc_list *im;

	ASSERT_NET_LOCKED(dev_net(in_dev->dev));
	for_each_pmc(in_dev, im) igmp_group_dropped(im);
	igmp_dev_down(in_dev);
}

void ip_mc_destroy_dev(struct in_device *in_dev)
{
	struct ip_mc_list *im;

	while ((im = in_dev->mc_list) != NULL) {
		in_dev->mc_list = im->next;
		in_dev->mc_count--;
		igmp_group_dropped(im);
		ip_mc_free(im);
	}
	igmp_dev_down(in_dev);
}
