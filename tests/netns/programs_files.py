# SPDX-License-Identifier: BSD-2-Clause
"""Calls for sockets about files of a file system that itself talks by the host's network before it answers.

Says "none" where there is no FUSE.
"""
import ctypes
import errno
import fcntl
import os
import signal
import socket
import stat
import struct
import tempfile
import termios

LIBC = ctypes.CDLL(None, use_errno=True)
LOOKUP, FORGET, GETATTR, OPEN, RELEASE, FLUSH, INIT, BATCH_FORGET = 1, 2, 3, 14, 18, 25, 26, 42
ROOT, FILE = 1, 2
HEADER = struct.Struct('=IIQQIIIHH')
MNT_DETACH = 2


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    return struct.pack('=6Q10I', node, 100, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def talk():
    with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()) as c:
        s.accept()[0].sendall(b'hello')
        assert c.recv(5) == b'hello'


def answer(op, node):
    """Return: 0 or -errno, and what the kernel wants to know."""
    if op == INIT:
        return 0, struct.pack('=4I2H2I2H2I6I', 7, 31, 0, 0, 0, 0, 65536, 1, *[0] * 10)
    if op in (GETATTR, FLUSH) and node == FILE:
        talk()
    if op == LOOKUP:
        # What is known of it is out of date at once.
        return 0, struct.pack('=4Q2I', FILE, 0, 1, 0, 0, 0) + attributes(FILE)
    if op == GETATTR:
        return 0, struct.pack('=Q2I', 0, 0, 0) + attributes(node)
    if op == OPEN:
        return 0, struct.pack('=QII', 0, 0, 0)
    return 0 if op in (FLUSH, RELEASE) else -errno.ENOSYS, b''


def serve(fuse):
    while True:
        _, op, unique, node, *_ = HEADER.unpack_from(os.read(fuse, 1 << 18))
        if op not in (FORGET, BATCH_FORGET):
            err, data = answer(op, node)
            os.write(fuse, struct.pack('=IiQ', 16 + len(data), err, unique) + data)


def mount(path):
    try:
        fuse = os.open('/dev/fuse', os.O_RDWR)
    except OSError:
        return -1
    options = 'fd=%d,rootmode=40000,user_id=%d,group_id=%d' % (fuse, os.getuid(), os.getgid())
    return -1 if LIBC.mount(b'files', path.encode(), b'fuse', 0, options.encode()) else fuse


def says(ret):
    return errno.errorcode[ctypes.get_errno()] if ret < 0 else 'ok'


def calls(fd):
    length, name, size = ctypes.c_int(), bytes(16), ctypes.c_int(16)
    print(says(LIBC.ioctl(fd, termios.FIONREAD, ctypes.byref(length))),
          says(LIBC.getpeername(fd, name, ctypes.byref(size))),
          says(LIBC.shutdown(fd, 0)), flush=True)


def files(path):
    f = os.open(path + '/file', os.O_RDONLY)
    calls(f)
    # A number that was a socket before, of which the host hears nothing when it is closed, or does.
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
        with socket.socket(socket.AF_INET, kind) as s:
            s.getsockname()
            number = s.detach()
        os.close(number)
        assert fcntl.fcntl(f, fcntl.F_DUPFD, number) == number
        calls(number)
    os._exit(0)


def main():
    path = tempfile.mkdtemp()
    fuse = mount(path)
    if fuse < 0:
        print('none')
        return
    server = os.fork()
    if not server:
        serve(fuse)
    os.close(fuse)
    try:
        pid = os.fork()
        if not pid:
            files(path)
        os.waitpid(pid, 0)
    finally:
        LIBC.umount2(path.encode(), MNT_DETACH)
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
        os.rmdir(path)


main()
