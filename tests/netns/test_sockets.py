#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""All sockets but AF_PACKET's: the same calls are made to the kernel and to skiff, and answered alike.

`test_sockets.py record` writes down what the kernel here does, for where there is none.
"""
import difflib

from peer import *

TWIN = os.path.join(os.path.dirname(SKIFF), 'tests', 'socket-twin')
RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'socket_twin.txt')
SETUP = '''
echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
ip link set lo up
ip link add twA type veth peer name twB
sysctl -qw net.ipv6.conf.twA.disable_ipv6=1 net.ipv6.conf.twB.disable_ipv6=1 || true
ip addr add 192.0.2.1/24 brd + dev twA
ip link set twA up
ip link set twB up
sleep 0.3
exec "$0" kernel
'''


def kernel_answers():
    tool('ip')
    tool('unshare')
    return sh('unshare', '-n', 'sh', '-c', SETUP, TWIN)


def test_answered_alike():
    if not os.path.exists(TWIN):
        raise Skip('%s is not built' % TWIN)
    kernel = kernel_answers().splitlines()
    ours = sh(TWIN, 'skiff').splitlines()
    assert len(kernel) > 5000, kernel[-20:]
    difference = list(difflib.unified_diff(kernel, ours, 'kernel', 'skiff', n=0, lineterm=''))
    assert not difference, '\n'.join(difference)


if __name__ == '__main__':
    if sys.argv[1:] == ['record']:
        open(RECORDED, 'w').write(kernel_answers())
    else:
        main([v for k, v in list(globals().items()) if k.startswith('test_')])
