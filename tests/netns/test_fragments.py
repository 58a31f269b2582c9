#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Packets larger than the MTU, both ways: sizes up to the largest, MTUs, and what is on the wire."""
import random
import re
import shutil
import socket
import struct

from twins import *

LARGEST = 65507
RANDOM = random.Random(1)
SIZES = sorted(set(list(range(1460, 1490)) + list(range(2940, 2970)) + [LARGEST - 1, LARGEST] +
                   [0, 1, 7, 8, 9, 4096, 8192, 9000, 32767, 32768, 50000] +
                   [RANDOM.randrange(LARGEST) for _ in range(150)]))


def ping_sizes(sizes):
    """Echo requests of the kernel's; it cuts them and puts the answers together."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER, IP_PMTUDISC_DONT
    s.settimeout(5)
    for size in sizes:
        data = pattern(size, 1)
        head = struct.pack('!BBHHH', 8, 0, 0, 0x5350, size & 0xffff)
        head = head[:2] + struct.pack('!H', checksum(head + data)) + head[4:]
        s.sendto(head + data, (HOST, 0))
        while True:
            packet = s.recv(65536)
            icmp = packet[(packet[0] & 15) * 4:]
            if icmp[0] == 0 and icmp[4:8] == head[4:8]:
                break
        assert icmp[8:] == data, 'size %d' % size
    s.close()


def echo_sizes(sizes):
    with udp() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.settimeout(5)
        for size in sizes:
            data = pattern(size, 2)
            s.sendto(data, (HOST, ECHO))
            answer, source = s.recvfrom(65536)
            assert answer == data, 'size %d' % size


def test_sizes_up_to_the_largest():
    path = WORK + '/fragments.pcapng'
    host = Host(pcap=path)
    ping_sizes(SIZES)
    echo_sizes(SIZES)
    report = host.stop()
    assert counter(report, 'IpReasmOKs') > 300, report
    assert counter(report, 'IpFragOKs') > 300, report
    assert not counter(report, 'IpReasmFails') and not counter(report, 'IpFragFails'), report
    if shutil.which('tshark'):
        bad = sh('tshark', '-r', path, '-o', 'ip.check_checksum:TRUE', '-Y',
                 '_ws.malformed or ip.checksum.status == 0 or ip.fragment.error or '
                 'ip.fragment.overlap or ip.fragment.toolongfragment')
        assert not [l for l in bad.splitlines() if re.match(r'\s*\d', l)], bad


def host_sends(twin, sizes):
    """Datagrams of the host's own, not asked for: the kernel receives each of them whole."""
    with udp(5) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        port = s.getsockname()[1]
        for size in sizes:
            twin.udp('n', 5000, port, size, 1)
            assert s.recvfrom(65536) == (bytes(i * 7 & 255 for i in range(size)), (HOST, 5000)), \
                'size %d' % size


def test_host_sends_all_sizes():
    """Not answers to what came in the same pieces, up to the largest."""
    twin = SkiffTwin()
    try:
        twin.take_address()
        host_sends(twin, SIZES)
        report = twin.counters()
    finally:
        twin.stop()
    assert report['UdpOutDatagrams'] == len(SIZES) and report['IpFragOKs'] > 150, report


def test_host_sends_with_mtus_from_68_to_9000():
    for mtu in (68, 296, 576, 1499, 4352, 9000):
        most = min(LARGEST, 250 * ((mtu - 20) & ~7))
        twin = SkiffTwin(mtu=mtu)
        try:
            twin.take_address()
            host_sends(twin, [0, 1, mtu - 29, mtu - 28, mtu - 27, 2 * mtu, min(10000, most), most])
        finally:
            twin.stop()


def test_udp_echo_with_mtus_from_68_to_9000():
    """Cut by both, with every MTU between; an odd one leaves room for no multiple of 8."""
    for mtu in (68, 69, 75, 76, 77, 128, 575, 577, 1280, 1492, 1501, 8999, 9000):
        host = Host(dev=',mtu=%d' % mtu)
        sh('ip', 'link', 'set', DEV, 'mtu', str(mtu))
        most = min(LARGEST, 120 * ((mtu - 20) & ~7))
        echo_sizes([1, mtu - 29, mtu - 28, mtu - 27, 3 * (mtu - 20), most])
        host.stop()


def test_mtus_from_68_to_9000():
    for mtu in (68, 296, 576, 1499, 4352, 9000):
        host = Host(dev=',mtu=%d' % mtu)
        sh('ip', 'link', 'set', DEV, 'mtu', str(mtu))
        # More pieces than the kernel's queue in front of a TAP takes would be lost there.
        most = min(LARGEST, 250 * ((mtu - 20) & ~7))
        ping_sizes([0, 1, mtu - 29, mtu - 28, mtu - 27, 2 * mtu, min(10000, most), most])
        host.stop()


def test_in_any_order_and_twice():
    """hping3 or not, a raw socket makes fragments: last first, each twice."""
    host = Host()
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    r = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    r.settimeout(5)
    data = pattern(4000, 3)
    icmp = struct.pack('!BBHHH', 8, 0, 0, 0x5351, 1)
    icmp = icmp[:2] + struct.pack('!H', checksum(icmp + data)) + icmp[4:] + data
    for at in reversed(range(0, len(icmp), 800)):
        part = icmp[at:at + 800]
        more = 0x2000 if at + 800 < len(icmp) else 0
        for _ in range(2):
            s.sendto(struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(part), 7, more | at // 8, 64, 1,
                                 0, socket.inet_aton(KERNEL), socket.inet_aton(HOST)) + part,
                     (HOST, 0))
            if not at:
                break
    while True:
        packet = r.recv(65536)
        answer = packet[(packet[0] & 15) * 4:]
        if answer[0] == 0 and answer[4:6] == b'\x53\x51':
            break
    assert answer[8:] == data
    s.close()
    r.close()
    host.stop()


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
