/* SPDX-License-Identifier: BSD-2-Clause */
/* What each driver's file gives to the table of drivers. */
#ifndef SKIFF_DRIVERS_DRIVERS_H
#define SKIFF_DRIVERS_DRIVERS_H

#include <skiff/driver.h>
#include <skiff/drivers.h>
#include <skiff/etherdevice.h>
#include <skiff/ethtool.h>

extern struct skiff_driver cable_driver;
extern struct skiff_driver dummy_driver;
extern struct skiff_driver fd_driver;
extern struct skiff_driver packet_driver;
extern struct skiff_driver pcap_driver;
extern struct skiff_driver slip_driver;
extern struct skiff_driver socket_driver;
extern struct skiff_driver tap_driver;
extern struct skiff_driver tun_driver;

int loopback_init(void);

/* ethtool.c */
extern const struct ethtool_ops loopback_ethtool_ops;
extern const struct ethtool_ops dummy_ethtool_ops;
extern const struct ethtool_ops veth_ethtool_ops;
extern const struct ethtool_ops tap_ethtool_ops;
extern const struct ethtool_ops stream_ethtool_ops;

#endif /* SKIFF_DRIVERS_DRIVERS_H */
