#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""AF_PACKET sockets: the same calls are made to the kernel and to skiff, and answered alike."""
import difflib

from peer import *

TWIN = os.path.join(os.path.dirname(SKIFF), 'tests', 'packet-twin')


def test_answered_alike():
    if not os.path.exists(TWIN):
        raise Skip('%s is not built' % TWIN)
    tool('ip')
    # The kernel's own packets would come in between.
    default = '/proc/sys/net/ipv6/conf/default/disable_ipv6'
    if os.path.exists(default):
        open(default, 'w').write('1')
    sh('ip', 'link', 'add', 'twinA', 'type', 'veth', 'peer', 'name', 'twinB')
    try:
        sh('ip', 'link', 'set', 'twinA', 'up')
        sh('ip', 'link', 'set', 'twinB', 'up')
        kernel = sh(TWIN, 'kernel', 'twinA', 'twinB').splitlines()
    finally:
        sh('ip', 'link', 'del', 'twinA')
    ours = sh(TWIN, 'skiff').splitlines()
    assert len(kernel) > 90, kernel
    difference = list(difflib.unified_diff(kernel, ours, 'kernel', 'skiff', n=0, lineterm=''))
    assert not difference, '\n'.join(difference)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
