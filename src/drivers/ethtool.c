// SPDX-License-Identifier: BSD-2-Clause
/* What the drivers of this folder answer to ethtool; names and values are those of Linux's. */
#include <stdio.h>

#include "drivers/drivers.h"

/* A link in memory is always there. */
static u32 always_on(struct net_device *dev)
{
	(void)dev;
	return 1;
}

const struct ethtool_ops loopback_ethtool_ops = {
	.get_link = always_on,
	.get_ts_info = ethtool_op_get_ts_info,
};

static void dummy_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	(void)dev;
	snprintf(info->driver, sizeof(info->driver), "dummy");
}

const struct ethtool_ops dummy_ethtool_ops = {
	.get_drvinfo = dummy_get_drvinfo,
	.get_ts_info = ethtool_op_get_ts_info,
};

static void veth_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	(void)dev;
	snprintf(info->driver, sizeof(info->driver), "veth");
	snprintf(info->version, sizeof(info->version), "1.0");
}

static int veth_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	(void)dev;
	cmd->base.speed = SPEED_10000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_TP;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

const struct ethtool_ops veth_ethtool_ops = {
	.get_drvinfo = veth_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = veth_get_link_ksettings,
};

static void tap_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	snprintf(info->driver, sizeof(info->driver), "tun");
	snprintf(info->version, sizeof(info->version), "1.6");
	snprintf(info->bus_info, sizeof(info->bus_info), dev->type == ARPHRD_ETHER ? "tap" : "tun");
}

static int tap_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	(void)dev;
	cmd->base.speed = SPEED_10;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_TP;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

const struct ethtool_ops tap_ethtool_ops = {
	.get_drvinfo = tap_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_link_ksettings = tap_get_link_ksettings,
};

static void stream_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	(void)dev;
	snprintf(info->driver, sizeof(info->driver), "stream");
}

const struct ethtool_ops stream_ethtool_ops = {
	.get_drvinfo = stream_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
};
