#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sockets that begin again after connect() has failed: sets of epoll, duplicates and settings are as before.

The arguments are the address and port of who sends back what comes, and a port where nobody listens.
"""
import errno
import fcntl
import os
import select
import socket
import struct
import sys

GOOD, BAD = ((sys.argv[1], int(port)) for port in sys.argv[2:4])
SOON = struct.pack('ll', 0, 100000)


def says(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode[e.errno]


def told(poll):
    return sorted(hex(events) for _, events in poll.poll(0))


def begin(s, address, waits):
    """Return: what connect() said."""
    s.setblocking(waits)
    if waits:
        return says(s.connect, address)
    # The first one after a failure may tell of that.
    while s.connect_ex(address) != errno.EINPROGRESS:
        pass
    select.select([], [s], [])
    return errno.errorcode.get(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def work(events, waits):
    s = socket.socket()
    twin, high, polls = s.dup(), fcntl.fcntl(s, fcntl.F_DUPFD, 400), [select.epoll(), select.epoll()]
    twin = socket.socket(fileno=twin.detach())
    for poll in polls:
        poll.register(s, events)
    polls[0].register(high, events)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, SOON)
    fcntl.fcntl(s, fcntl.F_SETOWN, os.getpid())
    print([told(poll) for poll in polls])
    for _ in range(3):
        print(begin(s, BAD, waits), [told(poll) for poll in polls])
    print(begin(twin, GOOD, waits), [told(poll) for poll in polls])
    s.setblocking(True)
    print(os.get_blocking(high), os.get_inheritable(high), os.get_inheritable(twin.fileno()),
          s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16) == SOON,
          fcntl.fcntl(s, fcntl.F_GETOWN) == os.getpid(), twin.getpeername() == GOOD)
    print(says(os.read, high, 9))
    twin.send(b'abc')
    print(s.recv(9, socket.MSG_PEEK), [told(poll) for poll in polls])
    polls[0].modify(s, select.EPOLLIN)
    print(told(polls[0]), os.read(high, 9), says(polls[0].unregister, high), says(polls[0].unregister, high))
    s.close()
    twin.send(b'abc')
    print(twin.recv(9))
    twin.close()
    os.close(high)


for mode in (0, select.EPOLLET):
    for blocking in (True, False):
        work(select.EPOLLIN | select.EPOLLOUT | mode, blocking)
