// SPDX-License-Identifier: BSD-2-Clause
/* What clients of a control socket may ask for. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/control_host.h"

/* Words of a request. */
#define WORDS_MAX 4

static bool no_such_request(FILE *out, const char *what)
{
	fprintf(out, "error %s; accepted are version, list, exec, cable and down\n", what);
	return false;
}

static bool tell_version(struct client *c, FILE *out)
{
	fprintf(out, "ok\nprotocol %d\n", CONTROL_PROTOCOL);
	return true;
}

static bool tell_all(struct client *c, FILE *out)
{
	const struct control *control = c->control;
	const struct control_session *s;
	s64 now = control_now();

	fprintf(out, "ok\npid %d\nuptime %lld\n", getpid(), (long long)(now - control->begun));
	control->ops->describe(control->host, out);
	list_for_each_entry(s, &control->sessions, list)
		fprintf(out, "program %d %lld %s\n", control_session_pid(s),
			(long long)(now - s->since), s->name);
	return true;
}

static bool end_host(struct client *c, FILE *out)
{
	fputs("ok\n", out);
	c->state = CLIENT_WAITING;
	c->control->ops->down(c->control->host);
	return true;
}

/* How a program is to be furnished, which is remembered: the host may have changed when it has been. */
static char *furnish(const struct control *control)
{
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return NULL;
	control->ops->furnish(control->host, out);
	if (!fclose(out))
		return lines;
	free(lines);
	return NULL;
}

static bool furnish_program(struct client *c, FILE *out)
{
	char *lines;

	if (c->control->nr_sessions >= CONTROL_MAX_SESSIONS) {
		fprintf(out, "error the host has %d programs already\n", CONTROL_MAX_SESSIONS);
		return false;
	}
	lines = furnish(c->control);
	if (!lines) {
		fputs("error the host has no memory\n", out);
		return false;
	}
	fprintf(out, "ok\n%s", lines);
	free(c->lines);
	c->lines = lines;
	c->state = CLIENT_LAUNCHING;
	c->deadline = control_now() + CONTROL_LAUNCH_PATIENCE;
	return true;
}

/* Return: a descriptor's number, or -1. */
static int descriptor(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text < '0' || *text > '9' || *end || n > 0x7fffffff ? -1 : (int)n;
}

static bool begin_session(struct client *c, const char *number, const char *name, FILE *out)
{
	int fd = descriptor(number);

	if (c->state != CLIENT_LAUNCHING || fd < 0)
		return no_such_request(out, "no program is being started");
	return control_session_create(c, fd, name, out);
}

static bool take_part(struct client *c, const char *number, const char *part, const char *name,
		      FILE *out)
{
	int fd = descriptor(number);

	if (c->state != CLIENT_LAUNCHING || fd < 0)
		return no_such_request(out, "no program is being started");
	return control_take_part(c, fd, part, name, out);
}

static bool lay_cable(struct client *c, const char *text, FILE *out)
{
	const struct control *control = c->control;
	char err[256] = "";
	int ret;

	if (c->sent < 0 || !control->ops->lay_cable)
		return no_such_request(out, "no end of a cable has come along");
	ret = control->ops->lay_cable(control->host, c->sent, text, err, sizeof(err));
	if (ret)
		fprintf(out, "error %s\n", *err ? err : strerror(-ret));
	else
		fputs("ok\n", out);
	return !ret;
}

static unsigned int split(char *request, char *words[WORDS_MAX + 1])
{
	unsigned int n = 0;
	char *word;

	request[strcspn(request, "\n")] = '\0';
	while (n <= WORDS_MAX && (word = strsep(&request, " ")) != NULL)
		words[n++] = word;
	return n;
}

/* Requests without arguments. */
static const struct {
	const char *name;
	bool (*answer)(struct client *c, FILE *out);
} requests[] = {
	{ "version", tell_version },
	{ "list", tell_all },
	{ "down", end_host },
	{ "exec", furnish_program },
};

bool control_answer(struct client *c, char *request, FILE *out)
{
	char *words[WORDS_MAX + 1];
	unsigned int n = split(request, words);

	if (n == 3 && !strcmp(words[0], "listener"))
		return begin_session(c, words[1], words[2], out);
	if ((n == 3 || n == 4) && !strcmp(words[0], "image"))
		return take_part(c, words[1], words[2], n == 4 ? words[3] : NULL, out);
	if (n == 2 && !strcmp(words[0], "cable"))
		return lay_cable(c, words[1], out);
	for (size_t i = 0; n == 1 && i < ARRAY_SIZE(requests); i++)
		if (!strcmp(words[0], requests[i].name))
			return requests[i].answer(c, out);
	return no_such_request(out, "there is no such request");
}
