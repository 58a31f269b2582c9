// SPDX-License-Identifier: BSD-2-Clause
/* IGMP for a host, RFC 1112, 2236 and 3376: telling routers which groups are wanted. */
#include <skiff/slab.h>

#include "ipv4/igmp.h"
#include "wire/ip.h"

/*
 * Version 3 is spoken until a querier of an older version is heard, and again when none was heard
 * for a time (RFC 3376 section 7.2.1). Of versions 1 and 2 one report per group is sent, unless
 * another member's is heard first. Version 3 says what changed, some times in case one gets lost,
 * and answers queries with all that is wanted (igmp_v3.c).
 */
#define IGMP_OLDER_PRESENT (400 * (ktime_t)NSEC_PER_SEC) /* RFC 3376 section 8.12 */
#define IGMP_V1_RESPONSE (10 * (ktime_t)NSEC_PER_SEC)	 /* RFC 3376 section 4.1.1 */
#define IGMP_BATCH ((ktime_t)NSEC_PER_MSEC) /* what changes together is told together */
#define IGMP_HLEN 8u
#define IGMP_V3_QUERY_HLEN 12u

static struct ipv4_net *igmp_net(const struct in_device *in_dev)
{
	return ipv4_net(dev_net(in_dev->dev));
}

static ktime_t igmp_now(const struct in_device *in_dev)
{
	return skiff_net_now(dev_net(in_dev->dev));
}

static int igmp_version(const struct in_device *in_dev)
{
	int forced = in_dev_eitherconf(in_dev, IPV4_DEVCONF_FORCE_IGMP_VERSION);

	if (forced)
		return forced;
	if (igmp_now(in_dev) < in_dev->mr_v1_seen)
		return 1;
	return igmp_now(in_dev) < in_dev->mr_v2_seen ? 2 : 3;
}

static u8 igmp_qrv(const struct in_device *in_dev)
{
	return in_dev->mr_qrv ? in_dev->mr_qrv : (u8)igmp_net(in_dev)->sysctl.igmp_qrv;
}

/* RFC 3376 section 6: of all systems everybody knows; who stays on the link may be left out. */
bool igmp_is_reported(const struct ip_mc_list *im)
{
	if (!im->loaded || im->multiaddr == htonl(INADDR_ALLHOSTS_GROUP))
		return false;
	return !ipv4_is_local_multicast(im->multiaddr) ||
	       igmp_net(im->interface)->sysctl.igmp_link_local_mcast_reports;
}

/* Sending */

/* A packet with @len bytes for the message, and what IGMP wants of its header; or NULL. */
struct sk_buff *igmp_alloc(struct net_device *dev, __be32 daddr, unsigned int len)
{
	static const u8 router_alert[4] = { IPOPT_RA, 4, 0, 0 };
	struct flowi4 fl4 = { .daddr = daddr,
			      .flowi4_oif = dev->ifindex,
			      .flowi4_proto = IPPROTO_IGMP };
	struct rtable *rt = ip_route_output_key(dev_net(dev), &fl4);
	struct sk_buff *skb;
	struct iphdr *iph;

	if (IS_ERR(rt))
		return NULL;
	skb = alloc_skb(ip_headroom(rt) + sizeof(router_alert) + len + dev->needed_tailroom,
			GFP_ATOMIC);
	if (!skb) {
		ip_rt_put(rt);
		return NULL;
	}
	skb_reserve(skb, LL_RESERVED_SPACE(dev) + rt->dst.header_len);
	skb_dst_set(skb, &rt->dst);
	skb->dev = dev;
	skb->priority = 7; /* TC_PRIO_CONTROL */
	skb_reset_network_header(skb);
	iph = (struct iphdr *)skb_put(skb, WIRE_IP_HLEN + sizeof(router_alert));
	*iph = (struct iphdr){ .version = 4,
			       .ihl = (WIRE_IP_HLEN + sizeof(router_alert)) / 4,
			       .tos = 0xc0, /* RFC 3376 section 4 */
			       .frag_off = htons(IP_DF),
			       .ttl = 1,
			       .protocol = IPPROTO_IGMP,
			       .saddr = fl4.saddr,
			       .daddr = daddr };
	memcpy(iph + 1, router_alert, sizeof(router_alert));
	memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
	skb_set_transport_header(skb, (int)ip_hdrlen(skb));
	return skb;
}

/* The checksum and away. */
void igmp_xmit(struct sk_buff *skb)
{
	u8 *msg = skb_transport_header(skb);
	unsigned int len = skb->len - ip_hdrlen(skb);
	__sum16 sum;

	memset(msg + 2, 0, 2);
	sum = ip_compute_csum(msg, (int)len);
	memcpy(msg + 2, &sum, sizeof(sum));
	ip_local_out(dev_net(skb->dev), NULL, skb);
}

static void igmp_send_old(struct in_device *in_dev, u8 type, __be32 daddr, __be32 group)
{
	struct sk_buff *skb = igmp_alloc(in_dev->dev, daddr, IGMP_HLEN);
	u8 *msg;

	if (!skb)
		return;
	msg = (u8 *)skb_put_zero(skb, IGMP_HLEN);
	msg[0] = type;
	memcpy(msg + 4, &group, sizeof(group));
	igmp_xmit(skb);
}

static void igmp_report(struct ip_mc_list *im)
{
	struct in_device *in_dev = im->interface;

	switch (igmp_version(in_dev)) {
	case 1:
		igmp_send_old(in_dev, IGMP_HOST_MEMBERSHIP_REPORT, im->multiaddr, im->multiaddr);
		break;
	case 2:
		igmp_send_old(in_dev, IGMPV2_HOST_MEMBERSHIP_REPORT, im->multiaddr, im->multiaddr);
		break;
	default:
		igmpv3_report_group(im);
		break;
	}
	im->reporter = 1;
}

/* Timers */

/* Within @max, at random, so that not all answer at once. */
static ktime_t igmp_delay(ktime_t max)
{
	return 1 + (ktime_t)get_random_u32_below((u32)max_t(ktime_t, max / NSEC_PER_USEC, 1)) *
			   NSEC_PER_USEC;
}

static ktime_t igmp_v2_unsolicited(const struct in_device *in_dev)
{
	return IPV4_DEVCONF(in_dev->cnf, IGMPV2_UNSOLICITED_REPORT_INTERVAL) *
	       (ktime_t)NSEC_PER_MSEC;
}

static ktime_t igmp_v3_unsolicited(const struct in_device *in_dev)
{
	return IPV4_DEVCONF(in_dev->cnf, IGMPV3_UNSOLICITED_REPORT_INTERVAL) *
	       (ktime_t)NSEC_PER_MSEC;
}

static void igmp_group_timer(struct timer_list *t)
{
	struct ip_mc_list *im = from_timer(im, t, timer);

	im->tm_running = 0;
	igmp_report(im);
	im->gsquery = 0;
	if (!im->unsolicit || !--im->unsolicit)
		return;
	im->tm_running = 1;
	mod_timer_ns(&im->timer,
		     igmp_now(im->interface) + igmp_delay(igmp_v2_unsolicited(im->interface)));
}

/* An answer is due within @max; one that is due earlier stays. */
static void igmp_start_timer(struct ip_mc_list *im, ktime_t max)
{
	ktime_t when = igmp_now(im->interface) + igmp_delay(max);

	if (im->tm_running && im->timer.when <= when)
		return;
	if (!im->tm_running)
		timer_setup_net(&im->timer, dev_net(im->interface->dev), igmp_group_timer, 0);
	im->tm_running = 1;
	mod_timer_ns(&im->timer, when);
}

static void igmp_stop_timer(struct ip_mc_list *im)
{
	if (im->tm_running)
		del_timer(&im->timer);
	im->tm_running = 0;
	im->unsolicit = 0;
	im->gsquery = 0;
}

static void igmp_gq_timer(struct timer_list *t)
{
	struct in_device *in_dev = from_timer(in_dev, t, mr_gq_timer);

	igmpv3_report_all(in_dev);
}

static void igmp_ifc_timer(struct timer_list *t)
{
	struct in_device *in_dev = from_timer(in_dev, t, mr_ifc_timer);

	if (igmp_version(in_dev) == 3 && igmpv3_report_changes(in_dev))
		mod_timer_ns(&in_dev->mr_ifc_timer,
			     igmp_now(in_dev) + igmp_delay(igmp_v3_unsolicited(in_dev)));
}

static void igmp_dev_timer(struct in_device *in_dev, struct timer_list *timer,
			   void (*fn)(struct timer_list *), ktime_t max)
{
	ktime_t when = igmp_now(in_dev) + igmp_delay(max);

	if (timer_pending(timer)) {
		if (when < timer->when)
			mod_timer_ns(timer, when);
		return;
	}
	timer_setup_net(timer, dev_net(in_dev->dev), fn, 0);
	mod_timer_ns(timer, when);
}

/* Changes */

static void igmp_forget_left(struct in_device *in_dev, __be32 group)
{
	struct igmp_left **p = &in_dev->mc_left, *left;

	while ((left = *p) != NULL) {
		if (group && left->multiaddr != group) {
			p = &left->next;
			continue;
		}
		*p = left->next;
		kfree(left);
	}
}

void igmp_changed(struct in_device *in_dev)
{
	struct ip_mc_list *im;
	bool any = false;

	if (igmp_version(in_dev) != 3)
		return;
	for_each_pmc(in_dev, im)
	{
		if (!igmp_is_reported(im) || !igmpv3_differs(im))
			continue;
		im->crcount = igmp_qrv(in_dev);
		any = true;
	}
	if (any)
		igmp_dev_timer(in_dev, &in_dev->mr_ifc_timer, igmp_ifc_timer, IGMP_BATCH);
}

void igmp_joined(struct ip_mc_list *im)
{
	struct in_device *in_dev = im->interface;

	if (!igmp_is_reported(im) || !netif_running(in_dev->dev))
		return;
	igmp_forget_left(in_dev, im->multiaddr);
	if (igmp_version(in_dev) == 3) {
		igmp_changed(in_dev);
		return;
	}
	im->unsolicit = igmp_qrv(in_dev);
	igmp_start_timer(im, IGMP_BATCH);
}

/* Version 3 repeats it: the group itself is gone by then. */
static void igmp_remember_left(struct ip_mc_list *im)
{
	struct in_device *in_dev = im->interface;
	struct igmp_left *left = (struct igmp_left *)kmalloc(sizeof(*left), GFP_ATOMIC);

	if (!left)
		return;
	*left = (struct igmp_left){ in_dev->mc_left, im->multiaddr, igmp_qrv(in_dev) };
	in_dev->mc_left = left;
	igmp_dev_timer(in_dev, &in_dev->mr_ifc_timer, igmp_ifc_timer, IGMP_BATCH);
}

void igmp_leaving(struct ip_mc_list *im)
{
	struct in_device *in_dev = im->interface;
	bool told = igmp_is_reported(im) && netif_running(in_dev->dev);

	igmp_stop_timer(im);
	im->crcount = 0;
	if (told && igmp_version(in_dev) == 3)
		igmp_remember_left(im);
	/* RFC 2236 section 3: by who reported last; the others need not. */
	else if (told && igmp_version(in_dev) == 2 && im->reporter)
		igmp_send_old(in_dev, IGMP_HOST_LEAVE_MESSAGE, htonl(INADDR_ALLRTRS_GROUP),
			      im->multiaddr);
	im->reporter = 0;
	im->told_mode = MCAST_INCLUDE;
	while (im->tomb) {
		struct ip_sf_list *psf = im->tomb;

		im->tomb = psf->sf_next;
		kfree(psf);
	}
}

void igmp_dev_down(struct in_device *in_dev)
{
	if (timer_pending(&in_dev->mr_gq_timer))
		del_timer(&in_dev->mr_gq_timer);
	if (timer_pending(&in_dev->mr_ifc_timer))
		del_timer(&in_dev->mr_ifc_timer);
	igmp_forget_left(in_dev, 0);
	in_dev->mr_v1_seen = 0;
	in_dev->mr_v2_seen = 0;
	in_dev->mr_qrv = 0;
}

/* Receiving */

/**
 * struct igmp_query - what a router asks
 * @group: about one group, 0: about all
 * @max: an answer is expected within, nanoseconds
 * @srcs: about these sources only
 * @nsrcs: how many
 */
struct igmp_query {
	__be32 group;
	ktime_t max;
	const u8 *srcs;
	unsigned int nsrcs;
};

/* RFC 3376 section 4.1.1: beyond 127, a number with an exponent. In tenths of a second. */
static u32 igmp_max_response(u8 code)
{
	return code < 128 ? code : ((code & 0x0fu) | 0x10u) << ((code >> 4 & 7) + 3);
}

/* Of an older version: it is spoken now. */
static void igmp_older_querier(struct in_device *in_dev, bool v1)
{
	ktime_t until = igmp_now(in_dev) + IGMP_OLDER_PRESENT;

	if (v1)
		in_dev->mr_v1_seen = until;
	else
		in_dev->mr_v2_seen = until;
	if (timer_pending(&in_dev->mr_gq_timer))
		del_timer(&in_dev->mr_gq_timer);
	if (timer_pending(&in_dev->mr_ifc_timer))
		del_timer(&in_dev->mr_ifc_timer);
	igmp_forget_left(in_dev, 0);
}

static bool igmp_parse_v3(struct in_device *in_dev, const u8 *msg, unsigned int len,
			  struct igmp_query *q)
{
	q->nsrcs = wire_get16(msg, 10);
	q->srcs = msg + IGMP_V3_QUERY_HLEN;
	if (q->nsrcs * 4u > len - IGMP_V3_QUERY_HLEN || (!q->group && q->nsrcs))
		return false;
	q->max = (ktime_t)igmp_max_response(msg[1]) * (NSEC_PER_SEC / 10);
	in_dev->mr_qrv = msg[8] & 7;
	return true;
}

/* RFC 3376 section 7.1: the version follows from the length and the code. */
static bool igmp_parse_query(struct in_device *in_dev, const u8 *msg, unsigned int len,
			     struct igmp_query *q)
{
	memset(q, 0, sizeof(*q));
	memcpy(&q->group, msg + 4, sizeof(q->group));
	if (len == IGMP_HLEN) {
		igmp_older_querier(in_dev, !msg[1]);
		if (!msg[1])
			q->group = 0;
		q->max = msg[1] ? (ktime_t)msg[1] * (NSEC_PER_SEC / 10) : IGMP_V1_RESPONSE;
	} else if (len < IGMP_V3_QUERY_HLEN) {
		return false;
	} else if (!igmp_parse_v3(in_dev, msg, len, q)) {
		return false;
	}
	return !q->group || ipv4_is_multicast(q->group);
}

/* Which sources of a group are asked for: of several queries, all of them. */
static void igmp_mark_sources(struct ip_mc_list *im, const struct igmp_query *q)
{
	struct ip_sf_list *psf;

	/* An answer about the whole group is waiting already, or is asked for now. */
	if (!q->nsrcs || (im->tm_running && !im->gsquery)) {
		im->gsquery = 0;
		return;
	}
	for (psf = im->sources; psf; psf = psf->sf_next) {
		if (!im->gsquery)
			psf->sf_gsresp = 0;
		for (unsigned int i = 0; i < q->nsrcs && !psf->sf_gsresp; i++)
			psf->sf_gsresp = !memcmp(q->srcs + 4 * i, &psf->sf_inaddr, 4);
	}
	im->gsquery = 1;
}

static enum skb_drop_reason igmp_heard_query(struct in_device *in_dev, struct sk_buff *skb)
{
	struct igmp_query q;
	struct ip_mc_list *im;

	if (skb_linearize(skb))
		return SKB_DROP_REASON_NOMEM;
	if (!igmp_parse_query(in_dev, skb->data, skb->len, &q))
		return SKB_DROP_REASON_IP_INHDR;
	if (!q.group && igmp_version(in_dev) == 3) {
		igmp_dev_timer(in_dev, &in_dev->mr_gq_timer, igmp_gq_timer, q.max);
		return SKB_NOT_DROPPED_YET;
	}
	for_each_pmc(in_dev, im)
	{
		if ((q.group && q.group != im->multiaddr) || !igmp_is_reported(im))
			continue;
		igmp_mark_sources(im, &q);
		igmp_start_timer(im, q.max);
	}
	return SKB_NOT_DROPPED_YET;
}

/* Another member said it: no need to repeat. Only where one report per group is the rule. */
static void igmp_heard_report(struct in_device *in_dev, __be32 group)
{
	struct ip_mc_list *im;

	if (igmp_version(in_dev) == 3)
		return;
	for_each_pmc(in_dev, im)
	{
		if (im->multiaddr != group)
			continue;
		igmp_stop_timer(im);
		im->reporter = 0;
	}
}

static enum skb_drop_reason igmp_dispatch(struct in_device *in_dev, struct sk_buff *skb)
{
	__be32 group;

	/* Never from beyond the link: RFC 3376 section 4 has it sent with 1. */
	if (ip_hdr(skb)->ttl != 1)
		return SKB_DROP_REASON_IP_INHDR;
	switch (skb->data[0]) {
	case IGMP_HOST_MEMBERSHIP_QUERY:
		return igmp_heard_query(in_dev, skb);
	case IGMP_HOST_MEMBERSHIP_REPORT:
	case IGMPV2_HOST_MEMBERSHIP_REPORT:
		memcpy(&group, skb->data + 4, sizeof(group));
		/* Not those that this host sends to itself. */
		if (!rt_is_output_route(skb_rtable(skb)))
			igmp_heard_report(in_dev, group);
		return SKB_NOT_DROPPED_YET;
	default:
		return SKB_NOT_DROPPED_YET; /* for routers */
	}
}

static int igmp_rcv(struct sk_buff *skb)
{
	struct in_device *in_dev = __in_dev_get(skb->dev);
	enum skb_drop_reason reason = SKB_NOT_DROPPED_YET;

	if (!in_dev)
		reason = SKB_DROP_REASON_IP_INADDRERRORS;
	else if (!pskb_may_pull(skb, IGMP_HLEN))
		reason = SKB_DROP_REASON_PKT_TOO_SMALL;
	else if (skb_checksum_simple_validate(skb))
		reason = SKB_DROP_REASON_SKB_CSUM;
	else
		reason = igmp_dispatch(in_dev, skb);
	if (reason != SKB_NOT_DROPPED_YET)
		kfree_skb_reason(skb, reason);
	else
		consume_skb(skb);
	return 0;
}

static const struct net_protocol igmp_protocol = {
	.handler = igmp_rcv,
};

int igmp_init(void)
{
	return inet_add_protocol(&igmp_protocol, IPPROTO_IGMP);
}
