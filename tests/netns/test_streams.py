#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SOCK_STREAM: the same calls are made to the kernel and to skiff, and answered alike.

`test_streams.py record` writes down what the kernel here does, for where there is none.
"""
import difflib

from peer import *
from test_sockets import SETUP, TWIN

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'stream_twin.txt')


def kernel_answers():
    tool('ip')
    tool('unshare')
    return sh('unshare', '-n', 'sh', '-c', SETUP.rstrip() + ' streams', TWIN)


def test_answered_alike():
    if not os.path.exists(TWIN):
        raise Skip('%s is not built' % TWIN)
    ours = sh(TWIN, 'skiff', 'streams').splitlines()
    # Whether a FIN's acknowledgment has come back by the next call is chance, on the kernel's side.
    for _ in range(3):
        kernel = kernel_answers().splitlines()
        assert len(kernel) > 5000, kernel[-20:]
        difference = list(difflib.unified_diff(kernel, ours, 'kernel', 'skiff', n=0, lineterm=''))
        if not difference:
            return
    assert not difference, '\n'.join(difference)


if __name__ == '__main__':
    if sys.argv[1:] == ['record']:
        open(RECORDED, 'w').write(kernel_answers())
    else:
        main([v for k, v in list(globals().items()) if k.startswith('test_')])
