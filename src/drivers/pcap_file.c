// SPDX-License-Identifier: BSD-2-Clause
/* Capture files: read by libpcap where there is one, written as pcapng or pcap. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <skiff/slab.h>

#include "drivers/pcap.h"
#include "wire/pcapng.h"

#ifdef SKIFF_HAVE_PCAP

#include <pcap/pcap.h>

/*
 * Loaded when the first capture is opened, so that who replays none does not need it. It stays
 * loaded. Debian's name comes first, then its own.
 */
static struct {
	bool found;
	__typeof__(&pcap_open_offline_with_tstamp_precision) open_offline;
	__typeof__(&pcap_datalink) datalink;
	__typeof__(&pcap_next_ex) next_ex;
	__typeof__(&pcap_close) close;
} lib;

static void lib_load(void)
{
	void *so = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);

	if (!so)
		so = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return;
	*(void **)&lib.open_offline = dlsym(so, "pcap_open_offline_with_tstamp_precision");
	*(void **)&lib.datalink = dlsym(so, "pcap_datalink");
	*(void **)&lib.next_ex = dlsym(so, "pcap_next_ex");
	*(void **)&lib.close = dlsym(so, "pcap_close");
	lib.found = lib.open_offline && lib.datalink && lib.next_ex && lib.close;
}

static bool lib_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, lib_load);
	return lib.found;
}

int pcap_in_open(struct pcap_in **in, const char *path, char *err, size_t err_size)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p;

	if (!strcmp(path, "-"))
		return skiff_driver_error(err, err_size, -EINVAL,
					  "in=-: the name of a capture file is accepted");
	if (!lib_ready())
		return skiff_driver_error(err, err_size, -EOPNOTSUPP,
					  "in=%s: libpcap, which reads capture files, is not "
					  "installed; out= is accepted",
					  path);
	p = lib.open_offline(path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!p)
		return skiff_driver_error(err, err_size, -EINVAL,
					  "in=%s: %s; a pcap or pcapng file is accepted", path,
					  why);
	if (lib.datalink(p) != DLT_EN10MB) {
		skiff_driver_error(err, err_size, -EINVAL,
				   "in=%s: link type %d; a capture of Ethernet is accepted", path,
				   lib.datalink(p));
		lib.close(p);
		return -EINVAL;
	}
	*in = (struct pcap_in *)p;
	return 0;
}

void pcap_in_close(struct pcap_in *in)
{
	if (in)
		lib.close((pcap_t *)in);
}

/* With the precision that was asked for, the lesser field counts nanoseconds. */
static s64 stamp_of(const struct timeval *tv)
{
	s64 ns;

	if (__builtin_mul_overflow((s64)tv->tv_sec, NSEC_PER_SEC, &ns) ||
	    __builtin_add_overflow(ns, (s64)tv->tv_usec, &ns))
		return tv->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

int pcap_in_next(struct pcap_in *in, const u8 **data, u32 *captured, u32 *len, s64 *stamp)
{
	struct pcap_pkthdr *h;

	switch (lib.next_ex((pcap_t *)in, &h, data)) {
	case 1:
		*captured = h->caplen;
		*len = h->len;
		*stamp = stamp_of(&h->ts);
		return 1;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		return -EIO;
	}
}

#else

int pcap_in_open(struct pcap_in **in, const char *path, char *err, size_t err_size)
{
	return skiff_driver_error(
		err, err_size, -EOPNOTSUPP,
		"in=%s: this skiff was built without libpcap, which reads capture "
		"files; out= is accepted",
		path);
}

void pcap_in_close(struct pcap_in *in)
{
}

int pcap_in_next(struct pcap_in *in, const u8 **data, u32 *captured, u32 *len, s64 *stamp)
{
	return 0;
}

#endif

/* The classic format, with nanoseconds. */
#define PCAP_MAGIC_NANO 0xa1b23c4du

struct pcap_file_head {
	u32 magic;
	u16 major, minor;
	s32 zone;
	u32 accuracy;
	u32 snaplen;
	u32 link_type;
};

struct pcap_frame_head {
	u32 sec, nsec;
	u32 captured;
	u32 len;
};

/**
 * struct pcap_out - a file that is written
 * @fd: its descriptor
 * @classic: pcap, not pcapng
 * @good: length up to which all of it is complete
 */
struct pcap_out {
	int fd;
	bool classic;
	off_t good;
};

/* All or an error, after which a regular file ends behind its last complete frame. */
static int write_all(struct pcap_out *out, struct iovec *iov, int n)
{
	size_t total = 0, done = 0;
	ssize_t ret;
	int i;

	for (i = 0; i < n; i++)
		total += iov[i].iov_len;
	while (done < total) {
		do {
			ret = writev(out->fd, iov, n);
		} while (ret < 0 && errno == EINTR);
		if (ret <= 0) {
			int err = ret ? -errno : -EIO;

			return ftruncate(out->fd, out->good) && err == 0 ? -errno : err;
		}
		done += (size_t)ret;
		while (n && (size_t)ret >= iov->iov_len) {
			ret -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n) {
			iov->iov_base = (u8 *)iov->iov_base + ret;
			iov->iov_len -= (size_t)ret;
		}
	}
	out->good += (off_t)total;
	return 0;
}

static int write_head(struct pcap_out *out, const struct net_device *dev)
{
	const struct pcapng_section section = { .application = "skiff" };
	const struct pcapng_interface interface = { .link_type = PCAPNG_LINK_ETHERNET,
						    .name = dev->name };
	const struct pcap_file_head classic = { .magic = PCAP_MAGIC_NANO,
						.major = 2,
						.minor = 4,
						.snaplen = PCAPNG_MAX_CAPTURED,
						.link_type = PCAPNG_LINK_ETHERNET };
	u8 buf[512];
	struct iovec iov = { buf, sizeof(classic) };

	if (out->classic) {
		memcpy(buf, &classic, sizeof(classic));
	} else {
		iov.iov_len = (size_t)pcapng_section(buf, sizeof(buf), &section);
		iov.iov_len += (size_t)pcapng_interface(buf + iov.iov_len,
							sizeof(buf) - iov.iov_len, &interface);
	}
	return write_all(out, &iov, 1);
}

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && !strcmp(path + len - n, end);
}

int pcap_out_open(struct pcap_out **result, const char *path, const struct net_device *dev,
		  char *err, size_t err_size)
{
	struct pcap_out *out = (struct pcap_out *)kzalloc(sizeof(*out), GFP_KERNEL);
	int ret;

	if (!out)
		return skiff_driver_error(err, err_size, -ENOMEM, "no memory for a device");
	out->classic = ends_in(path, ".pcap");
	out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ret = out->fd < 0 ? -errno : write_head(out, dev);
	if (!ret) {
		*result = out;
		return 0;
	}
	if (out->fd >= 0)
		close(out->fd);
	kfree(out);
	return skiff_driver_error(err, err_size, ret == -ENOENT ? -EINVAL : ret,
				  "out=%s: %s; a file that can be written is accepted", path,
				  strerror(-ret));
}

void pcap_out_close(struct pcap_out *out)
{
	if (!out)
		return;
	close(out->fd);
	kfree(out);
}

int pcap_out_write(struct pcap_out *out, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = __skb_shinfo(skb);
	const struct pcapng_packet packet = { .time_ns = (u64)skb->tstamp,
					      .captured = skb->len,
					      .original = skb->len,
					      .flags = PCAPNG_OUTBOUND };
	const struct pcap_frame_head classic = {
		.sec = (u32)(skb->tstamp / NSEC_PER_SEC),
		.nsec = (u32)(skb->tstamp % NSEC_PER_SEC),
		.captured = skb->len,
		.len = skb->len,
	};
	struct iovec iov[3 + MAX_SKB_FRAGS];
	u8 head[PCAPNG_PACKET_HEAD], tail[64];
	int n = 1, i;

	iov[0] = (struct iovec){ head, sizeof(classic) };
	if (out->classic)
		memcpy(head, &classic, sizeof(classic));
	else if (pcapng_packet_head(head, &packet) < 0)
		return -EINVAL;
	else
		iov[0].iov_len = sizeof(head);
	iov[n++] = (struct iovec){ skb->data, skb_headlen(skb) };
	for (i = 0; skb_is_nonlinear(skb) && i < shinfo->nr_frags; i++)
		iov[n++] = (struct iovec){ skb_frag_address(&shinfo->frags[i]),
					   skb_frag_size(&shinfo->frags[i]) };
	if (!out->classic)
		iov[n++] = (struct iovec){ tail, (size_t)pcapng_packet_tail(tail, sizeof(tail),
									    &packet) };
	return write_all(out, iov, n);
}
