#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sockets that begin again: after a connection, a refusal, as listeners, and as listeners once more."""
import ctypes
import select
import socket
import struct

ADDRESS = '127.0.0.1', 8000
libc = ctypes.CDLL(None, use_errno=True)
listener = socket.create_server(ADDRESS)


def disconnect(s):
    return libc.connect(s.fileno(), struct.pack('H14x', socket.AF_UNSPEC), 16)


def pair(s=None):
    if s:
        s.connect(ADDRESS)
    else:
        s = socket.create_connection(ADDRESS)
    accepted = listener.accept()[0]
    accepted.settimeout(10)
    return s, accepted


def says(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return e.errno


def urgent_by_vector(s, data):
    """sendmmsg(MSG_OOB)"""
    buf = ctypes.create_string_buffer(data, len(data))
    iov = ctypes.create_string_buffer(struct.pack('PN', ctypes.addressof(buf), len(data)))
    vec = ctypes.create_string_buffer(
        struct.pack('PIPNPNiI', 0, 0, ctypes.addressof(iov), 1, 0, 0, 0, 0))
    return libc.sendmmsg(s.fileno(), vec, 1, socket.MSG_OOB)


c, a = pair()
c.sendall(b'one')
print(a.recv(9))
c.shutdown(socket.SHUT_RDWR)
print(a.recv(9), disconnect(c))
c, a = pair(c)
c.sendall(b'two')
print(a.recv(9))
a.sendall(b'back')
print(c.recv(9))
c.close()
print(a.recv(9))

c, a = pair()
print(disconnect(c), says(a.recv, 9))
for _ in range(2):
    c.listen(5)
    d = socket.create_connection(c.getsockname())
    print(select.select([c], [], [], 10)[0] == [c])
    e = c.accept()[0]
    d.sendall(b'three')
    print(e.recv(9))
    c.shutdown(socket.SHUT_RD)
    print(says(c.accept))

n = socket.socket()
print(says(n.connect, (ADDRESS[0], 9)))
n, a = pair(n)
print(urgent_by_vector(n, b'!'), select.select([], [], [a], 10)[2] == [a])
# With a timeout Python would wait for the stream's next byte.
a.settimeout(None)
print(a.recv(1, socket.MSG_OOB))
n.close()
print(a.recv(9))

# What did not go before is not for the next one. Its first peer does not read, so that both ends are full.
c, a = pair()
c.settimeout(1)
try:
    while c.sendall(b'old' * 10000) is None:
        pass
except TimeoutError:
    print(disconnect(c))
c.settimeout(None)
c, b = pair(c)
c.sendall(b'new')
c.close()
print(b.recv(9), b.recv(9))

# Nor is what ended it, which was not asked for.
c, a = pair()
a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
a.close()
print(says(c.recv, 9), disconnect(c))
c.setblocking(False)
print(says(c.connect, ADDRESS))
select.select([], [c], [])
print(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
c.close()
