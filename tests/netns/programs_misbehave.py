# SPDX-License-Identifier: BSD-2-Clause
"""Programs that take much, do nothing, or die; the first argument says which.

Each says "ready" when it has come to the point where the test takes over.
"""
import errno
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time


def many_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ready():
    print('ready', flush=True)


def echo(port):
    """Sends back what comes, to any number of connections."""
    many_descriptors()
    server, poll, conns = socket.create_server(('', port), backlog=4096), select.epoll(), {}
    server.setblocking(False)
    poll.register(server, select.EPOLLIN)
    ready()
    while True:
        for fd, _ in poll.poll():
            if fd == server.fileno():
                c, _ = server.accept()
                conns[c.fileno()] = c
                poll.register(c, select.EPOLLIN)
                continue
            try:
                data = conns[fd].recv(65536)
                if data:
                    conns[fd].sendall(data)
            except ConnectionError:
                data = b''
            if not data:
                conns.pop(fd).close()


def crowd(address, port, count):
    """Many connections at a time, and one epoll for all of them."""
    many_descriptors()
    poll, conns = select.epoll(), {}
    for _ in range(count):
        s = socket.create_connection((address, port))
        conns[s.fileno()] = s
        poll.register(s, select.EPOLLIN | select.EPOLLET)
    assert len(os.listdir('/proc/self/fd')) > count
    for fd, s in conns.items():
        s.sendall(b'%08d' % fd)
    answered = set()
    while len(answered) < count:
        events = poll.poll(60)
        assert events, 'nothing comes after %d answers' % len(answered)
        for fd, _ in events:
            assert conns[fd].recv(8) == b'%08d' % fd
            answered.add(fd)
    print('%d answered' % len(answered), flush=True)


def greedy(address, port):
    """As many connections as there are, and what it is told then; all are used at SIGUSR1."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    many_descriptors()
    conns = []
    try:
        while True:
            conns.append(socket.create_connection((address, port)))
    except OSError as e:
        print('%d connections, then %s' % (len(conns), errno.errorcode[e.errno]), flush=True)
    ready()
    if not conns:
        return
    signal.sigwait([signal.SIGUSR1])
    for s in conns:
        s.sendall(b'hello')
    print('%d answered' % sum(s.recv(5) == b'hello' for s in conns), flush=True)


def talk(address, port):
    with socket.create_connection((address, port)) as s:
        s.sendall(b'%d' % os.getpid())
        assert s.recv(100) == b'%d' % os.getpid()


def storm(address, port, rounds, count):
    """Children that all begin at once, each with a socket of its own and one that they share."""
    shared, good = socket.create_connection((address, port)), 0
    for _ in range(rounds):
        children = []
        for _ in range(count):
            pid = os.fork()
            if not pid:
                try:
                    talk(address, port)
                    shared.sendall(b'x')
                    os._exit(0)
                finally:
                    os._exit(1)
            children.append(pid)
        good += sum(os.waitpid(pid, 0)[1] == 0 for pid in children)
    left = good
    while left:
        left -= len(shared.recv(left))
    print('%d children' % good, flush=True)


def hold(address, port):
    """A connection, of which it does not read."""
    s = socket.create_connection((address, port))
    ready()
    time.sleep(1000)
    s.close()


def pour(address, port):
    """Writes for ever."""
    s, block = socket.create_connection((address, port)), bytes(range(256)) * 256
    ready()
    while True:
        s.sendall(block)


def listen(port):
    """Waits in accept(), again and again; keeps the first of the connections."""
    s = socket.create_server(('', port))
    ready()
    kept = s.accept()
    s.setblocking(False)
    ready()
    time.sleep(1000)
    kept[0].close()


def deaf(port):
    """A datagram socket and a connection, and no look at either."""
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(('', port))
    s = socket.create_server(('', port))
    c, _ = s.accept()
    poll = select.epoll()
    for x in (u, s, c):
        poll.register(x, select.EPOLLIN | select.EPOLLOUT)
    ready()
    signal.pause()


def dribble(address, port):
    """Single bytes, until there is no room; then the end."""
    s = socket.create_connection((address, port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setblocking(False)
    sent = 0
    # No room for a while: what is on its way has arrived.
    while select.select([], [s], [], 1)[1]:
        try:
            sent += s.send(b'x')
        except BlockingIOError:
            pass
    print('sent %d' % sent, flush=True)
    ready()
    s.setblocking(True)
    s.sendall(b'y' * 1000)
    s.close()


def orphaned(address, port):
    """What is left of sockets when the host is killed."""
    s = socket.create_connection((address, port))
    listener = socket.create_server(('', port + 1))
    parked = os.fork()
    if not parked:
        try:
            listener.accept()
        except OSError as e:
            os._exit(100 + e.errno)
        os._exit(1)
    time.sleep(0.5)
    ready()
    try:
        text = 'read %d' % len(s.recv(100))
    except OSError as e:
        text = 'read ' + errno.errorcode[e.errno]
    print(text)
    for name, call in (('write', lambda: s.send(b'x')), ('socket', lambda: socket.socket()),
                       ('option', lambda: s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE))):
        try:
            call()
            print(name + ' works')
        except OSError as e:
            print(name, errno.errorcode[e.errno])
    status = os.waitstatus_to_exitcode(os.waitpid(parked, 0)[1])
    print('accept', errno.errorcode.get(status - 100, status), flush=True)


def forgotten(address, port, count):
    """Waits in connect(), on a socket that has failed before, while many threads make calls."""
    s = socket.socket()
    s.setblocking(False)
    assert s.connect_ex((address, port)) == errno.EINPROGRESS
    assert select.select([], [s], [], 60)[1]
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
    assert s.connect_ex((address, port)) == errno.ECONNABORTED
    s.setblocking(True)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('qq', 2, 0))
    over = threading.Event()

    def call():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            u.getsockname()
            over.wait()
    threading.stack_size(65536)
    threads = [threading.Thread(target=call) for _ in range(count)]
    # Nobody answers there.
    late = threading.Thread(target=lambda: print(errno.errorcode[s.connect_ex(('192.0.2.99', port))], flush=True))
    late.start()
    time.sleep(0.2)
    for t in threads:
        t.start()
    late.join()
    over.set()
    for t in threads:
        t.join()


globals()[sys.argv[1]](*[int(a) if a.isdigit() else a for a in sys.argv[2:]])
