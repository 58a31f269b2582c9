#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""TUN: packets without a link-layer header between the kernel and a host."""
import os
import struct

from peer import *

TUN = 'tun,name=%s,addr=%s/24' % (DEV, HOST)


def echo_sizes(sizes):
    with udp() as s:
        for size in sizes:
            data = pattern(size, 5)
            s.sendto(data, (HOST, ECHO))
            assert s.recvfrom(65536) == (data, (HOST, ECHO)), 'size %d' % size


def test_ping_and_udp():
    for options in ('', ',vnet_hdr=off'):
        path = WORK + '/tun%s.pcapng' % options
        host = Host(device=TUN, dev=options, pcap=path)
        link = sh('ip', '-d', 'link', 'show', DEV)
        assert 'link/none' in link and 'tun type tun' in link, link
        sent = flood_of_pings(2000)
        echo_sizes(list(range(0, 1473, 7)) + [1472])
        report = host.stop()
        assert counter(report, 'IcmpInEchos') == sent, report
        assert not counter(report, 'UdpInErrors'), report
        assert_frames_are_right(path, 4000)


def test_large_mtu():
    host = Host(device=TUN, dev=',mtu=9000')
    sh('ip', 'link', 'set', DEV, 'mtu', '9000')
    echo_sizes((1473, 8971, 8972))
    host.stop()


def test_nobody_asks_for_addresses():
    host = Host(device=TUN, pcap=WORK + '/noarp.pcapng')
    sh(tool('ping'), '-q', '-c', '1', HOST)
    host.stop()
    assert not tshark(WORK + '/noarp.pcapng', '-Y', 'arp')


def test_what_is_no_ip_is_refused():
    host = Host(device=TUN)
    tx = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    tx.bind((DEV, 0x0800))
    for packet in (b'\x00' * 40, b'\xff' * 40, b'\x45', b'\x45' + b'\0' * 30):
        tx.send(packet)
    tx.close()
    echo_sizes((10,))
    host.stop()


def test_device_that_disappears():
    host = Host(device=TUN)
    sh('ip', 'link', 'del', DEV)
    wait_for(lambda: any("kernel's end of the TUN device is gone" in line for line in host.err))
    report = host.stop()
    assert 'sk0 (down)' in report, report


def test_taken_by_another_kind():
    sh('ip', 'tuntap', 'add', 'dev', DEV, 'mode', 'tap')
    status, _, err = skiff('up', 'box', '--dev', TUN)
    sh('ip', 'tuntap', 'del', 'dev', DEV, 'mode', 'tap')
    assert status == 6 and 'not a TUN device of one queue' in err, err


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
