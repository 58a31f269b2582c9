// SPDX-License-Identifier: BSD-2-Clause
/* What follows from a change of a device's groups. */
#include "ipv4/igmp.h"

void igmp_group_init(struct ip_mc_list *im)
{
	im->loaded = 0;
}

void igmp_group_added(struct ip_mc_list *im)
{
	im->loaded = 1;
}

void igmp_group_dropped(struct ip_mc_list *im)
{
	im->loaded = 0;
}

void igmp_ifc_event(struct in_device *in_dev)
{
	(void)in_dev;
}
