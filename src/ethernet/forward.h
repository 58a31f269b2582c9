/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding from device to device, for drivers that have done a part of it. */
#ifndef ETHERNET_FORWARD_H
#define ETHERNET_FORWARD_H

#include <skiff/netdevice.h>

/* __dev_forward_skb() of a packet that skb_orphan() and skb_orphan_frags() have been called for. */
int forward_orphan(struct net_device *dev, struct sk_buff *skb);

#endif /* ETHERNET_FORWARD_H */
