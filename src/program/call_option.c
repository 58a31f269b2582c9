// SPDX-License-Identifier: BSD-2-Clause
/* Options and ioctls. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skiff/skbuff.h>
#include <skiff/slab.h>
#include <skiff/socket.h>

#include "program/program.h"

/* A longer one is not an option's. */
#define OPTION_MAX 65536

/* Largest argument of the ioctls that are known here. */
#define IOCTL_ARG_MAX 128

/* With more room, what waits in the pair may go, and who waits to write to it. */
static void resize(struct psock *ps, int name, int bytes)
{
	*(name == SO_SNDBUF ? &ps->sndbuf : &ps->rcvbuf) = bytes;
	pair_resize(ps);
	if (ps->state == PSOCK_STREAM)
		pump_out(ps);
}

/* Options after which recvmsg() tells when it was received what it gives. */
static bool is_stamp(int name)
{
	return name == SO_TIMESTAMP_OLD || name == SO_TIMESTAMPNS_OLD ||
	       name == SO_TIMESTAMPING_OLD || name == SO_TIMESTAMP_NEW ||
	       name == SO_TIMESTAMPNS_NEW || name == SO_TIMESTAMPING_NEW;
}

static void stamp(struct psock *ps, bool on)
{
	if (on && !ps->stamp) {
		/* Without memory it tells nothing. */
		ps->stamp = kzalloc(sizeof(*ps->stamp), GFP_KERNEL);
	} else if (!on) {
		kfree(ps->stamp);
		ps->stamp = NULL;
	}
}

/* What read() and write() of the pair have to know as well. */
static void tell_pair(struct psock *ps, int level, int name, const void *val, socklen_t len)
{
	int fd;

	if (level == SOL_SOCKET && name == SO_RCVLOWAT && len >= sizeof(int))
		ps->held_back = *(const int *)val > 1 || *(const int *)val < 0;
	if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF) &&
	    ps->type == SOCK_STREAM && len >= sizeof(int))
		resize(ps, name, *(const int *)val);
	if (level == SOL_SOCKET && is_stamp(name) && ps->type == SOCK_STREAM && len >= sizeof(int))
		stamp(ps, *(const int *)val);
	if (level != SOL_SOCKET || (name != SO_RCVTIMEO && name != SO_SNDTIMEO))
		return;
	fd = psock_borrow(ps);
	if (fd < 0)
		return;
	setsockopt(fd, level, name, val, len);
	psock_return(ps, fd);
}

/* Options that hold a pointer: what it points to has to be fetched too. Return: 0 or -errno. */
static long set_filter(struct call *call, struct sock_fprog *prog, int level, int name)
{
	char *scratch = call->session->server->scratch + OPTION_MAX;
	size_t bytes = prog->len * sizeof(struct sock_filter);
	int err;

	if (prog->len > BPF_MAXINSNS)
		return -EINVAL;
	err = task_read(call->task, scratch, (u64)(uintptr_t)prog->filter, bytes);

	if (err)
		return err;
	prog->filter = (struct sock_filter *)scratch;
	return skiff_setsockopt(call->ps->sfd, level, name, prog, sizeof(*prog)) ? -errno : 0;
}

static bool holds_filter(int level, int name)
{
	return (level == SOL_SOCKET &&
		(name == SO_ATTACH_FILTER || name == SO_ATTACH_REUSEPORT_CBPF)) ||
	       (level == SOL_PACKET && name == PACKET_FANOUT_DATA);
}

/* The urgent byte of a stream is the pair's, and so is what becomes of it. */
static bool is_of_pair(const struct psock *ps, int level, int name)
{
	return ps->type == SOCK_STREAM && level == SOL_SOCKET && name == SO_OOBINLINE;
}

long call_setsockopt(struct call *call)
{
	struct psock *ps = call->ps;
	int level = call_int(call, 1), name = call_int(call, 2), len = call_int(call, 4), err;
	char *val = ps->server->scratch;

	if (len < 0)
		return -EINVAL;
	if (len > OPTION_MAX)
		return -ENOMEM;
	if (is_of_pair(ps, level, name))
		return CALL_CONTINUE;
	err = task_read(call->task, val, call_arg(call, 3), (size_t)len);
	if (err)
		return err;
	if (holds_filter(level, name) && len != sizeof(struct sock_fprog))
		return -EINVAL;
	if (holds_filter(level, name))
		return set_filter(call, (struct sock_fprog *)val, level, name);
	/* Its bytes are copied on their way: nothing would ever be told of by the error queue. */
	if (level == SOL_SOCKET && name == SO_ZEROCOPY)
		return -EOPNOTSUPP;
	if (ps->state == PSOCK_STREAM)
		pump_out(ps);
	if (skiff_setsockopt(ps->sfd, level, name, val, (socklen_t)len))
		return -errno;
	tell_pair(ps, level, name, val, (socklen_t)len);
	return 0;
}

/*
 * What the pump was told is the program's, who asks for it, unless the pair has told it already: a reset
 * that was read is none any more. Nor does the pair poll an error any more.
 */
static void pair_error(struct psock *ps, char *val, socklen_t room)
{
	int fd = psock_borrow(ps), err = 0;
	socklen_t len = sizeof(err);
	bool told = fd >= 0 && ps->end.fd < 0 &&
		    !getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) && !err;

	if (ps->error && !told && room == sizeof(ps->error))
		memcpy(val, &ps->error, sizeof(ps->error));
	ps->error = 0;
	psock_return(ps, fd);
}

/* The caller may have taken it before, and not have heard of it. */
static void take_error(struct call *call, char *val, socklen_t room)
{
	int before = undo_find_error(call), error = 0;

	if (call->ps->type == SOCK_STREAM)
		pair_error(call->ps, val, room);
	if (room != sizeof(error))
		return;
	memcpy(&error, val, sizeof(error));
	if (!error && before) {
		memcpy(val, &before, sizeof(before));
		error = before;
	}
	undo_tells_error(call, error);
}

long call_getsockopt(struct call *call)
{
	struct psock *ps = call->ps;
	int level = call_int(call, 1), name = call_int(call, 2), room, err;
	char *val = ps->server->scratch;
	socklen_t len;

	if (is_of_pair(ps, level, name))
		return CALL_CONTINUE;
	err = task_read(call->task, &room, call_arg(call, 4), sizeof(room));
	if (err)
		return err;
	if (room < 0)
		return -EINVAL;
	len = room > OPTION_MAX ? OPTION_MAX : (socklen_t)room;
	/* Some options are asked by what is in the program's buffer. */
	task_read(call->task, val, call_arg(call, 3), len);
	if (skiff_getsockopt(ps->sfd, level, name, val, &len))
		return -errno;
	if (level == SOL_SOCKET && name == SO_ERROR)
		take_error(call, val, len);
	err = task_write(call->task, call_arg(call, 3), val, len);
	if (level == SOL_SOCKET && name == SO_ERROR)
		datagram_error_told(ps);
	return err ? err : task_write(call->task, call_arg(call, 4), &len, sizeof(len));
}

/* What waits in the pair counts as well, in both directions. */
static long queue_lengths(struct call *call, unsigned int cmd)
{
	struct psock *ps = call->ps;
	int n = 0;

	if (ps->state == PSOCK_STREAM)
		pump_out(ps);
	if (skiff_ioctl(ps->sfd, cmd, &n))
		return -errno;
	/* Also what is left after a reset. */
	if (cmd == FIONREAD &&
	    (ps->state == PSOCK_STREAM || (ps->type == SOCK_STREAM && ps->in_ended)))
		n += pair_unread(ps, true) + (ps->in ? (int)(ps->in->len - ps->in_offset) : 0);
	else if (ps->state == PSOCK_STREAM)
		n += pair_unread(ps, false) + (ps->out ? (int)ps->out->len : 0);
	return task_write(call->task, call_arg(call, 2), &n, sizeof(n));
}

static long list_interfaces(struct call *call)
{
	struct ifconf conf;
	char *buf = call->session->server->scratch;
	u64 there;
	int err;

	err = task_read(call->task, &conf, call_arg(call, 2), sizeof(conf));
	if (err)
		return err;
	there = (u64)(uintptr_t)conf.ifc_buf;
	if (conf.ifc_len > OPTION_MAX)
		conf.ifc_len = OPTION_MAX;
	conf.ifc_buf = there ? buf : NULL;
	if (skiff_ioctl(call->ps->sfd, SIOCGIFCONF, &conf))
		return -errno;
	err = there ? task_write(call->task, there, buf, (size_t)conf.ifc_len) : 0;
	conf.ifc_buf = (char *)(uintptr_t)there;
	return err ? err : task_write(call->task, call_arg(call, 2), &conf, sizeof(conf));
}

/*
 * Bytes of the argument of an ioctl that asks; 0 for one that is not known. None of them holds a pointer:
 * it would be the program's.
 */
static size_t arg_size(unsigned int cmd)
{
	switch (cmd) {
	case SIOCATMARK:
		return sizeof(int);
	case SIOCGSTAMP_OLD:
		return sizeof(struct timeval);
	case SIOCGSTAMPNS_OLD:
		return sizeof(struct timespec);
	case SIOCGARP:
		return sizeof(struct arpreq);
	case SIOCGIFNAME:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFINDEX:
	case SIOCGIFPFLAGS:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
		return sizeof(struct ifreq);
	default:
		return 0;
	}
}

/* What is no plain question about devices. */
static long not_to_ask(struct call *call, unsigned int cmd)
{
	switch (cmd) {
	case SIOCADDRT:
	case SIOCDELRT:
	case SIOCSARP:
	case SIOCDARP:
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFMETRIC:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFNAME:
	case SIOCSIFPFLAGS:
	case SIOCSIFTXQLEN:
	case SIOCSIFMAP:
	case SIOCSIFHWBROADCAST:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return call_change(call, cmd);
	case SIOCETHTOOL:
		return call_ethtool(call);
	case SIOCGMIIPHY:
	case SIOCGMIIREG:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

static long ioctl_of_host(struct call *call, unsigned int cmd)
{
	char arg[IOCTL_ARG_MAX] = { 0 };
	size_t size = arg_size(cmd);
	int err, ret;

	if (cmd == FIONREAD || cmd == TIOCOUTQ || cmd == SIOCOUTQNSD)
		return queue_lengths(call, cmd);
	if (cmd == SIOCGIFCONF)
		return list_interfaces(call);
	if (!size)
		return not_to_ask(call, cmd);
	err = task_read(call->task, arg, call_arg(call, 2), size);
	if (err)
		return err;
	ret = skiff_ioctl(call->ps->sfd, cmd, arg);
	if (ret < 0)
		return -errno;
	err = task_write(call->task, call_arg(call, 2), arg, size);
	return err ? err : ret;
}

long call_ioctl(struct call *call)
{
	struct psock *ps = call->ps;
	unsigned int cmd = (unsigned int)call_arg(call, 1);
	long ret;

	/* The pair's own mark is the stream's, and so are its owner and its signals. */
	if ((cmd == SIOCATMARK && ps->type == SOCK_STREAM) || cmd == SIOCSPGRP ||
	    cmd == FIOSETOWN || cmd == SIOCGPGRP || cmd == FIOGETOWN)
		return CALL_CONTINUE;
	datagram_settle(ps, false);
	ret = ioctl_of_host(call, cmd);
	datagram_go_on(ps);
	return ret;
}
