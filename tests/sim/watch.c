// SPDX-License-Identifier: BSD-2-Clause
/*
 * Looks at each segment of a connection as it leaves, and as it arrives.
 *
 * A segment is seen twice. When the sender's device makes its header the socket has not yet noted that
 * it was sent, so that what may be in flight can be compared with what there is, before any queue or
 * loss; this is where the rules are applied. When it arrives at the other end, the window and the
 * acknowledgment in it are what that end may act on from then on. What is known of a connection is
 * taken from its segments alone, but for the congestion window, which is never on the wire.
 *
 * The rules:
 * - data lies within the right edge of the window that arrived; a FIN may be one beyond, as on Linux
 * - with a segment of data no more is in flight than the congestion window allows, except for a tail
 *   loss probe (RFC 8985 section 7.3); each of these was counted as one
 * - the right edge that is offered never goes left (RFC 9293 section 3.8.6), but for what scaling can't say
 *   and for a window of zero, which says that memory is short
 * - acknowledgments never go back, nor beyond what the peer has sent
 * - segments are no longer than the peer's MSS allows (RFC 6691), and have the options that both ends
 *   offered, no others; SACK blocks are in order and of what the peer has sent
 * - while data is out there, neither sending nor an acknowledgment is farther away than the retransmission
 *   timeout, doubled by each one before (RFC 6298)
 */
#include "watch.h"

#include <stdio.h>
#include <string.h>

#include <skiff/arp.h>
#include <skiff/etherdevice.h>
#include <skiff/tcp.h>

#include "wire/ip.h"
#include "wire/tcp.h"

/* RFC 6298 section 2.1 and 5.7, and Linux's bounds. */
#define RTO_FIRST (3 * NSEC_PER_SEC)
#define RTO_LEAST (200 * NSEC_PER_MSEC)
#define RTO_MOST (120 * NSEC_PER_SEC)
/* What is still queued here is looked at again after so long. */
#define RTO_LOCAL (500 * NSEC_PER_MSEC)
/* Timers go by jiffies. */
#define RTO_SLACK (20 * NSEC_PER_MSEC)
/* Doubling on from here would be beyond the most. */
#define TIMEOUTS_MAX 12

/* A segment, as far as it matters here. */
struct seg {
	u32 seq;
	u32 end;
	u32 ack;
	u32 len;
	u16 window;
	u8 flags;
	size_t optlen;
	u32 mss;
	int wscale;
	bool tstamp;
	bool sack_permitted;
	unsigned int blocks;
	u32 block[TCP_NUM_SACKS][2];
};

static struct watch *active;
static struct header_ops watched_ops;

#define WRONG(w, ...)                                                          \
	do {                                                                   \
		if (!(w)->wrong[0])                                            \
			snprintf((w)->wrong, sizeof((w)->wrong), __VA_ARGS__); \
	} while (0)

static void parse_sack(struct seg *s, const struct wire_opts *o)
{
	for (unsigned int at = 0; at + 8 <= o->len && s->blocks < TCP_NUM_SACKS; at += 8) {
		s->block[s->blocks][0] = wire_get32(o->data, at);
		s->block[s->blocks][1] = wire_get32(o->data, at + 4);
		s->blocks++;
	}
}

static void parse_options(struct seg *s, const u8 *tcp)
{
	struct wire_opts o;

	s->wscale = -1;
	wire_tcp_opts(&o, tcp);
	while (wire_opts_next(&o) == WIRE_OPT_FOUND) {
		if (o.type == WIRE_TCPOPT_MSS && o.len == 2)
			s->mss = wire_get16(o.data, 0);
		else if (o.type == WIRE_TCPOPT_WINDOW && o.len == 1)
			s->wscale = o.data[0];
		else if (o.type == WIRE_TCPOPT_SACK_PERMITTED)
			s->sack_permitted = true;
		else if (o.type == WIRE_TCPOPT_TIMESTAMP)
			s->tstamp = true;
		else if (o.type == WIRE_TCPOPT_SACK)
			parse_sack(s, &o);
	}
}

/* @packet: headers at least; @len: bytes of the whole packet. Return: false when it is not TCP. */
static bool parse(struct seg *s, const u8 *packet, size_t len)
{
	const u8 *tcp = wire_ip_payload(packet);

	memset(s, 0, sizeof(*s));
	if (wire_ip_version(packet) != 4 || wire_ip_protocol(packet) != IPPROTO_TCP)
		return false;
	s->seq = wire_tcp_seq(tcp);
	s->ack = wire_tcp_ack(tcp);
	s->flags = wire_tcp_flags(tcp);
	s->window = wire_tcp_window(tcp);
	s->optlen = wire_tcp_hlen(tcp) - WIRE_TCP_HLEN;
	s->len = (u32)(len - wire_ip_hlen(packet) - wire_tcp_hlen(tcp));
	s->end = s->seq + s->len + !!(s->flags & TCPHDR_SYN) + !!(s->flags & TCPHDR_FIN);
	parse_options(s, tcp);
	return true;
}

/* As it leaves. */

static void sent_syn(struct watch *w, int nr, const struct seg *s)
{
	struct watch_end *e = &w->end[nr], *peer = &w->end[!nr];
	const ktime_t now = skiff_clock_now(w->sim->clock);

	/* As on Linux a SYN-ACK echoes the timestamp of the first SYN, which may have been long ago. */
	if (e->opened)
		w->handshake = now - e->first_syn;
	else
		e->first_syn = now;
	*e = (struct watch_end){ .opened = true,
				 .first_syn = e->first_syn,
				 .iss = s->seq,
				 .mss = s->mss ? s->mss : 536,
				 .wscale = s->wscale,
				 .tstamp = s->tstamp,
				 .sack = s->sack_permitted,
				 .nxt = s->end,
				 .again = s->end,
				 .una = e->una,
				 .acks = s->flags & TCPHDR_ACK,
				 .acked = s->ack,
				 .offered = s->ack + s->window,
				 .edge = e->edge,
				 .edge_known = e->edge_known };
	if (!(s->flags & TCPHDR_ACK))
		return;
	if ((e->wscale >= 0 && peer->wscale < 0) || (e->tstamp && !peer->tstamp) ||
	    (e->sack && !peer->sack))
		WRONG(w, "end %d answers options that were not offered", nr);
}

static unsigned int scale_of(const struct watch *w, int nr)
{
	return w->end[0].wscale >= 0 && w->end[1].wscale >= 0 ? (unsigned int)w->end[nr].wscale : 0;
}

static void check_blocks(struct watch *w, int nr, const struct seg *s)
{
	const u32 peer_nxt = w->end[!nr].nxt;

	if (s->blocks && (!w->end[0].sack || !w->end[1].sack))
		WRONG(w, "end %d sends SACK, which was not agreed on", nr);
	for (unsigned int i = 0; i < s->blocks; i++) {
		const u32 *b = s->block[i];

		/*
		 * The first may be a D-SACK, of what was acknowledged long ago. The acknowledgment of
		 * a FIN is sent before the blocks are looked at again, as on Linux.
		 */
		if (!before(b[0], b[1]) || after(b[1], peer_nxt) ||
		    (i && !after(b[0], s->ack) && s->ack != peer_nxt))
			WRONG(w, "end %d: SACK block %u is %u to %u, acknowledged %u, sent %u", nr,
			      i, b[0], b[1], s->ack, peer_nxt);
	}
}

static void check_ack(struct watch *w, int nr, const struct seg *s)
{
	struct watch_end *e = &w->end[nr];
	const unsigned int scale = scale_of(w, nr);
	const u32 edge = s->ack + ((u32)s->window << scale);

	if (after(s->ack, w->end[!nr].nxt))
		WRONG(w, "end %d acknowledges %u, sent was up to %u", nr, s->ack, w->end[!nr].nxt);
	if (e->acks && before(s->ack, e->acked))
		WRONG(w, "end %d acknowledges %u, and %u before", nr, s->ack, e->acked);
	if (e->acks && s->window && !after(edge + (1u << scale), e->offered))
		WRONG(w, "end %d: the right edge goes from %u to %u", nr, e->offered, edge);
	e->acks = true;
	e->acked = s->ack;
	e->offered = edge;
	check_blocks(w, nr, s);
}

static void check_options(struct watch *w, int nr, const struct seg *s, u32 segment)
{
	const bool tstamp = w->end[0].tstamp && w->end[1].tstamp;

	if (s->tstamp != tstamp)
		WRONG(w, "end %d: a segment %s timestamp", nr,
		      tstamp ? "without a" : "with a wrong");
	if (s->mss || s->wscale >= 0 || s->sack_permitted)
		WRONG(w, "end %d: options of a SYN in another segment", nr);
	if (segment + s->optlen > w->end[!nr].mss)
		WRONG(w, "end %d: %u bytes of data, %zu of options, and an MSS of %u", nr, segment,
		      s->optlen, w->end[!nr].mss);
}

/* Of a segment with data or a FIN. */
static void check_cwnd(struct watch *w, int nr, const struct sk_buff *skb)
{
	const u32 segs = max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	const struct tcp_sock *tp = tcp_sk(skb->sk);
	const u32 flight = tcp_packets_in_flight(tp);

	if (flight + segs <= tcp_snd_cwnd(tp))
		return;
	if (segs == 1 && inet_csk(skb->sk)->icsk_pending == ICSK_TIME_LOSS_PROBE)
		w->end[nr].probes++;
	else
		WRONG(w, "end %d sends %u segments, with %u in flight and a window of %u", nr, segs,
		      flight, tcp_snd_cwnd(tp));
}

static s64 longest_silence(const struct watch *w, const struct watch_end *e)
{
	const s64 rtt = w->rtt_max + w->handshake;
	s64 rto = rtt + max(4 * rtt, (s64)RTO_LEAST);

	/* No round trip was measured yet. */
	if (!e->measured)
		rto = max(rto, (s64)RTO_FIRST);
	rto = min(rto << e->timeouts, (s64)RTO_MOST);
	/* What pacing holds back comes on top. */
	return rto + w->rtt_max + RTO_LOCAL + RTO_SLACK;
}

static void check_silence(struct watch *w, int nr, const struct seg *s)
{
	struct watch_end *e = &w->end[nr];
	const ktime_t now = skiff_clock_now(w->sim->clock);

	if (e->una != e->nxt && now - e->quiet > longest_silence(w, e))
		WRONG(w, "end %d was silent for %lld ms, with %u bytes out there", nr,
		      (long long)((now - e->quiet) / NSEC_PER_MSEC), e->nxt - e->una);
	e->quiet = now;
	if (before(s->seq, e->nxt)) {
		e->timeouts = min(e->timeouts + 1, TIMEOUTS_MAX);
		e->again = e->nxt;
	}
}

static void sent_data(struct watch *w, int nr, const struct seg *s, const struct sk_buff *skb)
{
	struct watch_end *e = &w->end[nr];
	const bool again = before(s->seq, e->nxt);

	check_silence(w, nr, s);
	if (skb->sk && !((1u << skb->sk->sk_state) & (TCPF_TIME_WAIT | TCPF_NEW_SYN_RECV)))
		check_cwnd(w, nr, skb);
	if (after(s->seq, e->nxt))
		WRONG(w, "end %d leaves out %u to %u", nr, e->nxt, s->seq);
	/* Sent again, it was within a window once. */
	if (!again && (!e->edge_known || after(s->seq + s->len, e->edge)))
		WRONG(w, "end %d sends up to %u, the window goes to %u", nr, s->seq + s->len,
		      e->edge);
	if (after(s->end, e->nxt))
		e->nxt = s->end;
}

static void sent(struct watch *w, int nr, const struct sk_buff *skb)
{
	const u32 mss = skb_shinfo(skb)->gso_size;
	struct seg s;

	if (!parse(&s, skb->data, skb->len) || (s.flags & TCPHDR_RST))
		return;
	w->segments++;
	if (s.flags & TCPHDR_SYN) {
		sent_syn(w, nr, &s);
		return;
	}
	if (!w->end[0].opened || !w->end[1].opened)
		return;
	check_options(w, nr, &s, mss ? min(mss, s.len) : s.len);
	check_ack(w, nr, &s);
	if (s.end != s.seq)
		sent_data(w, nr, &s, skb);
}

static int watched_create(struct sk_buff *skb, struct net_device *dev, unsigned short type,
			  const void *daddr, const void *saddr, unsigned int len)
{
	for (int nr = 0; active && type == ETH_P_IP && nr < 2; nr++)
		if (active->sim->ends[nr].dev == dev)
			sent(active, nr, skb);
	return eth_header_ops.create(skb, dev, type, daddr, saddr, len);
}

/* As it arrives. */

/* What a bit was turned in does not get to the socket; what was not summed yet is as it was sent. */
static bool sums_are_right(const struct sk_buff *skb, const u8 *packet, size_t len)
{
	const u8 *tcp = wire_ip_payload(packet);

	if (skb->ip_summed == CHECKSUM_PARTIAL || skb->ip_summed == CHECKSUM_UNNECESSARY)
		return true;
	return wire_ip_check(packet, len) == WIRE_IP_OK &&
	       wire_tcp_check(tcp, wire_ip_payload_len(packet), wire_ip_saddr(packet),
			      wire_ip_daddr(packet)) == WIRE_TCP_OK;
}

static void arrived(struct sim *sim, int nr, const struct sk_buff *skb, const u8 *frame, size_t len)
{
	struct watch_end *e = &active->end[nr];
	struct seg s;
	u32 edge;

	if (nr > 1 || skb->protocol != htons(ETH_P_IP) ||
	    !sums_are_right(skb, frame + ETH_HLEN, len - ETH_HLEN) ||
	    !parse(&s, frame + ETH_HLEN, len - ETH_HLEN) || !(s.flags & TCPHDR_ACK))
		return;
	edge = s.ack + ((u32)s.window << (s.flags & TCPHDR_SYN ? 0 : scale_of(active, !nr)));
	if (!e->edge_known || after(edge, e->edge))
		e->edge = edge;
	e->edge_known = true;
	e->quiet = skiff_clock_now(sim->clock);
	if (!after(s.ack, e->una) && e->una)
		return;
	e->una = s.ack;
	/* Karn's rule: what was sent again is no measure, unless a timestamp says which one it was. */
	if (after(s.ack, e->again)) {
		e->timeouts = 0;
		e->measured = true;
	} else if (s.tstamp && after(s.ack, e->iss + 1)) {
		e->measured = true;
	}
}

static void know_each_other(struct sim *sim, int nr)
{
	struct sim_end *e = &sim->ends[nr];
	const __be32 ip = sim_addr(0, !nr);
	struct neighbour *n;

	net_lock(e->net);
	n = neigh_create(&arp_tbl, &ip, e->dev);
	BUG_ON(IS_ERR(n) || neigh_update(n, sim->ends[!nr].dev->dev_addr, NUD_PERMANENT,
					 NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0));
	neigh_release(n);
	e->dev->header_ops = &watched_ops;
	net_unlock(e->net);
}

void watch_open(struct watch *w, struct sim *sim, s64 rtt_max)
{
	*w = (struct watch){ .sim = sim, .rtt_max = rtt_max };
	/* No header is remembered: each is made. */
	watched_ops = eth_header_ops;
	watched_ops.create = watched_create;
	watched_ops.cache = NULL;
	active = w;
	sim->arrived = arrived;
	know_each_other(sim, 0);
	know_each_other(sim, 1);
}

const char *watch_close(struct watch *w)
{
	for (int nr = 0; nr < 2; nr++) {
		u64 probes = 0;

		BUG_ON(skiff_snmp_get(w->sim->hosts[nr], "TcpExtTCPLossProbes", &probes));
		if (w->end[nr].probes > probes)
			WRONG(w, "end %d: %llu segments beyond the window, %llu probes", nr,
			      (unsigned long long)w->end[nr].probes, (unsigned long long)probes);
		w->sim->ends[nr].dev->header_ops = &eth_header_ops;
	}
	w->sim->arrived = NULL;
	active = NULL;
	return w->wrong[0] ? w->wrong : NULL;
}
