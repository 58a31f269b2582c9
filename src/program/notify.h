/* SPDX-License-Identifier: BSD-2-Clause */
/* The listener of a seccomp filter: calls of programs come in, answers go out. */
#ifndef SKIFF_PROGRAM_NOTIFY_H
#define SKIFF_PROGRAM_NOTIFY_H

#include <linux/seccomp.h>
#include <stdbool.h>

#include <skiff/types.h>

/*
 * All return 0 or what is said, and a negative errno; -ENOENT means that the call is gone: the program
 * was killed, or a signal has interrupted it.
 */

/* Make the kernel hand calls over without a detour through the scheduler, where it can. */
void notify_prepare(int listener);

/* The next call. Only after the listener was readable: it would wait otherwise. */
int notify_receive(int listener, struct seccomp_notif *call);

/* End a call with what it returns: a value, or a negative errno. */
int notify_answer(int listener, u64 id, s64 result);

/* Let the kernel do the call as if nobody had asked. */
int notify_continue(int listener, u64 id);

/*
 * End a call by giving the program a descriptor, whose number the call returns: both happen, or neither.
 * @flags: O_CLOEXEC or 0
 */
int notify_answer_fd(int listener, u64 id, int fd, u32 flags);

/* Put a descriptor in the place of the program's @target; the call goes on. */
int notify_replace_fd(int listener, u64 id, int fd, int target, u32 flags);

/* Is somebody still waiting for the answer? */
bool notify_alive(int listener, u64 id);

#endif /* SKIFF_PROGRAM_NOTIFY_H */
