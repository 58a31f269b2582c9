#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Neighbours: who asks, who answers, and what waits meanwhile."""
import re
import socket
import time

from peer import *


def neighbour():
    return sh('ip', 'neigh', 'show', HOST, 'dev', DEV)


def test_kernel_learns_the_host():
    host = Host()
    sh('ip', 'neigh', 'flush', 'dev', DEV)
    with udp() as s:
        s.sendto(b'x', (HOST, ECHO))
        assert s.recv(10) == b'x'
    assert host.mac in neighbour(), neighbour()
    host.stop()


def test_configured_mac():
    host = Host(dev=',mac=02:00:5e:10:00:01')
    with udp() as s:
        s.sendto(b'x', (HOST, ECHO))
        assert s.recv(10) == b'x'
    assert '02:00:5e:10:00:01' in neighbour(), neighbour()
    host.stop()


def test_host_asks_and_queues_meanwhile():
    """The kernel knows the host already, so the host has to ask: nothing may be lost."""
    path = WORK + '/asks.pcapng'
    host = Host(pcap=path)
    sh('ip', 'neigh', 'replace', HOST, 'lladdr', host.mac, 'dev', DEV, 'nud', 'permanent')
    sent = {pattern(50 + i, 1) for i in range(20)}
    with udp() as s:
        for data in sent:
            s.sendto(data, (HOST, ECHO))
        assert {s.recv(2048) for _ in sent} == sent
    host.stop()
    asked = tshark(path, '-Y', 'arp.opcode==1 && arp.src.proto_ipv4==%s && '
                   'arp.dst.proto_ipv4==%s' % (HOST, KERNEL)).splitlines()
    assert len(asked) == 1, asked


def test_silent_neighbour_blocks_nobody():
    path = WORK + '/silent.pcapng'
    host = Host(pcap=path)
    with raw_ip() as raw, udp() as s:
        for _ in range(5):
            raw.sendto(udp_frame('192.0.2.77', 40000, HOST, ECHO, b'from nobody'), (HOST, 0))
        start = time.monotonic()
        for i in range(100):
            s.sendto(pattern(30, i), (HOST, ECHO))
            assert s.recv(100) == pattern(30, i)
        assert time.monotonic() - start < 2
        time.sleep(3.5)
    report = host.stop()
    asked = tshark(path, '-Y', 'arp.opcode==1 && arp.dst.proto_ipv4==192.0.2.77').splitlines()
    assert len(asked) == 3, asked
    assert re.search(r'dropped NEIGH_FAILED: 5', report), report


def test_host_answers_for_itself_only():
    host = Host()
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    s.bind((DEV, 0))
    s.settimeout(0.5)
    mac = s.getsockname()[4]

    def ask(target):
        s.send(b'\xff' * 6 + mac + b'\x08\x06' + b'\0\1\x08\0\6\4\0\1' + mac +
               socket.inet_aton(KERNEL) + b'\0' * 6 + socket.inet_aton(target) + b'\0' * 18)
        try:
            while True:
                frame = s.recv(100)
                if frame[20:22] == b'\0\2':
                    return frame[22:28].hex(':'), socket.inet_ntoa(frame[28:32])
        except socket.timeout:
            return None

    assert ask(HOST) == (host.mac, HOST)
    assert ask('192.0.2.3') is None
    assert ask('192.0.2.255') is None
    assert ask('127.0.0.1') is None
    s.close()
    host.stop()


def test_host_announces_itself():
    """RFC 5227: a neighbour that held another address for it learns the new one."""
    sh('ip', 'tuntap', 'add', 'dev', DEV, 'mode', 'tap')
    sh('ip', 'link', 'set', DEV, 'up')
    kernel = KernelSide(WORK + '/announce.pcap')
    host = Host()
    frames = kernel.stop()
    host.stop()
    sh('ip', 'link', 'del', DEV)
    mine = [f for f in frames if f[12:14] == b'\x08\x06' and
            f[28:32] == f[38:42] == socket.inet_aton(HOST)]
    assert mine and mine[0][:6] == b'\xff' * 6, frames


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
