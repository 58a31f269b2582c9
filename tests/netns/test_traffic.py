#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Ping and UDP between the kernel and a host, of every size, and what is on the wire."""
import os
import re
import socket
import struct
import subprocess

from peer import *

MAX = 1472  # payload of ICMP and UDP in one packet of 1,500 bytes


def test_flood_of_100000_pings_without_loss():
    host = Host()
    sent = flood_of_pings(100000)
    report = host.stop()
    assert counter(report, 'IcmpInEchos') == sent, report
    assert counter(report, 'IcmpOutEchoReps') == sent, report


def ping_all_sizes():
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.settimeout(PATIENCE)
    for size in range(MAX + 1):
        data = pattern(size, 1)
        head = struct.pack('!BBHHH', 8, 0, 0, 0x5349, size)
        head = head[:2] + struct.pack('!H', checksum(head + data)) + head[4:]
        s.sendto(head + data, (HOST, 0))
        while True:
            packet = s.recv(65536)
            icmp = packet[(packet[0] & 15) * 4:]
            if icmp[0] == 0 and icmp[4:8] == head[4:8]:
                break
        assert icmp[8:] == data, 'size %d' % size
        assert checksum(icmp) == 0, 'size %d' % size
    s.close()


def echo_all_sizes():
    with udp() as s:
        for size in range(MAX + 1):
            data = pattern(size, 2)
            s.sendto(data, (HOST, ECHO))
            answer, source = s.recvfrom(65536)
            assert answer == data, 'size %d' % size
            assert source == (HOST, ECHO)


def test_ping_and_udp_of_every_size():
    path = WORK + '/sizes.pcapng'
    host = Host(pcap=path)
    ping_all_sizes()
    echo_all_sizes()
    report = host.stop()
    assert counter(report, 'UdpInDatagrams') == MAX + 1, report
    assert counter(report, 'UdpOutDatagrams') == MAX + 1, report
    assert not counter(report, 'UdpInErrors') and not counter(report, 'IcmpInErrors'), report
    assert_frames_are_right(path, 4 * (MAX + 1))


def test_without_virtio_header_frames_are_complete():
    """Then nobody else fills in checksums: what the kernel receives has to be right."""
    host = Host(dev=',vnet_hdr=off')
    kernel = KernelSide(WORK + '/plain.pcap')
    ping_all_sizes()
    echo_all_sizes()
    frames = kernel.stop()
    host.stop()
    assert len(frames) >= 2 * (MAX + 1)
    assert_frames_are_right(kernel.path, 2 * (MAX + 1))


def test_small_mtu():
    host = Host(dev=',mtu=576')
    sh('ip', 'link', 'set', DEV, 'mtu', '576')
    with udp() as s:
        for size in (0, 1, 547, 548):
            s.sendto(pattern(size, 3), (HOST, ECHO))
            assert s.recv(2048) == pattern(size, 3)
    assert ' mtu 576\n' in host.stop()


def test_many_datagrams_at_once():
    """What a socket buffer holds comes back complete."""
    host = Host()
    with udp() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for burst in range(50):
            sent = {pattern(100 + i, burst) for i in range(50)}
            for data in sent:
                s.sendto(data, (HOST, ECHO))
            assert {s.recv(2048) for _ in sent} == sent, 'burst %d' % burst
    host.stop()


def test_closed_port_is_reported_to_the_kernel():
    """Also right on the wire: the kernel left the checksum that is quoted to its device."""
    path = WORK + '/closed.pcapng'
    host = Host(pcap=path)
    with udp() as s:
        s.connect((HOST, 9999))
        s.send(b'x')
        try:
            s.recv(1)
            raise AssertionError('somebody answered')
        except ConnectionRefusedError:
            pass
    report = host.stop()
    assert counter(report, 'UdpNoPorts') == 1, report
    assert counter(report, 'IcmpOutDestUnreachs') == 1, report
    assert 'dropped NO_SOCKET: 1' in report, report
    assert_frames_are_right(path, 4)


def test_closed_port_of_the_kernel_is_reported_to_the_host():
    """The echo service answers to a port where nobody listens."""
    host = Host()
    before = kernel_icmp('OutDestUnreachs')
    with raw_ip() as raw, udp() as s:
        raw.sendto(udp_frame(KERNEL, 40001, HOST, ECHO, b'anybody?'), (HOST, 0))
        wait_for(lambda: kernel_icmp('OutDestUnreachs') > before)
        s.sendto(b'last', (HOST, ECHO))  # what it answers after that
        s.recv(10)
    report = host.stop()
    assert counter(report, 'IcmpInDestUnreachs') == 1, report
    assert counter(report, 'UdpOutDatagrams') == 2, report


def test_services():
    host = Host()
    with udp() as s:
        s.sendto(b'nothing comes back', (HOST, DISCARD))
        s.sendto(b'', (HOST, DAYTIME))
        text, source = s.recvfrom(2048)
        assert source == (HOST, DAYTIME)
        assert re.search(rb'\d\d:\d\d:\d\d', text) and b'20' in text, text
        sizes = set()
        for _ in range(50):
            s.sendto(b'', (HOST, CHARGEN))
            text = s.recv(2048)
            assert len(text) <= 512, text  # RFC 864
            assert all(32 <= c < 127 or c in (10, 13) for c in text), text
            sizes.add(len(text))
        assert len(sizes) > 10, sizes
    report = host.stop()
    assert 'discard: 1 datagrams, 0 answers, 0 refused' in report, report
    assert 'chargen: 50 datagrams, 50 answers' in report, report


def test_services_do_not_answer_each_other():
    host = Host()
    for port in (ECHO, DAYTIME, CHARGEN):
        with udp(0, port) as s, udp() as other:
            s.sendto(b'x', (HOST, ECHO))
            # Where something is answered, the answer to the one before would be here by then.
            other.sendto(b'y', (HOST, ECHO))
            assert other.recv(10) == b'y'
            try:
                raise AssertionError(s.recv(10))
            except BlockingIOError:
                pass
    assert 'echo: 6 datagrams, 3 answers, 3 refused' in host.stop()


def test_services_only_as_asked():
    host = Host(services='daytime')
    with udp() as s:
        s.connect((HOST, ECHO))
        s.send(b'x')
        try:
            s.recv(1)
            raise AssertionError('somebody answered')
        except ConnectionRefusedError:
            pass
    host.stop()


def test_capture_is_what_wireshark_reads():
    path = WORK + '/capture.pcapng'
    host = Host(pcap=path)
    sh(tool('ping'), '-c', '3', '-i', '0.2', HOST)
    report = host.stop()
    fields = ['frame.time_epoch', 'frame.packet_flags_direction', 'ip.src', 'arp.src.proto_ipv4',
              'frame.interface_name']
    rows = [r.split('\t') for r in
            tshark(path, '-T', 'fields', *[x for f in fields for x in ('-e', f)]).splitlines()]
    assert 'capture %s: %d frames, 0 lost' % (path, len(rows)) in report, report
    assert len(rows) >= 8, rows
    times = [int(r[0].replace('.', '')) for r in rows]
    assert all(len(r[0].split('.')[1]) == 9 for r in rows), rows
    assert any(t % 1000 for t in times), 'stamps are not in nanoseconds'
    assert times == sorted(times), rows
    for row in rows:
        outbound = (row[2] or row[3]) == HOST
        assert int(row[1], 0) == (2 if outbound else 1), row
        assert row[4] == DEV, row
    assert_frames_are_right(path, 8)


def test_pings_the_kernel():
    """The example program is a host that asks: ARP and ICMP from this side, in fragments too."""
    for size in (56, 0, 1472, 1473, 9000, 65507):
        ping_the_kernel(size)


def ping_the_kernel(size):
    example = os.path.join(os.environ.get('SKIFF_BUILD', 'build/debug'), 'examples', 'example-ping')
    proc = subprocess.Popen([example, 'tap,name=%s,addr=%s/24' % (DEV, HOST), KERNEL, '5', str(size)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: os.path.exists('/sys/class/net/' + DEV) or
             subprocess.run(['ip', 'link', 'show', DEV], capture_output=True).returncode == 0)
    sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', DEV)
    sh('ip', 'link', 'set', DEV, 'up')
    out, err = proc.communicate(timeout=20)
    assert_no_report(err)
    assert proc.returncode == 0, out + err
    # The first ones may have been too early for the kernel's end.
    assert re.search(r'5 sent, [1-5] answered', out), out
    assert '%d bytes from %s' % (size, KERNEL) in out, out


def test_example_refuses():
    """Bad arguments are named."""
    example = os.path.join(os.environ.get('SKIFF_BUILD', 'build/debug'), 'examples', 'example-ping')
    for says, *args in (('usage', 'dummy'), ("address '192.0.2'", 'dummy', '192.0.2'),
                        ("count '0'", 'dummy', KERNEL, '0'), ("size '65508'", 'dummy', KERNEL, '1', '65508'),
                        ('usage', 'dummy', KERNEL, '1', '1', '1'), ('mac=1', 'dummy,mac=1', KERNEL)):
        done = subprocess.run([example] + args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        assert done.returncode and says in done.stderr, (args, done.stderr)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
