// SPDX-License-Identifier: BSD-2-Clause
/* Echo requests of this host, and what became of them. */

#include "ipv4/ipv4.h"
#include "wire/icmp.h"

/* The payload: byte n is n modulo 256, as the ping command fills it by default. */
static void ping_fill(u8 *p, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		p[i] = (u8)i;
}

/* Did the payload come back as it was sent? */
static bool ping_payload_ok(const struct sk_buff *skb, unsigned int offset)
{
	u8 chunk[256];
	unsigned int done, len = skb->len - offset, n;

	for (done = 0; done < len; done += n) {
		n = min_t(unsigned int, len - done, sizeof(chunk));
		if (skb_copy_bits(skb, (int)(offset + done), chunk, (int)n))
			return false;
		for (unsigned int i = 0; i < n; i++)
			if (chunk[i] != (u8)(done + i))
				return false;
	}
	return true;
}

static void ping_finish(struct ping_request *p, enum ping_result result)
{
	ipv4_net(p->net)->nr_pings--;
	list_del_init(&p->list);
	del_timer(&p->timer);
	p->result = result;
	p->rtt = skiff_net_now(p->net) - p->sent;
	p->done(p);
}

static void ping_timeout(struct timer_list *t)
{
	struct ping_request *p = from_timer(p, t, timer);

	ping_finish(p, PING_TIMEOUT);
}

static struct ping_request *ping_find(struct ipv4_net *in, const void *icmp, __be32 daddr)
{
	struct ping_request *p;

	list_for_each_entry(p, &in->pings, list) {
		if (p->id != wire_icmp_id(icmp) || p->seq != wire_icmp_seq(icmp))
			continue;
		/* Everybody may answer what everybody was asked. */
		if (p->daddr == daddr || inet_addr_type(in->net, p->daddr) == RTN_BROADCAST ||
		    ipv4_is_multicast(p->daddr))
			return p;
	}
	return NULL;
}

/* An echo reply, data at its ICMP header. Return: whether somebody waited for it. */
bool ping_rcv(struct sk_buff *skb)
{
	struct ipv4_net *in = ipv4_net(dev_net(skb->dev));
	struct ping_request *p = ping_find(in, skb->data, ip_hdr(skb)->saddr);

	if (!p || skb->len - WIRE_ICMP_HLEN != p->len || !ping_payload_ok(skb, WIRE_ICMP_HLEN))
		return ping_sock_rcv(skb);
	p->from = ip_hdr(skb)->saddr;
	p->reply_len = skb->len - WIRE_ICMP_HLEN;
	p->reply_ttl = ip_hdr(skb)->ttl;
	ping_finish(p, PING_REPLY);
	return true;
}

/* An error that quotes an ICMP message of ours; data at the quoted header. */
void ping_err(struct sk_buff *skb, u32 info)
{
	struct ipv4_net *in = ipv4_net(dev_net(skb->dev));
	const struct iphdr *quoted = (const struct iphdr *)(const void *)skb->data;
	const u8 *icmp = skb->data + quoted->ihl * 4u;
	struct ping_request *p;

	if (wire_icmp_type(icmp) != ICMP_ECHO)
		return;
	p = ping_find(in, icmp, quoted->daddr);
	if (!p) {
		ping_sock_err(skb, info);
		return;
	}
	p->from = ip_hdr(skb)->saddr;
	p->icmp_type = icmp_hdr(skb)->type;
	p->icmp_code = icmp_hdr(skb)->code;
	ping_finish(p, PING_UNREACHABLE);
}

static int ping_xmit(struct ping_request *p, struct rtable *rt, __be32 saddr)
{
	const struct ipcm_cookie ipc = { .ttl = p->ttl };
	unsigned int headroom = ip_headroom(rt);
	struct sk_buff *skb;

	skb = alloc_skb(headroom + WIRE_ICMP_HLEN + p->len + rt->dst.dev->needed_tailroom,
			GFP_ATOMIC);
	if (!skb)
		return -ENOBUFS;
	skb_reserve(skb, (int)headroom);
	skb_reset_transport_header(skb);
	wire_icmp_build(skb_put(skb, WIRE_ICMP_HLEN), ICMP_ECHO, 0, (u32)p->id << 16 | p->seq);
	ping_fill((u8 *)skb_put(skb, p->len), p->len);
	wire_icmp_set_csum(skb->data, skb->len);
	icmp_out_count(p->net, ICMP_ECHO);
	return ip_build_and_send(p->net, NULL, skb, rt, saddr, p->daddr, IPPROTO_ICMP, &ipc);
}

int ping_send(struct net *net, struct ping_request *p)
{
	struct ipv4_net *in = ipv4_net(net);
	struct flowi4 fl4 = { .daddr = p->daddr, .saddr = p->saddr, .flowi4_proto = IPPROTO_ICMP };
	struct rtable *rt;
	u16 tried = 0;
	int err;

	ASSERT_NET_LOCKED(net);
	if (p->len > IP_MAX_MTU - sizeof(struct iphdr) - WIRE_ICMP_HLEN || p->timeout <= 0 ||
	    !p->done)
		return -EINVAL;
	if (in->nr_pings >= PING_MAX)
		return -ENOSPC;
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	p->net = net;
	p->daddr = fl4.daddr;
	p->sent = skiff_net_now(net);
	/* Not one of a socket's: its owner must not see our replies as its own. */
	while (!p->id || (p->id == tried && ping_sock_has_id(in, p->id)))
		tried = p->id = get_random_u16();
	err = ping_xmit(p, rt, fl4.saddr);
	ip_rt_put(rt);
	if (err)
		return err;
	list_add_tail(&p->list, &in->pings);
	in->nr_pings++;
	timer_setup_net(&p->timer, net, ping_timeout, 0);
	mod_timer_ns(&p->timer, ktime_add_safe(p->sent, p->timeout));
	return 0;
}

bool ping_request_has_id(const struct ipv4_net *in, u16 id)
{
	const struct ping_request *p;

	list_for_each_entry(p, &in->pings, list)
		if (p->id == id)
			return true;
	return false;
}

void ping_cancel(struct ping_request *p)
{
	if (!p->net || !p->list.next || list_empty(&p->list))
		return;
	ASSERT_NET_LOCKED(p->net);
	ipv4_net(p->net)->nr_pings--;
	list_del_init(&p->list);
	del_timer(&p->timer);
}

/* The host goes: whoever waits is told that nothing came. */
void ping_cancel_all(struct ipv4_net *in)
{
	while (!list_empty(&in->pings))
		ping_finish(list_first_entry(&in->pings, struct ping_request, list), PING_TIMEOUT);
}
