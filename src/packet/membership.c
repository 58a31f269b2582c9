// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: what a socket wants of devices' address filters, until it closes. */
#include <skiff/slab.h>

#include "packet/packet.h"

/* struct packet_mreq with room for the longest address. */
struct packet_mreq_max {
	int mr_ifindex;
	unsigned short mr_type;
	unsigned short mr_alen;
	unsigned char mr_address[MAX_ADDR_LEN];
};

/* Ask the device for it (@add), or no longer. Return: 0 or -errno. */
static int apply(struct net_device *dev, const struct packet_mclist *i, bool add)
{
	switch (i->type) {
	case PACKET_MR_MULTICAST:
		if (i->alen != dev->addr_len)
			return -EINVAL;
		return add ? dev_mc_add(dev, i->addr) : dev_mc_del(dev, i->addr);
	case PACKET_MR_UNICAST:
		if (i->alen != dev->addr_len)
			return -EINVAL;
		return add ? dev_uc_add(dev, i->addr) : dev_uc_del(dev, i->addr);
	case PACKET_MR_PROMISC:
		return dev_set_promiscuity(dev, add ? 1 : -1);
	case PACKET_MR_ALLMULTI:
		return dev_set_allmulti(dev, add ? 1 : -1);
	default:
		/* As on Linux, other types are remembered and mean nothing. */
		return 0;
	}
}

static bool same(const struct packet_mclist *i, const struct packet_mreq_max *mreq)
{
	return i->ifindex == mreq->mr_ifindex && i->type == mreq->mr_type &&
	       i->alen == mreq->mr_alen && !memcmp(i->addr, mreq->mr_address, i->alen);
}

/* Where the link to the entry for @mreq is, or the one behind the last entry. */
static struct packet_mclist **find(struct packet_sock *po, const struct packet_mreq_max *mreq)
{
	struct packet_mclist **at = &po->mclist;

	while (*at && !same(*at, mreq))
		at = &(*at)->next;
	return at;
}

/* An entry on the heap counts as option memory: a program can't collect them without end. */
static struct packet_mclist *new_entry(struct sock *sk)
{
	const int limit = sock_limits(sock_net(sk))->optmem_max;
	struct packet_mclist *i;

	if (atomic_read(&sk->sk_omem_alloc) + (int)sizeof(*i) > limit)
		return NULL;
	i = kzalloc(sizeof(*i), GFP_KERNEL);
	if (i)
		atomic_add(sizeof(*i), &sk->sk_omem_alloc);
	return i;
}

static void free_entry(struct sock *sk, struct packet_mclist *i)
{
	atomic_sub(sizeof(*i), &sk->sk_omem_alloc);
	kfree(i);
}

static int mc_add(struct packet_sock *po, const struct packet_mreq_max *mreq)
{
	struct net_device *dev = __dev_get_by_index(sock_net(&po->sk), mreq->mr_ifindex);
	struct packet_mclist **at, *i;
	int err;

	if (!dev)
		return -ENODEV;
	if (mreq->mr_alen > dev->addr_len)
		return -EINVAL;
	at = find(po, mreq);
	if (*at) {
		(*at)->count++;
		return 0;
	}
	i = new_entry(&po->sk);
	if (!i)
		return -ENOBUFS;
	i->ifindex = mreq->mr_ifindex;
	i->type = mreq->mr_type;
	i->alen = mreq->mr_alen;
	i->count = 1;
	memcpy(i->addr, mreq->mr_address, i->alen);
	err = apply(dev, i, true);
	if (err) {
		free_entry(&po->sk, i);
		return err;
	}
	*at = i;
	return 0;
}

static void undo(struct packet_sock *po, const struct packet_mclist *i)
{
	struct net_device *dev = __dev_get_by_index(sock_net(&po->sk), i->ifindex);

	if (dev)
		apply(dev, i, false);
}

/* Dropping what was never asked for is no error on Linux. */
static int mc_drop(struct packet_sock *po, const struct packet_mreq_max *mreq)
{
	struct packet_mclist **at = find(po, mreq), *i = *at;

	if (!i || --i->count)
		return 0;
	*at = i->next;
	undo(po, i);
	free_entry(&po->sk, i);
	return 0;
}

int packet_mc_change(struct packet_sock *po, int optname, const void *optval, unsigned int optlen)
{
	struct packet_mreq_max mreq = { .mr_ifindex = 0 };

	if (optlen < sizeof(struct packet_mreq))
		return -EINVAL;
	optlen = min_t(unsigned int, optlen, sizeof(mreq));
	memcpy(&mreq, optval, optlen);
	if (optlen < mreq.mr_alen + offsetof(struct packet_mreq_max, mr_address))
		return -EINVAL;
	return optname == PACKET_ADD_MEMBERSHIP ? mc_add(po, &mreq) : mc_drop(po, &mreq);
}

void packet_flush_mclist(struct packet_sock *po)
{
	struct packet_mclist *i;

	while ((i = po->mclist)) {
		po->mclist = i->next;
		undo(po, i);
		free_entry(&po->sk, i);
	}
}

void packet_dev_mclist_delete(struct packet_sock *po, struct net_device *dev)
{
	struct packet_mclist **at = &po->mclist, *i;

	while ((i = *at)) {
		if (i->ifindex != dev->ifindex) {
			at = &i->next;
			continue;
		}
		*at = i->next;
		apply(dev, i, false);
		free_entry(&po->sk, i);
	}
}
