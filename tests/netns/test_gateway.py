#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A gateway between a client host and the sockets of this system."""
import contextlib
import errno
import resource
import select

from test_tcp import MB, Background, Stream
from peer import *

CLIENT = os.path.join(os.path.dirname(SKIFF), 'tests', 'gateway-client')
BULK = 16 * MB
CROWD = 500
# The system as a client without rules reaches it: an address that is not loopback's.
SYSTEM = '198.51.100.1'
NOBODY = '203.0.113.1'  # a network without a route


class Gateway(Host):
    """gateway-client, which is told what to do."""

    def __init__(self, *args, user=None):
        # pylint: disable=super-init-not-called
        if not os.path.exists(CLIENT):
            raise Skip('%s is not built' % CLIENT)
        self.proc = subprocess.Popen([CLIENT] + list(args), stdin=subprocess.PIPE, user=user,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     group=user, extra_groups=None if user is None else [])
        self.readers = []
        Host.running.append(self)
        up = self.proc.stdout.readline().strip()
        if up != 'up':
            raise AssertionError('no gateway: %s' % self.proc.communicate()[1])

    def begin(self, *words):
        self.proc.stdin.write(' '.join(str(w) for w in words) + '\n')
        self.proc.stdin.flush()

    def answer(self):
        line = self.proc.stdout.readline()
        if not line:
            raise AssertionError('the client has ended: %s' % self.proc.communicate()[1])
        return line.strip()

    def tell(self, *words):
        self.begin(*words)
        return self.answer()

    def ok(self, *words):
        said = self.tell(*words).split()
        assert said and said[0] == 'ok', '%s: %s' % (words, said)
        return said[1:]

    def stats(self):
        return {k: int(v) for k, v in (w.split('=') for w in self.ok('stats'))}

    def until(self, wanted, what):
        """Goes on until the statistics are as wanted."""
        end = time.monotonic() + PATIENCE
        while not wanted(self.stats()):
            assert time.monotonic() < end, '%s: %s' % (what, self.stats())
            self.ok('idle', 20)

    def end(self):
        """Ends it in the middle of whatever it does. Nothing may be left over."""
        self.proc.stdin.close()
        self.proc.wait(PATIENCE)
        errors = self.proc.stderr.read()
        assert_no_report(errors)
        assert self.proc.returncode == 0, 'ends with %d: %s' % (self.proc.returncode, errors)


@contextlib.contextmanager
def gateway(*args, user=None):
    g = Gateway(*args, user=user)
    try:
        yield g
        g.end()
    finally:
        if g.proc.poll() is None:
            g.proc.kill()
            g.proc.wait()
        Host.running.remove(g)


def listening(addr=SYSTEM, port=0, backlog=128):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    s.listen(backlog)
    s.settimeout(PATIENCE)
    return s


def datagrams(addr=SYSTEM, port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, port))
    s.settimeout(PATIENCE)
    return s


def connected(g, number=1):
    """A connection of the client's and the system's end of it."""
    with listening() as srv:
        g.ok('tcp', number, SYSTEM, srv.getsockname()[1])
        return Stream(srv.accept()[0])


def free_port(kind=socket.SOCK_STREAM, addr=SYSTEM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind((addr, 0))
        return s.getsockname()[1]


def test_transfer():
    """All bytes arrive, in both directions, and each half ends by itself."""
    with gateway() as g:
        s = connected(g)
        g.begin('send', 1, BULK)
        s.recv(BULK)
        assert g.answer() == 'ok'
        g.begin('recv', 1, BULK)
        s.send(BULK)
        assert g.answer() == 'ok'
        g.begin('both', 1, BULK)
        s.both(BULK)
        assert g.answer() == 'ok'
        # The client ends its half; the other one goes on.
        g.ok('shut', 1)
        s.eof()
        g.begin('recv', 1, MB)
        s.send(MB)
        assert g.answer() == 'ok'
        s.shut()
        assert g.tell('end', 1) == 'ok'
        g.ok('close', 1)
        s.sock.close()
        g.until(lambda st: st['flows'] == 0, 'the flow stays')
        st = g.stats()
        assert st['bytes_out'] == 2 * BULK and st['bytes_in'] == 2 * BULK + MB, st
        assert st['tcp'] == 1 and not st['refused'] and not st['no_memory'], st


def test_half_close_by_system():
    with gateway() as g:
        s = connected(g)
        s.send(1000)
        s.shut()
        g.ok('recv', 1, 1000)
        assert g.tell('end', 1) == 'ok'
        g.begin('send', 1, MB)
        s.recv(MB)
        assert g.answer() == 'ok'
        g.ok('close', 1)
        s.eof()
        g.until(lambda st: st['flows'] == 0, 'the flow stays')


def test_close_by_client():
    """A system that says nothing keeps a flow for who shuts its half, and none when nobody is left to receive."""
    with gateway() as g:
        stays, goes = connected(g, 1), connected(g, 2)
        g.ok('shut', 1)
        g.ok('close', 2)
        stays.eof()
        goes.eof()
        assert g.stats()['flows'] == 2
        g.until(lambda st: st['flows'] == 1, 'the flow stays')
        stays.send(1000)
        g.ok('recv', 1, 1000)


def timer(local, remote):
    """What the connection of the system waits for by itself, as /proc/net/tcp has it."""
    def name(address):
        return '%08X:%04X' % (struct.unpack('=I', socket.inet_aton(address[0]))[0], address[1])
    for line in open('/proc/net/tcp'):
        word = line.split()
        if word[1:3] == [name(local), name(remote)]:
            return int(word[5].split(':')[0])
    raise AssertionError('no connection from %s to %s' % (local, remote))


def test_vanished_peer():
    """Whoever the client could ask would be the gateway: that asks for itself."""
    port = free_port()
    with gateway('port=%d:80' % port) as g:
        s = connected(g).sock
        g.ok('listen', 2, 80)
        with socket.create_connection((SYSTEM, port)) as c:
            g.ok('accept', 2, 3)
            assert timer(c.getsockname(), c.getpeername()) == 0
            wait_for(lambda: timer(c.getpeername(), c.getsockname()) == 2)
            wait_for(lambda: timer(s.getpeername(), s.getsockname()) == 2)


def test_small_messages():
    with gateway() as g:
        s = connected(g)
        for _ in range(300):
            g.begin('send', 1, 7)
            s.recv(7)
            assert g.answer() == 'ok'
            s.send(3)
            g.ok('recv', 1, 3)


def test_mtu():
    """The same over a cable that takes large packets."""
    with gateway('mtu=65520') as g:
        s = connected(g)
        g.begin('both', 1, BULK)
        s.both(BULK)
        assert g.answer() == 'ok'


def test_errors():
    """The client hears what the system's connect() said."""
    with gateway() as g:
        assert g.tell('tcp', 1, SYSTEM, free_port()) == 'ECONNREFUSED'
        assert g.tell('tcp', 1, NOBODY, 80) == 'ENETUNREACH'
        sh('ip', 'route', 'add', 'unreachable', '203.0.113.2/32')
        sh('ip', 'route', 'add', 'prohibit', '203.0.113.3/32')
        assert g.tell('tcp', 1, '203.0.113.2', 80) == 'EHOSTUNREACH'
        # There is no ICMP message for EACCES, only for "administratively prohibited".
        assert g.tell('tcp', 1, '203.0.113.3', 80) == 'EHOSTUNREACH'
        st = g.stats()
        assert st['refused'] == 4 and st['flows'] == 0 and not st['tcp'], st


def test_system_resets():
    with gateway() as g:
        s = connected(g)
        s.abort()
        assert g.tell('end', 1) == 'ECONNRESET'
        g.until(lambda st: st['flows'] == 0, 'the flow stays')
        # What was sent before the reset arrives before it.
        s = connected(g, 2)
        g.ok('send', 2, 10)
        s.send(100000)
        g.ok('recv', 2, 100000)
        s.sock.close()
        assert g.tell('end', 2) == 'ECONNRESET'
        g.until(lambda st: st['flows'] == 0, 'the flow stays')


def test_client_resets():
    with gateway() as g:
        s = connected(g)
        g.ok('abort', 1)
        s.reset()
        g.until(lambda st: st['flows'] == 0, 'the flow stays')


def test_slow_system():
    """Who does not read stops the client, and memory stays bounded; then all of it arrives."""
    with gateway() as g:
        s = connected(g)
        # What both hosts and the system hold, by their largest buffers.
        sent = int(g.ok('fill', 1)[0])
        assert 0 < sent < 64 * MB, sent
        s.recv(sent, 10000)
        g.begin('send', 1, MB)
        s.recv(MB)
        assert g.answer() == 'ok'


def test_slow_client():
    with gateway() as g:
        s = connected(g)
        s.sock.setblocking(False)
        idle = 0
        while idle < 20:
            g.ok('idle', 10)
            try:
                s.out += s.sock.send(sent_from(s.out))
                idle = 0
            except BlockingIOError:
                idle += 1
            assert s.out < 64 * MB
        s.sock.settimeout(PATIENCE)
        g.ok('recv', 1, s.out)
        g.begin('recv', 1, MB)
        s.send(MB)
        assert g.answer() == 'ok'


def sent_from(start):
    from test_tcp import sent_bytes
    return sent_bytes(start, 65536)


def test_urgent():
    """Urgent bytes are urgent on the other side, at the same place."""
    with gateway() as g:
        s = connected(g)
        g.ok('send', 1, 5)
        g.ok('oob', 1, 'u')
        select.select([], [], [s.sock], PATIENCE)
        assert s.sock.recv(1, socket.MSG_OOB) == b'u'
        s.recv(5)
        g.ok('send', 1, 5)
        s.recv(5)
        s.send(5)
        s.sock.send(b'v', socket.MSG_OOB)
        assert g.tell('recv-oob', 1) == 'ok v'
        g.ok('recv', 1, 5)
        s.send(5)
        g.ok('recv', 1, 5)


def test_loopback_denied():
    with listening('127.0.0.1') as srv, gateway() as g:
        assert g.tell('tcp', 1, '10.0.2.2', srv.getsockname()[1]) == 'ECONNREFUSED'
        g.ok('udp', 2, 0)
        g.ok('connect', 2, '10.0.2.2', 9)
        g.ok('sendto', 2, '10.0.2.2', 9, '00')
        assert g.tell('recvfrom', 2) == 'EHOSTUNREACH'
        assert g.stats()['denied'] == 2


def test_loopback_allowed():
    with listening('127.0.0.1') as srv:
        port = srv.getsockname()[1]
        with gateway('allow=127.0.0.1:%d/tcp' % port) as g:
            g.ok('tcp', 1, '10.0.2.2', port)
            s = Stream(srv.accept()[0])
            g.ok('send', 1, 100)
            s.recv(100)
            assert g.tell('tcp', 2, '10.0.2.2', free_port(addr='127.0.0.1')) == 'ECONNREFUSED'
            assert g.stats()['denied'] == 1


def test_rules():
    """The first one that matches decides."""
    with listening() as one, listening() as two:
        a, b = one.getsockname()[1], two.getsockname()[1]
        with gateway('allow=%s:%d' % (SYSTEM, a), 'deny=198.51.100.0/24') as g:
            g.ok('tcp', 1, SYSTEM, a)
            assert g.tell('tcp', 2, SYSTEM, b) == 'ECONNREFUSED'
            assert g.stats()['denied'] == 1


def test_same_port_again():
    """A flow that begins anew, with its end of the last time in TIME-WAIT at the gateway."""
    with listening() as srv, gateway() as g:
        for _ in range(3):
            g.ok('tcp-from', 1, SYSTEM, srv.getsockname()[1], 4321)
            s = Stream(srv.accept()[0])
            s.send(10)
            s.sock.close()
            g.ok('recv', 1, 10)
            assert g.tell('end', 1) == 'ok'
            g.ok('close', 1)
            g.until(lambda st: st['flows'] == 0, 'the flow stays')


def test_crowd():
    """More connections than there may be: the others wait, and the flood ends without a trace."""
    with listening(backlog=4096) as srv, gateway('flows=%d' % CROWD) as g:
        port = srv.getsockname()[1]
        assert g.ok('crowd', SYSTEM, port, CROWD + 100, CROWD) == [str(CROWD)]
        st = g.stats()
        assert st['full'] >= 100 and st['tcp'] >= CROWD, st
        with contextlib.ExitStack() as stack:
            srv.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    stack.enter_context(srv.accept()[0])
        g.until(lambda st: st['flows'] == 0, 'flows stay')
        srv.settimeout(PATIENCE)
        g.ok('tcp', 1, SYSTEM, port)


@contextlib.contextmanager
def full_listener():
    """One that takes no connection until what is in its queue is accepted."""
    with listening(backlog=0) as srv, socket.create_connection(srv.getsockname()):
        yield srv


def test_slow_connect():
    """The client asks again while the system connects, and there is one connection in the end."""
    with full_listener() as srv, gateway() as g:
        g.begin('tcp', 1, SYSTEM, srv.getsockname()[1])
        # Long enough for both to have asked again.
        time.sleep(1.5)
        srv.accept()[0].close()
        assert g.answer() == 'ok'
        s = Stream(srv.accept()[0])
        g.ok('send', 1, 100)
        s.recv(100)
        st = g.stats()
        assert st['flows'] == 1 and st['tcp'] == 1, st


def test_client_goes_away():
    """The system is connected when the client is not there any more: it hears of that."""
    with full_listener() as srv, gateway() as g:
        # None of them waits.
        g.ok('crowd', SYSTEM, srv.getsockname()[1], 1, 0)
        assert g.stats()['flows'] == 1
        srv.accept()[0].close()
        g.begin('idle', 1)
        s = Stream(srv.accept()[0])
        g.answer()
        g.until(lambda st: st['flows'] == 0, 'the flow stays')
        s.reset()


def test_end_while_connecting():
    with full_listener() as srv, gateway() as g:
        g.ok('crowd', SYSTEM, srv.getsockname()[1], 10, 0)
        assert g.stats()['flows'] == 10
        g.end()


def test_descriptors_end():
    """Without descriptors new flows fail, and it goes on when there are some."""
    with listening(backlog=4096) as srv, gateway() as g:
        port = srv.getsockname()[1]
        # What waiting takes is there from the first time on.
        g.ok('tcp', 1, SYSTEM, port)
        used = len(os.listdir('/proc/%d/fd' % g.proc.pid))
        limits = resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE, (used + 10, limits[1]))
        assert g.ok('crowd', SYSTEM, port, 20, 10) == ['10']
        assert g.stats()['full'] >= 10
        resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE, limits)
        g.ok('tcp', 2, SYSTEM, port)


def test_udp():
    """Both ways, from the address that was sent to, up to the largest datagram; each port is a flow."""
    with datagrams() as s, gateway() as g:
        port = s.getsockname()[1]
        g.ok('udp', 1, 4000)
        g.ok('udp', 2, 4001)
        g.ok('sendto', 1, SYSTEM, port, '616263')
        data, one = s.recvfrom(100)
        assert data == b'abc'
        g.ok('sendto', 2, SYSTEM, port, '-')
        data, two = s.recvfrom(100)
        assert data == b'' and one != two
        s.sendto(b'\1\2', two)
        assert g.ok('recvfrom', 2) == [SYSTEM, str(port), '0102']
        s.sendto(b'\3', one)
        assert g.ok('recvfrom', 1) == [SYSTEM, str(port), '03']
        for size in (1472, 9000, 65507):
            g.ok('send-big', 1, SYSTEM, port, size)
            data, _ = s.recvfrom(65536)
            assert len(data) == size
            s.sendto(data, one)
            assert g.ok('recvfrom', 1) == [SYSTEM, str(port), str(size), 'right']
        st = g.stats()
        assert st['udp'] == 2 and st['flows'] == 2 and not st['datagrams_dropped'], st


def test_udp_errors():
    with gateway() as g:
        port = free_port(socket.SOCK_DGRAM)
        g.ok('udp', 1, 0)
        g.ok('connect', 1, SYSTEM, port)
        for _ in range(3):
            g.ok('sendto', 1, SYSTEM, port, '00')
            assert g.tell('recvfrom', 1) == 'ECONNREFUSED'
        g.ok('udp', 2, 0)
        g.ok('connect', 2, NOBODY, 9)
        g.ok('sendto', 2, NOBODY, 9, '00')
        assert g.tell('recvfrom', 2) == 'ENETUNREACH'


def test_udp_idle():
    with datagrams() as s, gateway('idle=1') as g:
        g.ok('udp', 1, 0)
        g.ok('sendto', 1, SYSTEM, s.getsockname()[1], '00')
        s.recvfrom(10)
        g.until(lambda st: st['flows'] == 0, 'the flow stays')


def test_udp_flood():
    """The flows that were idle for longest make room, and connections stay."""
    with datagrams() as s, gateway('flows=50') as g:
        c = connected(g)
        g.ok('spray', SYSTEM, s.getsockname()[1], 500)
        st = g.stats()
        # A port may be chosen twice.
        assert st['flows'] == 50 and st['udp'] > 400 and st['evicted'] == st['udp'] - 49, st
        g.ok('send', 1, 1000)
        c.recv(1000)


class Resolver:
    """Answers each question with itself and "!", over UDP and TCP."""

    def __init__(self, addr='127.0.0.1'):
        self.udp = datagrams(addr)
        self.where = '%s:%d' % self.udp.getsockname()
        self.tcp = listening(*self.udp.getsockname())
        self.asked = 0
        for work in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                data, peer = self.udp.recvfrom(65536)
                self.asked += 1
                self.udp.sendto(data + b'!', peer)

    def serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                c = self.tcp.accept()[0]
                c.sendall(c.recv(65536))
                c.close()


QUESTION = '1234' + '00' * 12


def test_dns():
    """The system's resolvers answer, although they are on loopback, where all else is denied."""
    good = Resolver()
    dead = '127.0.0.1:%d' % free_port(socket.SOCK_DGRAM, '127.0.0.1')
    with gateway('resolver=' + dead, 'resolver=' + good.where) as g:
        g.ok('udp', 1, 0)
        g.ok('sendto', 1, '10.0.2.3', 53, QUESTION)
        assert g.ok('recvfrom', 1) == ['10.0.2.3', '53', QUESTION + '21']
        assert g.stats()['dns_retries'] == 1
        # The one that answered is asked first from now on.
        g.ok('udp', 2, 0)
        g.ok('sendto', 2, '10.0.2.3', 53, QUESTION)
        assert g.ok('recvfrom', 2) == ['10.0.2.3', '53', QUESTION + '21']
        assert g.stats()['dns_retries'] == 1
        g.ok('tcp', 3, '10.0.2.3', 53)
        g.ok('send', 3, 20)
        g.ok('recv', 3, 20)
        assert g.tell('end', 3) == 'ok'
        # Nothing else is at that address.
        assert g.tell('tcp', 4, '10.0.2.3', 80) == 'ECONNREFUSED'
    with gateway('resolver=' + dead, 'resolver=' + good.where) as g:
        g.ok('tcp', 3, '10.0.2.3', 53)
        assert g.stats()['dns_retries'] == 1


def test_dns_silent():
    """A resolver that says nothing is left for the next one."""
    good = Resolver()
    with datagrams('127.0.0.1') as silent:
        with gateway('resolver=%s:%d' % silent.getsockname(), 'resolver=' + good.where) as g:
            g.ok('udp', 1, 0)
            g.ok('sendto', 1, '10.0.2.3', 53, QUESTION)
            assert g.ok('recvfrom', 1) == ['10.0.2.3', '53', QUESTION + '21']
            assert g.stats()['dns_retries'] == 1


def test_dns_none():
    dead = '127.0.0.1:%d' % free_port(socket.SOCK_DGRAM, '127.0.0.1')
    with gateway('resolver=' + dead) as g:
        g.ok('udp', 1, 0)
        g.ok('connect', 1, '10.0.2.3', 53)
        g.ok('sendto', 1, '10.0.2.3', 53, QUESTION)
        assert g.tell('recvfrom', 1) == 'ECONNREFUSED'
        assert g.tell('tcp', 2, '10.0.2.3', 53) == 'ECONNREFUSED'


def ping_sockets(first, last):
    with open('/proc/sys/net/ipv4/ping_group_range', 'w') as f:
        f.write('%d %d' % (first, last))


def test_ping():
    """By ping sockets and by raw ones; who is unreachable is said to be."""
    for first, last in ((0, 2147483647), (1, 0)):
        try:
            ping_sockets(first, last)
        except OSError:
            raise Skip('ping_group_range can not be set')
        with gateway() as g:
            assert g.tell('ping', SYSTEM, 56) == 'ok'
            assert g.tell('ping', SYSTEM, 1400) == 'ok'
            assert g.tell('ping', '10.0.2.2', 56) == 'ok'
            assert g.tell('ping', NOBODY, 56) == 'ENETUNREACH'
            assert g.stats()['echo'] == 2, g.stats()


def test_publish_tcp():
    """The client sees who came, and the gateway's address for who came by loopback."""
    port = free_port()
    with gateway('port=%d:80' % port) as g:
        g.ok('listen', 1, 80)
        with socket.socket() as c:
            c.bind((SYSTEM, 0))
            c.connect((SYSTEM, port))
            assert g.ok('accept', 1, 2) == [SYSTEM, str(c.getsockname()[1])]
            s = Stream(c)
            g.begin('both', 2, MB)
            s.both(MB)
            assert g.answer() == 'ok'
            g.ok('close', 2)
            s.eof()
        with socket.create_connection(('127.0.0.1', port)) as c:
            assert g.ok('accept', 1, 3) == ['10.0.2.2', str(c.getsockname()[1])]
            g.ok('abort', 3)
            Stream(c).reset()
        assert g.stats()['published'] == 2


def test_publish_same_port():
    """Two peers that the client can't tell apart by address: neither gets the other's, or is reset."""
    port = free_port()
    with gateway('port=%d:80' % port) as g:
        g.ok('listen', 1, 80)
        with socket.socket() as c, socket.socket() as d:
            c.bind(('127.0.0.1', 0))
            own = c.getsockname()[1]
            d.bind(('127.0.0.2', own))
            for number, peer in ((2, c), (3, d)):
                peer.connect(('127.0.0.1', port))
                addr, seen = g.ok('accept', 1, number)
                assert addr == '10.0.2.2' and (seen == str(own)) == (peer is c), (addr, seen, own)
            for number, peer in ((2, c), (3, d)):
                g.begin('both', number, MB)
                Stream(peer).both(MB)
                assert g.answer() == 'ok'


def test_publish_refused():
    """Nobody listens: who came is reset."""
    port = free_port()
    with gateway('port=%d' % port) as g:
        with socket.create_connection((SYSTEM, port)) as c:
            g.ok('idle', 10)
            Stream(c).reset()
        g.until(lambda st: st['flows'] == 0, 'the flow stays')


def processor_ticks(pid):
    with open('/proc/%d/stat' % pid) as f:
        return sum(int(n) for n in f.read().rpartition(')')[2].split()[11:13])


def test_publish_descriptors_end():
    """Who comes without descriptors waits, and takes none of the processor's time meanwhile."""
    port = free_port()
    with gateway('port=%d:80' % port) as g:
        g.ok('listen', 1, 80)
        g.ok('idle', 10)
        used = len(os.listdir('/proc/%d/fd' % g.proc.pid))
        limits = resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE, (used, limits[1]))
        with socket.create_connection((SYSTEM, port)) as c:
            g.until(lambda st: st['full'] > 0, 'it is not counted')
            before = processor_ticks(g.proc.pid)
            g.ok('idle', 2000)
            took = processor_ticks(g.proc.pid) - before
            assert took < os.sysconf('SC_CLK_TCK'), took
            resource.prlimit(g.proc.pid, resource.RLIMIT_NOFILE, limits)
            g.until(lambda st: st['published'] == 1, 'nobody is let in')
            assert g.ok('accept', 1, 2) == [SYSTEM, str(c.getsockname()[1])]


def test_publish_full():
    """Who comes to a gateway that is full of connections is reset: an end would look like an answer."""
    port = free_port()
    with gateway('port=%d:80' % port, 'flows=1') as g:
        s = connected(g)
        with socket.create_connection((SYSTEM, port)) as c:
            g.until(lambda st: st['full'] == 1, 'it is not counted')
            Stream(c).reset()
        g.ok('send', 1, 1000)
        s.recv(1000)


def test_publish_udp():
    port = free_port(socket.SOCK_DGRAM)
    with datagrams() as s, datagrams('127.0.0.1') as t, gateway('port=%d:53/udp' % port) as g:
        g.ok('udp', 1, 53)
        for peer, seen in ((s, SYSTEM), (t, '10.0.2.2')):
            addr, own = peer.getsockname()
            peer.sendto(b'\7', (addr, port))
            assert g.ok('recvfrom', 1) == [seen, str(own), '07']
            g.ok('sendto', 1, seen, own, '0809')
            assert peer.recvfrom(10) == (b'\x08\x09', (addr, port))
        assert g.stats()['published'] == 2


def test_publish_udp_same_port():
    """Answers go to who asked, and to nobody else."""
    port = free_port(socket.SOCK_DGRAM)
    with datagrams('127.0.0.1') as s, gateway('port=%d:53/udp' % port) as g:
        own = s.getsockname()[1]
        with datagrams('127.0.0.2', own) as t:
            g.ok('udp', 1, 53)
            for _ in range(2):
                names = []
                for peer in (s, t):
                    peer.sendto(b'\7', ('127.0.0.1', port))
                    names.append(g.ok('recvfrom', 1)[:2])
                assert names == [['10.0.2.2', str(own)], ['10.0.2.2', str(own + 1)]], names
                for peer, seen, data in ((t, names[1], b'\2'), (s, names[0], b'\1')):
                    g.ok('sendto', 1, *seen, data.hex())
                    assert peer.recvfrom(10) == (data, ('127.0.0.1', port))
        assert g.stats()['published'] == 2


def test_publish_occupied():
    with listening() as srv:
        port = srv.getsockname()[1]
        done = subprocess.run([CLIENT, 'port=%s:%d' % (SYSTEM, port)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 2 and '%s:%d/tcp' % (SYSTEM, port) in done.stderr and \
            'listens there already' in done.stderr, done.stderr
        assert_no_report(done.stderr)


def test_garbage():
    """Packets that nobody sends end nothing but themselves, and flows stay within their limit."""
    with listening() as srv, datagrams(), gateway('flows=200') as g:
        s = connected(g)
        g.ok('garbage', SYSTEM, 20000)
        st = g.stats()
        assert st['flows'] <= 200 and st['refused'] and st['udp'] and st['echo'], st
        g.ok('send', 1, 1000)
        s.recv(1000)
        # What stays is idle, and makes room for who comes.
        g.ok('tcp', 2, SYSTEM, srv.getsockname()[1])


def test_ordinary_user():
    """No privilege is needed, except for what the system asks one for; that is said."""
    try:
        os.seteuid(65534)
        os.seteuid(0)
        ping_sockets(1, 0)
    except OSError:
        raise Skip('there is no other user here')
    with gateway(user=65534) as g:
        s = connected(g)
        g.begin('both', 1, MB)
        s.both(MB)
        assert g.answer() == 'ok'
        assert g.tell('ping', SYSTEM, 56) == 'EHOSTUNREACH'
        assert g.tell('ping', '10.0.2.2', 56) == 'ok'
        ping_sockets(0, 2147483647)
        assert g.tell('ping', SYSTEM, 56) == 'ok'
    try:
        Gateway('port=80', user=65534)
    except AssertionError as e:
        assert '0.0.0.0:80/tcp' in str(e) and 'from 1024 on' in str(e), e
    else:
        raise AssertionError('port 80 was given to an ordinary user')


def test_end_under_way():
    """A gateway that ends in the middle resets everybody."""
    with listening() as srv, datagrams() as d, gateway() as g:
        g.ok('tcp', 1, SYSTEM, srv.getsockname()[1])
        s = Stream(srv.accept()[0])
        g.ok('udp', 2, 0)
        g.ok('sendto', 2, SYSTEM, d.getsockname()[1], '00')
        d.recvfrom(10)
        g.ok('fill', 1)
        g.end()
        s.reset()


if __name__ == '__main__':
    sh('ip', 'address', 'add', SYSTEM + '/32', 'dev', 'lo')
    main([f for name, f in list(globals().items()) if name.startswith('test_') and callable(f)])
