# SPDX-License-Identifier: BSD-2-Clause
"""Programs beside a file system that they have made themselves; the first argument says which.

They say "none" where there is no FUSE.
"""
import ctypes
import errno
import fcntl
import mmap
import os
import select
import signal
import socket
import stat
import struct
import sys
import tempfile
import termios

LIBC = ctypes.CDLL(None, use_errno=True)
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, BATCH_FORGET = 1, 2, 3, 14, 15, 18, 25, 26, 42
ROOT, FILE = 1, 2
HEADER = struct.Struct('=IIQQIIIHH')
PAGE, PAGES = 4096, 4
# What is in the file: at each page an address, and behind that the size of an int.
PORT = 7300
MNT_DETACH = 2


def attributes(node):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    return struct.pack('=6Q10I', node, PAGES * PAGE, 8 * PAGES, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def talk():
    with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()) as c:
        s.accept()[0].sendall(b'hello')
        assert c.recv(5) == b'hello'


def answer(op, node, at):
    """Return: 0 or -errno, and what the kernel wants to know. @at: what is done before, by operation."""
    if op == INIT:
        return 0, struct.pack('=4I2H2I2H2I6I', 7, 31, 0, 0, 0, 0, 65536, 1, *[0] * 10)
    if op in at and node == FILE:
        at[op]()
    if op == READ:
        return 0, struct.pack('=HHI8xi', socket.AF_INET, socket.htons(PORT), socket.htonl(0x7f000001), 4).ljust(
            PAGE, b'\0')
    if op == LOOKUP:
        # What is known of it is out of date at once.
        return 0, struct.pack('=4Q2I', FILE, 0, 1, 0, 0, 0) + attributes(FILE)
    if op == GETATTR:
        return 0, struct.pack('=Q2I', 0, 0, 0) + attributes(node)
    if op == OPEN:
        return 0, struct.pack('=QII', 0, 0, 0)
    return 0 if op in (FLUSH, RELEASE) else -errno.ENOSYS, b''


def serve(fuse, at):
    while True:
        try:
            request = os.read(fuse, 1 << 18)
        except OSError:
            # It is not mounted any more.
            os._exit(0)
        _, op, unique, node, *_ = HEADER.unpack_from(request)
        if op not in (FORGET, BATCH_FORGET):
            err, data = answer(op, node, at)
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


def calls_about_files(path):
    """Calls for sockets about files, where the file system talks by the host's network before it answers."""
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


def interrupted(path, kind, handled):
    """A signal comes when a datagram is on its way to memory, which is a file's: the next call gets it."""
    os.close(handled[0])
    signal.signal(signal.SIGUSR1, lambda *_: os.write(handled[1], b'x'))
    f = os.open(path + '/file', os.O_RDWR)
    room = mmap.mmap(f, PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        # Otherwise it would wait for ever for what was lost.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('qq', 5, 0))
        s.bind(('127.0.0.1', 0))
        for text in b'one', b'two':
            s.sendto(text, s.getsockname())
        os.write(handled[1], b'%8d' % os.getpid())
        for _ in range(2):
            if kind == 'recvfrom':
                n = s.recvfrom_into(room)[0]
            else:
                n = s.recvmsg_into([room])[0]
            print(room[:n].decode(), flush=True)


def refused():
    s = socket.socket()
    s.setblocking(False)
    # Nobody listens there.
    assert s.connect_ex(('127.0.0.1', PORT + 1)) == errno.EINPROGRESS
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    assert poll.poll(60000)
    return s


def error_of(s, page, handled):
    error = ctypes.c_int(-1)
    os.write(handled[1], b'%8d' % os.getpid())
    arguments = s.fileno(), socket.SOL_SOCKET, socket.SO_ERROR, ctypes.byref(error), ctypes.c_void_p(page + 16)
    while LIBC.getsockopt(*arguments) < 0:
        assert ctypes.get_errno() == errno.EINTR
    return errno.errorcode.get(error.value, error.value)


def named(path, how, handled):
    """The same when its name is on the way from there, and the kernel makes the call again, or we do."""
    os.close(handled[0])
    # The handler of Python runs too late: the kernel makes the call again before.
    os.set_blocking(handled[1], False)
    signal.set_wakeup_fd(handled[1])
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.siginterrupt(signal.SIGUSR1, how == 'again')
    f = os.open(path + '/file', os.O_RDWR)
    names = mmap.mmap(f, PAGES * PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    page = ctypes.addressof(ctypes.c_char.from_buffer(names))
    listener, waits, polls = (socket.socket() for _ in range(3))
    polls.setblocking(False)
    for s, call in (listener, LIBC.bind), (waits, LIBC.connect), (polls, LIBC.connect):
        os.write(handled[1], b'%8d' % os.getpid())
        ret = call(s.fileno(), ctypes.c_void_p(page), 16)
        while ret < 0 and ctypes.get_errno() == errno.EINTR:
            ret = call(s.fileno(), ctypes.c_void_p(page), 16)
        print(says(ret), flush=True)
        if s == listener:
            s.listen()
        page += PAGE
    print(error_of(refused(), page, handled), flush=True)


def interrupt(handled):
    os.kill(int(os.read(handled[0], 8)), signal.SIGUSR1)
    # When it runs the call has ended.
    assert os.read(handled[0], 1)


def main(which, *args):
    path, handled = tempfile.mkdtemp(), os.pipe()
    fuse = mount(path)
    if fuse < 0:
        print('none')
        return
    server = os.fork()
    if not server:
        serve(fuse, {GETATTR: talk, FLUSH: talk} if which == 'calls' else {READ: lambda: interrupt(handled)})
    os.close(fuse)
    try:
        pid = os.fork()
        if not pid:
            try:
                if which == 'calls':
                    calls_about_files(path)
                else:
                    {'interrupted': interrupted, 'named': named}[which](path, args[0], handled)
            except OSError as e:
                print(errno.errorcode[e.errno], flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
    finally:
        LIBC.umount2(path.encode(), MNT_DETACH)
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
        os.rmdir(path)


main(*sys.argv[1:])
