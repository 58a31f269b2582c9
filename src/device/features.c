// SPDX-License-Identifier: BSD-2-Clause
/* Features of devices: what may be switched, what goes together, and what they are called. */
#include <skiff/ethtool.h>
#include <skiff/printk.h>

#include "device/device.h"

#define NAME(bit, text) [NETIF_F_##bit##_BIT] = text

const char netdev_features_strings[NETDEV_FEATURE_COUNT][ETH_GSTRING_LEN] = {
	NAME(SG, "tx-scatter-gather"),
	NAME(IP_CSUM, "tx-checksum-ipv4"),
	NAME(HW_CSUM, "tx-checksum-ip-generic"),
	NAME(IPV6_CSUM, "tx-checksum-ipv6"),
	NAME(HIGHDMA, "highdma"),
	NAME(FRAGLIST, "tx-scatter-gather-fraglist"),
	NAME(HW_VLAN_CTAG_TX, "tx-vlan-hw-insert"),
	NAME(HW_VLAN_CTAG_RX, "rx-vlan-hw-parse"),
	NAME(HW_VLAN_CTAG_FILTER, "rx-vlan-filter"),
	NAME(HW_VLAN_STAG_TX, "tx-vlan-stag-hw-insert"),
	NAME(HW_VLAN_STAG_RX, "rx-vlan-stag-hw-parse"),
	NAME(HW_VLAN_STAG_FILTER, "rx-vlan-stag-filter"),
	NAME(VLAN_CHALLENGED, "vlan-challenged"),
	NAME(GSO, "tx-generic-segmentation"),
	NAME(LLTX, "tx-lockless"),
	NAME(NETNS_LOCAL, "netns-local"),
	NAME(GRO, "rx-gro"),
	NAME(GRO_HW, "rx-gro-hw"),
	NAME(LRO, "rx-lro"),
	NAME(TSO, "tx-tcp-segmentation"),
	NAME(GSO_ROBUST, "tx-gso-robust"),
	NAME(TSO_ECN, "tx-tcp-ecn-segmentation"),
	NAME(TSO_MANGLEID, "tx-tcp-mangleid-segmentation"),
	NAME(TSO6, "tx-tcp6-segmentation"),
	NAME(FSO, "tx-fcoe-segmentation"),
	NAME(GSO_GRE, "tx-gre-segmentation"),
	NAME(GSO_GRE_CSUM, "tx-gre-csum-segmentation"),
	NAME(GSO_IPXIP4, "tx-ipxip4-segmentation"),
	NAME(GSO_IPXIP6, "tx-ipxip6-segmentation"),
	NAME(GSO_UDP_TUNNEL, "tx-udp_tnl-segmentation"),
	NAME(GSO_UDP_TUNNEL_CSUM, "tx-udp_tnl-csum-segmentation"),
	NAME(GSO_PARTIAL, "tx-gso-partial"),
	NAME(GSO_TUNNEL_REMCSUM, "tx-tunnel-remcsum-segmentation"),
	NAME(GSO_SCTP, "tx-sctp-segmentation"),
	NAME(GSO_ESP, "tx-esp-segmentation"),
	NAME(GSO_UDP_L4, "tx-udp-segmentation"),
	NAME(GSO_FRAGLIST, "tx-gso-list"),
	NAME(FCOE_CRC, "tx-checksum-fcoe-crc"),
	NAME(SCTP_CRC, "tx-checksum-sctp"),
	NAME(FCOE_MTU, "fcoe-mtu"),
	NAME(NTUPLE, "rx-ntuple-filter"),
	NAME(RXHASH, "rx-hashing"),
	NAME(RXCSUM, "rx-checksum"),
	NAME(NOCACHE_COPY, "tx-nocache-copy"),
	NAME(LOOPBACK, "loopback"),
	NAME(RXFCS, "rx-fcs"),
	NAME(RXALL, "rx-all"),
	NAME(HW_L2FW_DOFFLOAD, "l2-fwd-offload"),
	NAME(HW_TC, "hw-tc-offload"),
	NAME(HW_ESP, "esp-hw-offload"),
	NAME(HW_ESP_TX_CSUM, "esp-tx-csum-hw-offload"),
	NAME(RX_UDP_TUNNEL_PORT, "rx-udp_tunnel-port-offload"),
	NAME(HW_TLS_RECORD, "tls-hw-record"),
	NAME(HW_TLS_TX, "tls-hw-tx-offload"),
	NAME(HW_TLS_RX, "tls-hw-rx-offload"),
	NAME(GRO_FRAGLIST, "rx-gro-list"),
	NAME(HW_MACSEC, "macsec-hw-offload"),
	NAME(GRO_UDP_FWD, "rx-udp-gro-forwarding"),
	NAME(HW_HSR_TAG_INS, "hsr-tag-ins-offload"),
	NAME(HW_HSR_TAG_RM, "hsr-tag-rm-offload"),
	NAME(HW_HSR_FWD, "hsr-fwd-offload"),
	NAME(HW_HSR_DUP, "hsr-dup-offload"),
};

int netdev_feature_by_name(const char *name)
{
	int i;

	for (i = 0; i < NETDEV_FEATURE_COUNT; i++)
		if (*name && !strncmp(netdev_features_strings[i], name, ETH_GSTRING_LEN))
			return i;
	return -1;
}

/* Features that make no sense without others. */
static const struct {
	netdev_features_t features;
	netdev_features_t any_of;
} dependencies[] = {
	/* Segments are made of fragments, and each has a checksum of its own. */
	{ NETIF_F_ALL_TSO, NETIF_F_SG },
	{ NETIF_F_TSO | NETIF_F_TSO_ECN, NETIF_F_HW_CSUM | NETIF_F_IP_CSUM },
	{ NETIF_F_TSO6, NETIF_F_HW_CSUM | NETIF_F_IPV6_CSUM },
	{ NETIF_F_TSO_MANGLEID, NETIF_F_TSO },
	{ NETIF_F_TSO_ECN, NETIF_F_TSO | NETIF_F_TSO6 },
	{ NETIF_F_GSO, NETIF_F_SG },
	{ NETIF_F_GSO_PARTIAL, NETIF_F_SG },
	/* Merged packets can't be checked any more. */
	{ NETIF_F_LRO | NETIF_F_GRO_HW, NETIF_F_RXCSUM },
};

static netdev_features_t fix_features(struct net_device *dev, netdev_features_t features)
{
	size_t i;

	if (features & NETIF_F_HW_CSUM && features & (NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM)) {
		netdev_warn(dev, "mixed HW and IP checksum settings\n");
		features &= ~(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM);
	}
	for (i = 0; i < ARRAY_SIZE(dependencies); i++)
		if (!(features & dependencies[i].any_of))
			features &= ~dependencies[i].features;
	/* The checksum of the frame would be one of the last merged one. */
	if (features & NETIF_F_RXFCS)
		features &= ~(NETIF_F_LRO | NETIF_F_GRO_HW);
	return features;
}

bool __netdev_update_features(struct net_device *dev)
{
	netdev_features_t features;
	int err = 0;

	ASSERT_NET_LOCKED(dev_net(dev));
	features = (dev->features & ~dev->hw_features) | (dev->wanted_features & dev->hw_features);
	if (dev->netdev_ops->ndo_fix_features)
		features = dev->netdev_ops->ndo_fix_features(dev, features);
	features = fix_features(dev, features);
	if (features == dev->features)
		return false;
	if (dev->netdev_ops->ndo_set_features)
		err = dev->netdev_ops->ndo_set_features(dev, features);
	if (err < 0) {
		netdev_err(dev, "set_features() failed (%d); wanted %#llx, left %#llx\n", err,
			   (unsigned long long)features, (unsigned long long)dev->features);
		return true;
	}
	/* A positive answer: the driver wrote dev->features, and they are others. */
	if (!err)
		dev->features = features;
	return true;
}

void netdev_update_features(struct net_device *dev)
{
	netdev_features_t old = dev->features;

	if (__netdev_update_features(dev) && dev->features != old)
		call_netdevice_notifiers(NETDEV_FEAT_CHANGE, dev);
}

void netdev_change_features(struct net_device *dev)
{
	__netdev_update_features(dev);
	call_netdevice_notifiers(NETDEV_FEAT_CHANGE, dev);
}

void dev_disable_lro(struct net_device *dev)
{
	dev->wanted_features &= ~NETIF_F_LRO;
	netdev_update_features(dev);
	if (unlikely(dev->features & NETIF_F_LRO))
		netdev_warn(dev, "failed to disable LRO!\n");
}
