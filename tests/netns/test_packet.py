#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The packet device: a host on one end of a kernel's cable, the kernel on the other."""
import os
import struct

from peer import *

PACKET = 'packet,if=k1,name=%s,addr=%s/24' % (DEV, HOST)


class Cable:
    """k0 is the kernel's, k1 is for the host; the kernel has no address there."""

    def __enter__(self):
        sh('ip', 'link', 'add', 'k0', 'type', 'veth', 'peer', 'name', 'k1')
        for name in ('k0', 'k1'):
            with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % name, 'w') as f:
                f.write('1')
            sh('ip', 'link', 'set', name, 'up')
        sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', 'k0')

    def __exit__(self, *args):
        Host.stop_all()
        subprocess.run(['ip', 'link', 'del', 'k0'], stderr=subprocess.DEVNULL)


# How frames are received: asked for, or out of a ring. However late the host is, a ring of so many
# blocks holds as many frames, since none is handed over empty; where nothing may be lost, no more are
# on their way at once.
WAYS = ('', ',blocks=64')


def host(dev='', **kwargs):
    return Host(device=PACKET, dev=dev, kernel_side=False, **kwargs)


def echo_sizes(sizes):
    with udp() as s:
        for size in sizes:
            data = pattern(size, 6)
            s.sendto(data, (HOST, ECHO))
            assert s.recvfrom(65536) == (data, (HOST, ECHO)), 'size %d' % size


def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def send_tagged(mac, vlan, data):
    """A datagram to the host's echo service, in a frame with an 802.1Q tag."""
    pack = struct.pack('!4H', 5005, ECHO, 8 + len(data), 0) + data
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(pack), 1, 0, 64, 17, 0,
                     socket.inet_aton(KERNEL), socket.inet_aton(HOST))
    ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(('k0', 0))
        frame = bytes.fromhex(mac.replace(':', '')) + s.getsockname()[4]
        s.send(frame + struct.pack('!HHH', 0x8100, vlan, 0x0800) + ip + pack)


def said(h, what):
    return any(what in line for line in list(h.err))


def test_ping_and_udp():
    for options in WAYS + (',vnet_hdr=off', ',bypass=off', ',fanout=7:lb'):
        with Cable():
            path = WORK + '/packet%s.pcapng' % options.replace(':', '')
            h = host(options, pcap=path)
            sent = flood_of_pings(2000)
            echo_sizes(list(range(0, 1473, 9)) + [1472])
            report = h.stop()
            assert counter(report, 'IcmpInEchos') == sent and ' missed' not in report, report
            assert not counter(report, 'UdpInErrors') and not counter(report, 'IcmpInErrors'), report
            # Without the header nobody says that the kernel's checksums are still to come.
            if options != ',vnet_hdr=off':
                assert_frames_are_right(path, 4000)


def test_many_datagrams_at_once():
    for way in WAYS:
        with Cable(), udp() as s:
            h = host(way)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            for burst in range(50):
                sent = {pattern(100 + i, burst) for i in range(50)}
                for data in sent:
                    s.sendto(data, (HOST, ECHO))
                assert {s.recv(2048) for _ in sent} == sent, 'burst %d%s' % (burst, way)
            h.stop()


def pause(h):
    """Stopped, a host can't receive anything."""
    h.proc.send_signal(signal.SIGSTOP)
    wait_for(lambda: open('/proc/%d/stat' % h.proc.pid).read().rsplit(')', 1)[1].split()[0] == 'T')


def test_late_host():
    """Each datagram has a block to itself, whose time is up when the next one comes."""
    for way in WAYS:
        with Cable(), udp() as s:
            h = host(way)
            echo_sizes((10,))
            pause(h)
            sent = {b'%d' % i for i in range(60)}
            for data in sent:
                s.sendto(data, (HOST, ECHO))
                time.sleep(0.003)
            h.proc.send_signal(signal.SIGCONT)
            assert {s.recv(100) for _ in sent} == sent, way
            assert ' missed' not in h.stop(), way


def until_answered():
    with udp(0.1) as s:
        for _ in range(600):
            s.sendto(b'?', (HOST, ECHO))
            try:
                return s.recv(10)
            except socket.timeout:
                pass
    raise AssertionError('no answer')


def test_what_does_not_fit_is_told():
    """A host that is late, and a ring that is too small for that; afterwards it goes on."""
    with Cable(), udp() as s:
        h = host(',blocks=2')
        # Or the kernel would ask now and then.
        sh('ip', 'neigh', 'replace', HOST, 'lladdr', h.mac, 'nud', 'permanent', 'dev', 'k0')
        pause(h)
        for _ in range(1000):
            s.sendto(pattern(1400, 1), (HOST, DISCARD))
        h.proc.send_signal(signal.SIGCONT)
        until_answered()
        # One at a time always fits; these go around several times.
        echo_sizes(range(0, 1473, 9))
        sent = link_counters('k0')['tx_packets']
        report = h.stop()
        received = int(re.search(r'received (\d+) frames', report).group(1))
        missed = counter(report, 'missed')
        assert missed and received + missed == sent, (sent, report)


def test_larger_than_expected():
    for way in WAYS:
        with Cable():
            for name in ('k0', 'k1'):
                sh('ip', 'link', 'set', name, 'mtu', '9000')
            h = host(way)
            echo_sizes((1, 1473, 8972, 100, 5000))
            report = h.stop()
            assert not counter(report, 'UdpInErrors'), report


def test_tagged():
    """A priority is no VLAN; another VLAN's frame is for somebody else."""
    for way in WAYS:
        with Cable():
            h = host(way)
            echo_sizes((10,))
            mac = [line.split('lladdr ')[1].split()[0]
                   for line in sh('ip', 'neigh', 'show', 'dev', 'k0').splitlines()
                   if line.startswith(HOST)][0]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((KERNEL, 5005))
                for vlan in (5, 0):
                    s.settimeout(PATIENCE)
                    send_tagged(mac, vlan, b'vlan %d' % vlan)
                    if vlan == 0:
                        assert s.recv(100) == b'vlan 0', way
            report = h.stop()
            assert counter(report, 'UdpInDatagrams') == 2, report


def test_what_the_kernel_receives_is_complete():
    with Cable():
        h = host(',vnet_hdr=off')
        kernel = KernelSide(WORK + '/k0.pcap', 'k0')
        echo_sizes(range(0, 1400, 50))
        frames = kernel.stop()
        h.stop()
        assert len(frames) >= 28
        assert_frames_are_right(kernel.path, 28)


def test_down_and_up_again():
    for way in WAYS:
        with Cable():
            h = host(way)
            echo_sizes((10,))
            sh('ip', 'link', 'set', 'k1', 'down')
            wait_for(lambda: said(h, 'sk0: k1 is down'))
            sh('ip', 'link', 'set', 'k1', 'up')
            wait_for(lambda: said(h, 'sk0: k1 is up again'))
            echo_sizes((10,))
            assert 'sk0 (down)' not in h.stop(), way


def flooded():
    """A program that pings and pings, and has been answered a while."""
    before = kernel_icmp('InEchoReps')
    flood = subprocess.Popen([tool('ping'), '-f', '-q', HOST], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    wait_for(lambda: kernel_icmp('InEchoReps') - before > 100)
    return flood


def test_interface_that_disappears():
    with Cable():
        h = host()
        flood = flooded()
        sh('ip', 'link', 'del', 'k0')
        wait_for(lambda: said(h, "sk0: the kernel's interface is gone"))
        flood.kill()
        flood.wait()
        time.sleep(0.3)
        report = h.stop()
        assert 'sk0 (down)' in report, report
        assert len([line for line in h.err if 'is gone' in line]) == 1, h.err


def test_end_under_traffic():
    with Cable():
        for _ in range(3):
            h = host()
            flood = flooded()
            report = h.stop()
            flood.kill()
            flood.wait()
            assert counter(report, 'IcmpInEchos') > 100, report


def test_refusals():
    with Cable():
        for text, status, message in (
                ('packet', 3, 'if= is missing'),
                ('packet,if=none', 7, 'if=none: no such interface'),
                ('packet,if=0123456789012345', 3, '1 to 15 characters'),
                ('packet,if=k1,blocks=1', 3, 'blocks=1: 2 to 1024'),
                ('packet,if=k1,fanout=65536', 3, 'fanout=65536: a group'),
                ('packet,if=k1,fanout=1:some', 3, 'fanout=1:some: a group'),
                ('packet,if=k1,bypass=yes', 3, 'bypass=yes: on or off')):
            got, _, err = skiff('up', 'box', '--dev', text)
            assert got == status and message in err, (text, got, err)


def test_without_rights():
    with Cable():
        libc = ctypes.CDLL(None)
        # PR_CAPBSET_DROP of CAP_NET_RAW: a program started afterwards does not have it.
        got, _, err = skiff('up', 'box', '--dev', PACKET, before=lambda: libc.prctl(24, 13, 0, 0, 0))
        assert got == 5 and 'CAP_NET_RAW' in err, (got, err)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
