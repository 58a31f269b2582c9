// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: the options of SOL_PACKET. */
#include <linux/virtio_net.h>

#include "packet/packet.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef PACKET_VNET_HDR_SZ
#define PACKET_VNET_HDR_SZ 24
#endif

/*
 * What belongs to memory-mapped rings (PACKET_RX_RING, _TX_RING, _VERSION, _HDRLEN, _RESERVE, _LOSS,
 * _COPY_THRESH, _TX_HAS_OFF) does not exist, as on a Linux that was built without them: a program
 * that gets -ENOPROTOOPT receives packet by packet.
 */

/* An int of at least, or of exactly, its own size. Return: 0 or -EINVAL. */
static int get_int(int *val, const void *optval, unsigned int optlen, bool exact)
{
	if (optlen < sizeof(*val) || (exact && optlen != sizeof(*val)))
		return -EINVAL;
	memcpy(val, optval, sizeof(*val));
	return 0;
}

static int set_flag(bool *flag, const void *optval, unsigned int optlen, bool exact)
{
	int val, err = get_int(&val, optval, optlen, exact);

	if (!err)
		WRITE_ONCE(*flag, val);
	return err;
}

static int set_ignore_outgoing(struct packet_sock *po, const void *optval, unsigned int optlen)
{
	int val, err = get_int(&val, optval, optlen, true);

	if (err)
		return err;
	if (val < 0 || val > 1)
		return -EINVAL;
	po->prot_hook.ignore_outgoing = val;
	return 0;
}

/* On and off, or which of the two headers: that with the number of buffers is longer. */
static int set_vnet_hdr(struct packet_sock *po, int optname, const void *optval,
			unsigned int optlen)
{
	int val, err = get_int(&val, optval, optlen, false);

	if (err)
		return err;
	if (optname == PACKET_VNET_HDR)
		val = val ? (int)sizeof(struct virtio_net_hdr) : 0;
	if (val && val != sizeof(struct virtio_net_hdr) &&
	    val != sizeof(struct virtio_net_hdr_mrg_rxbuf))
		return -EINVAL;
	WRITE_ONCE(po->vnet_hdr_sz, (u8)val);
	return 0;
}

int packet_setsockopt(struct socket *sock, int level, int optname, const void *optval,
		      unsigned int optlen)
{
	struct packet_sock *po = pkt_sk(sock->sk);

	ASSERT_NET_LOCKED(sock_net(sock->sk));
	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (optlen && !optval)
		return -EFAULT;
	switch (optname) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return packet_mc_change(po, optname, optval, optlen);
	case PACKET_AUXDATA:
		return set_flag(&po->auxdata, optval, optlen, false);
	case PACKET_ORIGDEV:
		return set_flag(&po->origdev, optval, optlen, false);
	case PACKET_VNET_HDR:
	case PACKET_VNET_HDR_SZ:
		return sock->type == SOCK_RAW ? set_vnet_hdr(po, optname, optval, optlen) : -EINVAL;
	case PACKET_TIMESTAMP:
		return get_int(&po->tp_tstamp, optval, optlen, true);
	case PACKET_FANOUT:
		return fanout_add(po, optval, optlen);
	case PACKET_FANOUT_DATA:
		return fanout_set_data(po, optval, optlen);
	case PACKET_IGNORE_OUTGOING:
		return set_ignore_outgoing(po, optval, optlen);
	case PACKET_QDISC_BYPASS:
		return set_flag(&po->qdisc_bypass, optval, optlen, true);
	default:
		return -ENOPROTOOPT;
	}
}

/* Room for the value of any option. */
union option_value {
	int val;
	struct tpacket_stats stats;
	struct tpacket_rollover_stats rollover;
};

/* Packets count whether they found room or not, and reading starts anew. */
static int take_statistics(struct packet_sock *po, struct tpacket_stats *stats)
{
	stats->tp_packets = po->tp_packets + po->tp_drops;
	stats->tp_drops = po->tp_drops;
	po->tp_packets = 0;
	po->tp_drops = 0;
	return sizeof(*stats);
}

static int get_rollover(const struct packet_sock *po, struct tpacket_rollover_stats *stats)
{
	if (!po->rollover)
		return -EINVAL;
	stats->tp_all = po->rollover->num;
	stats->tp_huge = po->rollover->num_huge;
	stats->tp_failed = po->rollover->num_failed;
	return sizeof(*stats);
}

/* Return: bytes of the value, or -errno. */
static int get_value(struct packet_sock *po, int optname, union option_value *v)
{
	switch (optname) {
	case PACKET_STATISTICS:
		return take_statistics(po, &v->stats);
	case PACKET_ROLLOVER_STATS:
		return get_rollover(po, &v->rollover);
	case PACKET_AUXDATA:
		v->val = po->auxdata;
		break;
	case PACKET_ORIGDEV:
		v->val = po->origdev;
		break;
	case PACKET_VNET_HDR:
		v->val = po->vnet_hdr_sz != 0;
		break;
	case PACKET_VNET_HDR_SZ:
		v->val = po->vnet_hdr_sz;
		break;
	case PACKET_TIMESTAMP:
		v->val = po->tp_tstamp;
		break;
	case PACKET_FANOUT:
		v->val = (int)fanout_value(po);
		break;
	case PACKET_IGNORE_OUTGOING:
		v->val = po->prot_hook.ignore_outgoing;
		break;
	case PACKET_QDISC_BYPASS:
		v->val = po->qdisc_bypass;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return sizeof(v->val);
}

int packet_getsockopt(struct socket *sock, int level, int optname, void *optval, int *optlen)
{
	union option_value v = { .val = 0 };
	int len;

	ASSERT_NET_LOCKED(sock_net(sock->sk));
	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (*optlen < 0)
		return -EINVAL;
	len = get_value(pkt_sk(sock->sk), optname, &v);
	return len < 0 ? len : sock_put_option(optval, optlen, &v, len);
}
