// SPDX-License-Identifier: BSD-2-Clause
/* TAP and TUN: creating the device and the kernel's interface, with errors that help. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "drivers/tap.h"

#define TUN_PATH "/dev/net/tun"
#define TUN_TX_QUEUE_LEN 500

/* Since Linux 6.2. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/*
 * Most bytes of a packet that the kernel's end is to cut. As on Linux it is 64 KB unless told otherwise:
 * the kernel passes larger ones on as single segments to devices that are not told as well.
 */
#define TAP_GSO_DEFAULT 65536
#define TAP_GSO_MAX 524288

/*
 * The kernel takes a packet in no more than 17 pieces: blocks of 32 KB, and of the pages that are left one piece for
 * each power of two in their number. Up to 15 blocks and 6 pages each length is no more than that; a few KB
 * above it, and for all of some KB, it is 18, which the kernel refuses each time.
 */
#define TAP_GSO_FITS (15 * 32768 + 6 * 4096)

/*
 * Most bytes, as the kernel counts them, that wait for its thread: without a limit a fast writer could take all
 * memory. The kernel's own limit is none, and by none it takes small frames in a faster way.
 */
#define TAP_SNDBUF_THREADED (1 << 20)
#define TAP_SNDBUF_LEAST 4096
#define TAP_SNDBUF_NONE INT_MAX

/* How long system calls take is tried so often at most; a ring pays where one takes longer than that. */
#define URING_TRIES 50
#define URING_TRIAL_CALLS 20
#define URING_PAYS_NS 300

/* Whether many frames go by one system call. */
enum tap_uring { TAP_URING_AUTO, TAP_URING_ON, TAP_URING_OFF };

/* Options of tap devices. */
struct tap_config {
	bool no_vnet_hdr;
	bool napi_threaded;
	enum tap_uring uring;
	unsigned int gso_max_size; /* 0: the default */
	int sndbuf;		   /* likewise */
};

/* Since Linux 6.3 an IPv4 packet of no length is as long as its buffer, if segments will be cut from it. */
static bool kernel_takes_long_packets(void)
{
	unsigned long major, minor;
	struct utsname name;
	char *end;

	if (uname(&name))
		return false;
	major = strtoul(name.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 3);
}

static int gso_option(struct tap_config *c, const char *value, char *err, size_t err_size)
{
	unsigned long size;
	char *end;

	errno = 0;
	size = strtoul(value, &end, 10);
	if (errno || *end || size < TAP_GSO_DEFAULT || size > TAP_GSO_MAX)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "gso_ipv4_max_size=%s: %d to %d bytes are accepted",
					  value, TAP_GSO_DEFAULT, TAP_GSO_MAX);
	if (size > TAP_GSO_DEFAULT && !kernel_takes_long_packets())
		return skiff_driver_error(
			err, err_size, -EOPNOTSUPP,
			"gso_ipv4_max_size=%s: this kernel takes no IPv4 packets of "
			"more than 64 KB; Linux 6.3 does",
			value);
	c->gso_max_size = (unsigned int)size;
	return 0;
}

static int vnet_hdr_option(struct tap_config *c, const char *value, char *err, size_t err_size)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "vnet_hdr=%s: on or off is accepted", value);
	c->no_vnet_hdr = !strcmp(value, "off");
	return 0;
}

static int napi_option(struct tap_config *c, const char *value, char *err, size_t err_size)
{
	if (strcmp(value, "off") != 0 && strcmp(value, "threaded") != 0)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "napi=%s: off or threaded is accepted", value);
	c->napi_threaded = !strcmp(value, "threaded");
	return 0;
}

static int sndbuf_option(struct tap_config *c, const char *value, char *err, size_t err_size)
{
	unsigned long size;
	char *end;

	errno = 0;
	size = strtoul(value, &end, 10);
	if (errno || *end || *value < '0' || *value > '9' || size > INT_MAX ||
	    (size && size < TAP_SNDBUF_LEAST))
		return skiff_driver_error(
			err, err_size, -EINVAL,
			"sndbuf=%s: %d to %d bytes are accepted, or 0 for no limit", value,
			TAP_SNDBUF_LEAST, INT_MAX);
	c->sndbuf = size ? (int)size : TAP_SNDBUF_NONE;
	return 0;
}

static int uring_option(struct tap_config *c, const char *value, char *err, size_t err_size)
{
	static const char *const names[] = { "auto", "on", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(value, names[i])) {
			c->uring = (enum tap_uring)i;
			return 0;
		}
	}
	return skiff_driver_error(err, err_size, -EINVAL, "uring=%s: auto, on or off is accepted",
				  value);
}

static int tap_option(void *config, const char *key, const char *value, char *err, size_t err_size)
{
	struct tap_config *c = (struct tap_config *)config;

	if (!strcmp(key, "gso_ipv4_max_size"))
		return gso_option(c, value, err, err_size);
	if (!strcmp(key, "vnet_hdr"))
		return vnet_hdr_option(c, value, err, err_size);
	if (!strcmp(key, "napi"))
		return napi_option(c, value, err, err_size);
	if (!strcmp(key, "sndbuf"))
		return sndbuf_option(c, value, err, err_size);
	if (!strcmp(key, "uring"))
		return uring_option(c, value, err, err_size);
	return -ENOENT;
}

static int explain_open(int error, char *err, size_t err_size)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return skiff_driver_error(err, err_size, -ENODEV,
					  TUN_PATH ": %s; the kernel's module tun has to be loaded",
					  strerror(error));
	case EACCES:
	case EPERM:
		return skiff_driver_error(err, err_size, -EPERM,
					  TUN_PATH ": %s; this user may not open it",
					  strerror(error));
	default:
		return skiff_driver_error(err, err_size, -error, TUN_PATH ": %s", strerror(error));
	}
}

static int explain_attach(int error, const char *name, const char *kind, char *err, size_t err_size)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return skiff_driver_error(
			err, err_size, -EPERM,
			"name=%s: not permitted; a %s device needs CAP_NET_ADMIN in "
			"this network namespace, or has to belong to this user",
			name, kind);
	case EBUSY:
		return skiff_driver_error(err, err_size, -EBUSY,
					  "name=%s: taken: another program uses this %s device",
					  name, kind);
	case EINVAL:
		return skiff_driver_error(
			err, err_size, -EBUSY,
			"name=%s: taken by an interface of the kernel that is not a "
			"%s device of one queue",
			name, kind);
	default:
		return skiff_driver_error(err, err_size, -error, "name=%s: %s", name,
					  strerror(error));
	}
}

/* Checksums may be left to us, and @features say whether segments may. 0 or a negative errno. */
static int tell_offloads(int fd, netdev_features_t features, bool cuts_udp)
{
	unsigned long offloads = TUN_F_CSUM;

	if (features & NETIF_F_GRO_HW)
		offloads |= TUN_F_TSO4 | TUN_F_TSO_ECN;
	/* They are one to the kernel. */
	if (features & NETIF_F_GRO_HW && cuts_udp)
		offloads |= TUN_F_USO4 | TUN_F_USO6;
	return ioctl(fd, TUNSETOFFLOAD, offloads) < 0 ? -errno : 0;
}

/* What the kernel can do: @cuts_udp is set when that includes UDP. */
static int set_offloads(int fd, bool vnet_hdr, bool *cuts_udp)
{
	int size = sizeof(struct virtio_net_hdr);

	*cuts_udp = false;
	if (!vnet_hdr)
		return 0;
	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0)
		return -errno;
	*cuts_udp = !tell_offloads(fd, NETIF_F_GRO_HW, true);
	return *cuts_udp ? 0 : tell_offloads(fd, NETIF_F_GRO_HW, false);
}

/* As much as may wait for the kernel's thread, of which there is none without napi=threaded. */
static int sndbuf_of(const struct tap_config *config)
{
	if (!config->napi_threaded)
		return TAP_SNDBUF_NONE;
	return config->sndbuf ? config->sndbuf : TAP_SNDBUF_THREADED;
}

/* 0 or a negative errno. */
static int begin_napi(int fd, const char *name, const struct tap_config *config)
{
	int size = sndbuf_of(config);

	if (!config->napi_threaded)
		return 0;
	return ioctl(fd, TUNSETSNDBUF, &size) < 0 ? -errno : tap_napi_threaded(name);
}

/* What of @config is the kernel's to do. 0, or a negative errno that is explained. */
static int prepare_kernel(int fd, const char *name, const char *kind,
			  const struct tap_config *config, bool *cuts_udp, char *err,
			  size_t err_size)
{
	int error = set_offloads(fd, !config->no_vnet_hdr, cuts_udp);

	if (error)
		return skiff_driver_error(err, err_size, error,
					  "name=%s: the kernel's %s has no checksum offload: %s; "
					  "vnet_hdr=off does without",
					  name, kind, strerror(-error));
	error = begin_napi(fd, name, config);
	if (error)
		return skiff_driver_error(err, err_size, error,
					  "napi=threaded: %s; it needs CAP_SYS_ADMIN in the mount "
					  "namespace, as unshare -m gives, and Linux 5.12",
					  strerror(-error));
	return 0;
}

/* Open the kernel's interface. Return: the descriptor or a negative errno; @name is completed. */
static int open_tun(char *name, short type, const struct tap_config *config, bool *cuts_udp,
		    char *err, size_t err_size)
{
	const char *kind = type == IFF_TUN ? "TUN" : "TAP";
	struct ifreq ifr = { .ifr_flags = (short)(type | IFF_NO_PI) };
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0)
		return explain_open(errno, err, err_size);
	if (!config->no_vnet_hdr)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (config->napi_threaded)
		ifr.ifr_flags |= IFF_NAPI;
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		error = errno;
		close(fd);
		return explain_attach(error, name, kind, err, err_size);
	}
	error = prepare_kernel(fd, ifr.ifr_name, kind, config, cuts_udp, err, err_size);
	if (error) {
		close(fd);
		return error;
	}
	memcpy(name, ifr.ifr_name, IFNAMSIZ);
	return fd;
}

/* rx-gro-hw: whether the kernel's end hands over what it would have to cut for a real device. */
static int tap_set_features(struct net_device *dev, netdev_features_t features)
{
	const struct tap *tap = tap_of(dev);

	if (!tap->vnet_hdr || !((features ^ dev->features) & NETIF_F_GRO_HW))
		return 0;
	return tell_offloads(tap->f.fd, features, tap->cuts_udp);
}

static const struct net_device_ops tap_netdev_ops = {
	.ndo_init = fdev_init,
	.ndo_uninit = fdev_uninit,
	.ndo_open = fdev_open,
	.ndo_stop = fdev_stop,
	.ndo_start_xmit = fdev_xmit,
	.ndo_flush = fdev_flush,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = fdev_get_stats64,
	.ndo_set_features = tap_set_features,
};

static const struct net_device_ops tun_netdev_ops = {
	.ndo_init = fdev_init,
	.ndo_uninit = fdev_uninit,
	.ndo_open = fdev_open,
	.ndo_stop = fdev_stop,
	.ndo_start_xmit = fdev_xmit,
	.ndo_flush = fdev_flush,
	.ndo_get_stats64 = fdev_get_stats64,
	.ndo_set_features = tap_set_features,
};

static void tap_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &tap_netdev_ops;
	dev->ethtool_ops = &tap_ethtool_ops;
	dev->max_mtu = TAP_MAX_MTU;
}

/* Packets and nothing around them. */
static void tun_setup(struct net_device *dev)
{
	dev->netdev_ops = &tun_netdev_ops;
	dev->ethtool_ops = &tap_ethtool_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = TUN_MAX_MTU;
	dev->tx_queue_len = TUN_TX_QUEUE_LEN;
	dev->priv_flags |= IFF_XMIT_DST_RELEASE;
}

static long long nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/*
 * A ring saves a system call a frame, and has work of its own: where a call costs a tenth of a microsecond the
 * ring costs more, and less in a sandbox or with mitigations. What else the machine does only makes calls slower:
 * one quick try is enough.
 */
static bool system_calls_are_slow(void)
{
	for (int try = 0; try < URING_TRIES; try++) {
		long long begin = nanoseconds();

		for (int i = 0; i < URING_TRIAL_CALLS; i++)
			syscall(SYS_getppid);
		if (nanoseconds() - begin <= (long long)URING_TRIAL_CALLS * URING_PAYS_NS)
			return false;
	}
	return true;
}

/* Many frames by one system call, where the kernel lets us; one by one is as right. */
static int prepare_io(struct tap *tap, const struct tap_config *config)
{
	if (config->uring == TAP_URING_ON ||
	    (config->uring == TAP_URING_AUTO && system_calls_are_slow())) {
		tap->rx_uring = uring_open(FDEV_RX_BATCH);
		tap->tx_uring = uring_open(FDEV_TX_BATCH);
	}
	if (tap->rx_uring)
		tap->f.rx_batch = FDEV_RX_BATCH;
	if (tap->tx_uring)
		tap->f.tx_batch = FDEV_TX_BATCH;
	tap->overflow = fdev_overflow_alloc(FDEV_RX_BATCH);
	return tap->overflow ? 0 : -ENOMEM;
}

static int create(struct net *net, const char *name, short type, const struct tap_config *config,
		  struct net_device **dev, char *err, size_t err_size)
{
	bool vnet_hdr = !config->no_vnet_hdr, tun = type == IFF_TUN, cuts_udp = false;
	char ifname[IFNAMSIZ];
	int fd;

	if (config->sndbuf && !config->napi_threaded)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "sndbuf=: nothing waits without napi=threaded");
	memcpy(ifname, name, strlen(name) + 1);
	fd = open_tun(ifname, type, config, &cuts_udp, err, err_size);
	if (fd < 0)
		return fd;
	*dev = alloc_netdev(sizeof(struct tap), ifname, NET_NAME_USER, tun ? tun_setup : tap_setup);
	if (!*dev) {
		close(fd);
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	}
	fdev_prepare(*dev, net, fd, tun ? &tun_ops : &tap_ops);
	tap_of(*dev)->vnet_hdr = vnet_hdr;
	tap_of(*dev)->limited = sndbuf_of(config) != TAP_SNDBUF_NONE;
	tap_of(*dev)->cuts_udp = cuts_udp;
	if (prepare_io(tap_of(*dev), config)) {
		free_netdev(*dev);
		*dev = NULL;
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	}
	(*dev)->features = NETIF_F_SG | NETIF_F_HIGHDMA;
	if (vnet_hdr)
		(*dev)->features |= NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GRO_HW |
				    NETIF_F_TSO | NETIF_F_TSO_ECN;
	if (cuts_udp)
		(*dev)->features |= NETIF_F_GSO_UDP_L4;
	(*dev)->hw_features = (*dev)->features;
	if (config->gso_max_size)
		(*dev)->gso_max_size = min_t(unsigned int, config->gso_max_size, TAP_GSO_FITS);
	return 0;
}

static int tap_create(struct net *net, const char *name, const void *config,
		      struct net_device **dev, char *err, size_t err_size)
{
	return create(net, name, IFF_TAP, (const struct tap_config *)config, dev, err, err_size);
}

static int tun_create(struct net *net, const char *name, const void *config,
		      struct net_device **dev, char *err, size_t err_size)
{
	return create(net, name, IFF_TUN, (const struct tap_config *)config, dev, err, err_size);
}

#define TAP_OPTIONS \
	"vnet_hdr=on|off, uring=auto|on|off, gso_ipv4_max_size=BYTES, napi=off|threaded, sndbuf=BYTES"

struct skiff_driver tap_driver = {
	.kind = "tap",
	.options = TAP_OPTIONS,
	.config_size = sizeof(struct tap_config),
	.option = tap_option,
	.create = tap_create,
};

struct skiff_driver tun_driver = {
	.kind = "tun",
	.options = TAP_OPTIONS,
	.config_size = sizeof(struct tap_config),
	.option = tap_option,
	.create = tun_create,
};
