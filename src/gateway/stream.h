/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection of the client that goes on as one of the system. */
#ifndef SKIFF_GATEWAY_STREAM_H
#define SKIFF_GATEWAY_STREAM_H

#include "gateway/gateway.h"

/**
 * struct gw_stream - a connection in two parts
 * @flow: what it is as a flow; must be first
 * @sock: our end of the client's part; without sk until there is one
 * @syn: the client's SYN while the system connects
 * @isn: see struct ip_catch_all
 * @tries: resolvers that were tried, for questions about names
 * @out: from the client, not all written: a list
 * @out_last: its last one
 * @out_at: bytes of the first one that were written
 * @out_len: bytes of the list that were not
 * @urgent: how many bytes of @out come before one that is urgent; -1 when there is none
 * @in: from the system, not yet taken by @sock: a list
 * @in_urgent: and that is one byte, which is urgent
 * @calling: @sock is being connected to the client, by a published port
 * @readable: the system's socket may have something
 * @writable: and takes something
 * @hung_up: it will not say once more that there is something
 * @mark: it has urgent data, so reading is to be careful
 * @client_ended: the client sends no more
 * @told_system: so the system was told
 * @system_ended: nothing comes from the system any more
 * @told_client: so the client was told
 * @err: what ended the system's part, an errno
 */
struct gw_stream {
	struct gw_flow flow;
	struct socket sock;
	struct sk_buff *syn;
	u32 isn;
	unsigned int tries;
	struct sk_buff *out;
	struct sk_buff *out_last;
	unsigned int out_at;
	unsigned int out_len;
	int urgent;
	struct sk_buff *in;
	bool in_urgent;
	bool calling;
	bool readable;
	bool writable;
	bool hung_up;
	bool mark;
	bool client_ended;
	bool told_system;
	bool system_ended;
	bool told_client;
	int err;
};

/* stream.c */
/* One with @fd of the system's, or -1. Return: NULL without memory, or when there are too many. */
struct gw_stream *gw_stream_make(struct skiff_gateway *gw, const struct gw_key *key, int fd,
				 enum gw_stage stage);
/* The options of the system's part. */
void gw_stream_prepare(int fd);
/* Our end is connected: what comes from it is looked at. */
void gw_stream_open(struct skiff_gateway *gw, struct gw_stream *s);
/* Events to watch the system's part for. */
#define GW_STREAM_EVENTS ((u32)(EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET))
/* Cut: both sides see a reset. */
void gw_stream_cut(struct skiff_gateway *gw, struct gw_stream *s);
/* The system's part has failed: the client is told by a reset once it has what came before. */
void gw_stream_failed(struct skiff_gateway *gw, struct gw_stream *s);
/* Both have ended properly. */
void gw_stream_close(struct skiff_gateway *gw, struct gw_stream *s);

/* pump.c */
/* Move what can be moved, both ways. It may end the flow. */
void gw_stream_run(struct skiff_gateway *gw, struct gw_flow *f);

#endif /* SKIFF_GATEWAY_STREAM_H */
