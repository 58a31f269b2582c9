// SPDX-License-Identifier: BSD-2-Clause
/* A cable to a host that runs in another process: each has one end of a pair of sockets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cable.h"
#include "hosts.h"
#include "program/control.h"

#define KIND "veth"
#define PEER "peer="
#define PEER_OPTION "peer-"

/**
 * struct ends - the text taken apart
 * @buf: the text, cut into strings
 * @peer: the other host, or NULL
 * @here: what this end is
 * @there: what the other one is
 */
struct ends {
	char buf[CABLE_TEXT_MAX];
	const char *peer;
	char here[CABLE_TEXT_MAX];
	char there[CABLE_TEXT_MAX];
};

bool is_cable(const char *text)
{
	size_t len = sizeof(KIND) - 1;

	/* With a descriptor it is laid already. */
	return !strncmp(text, KIND, len) && (!text[len] || text[len] == ',') &&
	       !strstr(text, ",fd=");
}

/* There is room: together they are no longer than the text. */
static void add_option(char *text, const char *option)
{
	size_t used = strlen(text);

	snprintf(text + used, CABLE_TEXT_MAX - used, ",%s", option);
}

static enum status take_apart(const char *text, struct ends *ends)
{
	char *next = ends->buf, *item;

	if (strlen(text) >= sizeof(ends->buf) - sizeof(",fd=2147483647"))
		return complain(STATUS_BAD_DEVICE, "--dev %.32s...: too long", text);
	memcpy(ends->buf, text, strlen(text) + 1);
	strcpy(ends->here, KIND);
	strcpy(ends->there, KIND);
	strsep(&next, ",");
	while ((item = strsep(&next, ",")) != NULL) {
		if (!strncmp(item, PEER, sizeof(PEER) - 1))
			ends->peer = item + sizeof(PEER) - 1;
		else if (!strncmp(item, PEER_OPTION, sizeof(PEER_OPTION) - 1))
			add_option(ends->there, item + sizeof(PEER_OPTION) - 1);
		else
			add_option(ends->here, item);
	}
	if (ends->peer)
		return STATUS_OK;
	return complain(
		STATUS_BAD_DEVICE,
		"--dev %s: peer= is missing: the name of a host that is running is accepted", text);
}

static enum status refused(const char *text, const struct ends *ends, int err, const char *reply)
{
	/* What hosts say that know no cables. */
	if (!strncmp(reply, "there is no such request", 24))
		return complain(STATUS_NO_HOST,
				"--dev %s: host '%s' is of an earlier version and lays no cables; "
				"end it, and start it again",
				text, ends->peer);
	if (err == -EMSGSIZE)
		return complain(STATUS_BAD_DEVICE, "--dev %s: too much about the other end", text);
	return complain(err == -EREMOTEIO ? STATUS_BAD_DEVICE : STATUS_NO_HOST,
			"--dev %s: host '%s': %s", text, ends->peer, reply);
}

/* Let the other host have @fd for the device of @ends. */
static enum status ask_peer(const char *text, const struct ends *ends, int fd)
{
	char *reply = malloc(CONTROL_REPLY_MAX);
	enum status status = STATUS_OK;
	int control, err;

	if (!reply)
		return complain(STATUS_FAILED, "no memory");
	control = host_connect(ends->peer);
	if (control < 0) {
		free(reply);
		return STATUS_NO_HOST;
	}
	err = control_ask_with(control, fd, reply, "cable %s", ends->there);
	if (err)
		status = refused(text, ends, err, reply);
	close(control);
	free(reply);
	return status;
}

enum status cable_lay(const char *text, struct cable *cable)
{
	struct ends ends = { .peer = NULL };
	enum status status = take_apart(text, &ends);
	int pair[2];

	if (status != STATUS_OK)
		return status;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return complain(STATUS_FAILED, "--dev %s: %s", text, strerror(errno));
	status = ask_peer(text, &ends, pair[1]);
	close(pair[1]);
	if (status != STATUS_OK) {
		close(pair[0]);
		return status;
	}
	cable->fd = pair[0];
	snprintf(cable->text, sizeof(cable->text), "%s,fd=%d", ends.here, cable->fd);
	return STATUS_OK;
}
