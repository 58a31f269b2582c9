// SPDX-License-Identifier: BSD-2-Clause
/* Times of packets for the program: SO_TIMESTAMP and its kin, SO_TIMESTAMPING, SIOCGSTAMP. */
#include <linux/net_tstamp.h>

#include <skiff/net.h>
#include <skiff/sock.h>

#include "sock/sock.h"

/* What can be asked for; PHC clocks belong to devices that there are none of. */
#define TIMESTAMPING_FLAGS ((u32)((1 << 17) - 1))
/* Linux 6.2's name for bit 16 of the flags. */
#define OPT_ID_TCP ((u32)1 << 16)

static const enum sock_flags stamp_flags[] = { SOCK_TIMESTAMP, SOCK_TIMESTAMPING_RX_SOFTWARE };

static bool wants_arrival(const struct sock *sk)
{
	return sock_flag(sk, SOCK_TIMESTAMP) || sock_flag(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);
}

void sock_enable_timestamp(struct sock *sk, enum sock_flags flag)
{
	bool before = wants_arrival(sk);

	sock_set_flag(sk, flag);
	if (!before)
		net_enable_timestamp();
}

void sock_share_timestamps(const struct sock *sk)
{
	if (wants_arrival(sk))
		net_enable_timestamp();
}

static void disable(struct sock *sk, enum sock_flags flag)
{
	if (!sock_flag(sk, flag))
		return;
	sock_reset_flag(sk, flag);
	if (!wants_arrival(sk))
		net_disable_timestamp();
}

void sock_disable_timestamps(struct sock *sk)
{
	for (size_t i = 0; i < ARRAY_SIZE(stamp_flags); i++)
		disable(sk, stamp_flags[i]);
}

static bool is_ns(int optname)
{
	return optname == SO_TIMESTAMPNS_OLD || optname == SO_TIMESTAMPNS_NEW;
}

static bool is_new(int optname)
{
	return optname == SO_TIMESTAMP_NEW || optname == SO_TIMESTAMPNS_NEW ||
	       optname == SO_TIMESTAMPING_NEW;
}

int sock_set_timestamp_option(struct sock *sk, int optname, int val)
{
	sock_valbool_flag(sk, SOCK_RCVTSTAMP, val);
	sock_valbool_flag(sk, SOCK_RCVTSTAMPNS, val && is_ns(optname));
	if (val) {
		sock_valbool_flag(sk, SOCK_TSTAMP_NEW, is_new(optname));
		sock_enable_timestamp(sk, SOCK_TIMESTAMP);
	}
	return 0;
}

int sock_get_timestamp_option(const struct sock *sk, int optname)
{
	return sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == is_ns(optname) &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == is_new(optname);
}

/* What SOF_TIMESTAMPING_OPT_ID tells counts packets from now on, or bytes of a stream. */
static int begin_keys(struct sock *sk, u32 flags)
{
	if (sk->sk_prot && sk->sk_prot->set_tskey)
		return sk->sk_prot->set_tskey(sk, flags & OPT_ID_TCP);
	atomic_set(&sk->sk_tskey, 0);
	return 0;
}

int sock_set_timestamping(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	u32 flags;
	int err;

	if (optlen < sizeof(flags))
		return -EINVAL;
	memcpy(&flags, optval, sizeof(flags));
	if (flags & ~TIMESTAMPING_FLAGS)
		return -EINVAL;
	if ((flags & OPT_ID_TCP) && !(flags & SOF_TIMESTAMPING_OPT_ID))
		return -EINVAL;
	if ((flags & SOF_TIMESTAMPING_OPT_STATS) && !(flags & SOF_TIMESTAMPING_OPT_TSONLY))
		return -EINVAL;
	if ((flags & SOF_TIMESTAMPING_OPT_ID) && !(sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID)) {
		err = begin_keys(sk, flags);
		if (err)
			return err;
	}
	/* A clock of the device's own to stamp by: no device here has one. */
	if (flags & SOF_TIMESTAMPING_BIND_PHC)
		return -EOPNOTSUPP;
	sk->sk_tsflags = flags;
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW, is_new(optname));
	if (flags & SOF_TIMESTAMPING_RX_SOFTWARE)
		sock_enable_timestamp(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);
	else
		disable(sk, SOCK_TIMESTAMPING_RX_SOFTWARE);
	return 0;
}

void sock_tx_timestamp(struct sock *sk, u32 tsflags, u8 *tx_flags)
{
	u8 flags = *tx_flags;

	if (tsflags & SOF_TIMESTAMPING_TX_HARDWARE)
		flags |= SKBTX_HW_TSTAMP;
	if (tsflags & SOF_TIMESTAMPING_TX_SOFTWARE)
		flags |= SKBTX_SW_TSTAMP;
	if (tsflags & SOF_TIMESTAMPING_TX_SCHED)
		flags |= SKBTX_SCHED_TSTAMP;
	if (unlikely(sock_flag(sk, SOCK_WIFI_STATUS)))
		flags |= SKBTX_WIFI_STATUS;
	*tx_flags = flags;
}

void skb_setup_tx_timestamp(struct sk_buff *skb, u32 tsflags)
{
	struct sock *sk = skb->sk;

	sock_tx_timestamp(sk, tsflags, &skb_shinfo(skb)->tx_flags);
	if ((tsflags & SOF_TIMESTAMPING_OPT_ID) && (tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK))
		skb_shinfo(skb)->tskey = (u32)atomic_inc_return(&sk->sk_tskey) - 1;
}

int sock_gettstamp(struct socket *sock, void *userstamp, bool timeval, bool time32)
{
	struct sock *sk = sock->sk;
	ktime_t kt = READ_ONCE(sk->sk_stamp);
	struct __kernel_timespec ts;

	/* From now on packets get one; the next call finds it. */
	sock_enable_timestamp(sk, SOCK_TIMESTAMP);
	if (kt == SK_DEFAULT_STAMP)
		return -ENOENT;
	if (!userstamp)
		return -EFAULT;
	if (!kt) {
		kt = skb_clock(NULL);
		WRITE_ONCE(sk->sk_stamp, kt);
	}
	ts.tv_sec = kt / NSEC_PER_SEC;
	ts.tv_nsec = kt % NSEC_PER_SEC;
	if (timeval)
		ts.tv_nsec /= NSEC_PER_USEC;
	if (time32)
		memcpy(userstamp, (s32[]){ (s32)ts.tv_sec, (s32)ts.tv_nsec }, 2 * sizeof(s32));
	else
		memcpy(userstamp, &ts, sizeof(ts));
	return 0;
}

/* The time of arrival in one of the four forms. */
static void put_stamp(struct skiff_msghdr *msg, const struct sock *sk, const struct sk_buff *skb)
{
	bool newer = sock_flag(sk, SOCK_TSTAMP_NEW);
	union {
		struct __kernel_sock_timeval new_us;
		struct __kernel_old_timeval old_us;
		struct __kernel_timespec new_ns;
		struct __kernel_old_timespec old_ns;
	} t;

	if (!sock_flag(sk, SOCK_RCVTSTAMPNS) && newer) {
		skb_get_new_timestamp(skb, &t.new_us);
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_NEW, sizeof(t.new_us), &t.new_us);
	} else if (!sock_flag(sk, SOCK_RCVTSTAMPNS)) {
		skb_get_timestamp(skb, &t.old_us);
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_OLD, sizeof(t.old_us), &t.old_us);
	} else if (newer) {
		skb_get_new_timestampns(skb, &t.new_ns);
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_NEW, sizeof(t.new_ns), &t.new_ns);
	} else {
		skb_get_timestampns(skb, &t.old_ns);
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS_OLD, sizeof(t.old_ns), &t.old_ns);
	}
}

static void put_timestamping(struct skiff_msghdr *msg, const struct sock *sk, const s64 ts[3])
{
	struct scm_timestamping64 newer;
	struct scm_timestamping older;

	for (int i = 0; i < 3; i++) {
		newer.ts[i].tv_sec = ts[i] / 1000000000;
		newer.ts[i].tv_nsec = ts[i] % 1000000000;
		older.ts[i].tv_sec = (__kernel_old_time_t)newer.ts[i].tv_sec;
		older.ts[i].tv_nsec = (long)newer.ts[i].tv_nsec;
	}
	if (sock_flag(sk, SOCK_TSTAMP_NEW))
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPING_NEW, sizeof(newer), &newer);
	else
		put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPING_OLD, sizeof(older), &older);
}

/* A packet that was sent has one time: by software, or else the device's. */
static bool only_software(const struct sk_buff *skb, bool noted)
{
	return skb->pkt_type == PACKET_OUTGOING && noted;
}

/* Is the time told by a control message? SIOCGSTAMP is for those who get none. */
static bool told_with_packet(const struct sock *sk, struct sk_buff *skb)
{
	u32 flags = sk->sk_tsflags;

	return sock_flag(sk, SOCK_RCVTSTAMP) || flags & SOF_TIMESTAMPING_RX_SOFTWARE ||
	       (skb->tstamp && flags & SOF_TIMESTAMPING_SOFTWARE) ||
	       (skb_hwtstamps(skb)->hwtstamp && flags & SOF_TIMESTAMPING_RAW_HARDWARE);
}

void sock_recv_timestamp(struct skiff_msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	s64 ts[3] = { 0, 0, 0 };
	bool noted = skb->tstamp != 0;

	if (!told_with_packet(sk, skb))
		sk->sk_stamp = skb->tstamp;
	if (sock_flag(sk, SOCK_RCVTSTAMP)) {
		/* It came before anybody asked for times: the time of reading has to do. */
		if (!noted)
			__net_timestamp(skb);
		put_stamp(msg, sk, skb);
	}
	if (sk->sk_tsflags & SOF_TIMESTAMPING_SOFTWARE)
		ts[0] = skb->tstamp;
	if ((sk->sk_tsflags & SOF_TIMESTAMPING_RAW_HARDWARE) && !only_software(skb, noted))
		ts[2] = skb_hwtstamps(skb)->hwtstamp;
	if (ts[0] || ts[2])
		put_timestamping(msg, sk, ts);
	if (sock_flag(sk, SOCK_WIFI_STATUS) && skb->wifi_acked_valid) {
		int acked = skb->wifi_acked;

		put_cmsg(msg, SOL_SOCKET, SO_WIFI_STATUS, sizeof(acked), &acked);
	}
}

void sock_recv_time(struct skiff_msghdr *msg, struct sock *sk, ktime_t tstamp)
{
	struct sk_buff when = { .tstamp = tstamp };
	s64 ts[3] = { tstamp, 0, 0 };

	sk->sk_stamp = tstamp;
	if (sock_flag(sk, SOCK_RCVTSTAMP))
		put_stamp(msg, sk, &when);
	if (sk->sk_tsflags & SOF_TIMESTAMPING_SOFTWARE)
		put_timestamping(msg, sk, ts);
}
