// SPDX-License-Identifier: BSD-2-Clause
/*
 * Launching a program.
 *
 * There is no process of ours between the caller's parent and the program: the calling process becomes the
 * program. Before, it asks the host over the control socket how the program has to be furnished, goes into its
 * namespaces, puts itself under the filter, and tells the host the number of the listener's descriptor. The
 * host fetches it (pidfd_getfd), which takes the same rights as its later work, so that a host that could not
 * serve the program is found out here. Under the filter only calls are made that pass it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/capability.h>

#include "program/control.h"
#include "program/filter.h"
#include "program/image.h"
#include "program/launch.h"
#include "program/namespace.h"
#include "program/rights.h"

/* Longest text of an error. */
#define REASON_MAX 256

/* Collect the values of the lines "@key VALUE" of the host's @reply, one per line. */
static void collect(const char *reply, const char *key, char *values, size_t size)
{
	size_t key_len = strlen(key), used = 0;

	values[0] = '\0';
	while (*reply) {
		size_t len = strcspn(reply, "\n");

		if (len > key_len && !strncmp(reply, key, key_len) && reply[key_len] == ' ' &&
		    used + len - key_len < size)
			used += (size_t)snprintf(values + used, size - used, "%.*s\n",
						 (int)(len - key_len - 1), reply + key_len + 1);
		reply += len + (reply[len] == '\n');
	}
}

static void furnish_names(const struct launch *l, enum separation separation, const char *reply)
{
	char servers[512], why[REASON_MAX];

	collect(reply, "dns", servers, sizeof(servers));
	if (!*servers)
		return;
	if (separation == SEPARATION_NONE)
		l->warn("without a mount namespace programs look names up as the system does: "
			"/etc/resolv.conf is not replaced");
	else if (namespace_resolver(servers, why, sizeof(why)))
		l->warn(why);
}

/* Let the host have what an image consists of. Return: 0, or an error after a reply. */
static int hand_over_image(const struct launch *l, const struct image *image, char *reply)
{
	int err = control_ask(l->control, reply, "image %d rtnl", image->rtnl);

	if (!err)
		err = control_ask(l->control, reply, "image %d packet", image->packet);
	for (unsigned int i = 0; !err && i < image->nr_spares; i++)
		err = control_ask(l->control, reply, "image %d spare", image->spare[i]);
	for (unsigned int i = 0; !err && i < image->nr; i++)
		if (image->device[i].fd >= 0)
			err = control_ask(l->control, reply, "image %d device %s",
					  image->device[i].fd, image->device[i].name);
	return err;
}

/* The kernel's own, which the host does not have, for devices that are made from now on. */
static void no_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
	ssize_t n;

	/* A kernel without IPv6 is as good. */
	if (fd < 0)
		return;
	n = write(fd, "1", 1);
	(void)n;
	close(fd);
}

static void warn_no_image(const struct launch *l, int error)
{
	char text[REASON_MAX];

	snprintf(text, sizeof(text),
		 "/proc/net, `ip addr' and the like do not show the host's devices: %s",
		 error == -ENOENT || error == -ENODEV ? "there is no /dev/net/tun" :
							strerror(-error));
	l->warn(text);
}

/* Show the host's devices in the namespace, and let the host keep them in step. Return: whether something can be seen. */
static bool furnish_devices(const struct launch *l, char *reply)
{
	char why[REASON_MAX * 2];
	struct image image;
	int err;

	no_ipv6();
	err = image_open(&image);
	if (!err)
		err = image_apply(&image, "", reply);
	if (err) {
		warn_no_image(l, err);
	} else if (hand_over_image(l, &image, reply)) {
		snprintf(why, sizeof(why), "the host's devices can't be shown: %.256s", reply);
		l->warn(why);
		err = -EREMOTEIO;
	}
	image_close(&image);
	namespace_devices();
	return !err;
}

static void warn_no_namespace(const struct launch *l, const char *why)
{
	char text[REASON_MAX * 2];

	snprintf(
		text, sizeof(text),
		"the program runs without a network namespace of its own, so /proc/net and the like "
		"show the system's network: %s",
		why);
	l->warn(text);
}

/* What the program is not to have. Return: 0 or a negative errno. */
static int give_up_rights(enum separation separation)
{
	int err = 0;

	/* Any other user has no rights after exec. */
	if (separation != SEPARATION_NONE && !geteuid())
		err = namespace_keep_still();
	/* Root of some containers can't be kept from it. */
	if (separation == SEPARATION_NETWORK)
		return err == -EPERM ? 0 : err;
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}

static const char *filter_reason(int error)
{
	switch (error) {
	case -EBUSY:
		return "the calls of this process are answered by somebody already: a program on a "
		       "host, or in a container with a notifier, can't start another one on a host";
	case -EOPNOTSUPP:
		return "this kernel has no seccomp filters with user notification; Linux 5.9 or later "
		       "on x86-64 or arm64 is needed";
	case -EACCES:
		return "no_new_privs is not set";
	default:
		return strerror(-error);
	}
}

/* Go where the program is to live. Return: 0 or a negative errno after a message. */
static int enter(const struct launch *l, char *reply, char *err, size_t size)
{
	char why[REASON_MAX];
	int separation = namespace_enter(l->map_root, why, sizeof(why)), error;

	if (separation < 0) {
		snprintf(err, size, "%s", why);
		return separation;
	}
	if (separation == SEPARATION_NONE)
		warn_no_namespace(l, why);
	furnish_names(l, (enum separation)separation, reply);
	/* Listening there is no harm to anybody. */
	if (separation != SEPARATION_NONE && furnish_devices(l, reply) &&
	    separation == SEPARATION_USER)
		rights_pass_on(CAP_NET_RAW);
	error = give_up_rights((enum separation)separation);
	if (error)
		snprintf(err, size, "rights can't be given up: %s", strerror(-error));
	return error;
}

/* The last part of a path, in a form that a request may hold. */
static void program_name(const char *path, char *name)
{
	const char *slash = strrchr(path, '/');
	const char *from = slash && slash[1] ? slash + 1 : path;
	size_t i;

	for (i = 0; from[i] && i < CONTROL_PROGRAM_NAME - 1; i++)
		name[i] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
	if (!i)
		name[i++] = '?';
	name[i] = '\0';
}

/* Return: 0 when the host answers the calls of this process from now on. */
static int hand_over(const struct launch *l, char *reply, char *err, size_t size)
{
	char name[CONTROL_PROGRAM_NAME];
	int listener, error;

	listener = filter_install();
	if (listener < 0) {
		snprintf(err, size, "%s", filter_reason(listener));
		return listener;
	}
	program_name(l->argv[0], name);
	error = control_ask(l->control, reply, "listener %d %s", listener, name);
	close(listener);
	if (error)
		snprintf(err, size, "%s", reply);
	return error;
}

static enum launch_status execute(char **argv, char *err, size_t size)
{
	int error;

	execvp(argv[0], argv);
	error = errno;
	snprintf(err, size, "%s: %s", argv[0], strerror(error));
	return error == ENOENT ? LAUNCH_NOT_FOUND : LAUNCH_NO_EXEC;
}

enum launch_status launch(const struct launch *l, char *err, size_t size)
{
	char *reply = malloc(CONTROL_REPLY_MAX);
	enum launch_status status = LAUNCH_FAILED;
	int error = reply ? filter_check_kernel() : -ENOMEM;

	/* One that has changed its user is closed to itself (/proc/self/uid_map) and to the host. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	/* Before anything is done that a program on a host may not do, which would be told first. */
	if (!error && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) && filter_is_taken())
		error = -EBUSY;
	if (error)
		snprintf(err, size, "%s", filter_reason(error));
	else if (control_ask(l->control, reply, "exec"))
		snprintf(err, size, "%s", reply);
	else if (!enter(l, reply, err, size) && !hand_over(l, reply, err, size))
		status = execute(l->argv, err, size);
	free(reply);
	return status;
}
