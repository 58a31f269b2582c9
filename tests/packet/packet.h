/* SPDX-License-Identifier: BSD-2-Clause */
/* Stories of segments: a host in virtual time whose peer is the test. */
#ifndef TESTS_PACKET_H
#define TESTS_PACKET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <skiff/socket.h>

/*
 * The host is 192.168.0.1 with port 8080 where it listens, on a device without link layer; the test is
 * 192.0.2.1. Sequence numbers are counted from each end's SYN, which is 0. Times are milliseconds
 * since the story began.
 *
 *	out(S, 0, 0, 0);		what the host has sent, in order
 *	in(S | A, 0, 1, 0);		what the peer sends
 *	none();				nothing more was sent
 *	at(1000);			until then; what is sent meanwhile waits for out()
 */
#define F 0x01
#define S 0x02
#define R 0x04
#define P 0x08
#define A 0x10
#define U 0x20
#define E 0x40
#define C 0x80

/**
 * struct segment - what the host sent last
 * @flags: of the header
 * @seq: counted from its SYN
 * @ack: counted from the peer's
 * @win: as in the header
 * @len: bytes of data
 * @ms: when
 * @optlen: bytes of options
 * @opts: the options
 */
struct segment {
	unsigned int flags;
	uint32_t seq;
	uint32_t ack;
	uint16_t win;
	size_t len;
	int64_t ms;
	size_t optlen;
	uint8_t opts[40];
};

/**
 * struct story - the story under way
 * @net: the host
 * @fd: its socket for the connection, -1
 * @listener: the one that listens, -1
 * @last: taken by out()
 * @win: the window that the peer offers, unscaled
 * @tos: type of service of what the peer sends
 * @opts: options of what the peer sends, as bytes
 * @optlen: how many of them, a multiple of four
 */
struct story {
	struct net *net;
	int fd;
	int listener;
	struct segment last;
	uint16_t win;
	uint8_t tos;
	uint8_t opts[40];
	size_t optlen;
};

extern struct story st;

/* The host's initial sequence number, for what counts from 0 in no header: SACK blocks. */
uint32_t story_iss(void);

/* For cmocka: begin and end. Nothing may be left over. */
int story_begin(void **state);
int story_end(void **state);
#define story(fn) cmocka_unit_test_setup_teardown(fn, story_begin, story_end)

/* The same with an urgent pointer. */
void in_urgent(uint32_t seq, uint32_t ack, size_t len, uint16_t urgent);

/* A segment from the peer, @len bytes of zeros. What the host does at once has been done afterwards. */
void in(unsigned int flags, uint32_t seq, uint32_t ack, size_t len);

/* The same with options for this segment alone. */
void in_opts(unsigned int flags, uint32_t seq, uint32_t ack, size_t len, const void *opts,
	     size_t optlen);

/* The next segment that the host has sent, as st.last, and what it has to be. */
void next_out(void);
void out(unsigned int flags, uint32_t seq, uint32_t ack, size_t len);
/* The same, sent at this time. Time goes on until then. */
void out_at(int64_t ms, unsigned int flags, uint32_t seq, uint32_t ack, size_t len);
void none(void);

void at(int64_t ms);

/* Whether an option of this kind is in st.last. Return: its bytes behind kind and length, or NULL. */
const uint8_t *option(unsigned int kind);
/* The number in @n bytes there. */
uint32_t option_value(unsigned int kind, size_t offset, size_t n);

/* The program. */
void stream_socket(void);
void connecting(void);	       /* connect() without waiting; the SYN is not taken yet */
void another_connection(void); /* after the end of one: numbers are counted from its SYN */
void listening(void);
void accepted(void);	 /* st.fd is what accept() gives */
void writes(size_t len); /* all of it is taken */
void reads(ssize_t len); /* so many there are, 0 the end */
void fails(int err);	 /* reading gives this errno */
void closes(void);
void sets(int level, int name, int val);
void setting(const char *name, const char *value);
int tcp_state(void);
uint64_t counter(const char *name);

/* A connection with MSS 1000 and SACK, without window scaling and timestamps; no time has passed. */
void connected(void);		/* that the host opened */
void connected_passively(void); /* that it accepted */

#endif /* TESTS_PACKET_H */
