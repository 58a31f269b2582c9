// SPDX-License-Identifier: BSD-2-Clause
/* Prefixes in a tree: the longest one that matches is found in as many steps as it takes to tell. */
#include <skiff/slab.h>

#include "ipv4/ipv4.h"

/*
 * A binary tree whose nodes are prefixes, each one under the longest of those that contain it. Where
 * two prefixes part without a third one there, a node without routes stands at the bits that they
 * share; so every node without routes has two children, and there are at most two nodes per prefix.
 * A look-up compares at most 32 nodes and in a table of a million routes visits about 20.
 */

static u32 prefix_mask(unsigned int len)
{
	return len ? ~0u << (32 - len) : 0;
}

static unsigned int prefix_bit(u32 key, unsigned int at)
{
	return key >> (31 - at) & 1;
}

/* Bits that two prefixes share, at most @most. */
static unsigned int prefix_common(u32 a, u32 b, unsigned int most)
{
	u32 differ = a ^ b;

	return differ ? min((unsigned int)__builtin_clz(differ), most) : most;
}

static struct fib_node *node_alloc(u32 key, unsigned int len)
{
	struct fib_node *n = (struct fib_node *)kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return NULL;
	n->key = key & prefix_mask(len);
	n->len = (u8)len;
	INIT_LIST_HEAD(&n->aliases);
	return n;
}

/* Put a node with @len bits of @key where @n stands now, with @n below it. */
static struct fib_node *node_above(struct fib_node **at, u32 key, unsigned int len)
{
	struct fib_node *n = *at, *above = node_alloc(key, len);

	if (!above)
		return NULL;
	above->child[prefix_bit(n->key, len)] = n;
	*at = above;
	return above;
}

struct fib_node *fib_node_find(struct fib_node *root, u32 key, unsigned int len)
{
	struct fib_node *n = root;

	while (n && n->len < len && !((n->key ^ key) & prefix_mask(n->len)))
		n = n->child[prefix_bit(key, n->len)];
	return n && n->len == len && n->key == key ? n : NULL;
}

struct fib_node *fib_node_make(struct fib_node **root, u32 key, unsigned int len)
{
	struct fib_node **at = root, *n, *fork, *leaf;
	unsigned int common = 0;

	while ((n = *at) != NULL) {
		common = prefix_common(n->key, key, min((unsigned int)n->len, len));
		if (common < n->len)
			break;
		if (n->len == len)
			return n;
		at = &n->child[prefix_bit(key, n->len)];
	}
	if (n && common == len)
		return node_above(at, key, len);
	leaf = node_alloc(key, len);
	if (!leaf)
		return NULL;
	if (!n) {
		*at = leaf;
		return leaf;
	}
	fork = node_above(at, key, common);
	if (!fork) {
		kfree(leaf);
		return NULL;
	}
	fork->child[prefix_bit(key, common)] = leaf;
	return leaf;
}

/* A node that is no longer needed makes way for its only child, or for nothing. */
static void node_collapse(struct fib_node **at)
{
	struct fib_node *n = *at;

	if (!n || !list_empty(&n->aliases) || (n->child[0] && n->child[1]))
		return;
	*at = n->child[0] ? n->child[0] : n->child[1];
	kfree(n);
}

void fib_node_drop(struct fib_node **root, u32 key, unsigned int len)
{
	struct fib_node **at = root, **above = NULL;

	while (*at && (*at)->len < len) {
		above = at;
		at = &(*at)->child[prefix_bit(key, (*at)->len)];
	}
	if (!*at || (*at)->len != len || (*at)->key != key)
		return;
	node_collapse(at);
	if (above)
		node_collapse(above);
}

/* ignore_routes_with_linkdown: a route counts only while its device has carrier. */
static bool fib_is_dead(const struct fib_route *r)
{
	const struct in_device *in_dev;

	if (likely(!r->dev || netif_carrier_ok(r->dev)) || r->cfg.fc_type != RTN_UNICAST)
		return false;
	in_dev = __in_dev_get(r->dev);
	return in_dev && in_dev_orconf(in_dev, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
}

/* Whether a route of a prefix that matches is for this packet. */
static bool fib_alias_fits(const struct fib_route *r, int oif, u8 tos)
{
	if (r->cfg.fc_tos && r->cfg.fc_tos != (tos & IPTOS_RT_MASK))
		return false;
	if (unlikely(fib_is_dead(r)))
		return false;
	return !oif || !r->dev || r->dev->ifindex == oif || r->cfg.fc_type == RTN_LOCAL;
}

struct fib_route *fib_lookup_tos(struct ipv4_net *in, __be32 daddr, int oif, u8 tos)
{
	struct fib_node *matches[33], *n = in->fib_root;
	unsigned int depth = 0;
	u32 key = ntohl(daddr);
	struct fib_route *r;

	while (n && !((n->key ^ key) & prefix_mask(n->len))) {
		if (!list_empty(&n->aliases))
			matches[depth++] = n;
		if (n->len == 32)
			break;
		n = n->child[prefix_bit(key, n->len)];
	}
	while (depth--) {
		list_for_each_entry(r, &matches[depth]->aliases, alias) {
			if (!fib_alias_fits(r, oif, tos))
				continue;
			/* "Look elsewhere", and there is nothing else. */
			return r->cfg.fc_type == RTN_THROW ? NULL : r;
		}
	}
	return NULL;
}
