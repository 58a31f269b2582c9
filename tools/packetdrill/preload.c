// SPDX-License-Identifier: BSD-2-Clause
/*
 * packetdrill asks the C library itself for TCP_INFO, for the end of what a script left open, and
 * for sendfile(). A library that was loaded before can hand those calls on to us.
 */
#include <dlfcn.h>
#include <sys/socket.h>

#include <skiff/socket.h>

#include "adapter.h"

typedef void register_fn(int (*is_mine)(int), int (*get)(int, int, int, void *, socklen_t *),
			 int (*end)(int), ssize_t (*file)(int, int, off_t *, size_t));

static struct pd *the_pd;

static int is_mine(int fd)
{
	return the_pd && pd_is_ours(the_pd, fd);
}

static int get(int fd, int level, int name, void *val, socklen_t *len)
{
	struct pd *pd = pd_enter(the_pd);

	return (int)pd_leave(pd, skiff_getsockopt(pd_fd(pd, fd), level, name, val, len));
}

static int end(int fd)
{
	struct pd *pd = pd_enter(the_pd);

	return (int)pd_leave(pd, pd_close_file(pd, fd));
}

static ssize_t file(int out, int in, off_t *off, size_t len)
{
	struct pd *pd = pd_enter(the_pd);

	return pd_leave(pd, pd_sendfile(pd, out, in, off, len));
}

void pd_preload_init(struct pd *pd)
{
	register_fn *reg = (register_fn *)dlsym(RTLD_DEFAULT, "pdfix_register");

	the_pd = pd;
	if (reg)
		reg(is_mine, get, end, file);
}

void pd_preload_exit(void)
{
	the_pd = NULL;
}
