#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SLIP: a host on a pseudo-terminal, and a peer that has RFC 1055 from the RFC only."""
import os
import pty
import re
import select
import tty

from peer import *

END, ESC, ESC_END, ESC_ESC = b'\xc0', b'\xdb', b'\xdb\xdc', b'\xdb\xdd'


class Line:
    """The peer: packets over the other end of the line."""

    def __init__(self, fd):
        self.fd, self.buf = fd, b''
        tty.setraw(fd)
        os.set_blocking(fd, False)

    def raw(self, data):
        while data:
            select.select([], [self.fd], [], 5)
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                pass

    def send(self, packet):
        self.raw(END + packet.replace(ESC, ESC_ESC).replace(END, ESC_END) + END)

    def receive(self, seconds=3.0):
        """The next packet, None when there is none in time."""
        until = time.monotonic() + seconds
        while True:
            packet, end, rest = self.buf.partition(END)
            if end:
                self.buf = rest
                if packet:
                    assert not re.search(b'\xdb[^\xdc\xdd]|\xdb$', packet), packet
                    return packet.replace(ESC_END, END).replace(ESC_ESC, ESC)
                continue
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            self.buf += os.read(self.fd, 4096)


def host(options='', **kwargs):
    return Host(device='slip,name=%s,addr=%s/24' % (DEV, HOST), dev=options, kernel_side=False,
                **kwargs)


def line_of(h):
    wait_for(lambda: any('other end is' in line for line in h.err))
    path = re.search(r"sk0: the line's other end is (\S+)", ''.join(h.err)).group(1)
    return Line(os.open(path, os.O_RDWR | os.O_NOCTTY))


def ip(protocol, data):
    ips = socket.inet_aton(KERNEL) + socket.inet_aton(HOST)
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(data), 1, 0, 64, protocol, 0) + ips
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + data


def ping(size, seq):
    data = bytes((seq + i) & 255 for i in range(size))
    head = struct.pack('!BBHHH', 8, 0, 0, 0x534c, seq)
    return ip(1, head[:2] + struct.pack('!H', checksum(head + data)) + head[4:] + data)


def assert_pong(packet, request):
    assert packet is not None, 'no answer'
    assert checksum(packet[:20]) == 0 and checksum(packet[20:]) == 0, packet
    assert packet[20] == 0 and packet[24:] == request[24:], packet
    assert packet[12:20] == request[16:20] + request[12:16], packet


def echo(line, size):
    request = udp_frame(KERNEL, 40000, HOST, ECHO, pattern(size, 4))
    request = request[:10] + struct.pack('!H', checksum(request[:20])) + request[12:]
    line.send(request)
    answer = line.receive()
    assert answer and answer[28:] == request[28:], 'size %d: %r' % (size, answer)
    ips = answer[12:20]
    assert checksum(ips + struct.pack('!HH', 17, len(answer) - 20) + answer[20:]) == 0, answer


def test_ping_and_udp_of_every_size():
    path = WORK + '/slip.pcapng'
    h = host(pcap=path)
    line = line_of(h)
    for size in range(296 - 28 + 1):
        request = ping(size, size)
        line.send(request)
        assert_pong(line.receive(), request)
        echo(line, size)
    report = h.stop()
    assert ' mtu 296' in report, report
    assert counter(report, 'IcmpInEchos') == 269 and counter(report, 'UdpInDatagrams') == 269, report


def test_large_mtu():
    """More than the terminal takes at once, and most of it escaped."""
    h = host(',mtu=9000')
    line = line_of(h)
    for byte in (END, ESC, b'x'):
        head = struct.pack('!BBHHH', 8, 0, 0, 1, 1)
        data = byte * 8900
        request = ip(1, head[:2] + struct.pack('!H', checksum(head + data)) + head[4:] + data)
        line.send(request)
        assert_pong(line.receive(), request)
    h.stop()


def test_malformed_input():
    h = host()
    line = line_of(h)
    good = ping(10, 1)
    for bad in (END * 50, ESC + END, ESC + b'x' + b'y' * 40 + END, b'z' * 40 + END, b'\x45' + END,
                b'E' * 5000 + END, END + ESC + ESC + b'x' * 40 + END, b'\x60' * 60 + END,
                bytes(range(256)) * 4 + END):
        line.raw(bad)
        line.send(good)
        assert_pong(line.receive(), good)
    # In pieces of one byte.
    for byte in END + good.replace(ESC, ESC_ESC).replace(END, ESC_END) + END:
        line.raw(bytes([byte]))
    assert_pong(line.receive(), good)
    report = h.stop()
    assert counter(report, 'IcmpInEchos') == 10, report


def test_many_at_once():
    h = host()
    line = line_of(h)
    for _ in range(20):
        for seq in range(5):
            line.send(ping(100, seq))
        for seq in range(5):
            assert_pong(line.receive(), ping(100, seq))
    h.stop()


def test_nobody_reads():
    """Answers that nobody takes are dropped at the end of the queue; the host goes on."""
    h = host(',mtu=1500')
    line = line_of(h)
    for seq in range(200):
        line.send(ping(1400, seq))
    time.sleep(0.5)
    while line.receive(0.5):
        pass
    line.send(ping(10, 7))
    assert_pong(line.receive(), ping(10, 7))
    h.stop()


def test_given_terminal_that_hangs_up():
    master, slave = pty.openpty()
    h = host(',path=' + os.ttyname(slave))
    line = Line(master)
    line.send(ping(10, 1))
    assert_pong(line.receive(), ping(10, 1))
    os.close(slave)
    os.close(master)
    wait_for(lambda: any('sk0: the serial line is gone' in s for s in h.err))
    assert 'sk0 (down)' in h.stop()


def test_refusals():
    for text, message in (('slip,path=/dev/null', 'path=/dev/null: '),
                          ('slip,path=ttyS0', 'path=ttyS0: a terminal'),
                          ('slip,path=/nowhere', 'path=/nowhere: No such file'),
                          ('slip,baud=300', 'baud=300: 1200'),
                          ('slip,mac=02:00:00:00:00:01', 'has no address')):
        status, _, err = skiff('up', 'box', '--dev', text)
        assert status == 3 and message in err, (text, status, err)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
