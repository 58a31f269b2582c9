// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: groups of sockets that share the frames of one binding (PACKET_FANOUT). */
#include <skiff/random.h>
#include <skiff/skb/flow.h>
#include <skiff/slab.h>

#include "packet/packet.h"

/*
 * A group has one packet_type, registered while it has members that are registered. Its input
 * function chooses a member, which then gets the frame as if it were alone. Members are kept in an
 * array without gaps; one that is not registered (its device is down) is not in it, but belongs to
 * the group all the same (users).
 */

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

/* Most members of a group, and how many it has when the program does not say. */
#define FANOUT_MAX 65536
#define FANOUT_DEFAULT 256

/* Room is low when less than a quarter of the receive buffer is free. */
#define ROOM_POW_OFF 2
enum room { ROOM_NONE, ROOM_LOW, ROOM_NORMAL };

/**
 * struct packet_fanout - a group
 * @list: in the host's list
 * @prot_hook: how it gets frames; type and device are those of its first member
 * @id: number, unique in the host
 * @type: PACKET_FANOUT_*
 * @flags: PACKET_FANOUT_FLAG_* >> 8
 * @users: sockets that belong to it
 * @max_members: most of them
 * @next: the member that is next, for PACKET_FANOUT_LB
 * @prog: chooses, for PACKET_FANOUT_CBPF; NULL chooses the first
 * @num_members: of those registered
 * @arr: these
 */
struct packet_fanout {
	struct list_head list;
	struct packet_type prot_hook;
	u16 id;
	u8 type;
	u8 flags;
	unsigned int users;
	unsigned int max_members;
	u32 next;
	struct bpf_prog *prog;
	unsigned int num_members;
	struct packet_sock *arr[];
};

static bool fanout_has_flag(const struct packet_fanout *f, unsigned int flag)
{
	return f->flags & flag >> 8;
}

/* Choosing a member. */

/* Where on average @ep_ro of 2^32 values fall alike. */
static u32 scale(u32 val, u32 ep_ro)
{
	return (u32)((u64)val * ep_ro >> 32);
}

static enum room has_room(const struct packet_sock *po, unsigned int truesize)
{
	int rcvbuf = READ_ONCE(po->sk.sk_rcvbuf);
	s64 avail = (s64)rcvbuf - atomic_read(&po->sk.sk_rmem_alloc) - truesize;

	if (avail > rcvbuf >> ROOM_POW_OFF)
		return ROOM_NORMAL;
	return avail > 0 ? ROOM_LOW : ROOM_NONE;
}

static enum room look_for_room(struct packet_sock *po, unsigned int truesize)
{
	enum room room = has_room(po, truesize);

	po->pressure = room != ROOM_NORMAL;
	return room;
}

void fanout_clear_pressure(struct packet_sock *po)
{
	if (po->pressure && has_room(po, 0) == ROOM_NORMAL)
		po->pressure = false;
}

/* Whether most of what came lately is of the packet's flow. */
static bool flow_is_huge(struct packet_rollover *r, struct sk_buff *skb)
{
	u32 hash = skb_get_hash(skb);
	unsigned int i, count = 0;

	for (i = 0; i < ROLLOVER_HLEN; i++)
		count += r->history[i] == hash;
	r->history[get_random_u32_below(ROLLOVER_HLEN)] = hash;
	return count > ROLLOVER_HLEN / 2;
}

/* The next member with plenty of room; with @try_self the one at @idx while it has enough. */
static unsigned int rollover(struct packet_fanout *f, struct sk_buff *skb, unsigned int idx,
			     bool try_self)
{
	struct packet_sock *po = f->arr[idx], *skip = NULL;
	struct packet_rollover *r = po->rollover;
	enum room room = ROOM_NONE;
	unsigned int i, start;

	if (try_self) {
		room = look_for_room(po, skb->truesize);
		if (room == ROOM_NORMAL || (room == ROOM_LOW && !flow_is_huge(r, skb)))
			return idx;
		skip = po;
	}
	i = start = min(r->sock, f->num_members - 1);
	do {
		struct packet_sock *next = f->arr[i];

		if (next != skip && !next->pressure &&
		    look_for_room(next, skb->truesize) == ROOM_NORMAL) {
			r->sock = i;
			r->num++;
			r->num_huge += room == ROOM_LOW;
			return i;
		}
		if (++i == f->num_members)
			i = 0;
	} while (i != start);
	r->num_failed++;
	return idx;
}

static unsigned int demux(struct packet_fanout *f, struct sk_buff *skb)
{
	unsigned int num = f->num_members;

	switch (f->type) {
	case PACKET_FANOUT_LB:
		return ++f->next % num;
	case PACKET_FANOUT_CPU:
		return 0; /* a host runs on one processor at a time */
	case PACKET_FANOUT_RND:
		return get_random_u32_below(num);
	case PACKET_FANOUT_QM:
		return skb_get_queue_mapping(skb) % num;
	case PACKET_FANOUT_ROLLOVER:
		return rollover(f, skb, 0, false);
	case PACKET_FANOUT_CBPF:
		return f->prog ? bpf_prog_run(f->prog, skb) % num : 0;
	default:
		return scale(__skb_get_hash_symmetric(skb), num);
	}
}

static int packet_rcv_fanout(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
			     struct net_device *orig_dev)
{
	struct packet_fanout *f = (struct packet_fanout *)pt->af_packet_priv;
	unsigned int idx = demux(f, skb);

	if (fanout_has_flag(f, PACKET_FANOUT_FLAG_ROLLOVER))
		idx = rollover(f, skb, idx, true);
	return packet_rcv(skb, dev, &f->arr[idx]->prot_hook, orig_dev);
}

/* What a member sends, the group does not get. */
static bool match_fanout_group(struct packet_type *pt, struct sock *sk)
{
	return sk->sk_family == AF_PACKET &&
	       pkt_sk(sk)->fanout == (struct packet_fanout *)pt->af_packet_priv;
}

/* Members. */

void fanout_link(struct packet_sock *po)
{
	struct packet_fanout *f = po->fanout;

	f->arr[f->num_members++] = po;
	if (f->num_members == 1)
		dev_add_pack(&f->prot_hook);
}

void fanout_unlink(struct packet_sock *po)
{
	struct packet_fanout *f = po->fanout;
	unsigned int i;

	for (i = 0; i < f->num_members; i++)
		if (f->arr[i] == po)
			break;
	BUG_ON(i == f->num_members);
	f->arr[i] = f->arr[--f->num_members];
	if (!f->num_members)
		dev_remove_pack(&f->prot_hook);
}

static void put_group(struct packet_fanout *f)
{
	if (--f->users)
		return;
	list_del(&f->list);
	bpf_prog_destroy(f->prog);
	kfree(f);
}

void fanout_release(struct packet_sock *po)
{
	if (po->fanout)
		put_group(po->fanout);
	po->fanout = NULL;
	kfree(po->rollover);
	po->rollover = NULL;
}

/* Groups. */

static struct packet_fanout *find_group(const struct packet_net *pn, u16 id)
{
	struct packet_fanout *f;

	list_for_each_entry(f, &pn->fanouts, list)
		if (f->id == id)
			return f;
	return NULL;
}

/* A number that no group has. Return: false when there is none left. */
static bool find_new_id(struct packet_net *pn, u16 *id)
{
	unsigned int tries;

	for (tries = 0; tries <= UINT16_MAX; tries++) {
		*id = pn->next_id++;
		if (!find_group(pn, *id))
			return true;
	}
	return false;
}

static struct packet_fanout *new_group(const struct packet_sock *po, const struct fanout_args *args,
				       u8 type, u8 flags)
{
	unsigned int max = args->max_num_members ? args->max_num_members : FANOUT_DEFAULT;
	struct packet_fanout *f;

	f = kzalloc(sizeof(*f) + max * sizeof(void *), GFP_KERNEL);
	if (!f)
		return NULL;
	f->id = args->id;
	f->type = type;
	f->flags = flags;
	f->users = 0; /* join() counts */
	f->num_members = 0;
	f->max_members = max;
	f->prot_hook.type = po->prot_hook.type;
	f->prot_hook.dev = po->prot_hook.dev;
	f->prot_hook.func = packet_rcv_fanout;
	f->prot_hook.af_packet_priv = f;
	f->prot_hook.af_packet_net = sock_net(&po->sk);
	f->prot_hook.id_match = match_fanout_group;
	f->prot_hook.ignore_outgoing = fanout_has_flag(f, PACKET_FANOUT_FLAG_IGNORE_OUTGOING);
	INIT_LIST_HEAD(&f->prot_hook.list);
	return f;
}

/* The socket may become a member of @f as far as its own binding goes. */
static int may_join(const struct packet_sock *po, const struct packet_fanout *f, u8 type)
{
	if (!po->running || f->type != type || f->prot_hook.type != po->prot_hook.type ||
	    f->prot_hook.dev != po->prot_hook.dev)
		return -EINVAL;
	return f->users < f->max_members ? 0 : -ENOSPC;
}

/* The group that the program names, made if need be. Return: it, or ERR_PTR(). */
static struct packet_fanout *get_group(struct packet_sock *po, const struct fanout_args *args,
				       u8 type, u8 flags)
{
	struct packet_net *pn = packet_net(sock_net(&po->sk));
	struct packet_fanout *f = find_group(pn, args->id);
	int err;

	if (f) {
		if (f->flags != flags ||
		    (args->max_num_members && args->max_num_members != f->max_members))
			return (struct packet_fanout *)ERR_PTR(-EINVAL);
		err = may_join(po, f, type);
		return err ? (struct packet_fanout *)ERR_PTR(err) : f;
	}
	if (args->max_num_members > FANOUT_MAX || !po->running)
		return (struct packet_fanout *)ERR_PTR(-EINVAL);
	f = new_group(po, args, type, flags);
	if (!f)
		return (struct packet_fanout *)ERR_PTR(-ENOMEM);
	list_add(&f->list, &pn->fanouts);
	return f;
}

static int check_type(u8 type, unsigned int type_flags)
{
	if (type > PACKET_FANOUT_CBPF ||
	    (type == PACKET_FANOUT_ROLLOVER && (type_flags & PACKET_FANOUT_FLAG_ROLLOVER)))
		return -EINVAL;
	/* Fragments are not put together here: their flows would be torn apart unnoticed. */
	return type_flags & PACKET_FANOUT_FLAG_DEFRAG ? -EOPNOTSUPP : 0;
}

/* Give the socket its place: from its own hook to that of the group. */
static void join(struct packet_sock *po, struct packet_fanout *f, struct packet_rollover *r)
{
	dev_remove_pack(&po->prot_hook);
	po->fanout = f;
	po->rollover = r;
	f->users++;
	fanout_link(po);
}

static int add(struct packet_sock *po, struct fanout_args *args)
{
	u8 type = args->type_flags & 0xff, flags = (u8)(args->type_flags >> 8);
	struct packet_rollover *r = NULL;
	struct packet_fanout *f;

	if (args->type_flags & PACKET_FANOUT_FLAG_UNIQUEID) {
		if (args->id)
			return -EINVAL;
		if (!find_new_id(packet_net(sock_net(&po->sk)), &args->id))
			return -ENOMEM;
		/* Others join by the number. */
		flags &= (u8) ~(PACKET_FANOUT_FLAG_UNIQUEID >> 8);
	}
	if (type == PACKET_FANOUT_ROLLOVER || (args->type_flags & PACKET_FANOUT_FLAG_ROLLOVER)) {
		r = (struct packet_rollover *)kzalloc(sizeof(*r), GFP_KERNEL);
		if (!r)
			return -ENOMEM;
	}
	f = get_group(po, args, type, flags);
	if (IS_ERR(f)) {
		kfree(r);
		return (int)PTR_ERR(f);
	}
	join(po, f, r);
	return 0;
}

int fanout_add(struct packet_sock *po, const void *optval, unsigned int optlen)
{
	struct fanout_args args = { .id = 0 };
	int err;

	/* The structure, or as it was before it had a third member: both in one int. */
	if (optlen != sizeof(int) && optlen != sizeof(args))
		return -EINVAL;
	if (optlen == sizeof(int)) {
		u32 both;

		memcpy(&both, optval, sizeof(both));
		args.id = both & 0xffff;
		args.type_flags = (u16)(both >> 16);
	} else {
		memcpy(&args, optval, sizeof(args));
	}
	err = check_type(args.type_flags & 0xff, args.type_flags);
	if (err)
		return err;
	return po->fanout ? -EALREADY : add(po, &args);
}

int fanout_set_data(struct packet_sock *po, const void *optval, unsigned int optlen)
{
	struct bpf_prog *prog;
	struct sock_fprog fprog;
	int err;

	if (!po->fanout || po->fanout->type != PACKET_FANOUT_CBPF)
		return -EINVAL;
	if (sock_flag(&po->sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (optlen != sizeof(fprog))
		return -EINVAL;
	memcpy(&fprog, optval, sizeof(fprog));
	err = bpf_prog_create(&prog, &fprog);
	if (err)
		return err;
	bpf_prog_destroy(po->fanout->prog);
	po->fanout->prog = prog;
	return 0;
}

u32 fanout_value(const struct packet_sock *po)
{
	const struct packet_fanout *f = po->fanout;

	return f ? f->id | (u32)f->type << 16 | (u32)f->flags << 24 : 0;
}
