/* SPDX-License-Identifier: BSD-2-Clause */
/* What services over TCP are to the table of services. */
#ifndef SKIFF_SERVICES_STREAM_H
#define SKIFF_SERVICES_STREAM_H

#include <skiff/list.h>
#include <skiff/net.h>
#include <skiff/net_namespace.h>

#include "services/services.h"

/* Connections to one service of a host. */
#define SERVICE_CONNS_MAX 1024

/**
 * struct service_stream - a service over TCP
 * @service: which
 * @sock: its listening socket; @sock.sk is NULL while it is not offered
 * @stats: what it did
 * @all: the services of the host
 * @conns: struct service_conn, idle for longest first
 * @nr_conns: how many
 * @knocked: somebody waits to be accepted
 */
struct service_stream {
	const struct service *service;
	struct socket sock;
	struct service_stats *stats;
	struct service_streams *all;
	struct list_head conns;
	unsigned int nr_conns;
	bool knocked;
};

/**
 * struct service_streams - those of a host
 * @stream: each of them
 * @nr: how many
 * @ready: connections that something happened to
 * @work: looks at them
 */
struct service_streams {
	struct service_stream stream[SERVICES_NR];
	unsigned int nr;
	struct list_head ready;
	struct net_work work;
};

/* All of it under the stack lock. */
void service_streams_init(struct service_streams *all);
/* Return: one more service of the host, which is not offered yet. */
struct service_stream *service_stream_init(struct service_streams *all,
					   const struct service *service,
					   struct service_stats *stats);
/* Return: 0; -EADDRINUSE, -ENOBUFS. */
int service_stream_start(struct service_stream *s, struct net *net);
/* Its connections end by a reset. */
void service_stream_stop(struct service_stream *s);

#endif /* SKIFF_SERVICES_STREAM_H */
