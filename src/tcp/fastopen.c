// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fast Open, RFC 7413: the server's side, and what both have: data in a SYN.
 *
 * A cookie is a keyed hash of both addresses, so that nothing is kept for those who have one. While
 * the handshake is not complete, the request belongs to the accept queue, or, once the socket was
 * accepted, to the socket (tcp_sock.fastopen_rsk): it has one reference.
 */
#include "tcp/fastopen.h"

void tcp_fastopen_init_key(struct tcp_net *tn)
{
	if (tn->fastopen_key_set)
		return;
	get_random_bytes(&tn->fastopen_key[0], sizeof(tn->fastopen_key[0]));
	tn->fastopen_backup = false;
	tn->fastopen_key_set = true;
}

unsigned int tcp_fastopen_get_keys(const struct sock *sk, siphash_key_t keys[2])
{
	const struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	const struct tcp_net *tn = tcp_net_sk(sk);
	bool own = q && q->fastopen_keys;

	memcpy(keys, own ? q->fastopen_key : tn->fastopen_key, 2 * sizeof(*keys));
	return own ? q->fastopen_keys : 1u + tn->fastopen_backup;
}

/* TCP_FASTOPEN_KEY: one key, or the one that was before behind it. */
int tcp_fastopen_set_keys(struct sock *sk, const void *keys, unsigned int len)
{
	struct request_sock_queue *q;

	if (len != sizeof(siphash_key_t) && len != 2 * sizeof(siphash_key_t))
		return -EINVAL;
	q = inet_csk_make_queue(sk);
	if (!q)
		return -ENOMEM;
	memcpy(q->fastopen_key, keys, len);
	q->fastopen_keys = (u8)(len / sizeof(siphash_key_t));
	return 0;
}

/* Cookies */

static void cookie_gen(const struct sk_buff *syn, const siphash_key_t *key,
		       struct tcp_fastopen_cookie *foc)
{
	const struct iphdr *iph = ip_hdr(syn);
	u64 hash = siphash_2u32((__force u32)iph->saddr, (__force u32)iph->daddr, key);

	for (int i = 0; i < TCP_FASTOPEN_COOKIE_SIZE; i++)
		foc->val[i] = (u8)(hash >> 8 * i);
	foc->len = TCP_FASTOPEN_COOKIE_SIZE;
}

static bool cookie_is(const struct sk_buff *syn, const siphash_key_t *key,
		      const struct tcp_fastopen_cookie *orig)
{
	struct tcp_fastopen_cookie mine;
	u8 diff = 0;

	if (orig->len != TCP_FASTOPEN_COOKIE_SIZE)
		return false;
	cookie_gen(syn, key, &mine);
	for (int i = 0; i < TCP_FASTOPEN_COOKIE_SIZE; i++)
		diff |= (u8)(mine.val[i] ^ orig->val[i]);
	return !diff;
}

/*
 * What becomes of a SYN's cookie. FOC_OLD is one of the key that was in use before: @valid is what
 * the client is told to use from now on.
 */
enum foc_check { FOC_WRONG, FOC_RIGHT, FOC_OLD };

static enum foc_check cookie_check(const struct sock *sk, const struct sk_buff *syn,
				   const struct tcp_fastopen_cookie *orig,
				   struct tcp_fastopen_cookie *valid)
{
	siphash_key_t keys[2];
	unsigned int n = tcp_fastopen_get_keys(sk, keys);

	if (cookie_is(syn, &keys[0], orig))
		return FOC_RIGHT;
	cookie_gen(syn, &keys[0], valid);
	return n > 1 && cookie_is(syn, &keys[1], orig) ? FOC_OLD : FOC_WRONG;
}

/* Data in a SYN */

/* The data of @skb, SYN or SYN-ACK, goes to the program. @skb stays the caller's. */
void tcp_fastopen_add_skb(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (TCP_SKB_CB(skb)->end_seq == tp->rcv_nxt)
		return;
	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	skb_dst_drop(skb);
	tp->segs_in = max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	tp->data_segs_in = tp->segs_in;
	__skb_pull(skb, tcp_hdrlen(skb));
	/* Whatever the limit says: it was acknowledged. */
	sk_wmem_schedule(sk, (int)skb->truesize);
	skb_set_owner_r(skb, sk);
	TCP_SKB_CB(skb)->seq++;
	TCP_SKB_CB(skb)->tcp_flags &= (u8)~TCPHDR_SYN;
	tp->rcv_nxt = TCP_SKB_CB(skb)->end_seq;
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	tp->syn_data_acked = 1;
	tp->bytes_received = skb->len;
	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN)
		tcp_fin(sk);
}

/* Server */

bool tcp_fastopen_no_cookie(const struct sock *sk, const struct dst_entry *dst, int flag)
{
	return (tcp_net_sk(sk)->sysctl_tcp_fastopen & flag) || tcp_sk(sk)->fastopen_no_cookie ||
	       (dst && dst_metric(dst, RTAX_FASTOPEN_NO_COOKIE));
}

/* Is there room for one more whose handshake is not complete? */
static bool queue_check(struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	struct request_sock *req;

	if (!q->max_fastopen)
		return false;
	if (q->fastopen_qlen < q->max_fastopen)
		return true;
	req = list_empty(&q->fastopen_rst) ?
		      NULL :
		      list_first_entry(&q->fastopen_rst, struct request_sock, queue_node);
	/* Those who were reset a while ago count no longer. */
	if (!req || time_after(req->timeout, jiffies)) {
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENLISTENOVERFLOW);
		return false;
	}
	list_del_init(&req->queue_node);
	q->fastopen_qlen--;
	reqsk_put(req);
	return true;
}

/* A socket of a SYN alone. */
static struct sock *create_child(struct sock *sk, struct sk_buff *skb, struct request_sock *req)
{
	struct sock *child = tcp_v4_syn_recv_sock(sk, skb, req);
	struct tcp_sock *tp;

	if (!child)
		return NULL;
	inet_csk(sk)->icsk_accept_queue->fastopen_qlen++;
	tp = tcp_sk(child);
	tp->fastopen_rsk = req;
	req->tfo_listener = 1;
	/* RFC 7323 section 2.2: the window of a SYN is not scaled. */
	tp->snd_wnd = ntohs(tcp_hdr(skb)->window);
	tp->max_window = tp->snd_wnd;
	/* For the SYN-ACK. */
	tcp_reset_xmit_timer(child, ICSK_TIME_RETRANS, req->timeout, false);
	tcp_init_transfer(child, 0, skb);
	tp->rcv_nxt = TCP_SKB_CB(skb)->seq + 1;
	tcp_fastopen_add_skb(child, skb);
	req->rcv_nxt = tp->rcv_nxt;
	tp->rcv_wup = tp->rcv_nxt;
	return child;
}

/* What the SYN-ACK says: @foc. */
static struct sock *accept_cookie(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
				  struct tcp_fastopen_cookie *foc, enum foc_check check,
				  struct tcp_fastopen_cookie *valid)
{
	struct net *net = sock_net(sk);
	struct sock *child = check == FOC_WRONG ? NULL : create_child(sk, skb, req);

	if (!child) {
		NET_INC_STATS(net, LINUX_MIB_TCPFASTOPENPASSIVEFAIL);
		valid->exp = foc->exp;
		*foc = *valid;
		return NULL;
	}
	if (check == FOC_OLD) {
		valid->exp = foc->exp;
		*foc = *valid;
		NET_INC_STATS(net, LINUX_MIB_TCPFASTOPENPASSIVEALTKEY);
	} else {
		foc->len = -1;
	}
	NET_INC_STATS(net, LINUX_MIB_TCPFASTOPENPASSIVE);
	return child;
}

struct sock *tcp_try_fastopen(struct sock *sk, struct sk_buff *skb, struct request_sock *req,
			      struct tcp_fastopen_cookie *foc, const struct dst_entry *dst)
{
	bool syn_data = TCP_SKB_CB(skb)->end_seq != TCP_SKB_CB(skb)->seq + 1;
	struct tcp_fastopen_cookie valid = { .len = -1 };
	struct tcp_net *tn = tcp_net_sk(sk);
	siphash_key_t keys[2];

	if (!foc->len)
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPFASTOPENCOOKIEREQD);
	if (!(tn->sysctl_tcp_fastopen & TFO_SERVER_ENABLE) || (!syn_data && foc->len < 0) ||
	    !queue_check(sk)) {
		foc->len = -1;
		return NULL;
	}
	if (tcp_fastopen_no_cookie(sk, dst, TFO_SERVER_COOKIE_NOT_REQD))
		return accept_cookie(sk, skb, req, foc, FOC_RIGHT, &valid);
	tcp_fastopen_init_key(tn);
	if (foc->len > 0)
		return accept_cookie(sk, skb, req, foc, cookie_check(sk, skb, foc, &valid), &valid);
	if (!foc->len) {
		tcp_fastopen_get_keys(sk, keys);
		cookie_gen(skb, &keys[0], &valid);
	}
	valid.exp = foc->exp;
	*foc = valid;
	return NULL;
}

void tcp_fastopen_listen(struct sock *sk, int backlog)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	int mode = tcp_net_sk(sk)->sysctl_tcp_fastopen;

	if ((mode & TFO_SERVER_WO_SOCKOPT1) && (mode & TFO_SERVER_ENABLE) && !q->max_fastopen)
		q->max_fastopen = backlog;
}

void tcp_fastopen_drop_rst(struct sock *sk)
{
	struct request_sock_queue *q = inet_csk(sk)->icsk_accept_queue;
	struct request_sock *req, *next;

	list_for_each_entry_safe(req, next, &q->fastopen_rst, queue_node) {
		list_del_init(&req->queue_node);
		q->fastopen_qlen--;
		reqsk_put(req);
	}
}

/*
 * The handshake is complete, or will never be. One that was reset counts for a minute more: else a
 * spoofed SYN and its owner's reset would cost nothing, however many there are.
 */
void reqsk_fastopen_remove(struct sock *sk, struct request_sock *req, bool reset)
{
	struct sock *lsk = req->rsk_listener;
	struct request_sock_queue *q = inet_csk(lsk)->icsk_accept_queue;

	tcp_sk(sk)->fastopen_rsk = NULL;
	q->fastopen_qlen--;
	req->tfo_listener = 0;
	/* It is in the accept queue still. */
	if (req->sk)
		return;
	if (!reset || lsk->sk_state != TCP_LISTEN) {
		reqsk_put(req);
		return;
	}
	req->timeout = jiffies + 60 * HZ;
	list_add_tail(&req->queue_node, &q->fastopen_rst);
	q->fastopen_qlen++;
}
