// SPDX-License-Identifier: BSD-2-Clause
/* Signed segments, RFC 2385 (TCP_MD5SIG): keys of a socket by peer, signing and checking. */
#include <skiff/slab.h>

#include "tcp/md5_digest.h"
#include "tcp/tcp.h"

/**
 * struct tcp_md5sig_key - what segments from and to some peers are signed with
 * @list: in tcp_md5sig_info
 * @addr: peers
 * @prefixlen: bits of it that count
 * @keylen: bytes of @key
 * @key: the secret
 */
struct tcp_md5sig_key {
	struct list_head list;
	__be32 addr;
	u8 prefixlen;
	u8 keylen;
	u8 key[TCP_MD5SIG_MAXKEYLEN];
};

/**
 * struct tcp_md5sig_info - the keys of a socket
 * @keys: the longest prefix first
 */
struct tcp_md5sig_info {
	struct list_head keys;
};

static bool key_matches(const struct tcp_md5sig_key *key, __be32 addr)
{
	u32 mask = key->prefixlen ? ~(u32)0 << (32 - key->prefixlen) : 0;

	return !(ntohl(addr ^ key->addr) & mask);
}

static const struct tcp_md5sig_info *info_of(const struct sock *sk)
{
	if (sk->sk_state == TCP_NEW_SYN_RECV)
		sk = inet_reqsk(sk)->rsk_listener;
	return tcp_sk(sk)->md5sig_info;
}

struct tcp_md5sig_key *tcp_md5_lookup(const struct sock *sk, __be32 addr, int l3index)
{
	const struct tcp_md5sig_info *info;
	struct tcp_md5sig_key *key;

	(void)l3index; /* there are no devices that are networks of their own */
	if (sk->sk_state == TCP_TIME_WAIT)
		return inet_twsk(sk)->tw_md5_key;
	info = info_of(sk);
	if (likely(!info))
		return NULL;
	list_for_each_entry(key, &info->keys, list)
		if (key_matches(key, addr))
			return key;
	return NULL;
}

struct tcp_md5sig_key *tcp_md5_key_dup(const struct tcp_md5sig_key *key)
{
	return key ? (struct tcp_md5sig_key *)kmemdup(key, sizeof(*key), GFP_ATOMIC) : NULL;
}

/* Keys are set */

static struct tcp_md5sig_key *key_find(const struct tcp_md5sig_info *info, __be32 addr,
				       u8 prefixlen)
{
	struct tcp_md5sig_key *key;

	list_for_each_entry(key, &info->keys, list)
		if (key->addr == addr && key->prefixlen == prefixlen)
			return key;
	return NULL;
}

static void key_free(struct sock *sk, struct tcp_md5sig_key *key)
{
	list_del(&key->list);
	atomic_sub((int)sizeof(*key), &sk->sk_omem_alloc);
	kfree_sensitive(key);
}

static void key_insert(struct tcp_md5sig_info *info, struct tcp_md5sig_key *key)
{
	struct tcp_md5sig_key *pos;

	list_for_each_entry(pos, &info->keys, list)
		if (pos->prefixlen <= key->prefixlen)
			break;
	list_add_tail(&key->list, &pos->list);
}

static int info_make(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->md5sig_info)
		return 0;
	tp->md5sig_info = (struct tcp_md5sig_info *)kzalloc(sizeof(*tp->md5sig_info), GFP_ATOMIC);
	if (!tp->md5sig_info)
		return -ENOMEM;
	INIT_LIST_HEAD(&tp->md5sig_info->keys);
	/* Each segment is signed by itself. */
	sk->sk_gso_disabled = 1;
	sk->sk_route_caps &= ~NETIF_F_GSO_MASK;
	sk->sk_gso_max_segs = 1;
	return 0;
}

static int key_add(struct sock *sk, __be32 addr, u8 prefixlen, const u8 *secret, u8 len)
{
	struct tcp_md5sig_key *key;
	int err = info_make(sk);

	if (err)
		return err;
	key = key_find(tcp_sk(sk)->md5sig_info, addr, prefixlen);
	if (!key) {
		if (atomic_read(&sk->sk_omem_alloc) + (int)sizeof(*key) >
		    sock_limits(sock_net(sk))->optmem_max)
			return -ENOMEM;
		key = (struct tcp_md5sig_key *)kzalloc(sizeof(*key), GFP_ATOMIC);
		if (!key)
			return -ENOMEM;
		atomic_add((int)sizeof(*key), &sk->sk_omem_alloc);
		key->addr = addr;
		key->prefixlen = prefixlen;
		key_insert(tcp_sk(sk)->md5sig_info, key);
	}
	key->keylen = len;
	memcpy(key->key, secret, len);
	return 0;
}

static int key_remove(struct sock *sk, __be32 addr, u8 prefixlen)
{
	const struct tcp_md5sig_info *info = tcp_sk(sk)->md5sig_info;
	struct tcp_md5sig_key *key = info ? key_find(info, addr, prefixlen) : NULL;

	if (!key)
		return -ENOENT;
	key_free(sk, key);
	return 0;
}

/* The peer's address, which an AF_INET6 socket gives v4-mapped, or as "::1". */
static int key_address(const struct sock *sk, const struct tcp_md5sig *cmd, __be32 *addr, u8 *bits)
{
	const struct sockaddr_in6 *sin6 =
		(const struct sockaddr_in6 *)(const void *)&cmd->tcpm_addr;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)(const void *)&cmd->tcpm_addr;

	*bits = 32;
	if (sin->sin_family == AF_INET && sk->sk_family == AF_INET) {
		*addr = (__force __be32)sin->sin_addr.s_addr;
	} else if (sin->sin_family == AF_INET6 && sk->sk_family == AF_INET6 &&
		   ipv6_addr_v4mapped(&sin6->sin6_addr)) {
		*addr = ipv6_mapped_v4(&sin6->sin6_addr);
	} else if (sin6->sin6_family == AF_INET6 && sk->sk_family == AF_INET6 &&
		   ipv6_addr_loopback(&sin6->sin6_addr)) {
		*addr = htonl(INADDR_LOOPBACK6);
	} else {
		return -EINVAL;
	}
	return 0;
}

int tcp_parse_md5_keys(struct sock *sk, int optname, const void *optval, unsigned int optlen)
{
	struct tcp_md5sig cmd;
	__be32 addr;
	u8 bits;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (optlen < sizeof(cmd))
		return -EINVAL;
	memcpy(&cmd, optval, sizeof(cmd));
	if (key_address(sk, &cmd, &addr, &bits))
		return -EINVAL;
	if (optname == TCP_MD5SIG_EXT && (cmd.tcpm_flags & TCP_MD5SIG_FLAG_PREFIX)) {
		if (cmd.tcpm_prefixlen > 32)
			return -EINVAL;
		bits = cmd.tcpm_prefixlen;
	}
	if (!cmd.tcpm_keylen)
		return key_remove(sk, addr, bits);
	if (cmd.tcpm_keylen > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	return key_add(sk, addr, bits, cmd.tcpm_key, (u8)cmd.tcpm_keylen);
}

void tcp_md5_destruct(struct sock *sk)
{
	struct tcp_md5sig_info *info = tcp_sk(sk)->md5sig_info;
	struct tcp_md5sig_key *key, *next;

	if (!info)
		return;
	list_for_each_entry_safe(key, next, &info->keys, list)
		key_free(sk, key);
	kfree(info);
	tcp_sk(sk)->md5sig_info = NULL;
}

int tcp_md5_copy_key(struct sock *child, const struct sock *listener, __be32 addr)
{
	const struct tcp_md5sig_key *key = tcp_md5_lookup(listener, addr, 0);

	return key ? key_add(child, addr, 32, key->key, key->keylen) : 0;
}

/* Signatures */

/* RFC 2385 section 2.0: pseudo header, header without options and checksum; then data, then the key. */
static void hash_begin(struct md5_state *s, __be32 saddr, __be32 daddr, const struct tcphdr *th,
		       unsigned int len)
{
	struct {
		__be32 saddr;
		__be32 daddr;
		u8 zero;
		u8 protocol;
		__be16 len;
	} pseudo = { saddr, daddr, 0, IPPROTO_TCP, htons((u16)len) };
	struct tcphdr copy = *th;

	copy.check = 0;
	md5_init(s);
	md5_update(s, &pseudo, sizeof(pseudo));
	md5_update(s, &copy, sizeof(copy));
}

static void hash_end(struct md5_state *s, const struct tcp_md5sig_key *key, void *out)
{
	md5_update(s, key->key, key->keylen);
	md5_final(s, (u8 *)out);
}

int tcp_md5_hash_skb(char *md5_hash, const struct tcp_md5sig_key *key, __be32 saddr, __be32 daddr,
		     const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	int off = (int)(th->doff * 4u), end = (int)skb->len, n;
	struct md5_state s;
	u8 piece[512];

	hash_begin(&s, saddr, daddr, th, skb->len);
	for (; off < end; off += n) {
		n = min_t(int, end - off, (int)sizeof(piece));
		if (skb_copy_bits(skb, off, piece, n))
			return 1;
		md5_update(&s, piece, (size_t)n);
	}
	hash_end(&s, key, md5_hash);
	return 0;
}

/* Where the signature of a received segment stands, or NULL. */
static const u8 *find_signature(const struct tcphdr *th)
{
	const u8 *p = (const u8 *)(th + 1);
	int left = (int)(th->doff * 4u - sizeof(*th));

	/* A SYN has other options, but seldom more behind the first of them than a signature takes. */
	while (left >= TCPOLEN_MD5SIG && p[0] != TCPOPT_EOL) {
		if (p[0] == TCPOPT_NOP) {
			p++;
			left--;
			continue;
		}
		if (p[1] < 2 || p[1] > left)
			return NULL;
		if (p[0] == TCPOPT_MD5SIG && p[1] == TCPOLEN_MD5SIG)
			return p + 2;
		left -= p[1];
		p += p[1];
	}
	return NULL;
}

static bool signature_is_right(const struct tcp_md5sig_key *key, const struct sk_buff *skb,
			       __be32 saddr, __be32 daddr, const u8 *signature)
{
	char hash[MD5_DIGEST_SIZE];
	u8 diff = 0;

	if (tcp_md5_hash_skb(hash, key, saddr, daddr, skb))
		return false;
	for (int i = 0; i < MD5_DIGEST_SIZE; i++)
		diff |= (u8)hash[i] ^ signature[i];
	return !diff;
}

enum skb_drop_reason tcp_inbound_md5_hash(const struct sock *sk, const struct sk_buff *skb,
					  __be32 saddr, __be32 daddr, int dif)
{
	const struct tcp_md5sig_key *key = tcp_md5_lookup(sk, saddr, 0);
	const u8 *signature = find_signature(tcp_hdr(skb));
	struct net *net = sock_net(sk);

	(void)dif;
	if (likely(!key && !signature))
		return SKB_NOT_DROPPED_YET;
	if (!signature) {
		NET_INC_STATS(net, LINUX_MIB_TCPMD5NOTFOUND);
		return SKB_DROP_REASON_TCP_MD5NOTFOUND;
	}
	if (!key) {
		NET_INC_STATS(net, LINUX_MIB_TCPMD5UNEXPECTED);
		return SKB_DROP_REASON_TCP_MD5UNEXPECTED;
	}
	if (!signature_is_right(key, skb, saddr, daddr, signature)) {
		NET_INC_STATS(net, LINUX_MIB_TCPMD5FAILURE);
		return SKB_DROP_REASON_TCP_MD5FAILURE;
	}
	return SKB_NOT_DROPPED_YET;
}

void tcp_md5_sign_reply(const struct tcp_md5sig_key *key, const struct sk_buff *skb,
			struct tcphdr *th, __be32 *opt)
{
	__be32 *at = opt + (th->doff - sizeof(*th) / 4);
	const struct iphdr *iph = ip_hdr(skb);
	struct md5_state s;

	*at = htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | TCPOPT_MD5SIG << 8 | TCPOLEN_MD5SIG);
	th->doff = (u8)(th->doff + TCPOLEN_MD5SIG_ALIGNED / 4) & 15;
	hash_begin(&s, iph->daddr, iph->saddr, th, th->doff * 4u);
	hash_end(&s, key, at + 1);
}

/*
 * A segment that nobody has a socket for may still be one that a listening socket's key signed: only
 * then its sender gets a reset that it believes.
 */
static const struct tcp_md5sig_key *key_of_listener(struct sk_buff *skb, const u8 *signature)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcp_md5sig_key *key;
	struct sock *sk;

	/* By the port that it came from: it is the server's, of whom we were the client. */
	sk = __inet_lookup_listener(dev_net(skb->dev), NULL, 0, iph->saddr, th->source, iph->daddr,
				    ntohs(th->source), skb->dev->ifindex);
	key = sk ? tcp_md5_lookup(sk, iph->saddr, 0) : NULL;
	return key && signature_is_right(key, skb, iph->saddr, iph->daddr, signature) ? key : NULL;
}

bool tcp_md5_sign_reset(const struct sock *sk, struct sk_buff *skb, struct tcphdr *th, __be32 *opt)
{
	const struct tcp_md5sig_key *key;
	const u8 *signature;

	if (sk) {
		/* Its signature was checked when it came. */
		key = tcp_md5_lookup(sk, ip_hdr(skb)->saddr, 0);
	} else {
		signature = find_signature(tcp_hdr(skb));
		if (likely(!signature))
			return true;
		key = key_of_listener(skb, signature);
		if (!key)
			return false;
	}
	if (key)
		tcp_md5_sign_reply(key, skb, th, opt);
	return true;
}
