/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files that answer programs share: the server, its sessions, the sockets of programs and the
 * calls that are under way.
 *
 * Theory of operation. A program's socket is two things: a socket of the host (@sfd), and a socket of the
 * kernel's, of family AF_UNIX, whose one end the program holds as its descriptor while the other end is
 * ours (@end). What goes through read() and write() passes the pair without a question; what the filter
 * catches is answered from the host's socket. The pump carries data between the two, and shuts, fills and
 * ends the pair such that poll() tells of it what it would tell of the socket.
 *
 * A call is answered at once or parked at its socket, and tried again from its beginning when anything
 * happens there. So a handler has no effects before it knows that it will not wait.
 */
#ifndef SKIFF_PROGRAM_PROGRAM_H
#define SKIFF_PROGRAM_PROGRAM_H

#include <errno.h>
#include <sys/socket.h>

#include <skiff/list.h>
#include <skiff/skbuff.h>

#include "program/loop.h"
#include "program/notify.h"
#include "program/server.h"
#include "program/task.h"

#define PSOCK_BUCKETS 4096

/* Sockets that programs hold alone which are tolerated before somebody asks whether they still do. */
#define SWEEP_MIN 64

/* Bytes of one message or option that are copied at most; longer ones are taken in parts or refused. */
#define SCRATCH_SIZE (256 * 1024)

/* Sockets whose numbers are remembered. */
#define RECENT_MAX 1024

/**
 * struct recent - which socket a number was when it was last looked at
 * @inode: of it
 * @tid: whose number
 * @fd: that
 */
struct recent {
	u64 inode;
	pid_t tid;
	int fd;
};

/* Threads whose interrupted calls are remembered. */
#define SENT_MAX 256

/**
 * struct sent - a call that has sent something, or named a socket, or taken its error, and whose caller has not heard of it
 * @inode: of the socket
 * @args: of the call
 * @total: bytes of its message, 0: several messages, or none
 * @done: what was sent, as struct call has it
 * @part: the same
 * @result: of one that has sent nothing; the error
 * @since: when, CLOCK_MONOTONIC ns
 * @tid: who, 0: nobody
 * @nr: which call
 * @sum: of the bytes that were sent
 * @is_summed: they are known
 */
struct sent {
	u64 inode;
	u64 args[6];
	size_t total;
	u64 done;
	u64 part;
	long result;
	s64 since;
	pid_t tid;
	int nr;
	u32 sum;
	bool is_summed;
};

/**
 * struct server - answers programs for one host
 * @loop: where everything happens
 * @host: whose sockets programs get
 * @sep: the set of the host's sockets, skiff_epoll_*
 * @tasks: threads of programs
 * @last_fd: a socket's end may have no higher number; those above are for what is borrowed for a moment
 * @by_inode: struct psock by the inode of the program's end
 * @recent: by thread and number, the last one of each place
 * @psocks: all of them
 * @nr_psocks: how many
 * @alone: those that the program holds alone, oldest first: see psock_sweep()
 * @nr_alone: how many, and how many there may be before it is worth a look which of them are still held
 * @sweep_at: that
 * @sweep_time: when somebody looks anyway, CLOCK_MONOTONIC ns
 * @sweep_span: how long after the last look
 * @sessions: launches
 * @nr_sessions: how many
 * @timed: parked calls that end by themselves, the next one first
 * @again: sockets that the pump left with more to do
 * @meeting: where the ends of stream sockets are connected to ours
 * @meeting_addr: its abstract name
 * @meeting_len: bytes of that
 * @pid: who connects to it
 * @watches: descriptors of the caller's
 * @on_end: tells of the end of a session
 * @on_end_arg: for it
 * @on_packet: tells whose sockets of AF_PACKET are
 * @on_packet_arg: for it
 * @scratch: bytes on their way, while one call is answered
 * @received: packets that it has received, until then
 * @sent: by thread, the last one of each place
 */
struct server {
	struct loop loop;
	struct net *host;
	int sep;
	struct tasks tasks;
	int last_fd;
	struct hlist_head by_inode[PSOCK_BUCKETS];
	struct recent recent[RECENT_MAX];
	struct list_head psocks;
	int nr_psocks;
	struct list_head alone;
	int nr_alone;
	int sweep_at;
	s64 sweep_time;
	s64 sweep_span;
	struct list_head sessions;
	int nr_sessions;
	struct list_head timed;
	struct list_head again;
	int meeting;
	struct sockaddr_storage meeting_addr;
	socklen_t meeting_len;
	pid_t pid;
	struct list_head watches;
	void (*on_end)(void *arg);
	void *on_end_arg;
	bool (*on_packet)(void *arg, int listener);
	void *on_packet_arg;
	char *scratch;
	struct sk_buff_head received;
	struct sent sent[SENT_MAX];
};

/**
 * struct session - a launch: a program and its children
 * @garbage: for loop_free_later()
 * @watch: its listener
 * @server: who answers
 * @node: among the sessions
 * @calls: that are parked
 * @has_listeners: there may be packet sockets that are the kernel's
 */
struct session {
	struct loop_garbage garbage;
	struct loop_watch watch;
	struct server *server;
	struct list_head node;
	struct list_head calls;
	bool has_listeners;
};

enum psock_state {
	PSOCK_FRESH,	  /* a stream that nothing was done with: the program's end alone */
	PSOCK_IDLE,	  /* a stream with a pair, not connected: bound, or after a failure */
	PSOCK_CONNECTING, /* polls nothing */
	PSOCK_LISTENING,  /* polls what its token says */
	PSOCK_STREAM,	  /* the pump is at work */
	PSOCK_DATAGRAM,	  /* datagrams have their pair from the beginning */
};

enum psock_urgent {
	URGENT_NONE,
	URGENT_AHEAD,	/* among what the host has received */
	URGENT_SKIPPED, /* the pair has it; it is the next one of the host's, who skips it */
};

/**
 * struct psock_stamp - when the bytes that are in the pair were received, for a stream that is asked to tell
 * @len: of the control messages
 * @control: they
 */
struct psock_stamp {
	size_t len;
	char control[128] __attribute__((aligned(__alignof__(struct cmsghdr))));
};

/**
 * struct psock - a program's socket
 * @garbage: for loop_free_later()
 * @server: whose
 * @by_inode: in the table
 * @node: among all
 * @of_alone: among those without a pair
 * @of_again: the pump has more to do
 * @calls: parked at it
 * @end: our end of the pair
 * @inode: of the program's end
 * @sfd: the host's socket
 * @domain: AF_* @type: SOCK_* @protocol: as socket() was asked
 * @state: what the pair is like
 * @holder: a thread that has the descriptor, as far as is known
 * @holder_fd: its number there
 * @asked: calls about it that are being looked at
 * @own: a descriptor of ours for the program's end meanwhile, once somebody needed it; -1: none
 * @is_missing: nobody was found who holds it
 * @sndbuf: what the program asked for its socket's buffers, which the pair's follow; 0: nothing
 * @rcvbuf: the same
 * @room: what our end of a pair of datagrams was made to hold, 0: whatever it is
 * @stuffing: bytes in front of what the program writes, which only keep it from being writable
 * @has_name: our end has the name of the meeting place, which some calls tell
 * @roomy: the program's end may hold as much as a connection is to
 * @wide: ours may
 * @accepted: it is new, and its first event is still to come
 * @tells_room: an event tells that there is room in ours
 * @readable: there may be something at our end that was not read
 * @last_words: and nothing will follow it
 * @shut: directions of our end that were shut, a bit each: SHUT_RD, SHUT_WR
 * @token: the listener's token is out, or a datagram's copy
 * @stale: the copy is of a datagram that has gone otherwise
 * @ahead: datagrams whose copies lie in the pair instead, and which the host's queue has no more
 * @ahead_max: how many these may be; 1: none, but the one copy
 * @ahead_bytes: of them
 * @lent: how many of them are in the host's queue while a call looks at that
 * @tells_error: a datagram's copy is none, but wakes a reader for an error
 * @told_error: the last copy that the program has read was such a one
 * @taken: the head of the host's queue of datagrams has gone to the program in this call
 * @out: read from the program and not taken by the host
 * @in: received and not fully written to the program
 * @in_offset: bytes of @in that are
 * @in_ended: the program has been told of the end of the stream; of datagrams: it shall be
 * @out_ending: the program has shut its direction; the end of the stream follows what was written
 * @out_ended: the host knows
 * @reset: sending has failed: when what was received is read, the pair breaks
 * @error: errno of the end, for whoever asks (SO_ERROR)
 * @hung_up: the program has closed it
 * @urgent: where the urgent byte of the peer's is
 * @held_back: SO_RCVLOWAT is more than a byte
 * @bulk: the last read was a long one
 * @stamp: SO_TIMESTAMP and its like are set on a stream; NULL: not
 * @spare: a connection that was accepted for a call that is gone, -1: none
 */
struct psock {
	struct loop_garbage garbage;
	struct server *server;
	struct hlist_node by_inode;
	struct list_head node;
	struct list_head of_alone;
	struct list_head of_again;
	struct list_head calls;
	struct loop_watch end;
	u64 inode;
	int sfd;
	int domain, type, protocol;
	enum psock_state state;
	pid_t holder;
	int holder_fd;
	int asked;
	int own;
	int sndbuf, rcvbuf;
	int room;
	u32 stuffing;
	bool has_name;
	bool roomy;
	bool wide;
	bool accepted;
	bool tells_room;
	bool readable;
	bool last_words;
	u8 shut;
	bool is_missing;
	bool token;
	bool stale;
	struct sk_buff_head ahead;
	u16 ahead_max;
	u32 ahead_bytes;
	int lent;
	bool tells_error;
	bool told_error;
	bool taken;
	struct sk_buff *out;
	struct sk_buff *in;
	u32 in_offset;
	bool in_ended;
	bool out_ending;
	bool out_ended;
	bool reset;
	int error;
	bool hung_up;
	enum psock_urgent urgent;
	bool held_back;
	bool bulk;
	struct psock_stamp *stamp;
	int spare;
};

/* What a handler returns beside a value for the program or a negative errno. */
enum {
	CALL_CONTINUE = -100000, /* the kernel is to do it */
	CALL_WAIT,		 /* it was parked */
	CALL_DONE,		 /* it was answered */
};

/**
 * struct call - a call of a program
 * @req: what the kernel says of it
 * @session: where it came from
 * @task: who made it
 * @ps: the socket that it is about, NULL for socket()
 * @retry: it was parked before
 * @broken_pipe: SIGPIPE is to follow the answer
 * @sends: it has given something to the host
 * @in_scratch: and all of that is in scratch memory
 * @done: bytes or messages that earlier tries have dealt with
 * @part: bytes of the next one, of several that a call sends
 * @total: bytes of the one message that it sends
 * @names: it gives its socket an address, or a peer
 * @sum: of that address
 * @error: of its socket's, that it tells
 * @deadline: when waiting ends, CLOCK_MONOTONIC ns; INT64_MAX: never
 * @result: of waiting until then
 * @node: parked at its socket
 * @of_session: among all of its session
 * @of_timed: among those with a deadline
 */
struct call {
	struct seccomp_notif req;
	struct session *session;
	struct task *task;
	struct psock *ps;
	bool retry;
	bool broken_pipe;
	bool sends;
	bool in_scratch;
	u64 done;
	u64 part;
	size_t total;
	bool names;
	u32 sum;
	int error;
	s64 deadline;
	long result;
	struct list_head node;
	struct list_head of_session;
	struct list_head of_timed;
};

static inline u64 call_arg(const struct call *call, int i)
{
	return call->req.data.args[i];
}

static inline int call_int(const struct call *call, int i)
{
	return (int)call->req.data.args[i];
}

typedef long call_fn(struct call *call);

/* session.c */
void session_end(struct session *session);
void calls_retry(struct psock *ps);
void calls_expire(struct server *server);
/* Who waited at an idle socket and was killed is not told of: some of the calls are looked at, the oldest first. */
void calls_forget_dead(struct session *session);
void calls_drop(struct psock *ps, long result);

/* When the loop has to look at parked calls, or at sockets that may be nobody's. */
void server_set_deadline(struct server *server);

/*
 * When the last program has ended nobody is left whom it is worth to know. Its listener tells of that before
 * its processes are gone, so that asking them would be too early.
 */
void server_forget_tasks(struct server *server);

/*
 * What a handler returns when it would have to wait: CALL_WAIT, or -EAGAIN for a descriptor that is
 * non-blocking, or when @timeo (SO_RCVTIMEO, SO_SNDTIMEO; 0: none) has it so.
 */
long call_wait(struct call *call, int timeo);
bool call_nonblock(const struct call *call);

/* dispatch.c */
long call_dispatch(struct call *call);
/* Thread @tid has it as @fd, as far as is known. */
void psock_is_held(struct psock *ps, pid_t tid, int fd);

/* psock.c */
struct psock *psock_new(struct server *server, int sfd, int domain, int type, int protocol);
struct psock *psock_find(struct server *server, u64 inode);
/* The program's end, which was just made, is what it is known by from now on. 0 or -errno. */
int psock_known_by(struct psock *ps, int program_end);
void psock_is_inode(struct psock *ps, u64 inode);
/* The program holds it no more, or never got it: close what is the host's. */
void psock_close(struct psock *ps);
/*
 * A descriptor of ours for the program's end, for psock_return(). It or -errno. While a call about it is looked
 * at there is one for all who ask.
 */
int psock_borrow(struct psock *ps);
void psock_return(struct psock *ps, int fd);
/* A call about it is looked at, in pairs; @own: a descriptor for it that was borrowed already, or not. */
void psock_asked(struct psock *ps, int own);
void psock_answered(struct psock *ps);
/* What is left is done in the next round: others had their turn, or there was no memory. */
void go_on_later(struct psock *ps);

/* What passes by itself: nothing is lost meanwhile. */
static inline bool is_want_of_memory(int error)
{
	return error == ENOMEM || error == ENOBUFS;
}

/* It has no pair yet; now it has. */
void psock_is_alone(struct psock *ps);
void psock_is_joined(struct psock *ps);
void psock_sweep(struct server *server);
/* When it is worth a look which of them are still held, because time has passed. */
void psock_sweep_in_time(struct server *server);

/* pair.c */
/*
 * Make a pair, with our end watched, or the program's end alone; @flags: SOCK_NONBLOCK. Return: the
 * program's end, for the caller to give away and close; or -errno.
 */
int pair_new(struct psock *ps, int type, int flags);
int pair_fresh(struct psock *ps, int flags);
int pair_meeting_place(struct server *server);
/* Connect a fresh socket's end to ours. 0 or -errno. */
int pair_join(struct psock *ps);
/*
 * Let the program's end poll not writable; and writable, with all the room of a connection: an edge of EPOLLOUT, also of
 * an end that was writable from the beginning.
 */
int pair_stuff(struct psock *ps);
void pair_unstuff(struct psock *ps);
/* An edge for who watches the program's end, which is writable, and has all its room. */
void pair_tell_change(struct psock *ps);
/* Our end is full: let it hold more, if it does not yet. Return: whether it does now. */
bool pair_widen(struct psock *ps);
/* An event of our end. */
void pair_seen(struct psock *ps);
/*
 * Whether the program has read all that is in our end. The kernel tells of room while it frees a buffer, of which a byte
 * counts until that is done: less than any buffer takes is nothing.
 */
bool pair_was_read(const struct psock *ps);

/* It is to be told when something was read from it: our end is full, or has a token in it. */
void pair_tell_room(struct psock *ps);
/* The program has asked for buffers of another size. */
void pair_resize(struct psock *ps);
/*
 * shutdown() of our end; both directions at once are one event for the program. With both shut nothing tells any more
 * that the program has closed its own.
 */
void pair_shut(struct psock *ps, int how);
void pair_give_token(struct psock *ps);
void pair_take_token(struct psock *ps);
/* Ours goes: what the program has not read is still there, then it is at the end, and writing is EPIPE. */
void pair_end(struct psock *ps);
/* The program's end tells of an error or a reset: ours is gone afterwards. */
void pair_break(struct psock *ps);
/* In place of a broken one; it polls nothing, as after pair_stuff(). 0 or -errno. */
int pair_replace(struct call *call);
/* The same, by an end that nothing was done with; where that can't be, it stays broken. */
void pair_renew(struct call *call);
/* Bytes that nobody has read at our end, or at the program's. */
int pair_unread(struct psock *ps, bool program_end);

/* exchange.c */
/*
 * The program's end of @inode, which is @old here, becomes @new: behind all descriptors of the caller's process, with
 * what was set of it, and in the sets of epoll that had it. 0 or -errno.
 */
int exchange_end(const struct call *call, u64 inode, int old, int new);

/* pump.c */
void pump_start(struct psock *ps);
/* Take all that the program has written by now. Return: whether all is with the host. */
bool pump_out(struct psock *ps);
void pump_in(struct psock *ps);
loop_fn pump_end_ready;
void pump_host_ready(struct psock *ps, u32 events);

/* datagram.c */
loop_fn datagram_end_ready;
void datagram_host_ready(struct psock *ps, u32 events);
/* shutdown(), of the host's socket and of the pair. 0 or -errno. */
int datagram_shutdown(struct psock *ps, int how);
/* A call has taken the host's error away: nothing is to wake a reader for it. */
void datagram_error_told(struct psock *ps);
/*
 * A call is going to look at the host's queue: what the program has not read of those ahead is there again. If it @takes
 * the head, nobody else is to read the copy of that meanwhile. datagram_go_on() ends this.
 */
void datagram_settle(struct psock *ps, bool takes);
/* The call has looked, and may have @taken the head of the host's queue: what comes next is there for read(). */
void datagram_go_on(struct psock *ps);

/* call_socket.c */
call_fn call_socket, call_bind, call_listen, call_accept, call_accept4, call_connect;
call_fn call_getsockname, call_getpeername, call_shutdown;
/* Something of a listener's pair was read, which is only its token. */
void listener_end_ready(struct psock *ps);
void listener_host_ready(struct psock *ps);
void connect_host_ready(struct psock *ps, u32 events);

/* call_option.c */
call_fn call_setsockopt, call_getsockopt, call_ioctl;

/* call_packet.c: whether a socket that is being made is for the kernel, which shows frames to those who listen */
bool packet_may_listen(struct session *session, int domain, int type, int protocol);
/* If @call is what only the host's sockets do, such a one is the host's from now on, and @own not open. Or NULL. */
struct psock *packet_talks(struct call *call, int *own);

/* call_admin.c: ioctls that change the host's network, for root; and those that ask drivers */
long call_change(struct call *call, unsigned int cmd);
call_fn call_ethtool;

/* undo.c: calls that are interrupted while they are answered */
/* The packet that a call is about to receive, and afterwards: it is kept if it was. May be NULL. */
struct sk_buff *undo_receiving(struct psock *ps);
void undo_received(struct psock *ps, struct sk_buff *skb);
/* A call that has sent something ends, and nobody hears of it. @in_scratch: what was sent is there */
void undo_sending(const struct call *call, bool in_scratch);
/* Was it made before? @is_summed: whether it was is known when its bytes are in scratch memory */
bool undo_find_sent(struct call *call, bool *is_summed);
/* Then it goes on where it was. */
void undo_go_on(struct call *call);
/* A call gives its socket an address. Return: whether it has done that before: then *@result is what it says. */
bool undo_named(struct call *call, const struct sockaddr_storage *addr, int len, long *result);
/* A call asks for the error of its socket, which is told once. Return: that it was told before, or is 0. */
int undo_find_error(struct call *call);
/* It is told that now. */
void undo_tells_error(struct call *call, int error);
/* Its answer was given to the caller, or not. */
void undo_answered(struct call *call, long result, bool arrived);

/* call_message.c */
call_fn call_sendto, call_sendmsg, call_sendmmsg, call_recvfrom, call_recvmsg, call_recvmmsg;

/* An address of the program's, of @len bytes as it says. 0 or -errno. */
int call_read_addr(const struct call *call, u64 from, int len, struct sockaddr_storage *addr);
/* Give it one, and how long it is, cut to the length that it says it has room for. 0 or -errno. */
int call_write_addr(const struct call *call, u64 to, u64 len_at,
		    const struct sockaddr_storage *addr, socklen_t len);

#endif /* SKIFF_PROGRAM_PROGRAM_H */
