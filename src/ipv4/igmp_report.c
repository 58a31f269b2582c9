// SPDX-License-Identifier: BSD-2-Clause
/* What follows from a change of a device's groups: what the device listens to. */
#include "ipv4/igmp.h"

/* RFC 1112 section 6.4. */
static void igmp_mac(const struct ip_mc_list *im, unsigned char *mac)
{
	memset(mac, 0, MAX_ADDR_LEN);
	ip_eth_mc_map(im->multiaddr, (char *)mac);
}

static bool igmp_has_mac(const struct ip_mc_list *im)
{
	return im->interface->dev->type == ARPHRD_ETHER;
}

void igmp_group_init(struct ip_mc_list *im)
{
	im->loaded = 0;
}

void igmp_group_added(struct ip_mc_list *im)
{
	unsigned char mac[MAX_ADDR_LEN];

	if (im->loaded)
		return;
	im->loaded = 1;
	igmp_mac(im, mac);
	if (igmp_has_mac(im))
		dev_mc_add(im->interface->dev, mac);
}

void igmp_group_dropped(struct ip_mc_list *im)
{
	unsigned char mac[MAX_ADDR_LEN];

	if (!im->loaded)
		return;
	im->loaded = 0;
	igmp_mac(im, mac);
	if (igmp_has_mac(im))
		dev_mc_del(im->interface->dev, mac);
}

void igmp_ifc_event(struct in_device *in_dev)
{
	(void)in_dev; /* no reports are sent, so there is none to change */
}
