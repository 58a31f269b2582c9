// SPDX-License-Identifier: BSD-2-Clause
/* Fast Open, RFC 7413: data in the SYN. Off: net.ipv4.tcp_fastopen has no bit that is acted on. */
#include <skiff/slab.h>

#include "tcp/tcp.h"

void tcp_fastopen_init_key(struct tcp_net *tn)
{
	tn->fastopen_key_set = true;
}

bool tcp_fastopen_cookie_check(struct sock *sk, u16 *mss, struct tcp_fastopen_cookie *cookie)
{
	(void)sk;
	(void)mss;
	cookie->len = -1;
	return false;
}

bool tcp_fastopen_defer_connect(struct sock *sk, int *err)
{
	(void)sk;
	(void)err;
	return false;
}

struct sock *tcp_try_fastopen(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			      struct tcp_fastopen_cookie *foc)
{
	(void)sk;
	(void)skb;
	(void)req;
	foc->len = -1;
	return NULL;
}

void tcp_fastopen_add_skb(struct sock *sk, struct sk_buff *skb)
{
	(void)sk;
	(void)skb;
}

void tcp_free_fastopen_req(struct tcp_sock *tp)
{
	kfree(tp->fastopen_req);
	tp->fastopen_req = NULL;
}

bool tcp_fastopen_active_should_disable(struct sock *sk)
{
	(void)sk;
	return true;
}

void tcp_fastopen_active_disable(struct sock *sk)
{
	(void)sk;
}

void tcp_fastopen_active_detect_blackhole(struct sock *sk, bool expired)
{
	(void)sk;
	(void)expired;
}

void tcp_fastopen_listen(struct sock *sk, int backlog)
{
	(void)sk;
	(void)backlog;
}

void tcp_fastopen_drop_rst(struct sock *sk)
{
	(void)sk;
}

void reqsk_fastopen_remove(struct sock *sk, struct request_sock *req, bool reset)
{
	(void)reset;
	tcp_sk(sk)->fastopen_rsk = NULL;
	reqsk_put(req);
}

int tcp_sendmsg_fastopen(struct sock *sk, struct skiff_msghdr *msg, int *copied, size_t size)
{
	(void)sk;
	(void)msg;
	(void)size;
	*copied = 0;
	return -EOPNOTSUPP;
}

/* No SYN of ours has data or asks for a cookie. */
bool tcp_rcv_fastopen_synack(struct sock *sk, struct sk_buff *synack,
			     struct tcp_fastopen_cookie *cookie)
{
	(void)sk;
	(void)synack;
	(void)cookie;
	return false;
}
