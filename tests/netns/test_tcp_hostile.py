#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Peers of a host that don't mean well: a flood of SYNs, and sequences of segments made by scapy."""
import logging
import multiprocessing
import random

from peer import *

logging.getLogger('scapy').setLevel(logging.ERROR)
try:
    from scapy.all import ARP, IP, TCP, Ether, Raw, raw
except ImportError:
    IP = None

MB = 1 << 20
SEED = int(os.environ.get('SEED', 1996)) or random.SystemRandom().randrange(1, 1 << 31)
# Nobody has this address, so the kernel does not answer for it.
ATTACKER, ATTACKER_MAC = '192.0.2.77', '02:00:00:00:00:77'
SPOOFED = '192.0.2.128'


def need_scapy():
    if not IP:
        raise Skip('python3-scapy is not installed')


class Wire:
    """The kernel's end of the device, as frames."""

    def __init__(self, mac):
        self.mac = mac
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind((DEV, 0))
        self.sock.settimeout(0.1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)

    def tell(self, ip=ATTACKER):
        """The host knows where @ip is."""
        self.sock.send(raw(Ether(dst=self.mac, src=ATTACKER_MAC) /
                           ARP(op=1, hwsrc=ATTACKER_MAC, psrc=ip, pdst=HOST)))

    def frame(self, data=b'', **fields):
        return raw(Ether(dst=self.mac, src=ATTACKER_MAC) / IP(src=ATTACKER, dst=HOST) /
                   TCP(**fields) / Raw(data))

    def send(self, data=b'', **fields):
        self.sock.send(self.frame(data, **fields))

    def get(self, port):
        """The next segment to @port of the attacker's."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                packet = Ether(self.sock.recv(65536))
            except socket.timeout:
                continue
            if ARP in packet and packet[ARP].pdst == ATTACKER:
                self.tell()
            if TCP in packet and packet[IP].dst == ATTACKER and packet[TCP].dport == port:
                return packet[TCP]
        raise AssertionError('no answer within %g s' % PATIENCE)


class Attack:
    """A connection of the attacker's to the echo service."""
    port = 20000

    def __init__(self, wire, options=(('MSS', 1000), ('SAckOK', b''), ('WScale', 0))):
        Attack.port += 1
        self.wire, self.port, self.seq = wire, Attack.port, 1000
        wire.tell()
        wire.send(sport=self.port, dport=ECHO, flags='S', seq=self.seq, window=65535,
                  options=list(options))
        answer = wire.get(self.port)
        assert answer.flags == 'SA', answer
        self.seq, self.ack = self.seq + 1, (answer.seq + 1) & 0xffffffff
        self.send(flags='A')

    def send(self, data=b'', off=0, flags='PA', **fields):
        args = dict(sport=self.port, dport=ECHO, flags=flags, seq=(self.seq + off) & 0xffffffff,
                    ack=self.ack, window=65535)
        args.update(fields)
        self.wire.send(data, **args)

    def answer(self):
        return self.wire.get(self.port)

    def until(self, what):
        """The first segment of which @what is true."""
        while True:
            s = self.answer()
            if what(s):
                return s

    def echoed(self, count):
        """The first @count bytes that the service sent."""
        text = b''
        while len(text) < count:
            s = self.answer()
            at = (s.seq - self.ack) & 0xffffffff
            if at <= len(text):
                text += bytes(s.payload)[len(text) - at:]
        return text


def get_all(s, count):
    data = b''
    while len(data) < count:
        part = s.recv(count - len(data))
        assert part, 'the stream ends after %d bytes' % len(data)
        data += part
    return data


def still_serves():
    s = socket.create_connection((HOST, ECHO), timeout=60)
    with s:
        s.sendall(b'hello')
        assert get_all(s, 5) == b'hello'


def attacked(story):
    """@story(wire) with a host, which lives on and leaves nothing behind. Returns its report."""
    need_scapy()
    host = Host(services='echo')
    wire = Wire(host.mac)
    wire.tell()
    still_serves()
    story(wire)
    still_serves()
    wire.sock.close()
    return host.stop()


def test_overlapping_segments():
    """Content that contradicts itself: what came first in each place stays."""
    def story(wire):
        a = Attack(wire)
        a.send(b'c' * 100, off=200)
        a.send(b'b' * 150, off=100)
        a.send(b'x' * 20, off=220)
        a.send(b'a' * 120)
        assert a.echoed(300) == b'a' * 120 + b'b' * 130 + b'c' * 50
    attacked(story)


def test_blind_resets_and_syns():
    """RFC 5961: the exact number resets; one within the window, or a SYN, is asked about."""
    def story(wire):
        a = Attack(wire)
        a.send(flags='R', off=1)
        assert a.until(lambda s: s.flags == 'A').ack == a.seq
        a.send(flags='R', off=1 << 20)
        time.sleep(0.6)
        a.send(flags='S', off=5000)
        assert a.until(lambda s: s.flags == 'A').ack == a.seq
        a.send(b'alive')
        a.until(lambda s: bytes(s.payload) == b'alive')
        a.seq += 5
        a.send(flags='R')
        a.send(b'dead?')
        a.until(lambda s: 'R' in s.flags)
    report = attacked(story)
    assert counter(report, 'TcpExtTCPChallengeACK') >= 2, report


def test_options_that_make_no_sense():
    def story(wire):
        for options in ([('MSS', 0)], [('MSS', 1), ('WScale', 255)], [('WScale', 14)] * 10,
                        [('Timestamp', (0, 0))] * 3, [('SAckOK', b'')] * 20, [('NOP', None)] * 40,
                        [('SAck', (1, 2, 3, 4, 5, 6))], [(254, b'\xf9\x89' + b'c' * 16)],
                        [(34, b'c' * 16), (34, b'd' * 16)], [(5, b'abc')]):
            a = Attack(wire, options)
            a.send(b'x' * 10, options=list(options))
            for blocks in ((5, 1), (a.ack - 100, a.ack + 100), (0, 0xffffffff)):
                a.send(flags='A', options=[('SAck', tuple(b & 0xffffffff for b in blocks))])
            a.send(flags='R')
    attacked(story)


def test_flags_and_numbers_of_all_kinds():
    """Whatever comes in whatever state; the generator begins with SEED."""
    def story(wire):
        rnd = random.Random(SEED)
        print('SEED=%d' % SEED)
        for _ in range(20):
            a = Attack(wire)
            for _ in range(40):
                near = rnd.choice([0, 0, 1, -1, 100, 1000, 65535, 1 << 31, rnd.randrange(1 << 32)])
                a.send(rnd.randbytes(rnd.choice([0, 0, 1, 10, 1000])), off=near,
                       flags=rnd.randrange(256),
                       ack=(a.ack + rnd.choice([0, 0, 1, -1, 1000, rnd.randrange(1 << 32)])) & 0xffffffff,
                       window=rnd.choice([0, 1, 65535]), urgptr=rnd.choice([0, 1, 65535]))
        for port in rnd.sample(range(1, 65536), 200):
            wire.send(sport=port, dport=rnd.choice([ECHO, port]), flags=rnd.randrange(256),
                      seq=rnd.randrange(1 << 32), ack=rnd.randrange(1 << 32))
    attacked(story)


def dropped():
    """Frames that did not get into the TAP's queue."""
    line = next(l for l in open('/proc/net/dev') if l.strip().startswith(DEV + ':'))
    return int(line.split(':')[1].split()[11])


def flood(mac, ready):
    """SYNs of addresses that the host knows, as fast as it reads them, until the process is ended.

    Where this is faster the TAP's queue drops what comes, the transfer's segments as well, before the host sees any of it:
    a third of them on a fast machine.
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((DEV, 0))
    syns = [raw(Ether(dst=mac, src=ATTACKER_MAC) / IP(src=SPOOFED, dst=HOST) /
                TCP(sport=1024 + i, dport=ECHO, flags='S', seq=i, options=[('MSS', 1460)]))
            for i in range(2000)]
    before, pause = dropped(), 0
    while True:
        for i, syn in enumerate(syns):
            try:
                sock.send(syn)
            except OSError:
                pass
            if i % 100:
                continue
            now = dropped()
            pause = min(2 * pause + 0.0001, 0.02) if now > before else pause * 0.9
            before = now
            time.sleep(pause)
        ready.set()


def test_a_transfer_in_a_flood_of_syns():
    """It goes on, and others get in all the same, by cookies."""
    need_scapy()
    host = Host(services='echo')
    wire = Wire(host.mac)
    wire.tell(SPOOFED)
    ready = multiprocessing.Event()
    attacker = multiprocessing.Process(target=flood, args=(host.mac, ready), daemon=True)
    block = random.Random(SEED).randbytes(MB)
    s = socket.create_connection((HOST, ECHO), timeout=60)
    attacker.start()
    assert ready.wait(60)
    try:
        with s:
            sender = threading.Thread(target=lambda: [s.sendall(block) for _ in range(4)])
            sender.start()
            for _ in range(4):
                assert get_all(s, MB) == block
            sender.join()
        for _ in range(20):
            still_serves()
    finally:
        attacker.terminate()
        attacker.join()
    wire.sock.close()
    report = host.stop()
    assert counter(report, 'TcpExtSyncookiesSent') > 1000, report
    assert counter(report, 'TcpPassiveOpens') >= 21, report


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
