# SPDX-License-Identifier: BSD-2-Clause
"""Two hosts with the same addresses, the kernel's and skiff's, that are asked the same things."""
import collections
import select

from peer import *

HOST_MAC, OUR_MAC = '02:00:00:00:00:02', '02:00:00:00:00:01'
TOLD_HOST = os.path.join(os.environ.get('SKIFF_BUILD', 'build/debug'), 'tests', 'told-host')
DISCARDING = 9  # the only port of UDP that is open
ETH_P_IP, ETH_P_ARP = 0x0800, 0x0806

# What limits answers would hide differences; nothing is to expire while frames are compared.
SETTINGS = {'net.ipv4.icmp_ratelimit': 0, 'net.ipv4.icmp_msgs_per_sec': 1000000,
            'net.ipv4.icmp_msgs_burst': 1000000, 'net.ipv4.ipfrag_time': 600}


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


class Twin:
    """A host at the other end of the interface @dev of ours, which has no address at first."""

    def __init__(self, dev):
        self.dev = dev
        self.marks, self.sent, self.own = 0, 0, {KERNEL}
        try:
            with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % dev, 'w') as f:
                f.write('1')
        except OSError:
            pass
        sh('ip', 'link', 'set', dev, 'address', OUR_MAC, 'arp', 'off', 'up')
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.sock.bind((dev, 0))
        # PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC: whoever an answer is for.
        self.sock.setsockopt(263, 1, struct.pack('IHH8s', socket.if_nametoindex(dev), 1, 0, b''))

    # Frames, when this side has no address.

    def send(self, frame):
        self.sock.send(frame)
        self.sent += 1

    def answer_arp(self, frame):
        """Whoever asks for an address of ours hears of us."""
        if frame[12:22] == b'\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01' and \
                socket.inet_ntoa(frame[38:42]) in self.own:
            self.send(frame[6:12] + mac(OUR_MAC) + frame[12:20] + b'\0\x02' + mac(OUR_MAC) +
                      frame[38:42] + frame[22:32])

    def receive(self, done, patience=PATIENCE):
        """Frames until @done says yes to one, which is left out."""
        frames, end = [], time.monotonic() + patience
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return frames, False
            frame, where = self.sock.recvfrom(65536)
            if where[2] == socket.PACKET_OUTGOING:
                continue
            if frame[12:14] == b'\x08\x06':
                self.answer_arp(frame)
            if done(frame):
                return frames, True
            frames.append(frame)

    def ask(self, *frames):
        """Sends them, and returns what comes back until an echo request after them is answered."""
        for frame in frames:
            self.send(frame)
        self.marks = self.marks % 65535 + 1
        mark = struct.pack('!HH', 0x4d4b, self.marks)
        self.send(ip_frame(1, icmp(8, 0, mark, b'are you still there?')))
        answers, alive = self.receive(lambda f: f[34:36] == b'\0\0' and f[38:42] == mark)
        assert alive, '%s does not answer any more' % self
        return answers

    # The kernel's own programs on this side.

    def take_address(self):
        sh('ip', 'link', 'set', self.dev, 'arp', 'on')
        sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', self.dev)

    def drop_address(self):
        sh('ip', 'addr', 'flush', 'dev', self.dev)

    def captured(self, quiet=0.2):
        """All frames so far, those of ours as well: (whether it is ours, frame)."""
        frames = []
        while select.select([self.sock], [], [], quiet)[0]:
            frame, where = self.sock.recvfrom(65536)
            frames.append((where[2] == socket.PACKET_OUTGOING, frame))
        return frames


class KernelTwin(Twin):
    """The kernel in a network namespace of its own."""

    def __init__(self, settings=SETTINGS, mtu=1500):
        code = ('import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); '
                's.bind(("", %d)); print("up", flush=True); s.setblocking(True); '
                'import threading; threading.Thread(target=lambda: [s.recv(65536) for _ in '
                'iter(int, 1)], daemon=True).start(); sys.stdin.read()' % DISCARDING)
        self.proc = subprocess.Popen(['unshare', '-n', sys.executable, '-c', code], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.proc.stdout.readline() == 'up\n'
        sh('ip', 'link', 'add', 'k0', 'type', 'veth', 'peer', 'name', 'k1')
        sh('ip', 'link', 'set', 'k1', 'netns', str(self.proc.pid))
        self.run('ip link set lo up; echo 1 >/proc/sys/net/ipv6/conf/k1/disable_ipv6; '
                 'for f in all default k1; do echo 0 >/proc/sys/net/ipv4/conf/$f/rp_filter; done; '
                 'ip link set k1 address %s mtu %d up; ip addr add %s/24 broadcast + dev k1' % (
                     HOST_MAC, mtu, HOST))
        for name, value in settings.items():
            self.set(name, value)
        sh('ip', 'link', 'set', 'k0', 'mtu', str(mtu))
        super().__init__('k0')

    def __str__(self):
        return 'the kernel'

    def command(self, *args):
        return ['nsenter', '-t', str(self.proc.pid), '-n'] + list(args)

    def run(self, script):
        return sh(*self.command('sh', '-c', script))

    def set(self, name, value):
        try:
            self.run('echo %s >/proc/sys/%s' % (value, name.replace('.', '/')))
        except AssertionError:
            raise Skip('the kernel does not let %s be set here' % name)

    def udp(self, how, sport, dport, size, count):
        """As told_host.c does it."""
        code = '''
import socket, sys
how, sport, addr, dport, size, count = sys.argv[1:]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for c in how:
    if c in 'nwop':
        s.setsockopt(socket.IPPROTO_IP, 10, 'nwop'.index(c))
s.bind(('', int(sport)))
to = (addr, int(dport))
if 'c' in how:
    s.connect(to)
data = bytes(i * 7 & 255 for i in range(int(size)))
for _ in range(int(count)):
    s.send(data) if 'c' in how else s.sendto(data, to)
'''
        sh(*self.command(sys.executable, '-c', code, how, str(sport), KERNEL, str(dport), str(size),
                         str(count)))

    def counters(self):
        found = collections.Counter()
        for path in ('/proc/net/snmp', '/proc/net/netstat'):
            lines = self.run('cat ' + path).splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                kind = names.split(':')[0]
                for name, value in zip(names.split()[1:], values.split()[1:]):
                    found[kind + name] = int(value)
        return found

    def stop(self):
        self.sock.close()
        subprocess.run(['ip', 'link', 'del', 'k0'], stderr=subprocess.DEVNULL)
        self.proc.stdin.close()
        self.proc.wait()


class SkiffTwin(Twin):
    """A host of told_host.c on a TAP, or on whatever @device says; our end of that is @dev."""

    def __init__(self, settings=SETTINGS, device='tap', dev='s0', mtu=1500, binary=TOLD_HOST):
        self.err = tempfile.TemporaryFile('w+')
        self.proc = subprocess.Popen(
            [binary, '%s,name=s0,mac=%s,mtu=%d,addr=%s/24' % (device, HOST_MAC, mtu, HOST),
             'discard'], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.err)
        assert self.lines() == ['up']
        for name, value in settings.items():
            self.set(name, value)
        sh('ip', 'link', 'set', dev, 'mtu', str(mtu))
        super().__init__(dev)

    def __str__(self):
        return 'skiff'

    def lines(self):
        """What it says to the last order."""
        found = []
        for line in self.proc.stdout:
            if line == '.\n':
                return found
            found.append(line.rstrip('\n'))
        self.proc.wait()
        self.err.seek(0)
        raise AssertionError('the host ended: %d\n%s' % (self.proc.returncode, self.err.read()))

    def tell(self, *order):
        self.proc.stdin.write(' '.join(map(str, order)) + '\n')
        self.proc.stdin.flush()
        return self.lines()

    def set(self, name, value):
        assert not self.tell('set', name, value), (name, value)

    def udp(self, how, sport, dport, size, count):
        said = self.tell('udp', how, sport, KERNEL, dport, size, count)
        assert said == ['sent %d errno 0' % count], said

    def counters(self):
        return collections.Counter({name: int(value) for name, value in
                                    (line.split() for line in self.tell('report'))})

    def stop(self):
        """It has to end well."""
        self.sock.close()
        self.proc.stdin.close()
        status = self.proc.wait(PATIENCE)
        self.err.seek(0)
        errors = self.err.read()
        self.err.close()
        assert_no_report(errors)
        assert status == 0, 'exit status %d\n%s' % (status, errors)


class Twins:
    """Both of them, with the same settings."""

    def __init__(self, **kwargs):
        self.kwargs = kwargs

    def __enter__(self):
        self.kernel = KernelTwin(**self.kwargs)
        try:
            self.skiff = SkiffTwin(**self.kwargs)
        except BaseException:
            self.kernel.stop()
            raise
        return self.kernel, self.skiff

    def __exit__(self, *args):
        try:
            self.skiff.stop()
        finally:
            self.kernel.stop()


# Frames

def icmp(kind, code, rest, data=b''):
    head = struct.pack('!BBH', kind, code, 0) + rest + data
    return head[:2] + struct.pack('!H', checksum(head)) + head[4:]


def ip_packet(proto, payload, src=KERNEL, dst=HOST, ident=1, frag=0, ttl=64, tos=0, options=b''):
    options += b'\0' * (-len(options) % 4)
    head = struct.pack('!BBHHHBBH4s4s', 0x45 + len(options) // 4, tos,
                       20 + len(options) + len(payload), ident, frag, ttl, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload


def ip_frame(proto, payload, **kwargs):
    return mac(HOST_MAC) + mac(OUR_MAC) + b'\x08\0' + ip_packet(proto, payload, **kwargs)


def without_times(packet):
    """An IPv4 header with its options whose timestamps are zero: both hosts have a clock."""
    packet = bytearray(packet)
    at, end = 20, min((packet[0] & 15) * 4, len(packet))
    while at + 1 < end and packet[at]:
        if packet[at] == 1:
            at += 1
            continue
        size = packet[at + 1]
        if size < 2:
            break
        if packet[at] == 68:
            packet[at + 4:at + size] = bytes(len(packet[at + 4:at + size]))
        at += size
    return bytes(packet)


def describe(frame):
    """What an answer says, without what two hosts may choose for themselves; None for ARP."""
    if frame[12:14] != b'\x08\0':
        return (frame[12:14].hex(), frame[14:].hex())
    packet = frame[14:]
    head, size = (packet[0] & 15) * 4, struct.unpack('!H', packet[2:4])[0]
    assert checksum(packet[:head]) == 0, 'checksum of the IPv4 header: ' + packet.hex()
    packet = without_times(packet[:size])
    what = collections.OrderedDict(
        proto=packet[9], src=socket.inet_ntoa(packet[12:16]), dst=socket.inet_ntoa(packet[16:20]),
        tos=packet[1], size=size, id=bool(packet[4] | packet[5]), frag=packet[6:8].hex(),
        ttl=packet[8], options=packet[20:head].hex())
    body = frame[14 + head:14 + size]
    if packet[9] == 1 and not int.from_bytes(packet[6:8], 'big') & 0x3fff:
        assert checksum(body) == 0, 'checksum of ICMP: ' + body.hex()
        what.update(type=body[0], code=body[1], rest=body[4:8].hex())
        body = body[8:]
        if what['type'] == 14:
            body = body[:4]
        if what['type'] in (3, 11, 12) and len(body) >= 20:
            quoted = without_times(body)
            # Its checksum covers the times.
            body = quoted[:10] + b'\0\0' + quoted[12:]
    what['data'] = body.hex()
    return what


def differences(ours, theirs):
    """In words."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ', '.join('%s: skiff %s, kernel %s' % (k, ours.get(k), theirs.get(k))
                         for k in list(theirs) + [k for k in ours if k not in theirs]
                         if ours.get(k) != theirs.get(k))
    return 'skiff %s, kernel %s' % (ours, theirs)
