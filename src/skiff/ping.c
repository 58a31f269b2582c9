// SPDX-License-Identifier: BSD-2-Clause
/* Ping as a call with a callback. */
#include <skiff/ip.h>
#include <skiff/slab.h>

#include "skiff/skiff_top.h"

#define PING_DEFAULT_TIMEOUT NSEC_PER_SEC

struct ping_call {
	struct ping_request req;
	struct net *net;
	skiff_ping_fn *done;
	void *arg;
};

static void ping_done(struct ping_request *p)
{
	struct ping_call *call = container_of(p, struct ping_call, req);
	const struct skiff_ping_result result = {
		.status = p->result == PING_REPLY	? SKIFF_PING_REPLY :
			  p->result == PING_UNREACHABLE ? SKIFF_PING_UNREACHABLE :
							  SKIFF_PING_TIMEOUT,
		.from.s_addr = (__force in_addr_t)p->from,
		.seq = p->seq,
		.len = p->reply_len,
		.ttl = p->reply_ttl,
		.rtt_ns = p->rtt,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
	};

	call->done(call->net, &result, call->arg);
	kfree(call);
}

int __skiff_ping(struct net *net, const struct skiff_ping_params *params, skiff_ping_fn *done,
		 void *arg)
{
	struct ping_call *call;
	int ret;

	if (!params || !done || params->timeout_ns < 0)
		return -EINVAL;
	call = (struct ping_call *)kzalloc(sizeof(*call), GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	call->net = net;
	call->done = done;
	call->arg = arg;
	call->req.daddr = (__force __be32)params->daddr.s_addr;
	call->req.saddr = (__force __be32)params->saddr.s_addr;
	call->req.len = params->len;
	call->req.id = params->id;
	call->req.seq = params->seq;
	call->req.ttl = params->ttl;
	call->req.timeout = params->timeout_ns ? params->timeout_ns : PING_DEFAULT_TIMEOUT;
	call->req.done = ping_done;
	ret = ping_send(net, &call->req);
	if (ret)
		kfree(call);
	return ret;
}

int skiff_ping(struct net *net, const struct skiff_ping_params *params, skiff_ping_fn *done,
	       void *arg)
{
	int ret = net_enter(net);

	if (ret)
		return ret;
	ret = __skiff_ping(net, params, done, arg);
	net_unlock(net);
	return ret;
}
