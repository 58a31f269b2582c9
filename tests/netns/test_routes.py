#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Routes with metrics on the command line, and what the kernel sees of them."""
from peer import *


def tcp_info(sock):
    """Some of the kernel's end of a connection: what it may send, and what was agreed on."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return {'options': info[5], 'snd_mss': struct.unpack_from('I', info, 16)[0]}


def connect():
    sock = socket.create_connection((HOST, ECHO), PATIENCE)
    sock.sendall(b'there and back')
    assert sock.recv(14, socket.MSG_WAITALL) == b'there and back'
    return sock


def test_metrics_are_seen():
    host = Host('--route', '192.0.2.1 dev sk0 hoplimit 9 advmss 700 features ecn')
    out = sh(tool('ping'), '-c', '1', HOST)
    assert 'ttl=9 ' in out, out
    with open('/proc/sys/net/ipv4/tcp_ecn', 'w') as f:
        f.write('1')
    with connect() as sock:
        info = tcp_info(sock)
        assert info['snd_mss'] == 700 - 12, info
        assert info['options'] & 8, info
    host.stop()


def test_without_metrics():
    host = Host()
    out = sh(tool('ping'), '-c', '1', HOST)
    assert 'ttl=64 ' in out, out
    with connect() as sock:
        assert tcp_info(sock)['snd_mss'] == 1460 - 12, tcp_info(sock)
    host.stop()


def test_what_is_said_of_wrong_routes():
    for route, says in (('192.0.2.1 dev sk0 mtu 9', "mtu '9': a number from 68 to 65520"),
                        ('192.0.2.1 dev sk9', "device 'sk9': the host has no such device"),
                        ('198.51.100.0/24 via 203.0.113.1', 'not in the subnet of a device')):
        status, _, errors = skiff('up', 'box', '--dev', 'tap,name=sk0,addr=192.0.2.2/24',
                                  '--route', route)
        assert status == 4 and says in errors, (status, errors)


def test_at_most_64():
    args = ['--route', '198.51.100.1 dev sk0'] * 65
    status, _, errors = skiff('up', 'box', '--dev', 'tap,name=sk0,addr=192.0.2.2/24', *args)
    assert status == 2 and 'at most 64 routes' in errors, (status, errors)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
