#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bursts of the kernel's (UDP_SEGMENT) that come to a socket of skiff's many datagrams at a time."""
import os

from peer import *
from test_packet import Cable

TWIN = os.path.join(os.path.dirname(SKIFF), 'tests', 'udp-gro')
PORT, SIZE, PER_CALL, CALLS = 7000, 1000, 40, 50
UDP_SEGMENT = 103


def burst(device, before=lambda: None):
    """Datagrams, calls and the most of one call that the socket saw."""
    p = subprocess.Popen([TWIN, device, str(PORT), str(PER_CALL * CALLS), str(SIZE)], text=True,
                         stdout=subprocess.PIPE)
    said = p.stdout.readline()
    assert said == 'ready\n', said
    before()
    data = bytes(i & 255 for i in range(PER_CALL * SIZE))
    with udp() as s:
        s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SIZE)
        sh('ping', '-c', '1', HOST)
        for i in range(CALLS):
            start = i * PER_CALL * SIZE & 255
            s.sendto(data[start:] + bytes((j + len(data)) & 255 for j in range(start)), (HOST, PORT))
            time.sleep(0.002)
    out = p.stdout.read()
    assert p.wait() == 0, out
    return [int(re.search(what + r'=(\d+)', out).group(1)) for what in ('datagrams', 'calls', 'most')]


def kernel_side():
    # All that is sent has room, however late its reader is.
    sh('ip', 'link', 'set', DEV, 'txqueuelen', str(2 * PER_CALL * CALLS), 'up')
    sh('ip', 'addr', 'add', KERNEL + '/24', 'dev', DEV)


def test_over_a_cable():
    """The kernel cuts what it sends; the packet device gets frames, which are merged."""
    with Cable():
        sh('ip', 'link', 'set', 'k0', 'gso_max_segs', '1')
        datagrams, calls, most = burst('packet,if=k1,name=%s,addr=%s/24' % (DEV, HOST))
    assert datagrams == PER_CALL * CALLS
    assert most > 1 and calls < datagrams, (calls, most)


def test_over_tap():
    """What the kernel leaves uncut, where it can."""
    for options in ('', ',vnet_hdr=off'):
        datagrams, calls, most = burst('tap,name=%s,addr=%s/24%s' % (DEV, HOST, options), kernel_side)
        assert datagrams == PER_CALL * CALLS
        assert most > 1 and calls < datagrams, (options, calls, most)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
