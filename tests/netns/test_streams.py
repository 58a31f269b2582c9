#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SOCK_STREAM: the same calls are made to the kernel and to skiff, and answered alike.

`test_streams.py record` writes down what the kernel here does, for where there is none.
"""
import concurrent.futures
import difflib

from peer import *
from test_sockets import SETUP, TWIN

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'stream_twin.txt')


PARTS = 6


def kernel_answers(which='streams'):
    tool('ip')
    tool('unshare')
    return sh('unshare', '-n', 'sh', '-c', SETUP.rstrip() + ' ' + which, TWIN)


def difference(part):
    """Of one part of the list; empty where both answer alike."""
    which = 'streams/%d' % part
    apart = None
    # Whether a FIN's acknowledgment has come back by the next call is chance, on either side: on each line
    # there has to be an answer that both have given.
    for _ in range(5):
        kernel, ours = kernel_answers(which).splitlines(), sh(TWIN, 'skiff', which).splitlines()
        assert kernel, 'part %d is empty' % part
        if len(kernel) != len(ours):
            return list(difflib.unified_diff(kernel, ours, 'kernel', 'skiff', n=0, lineterm=''))
        if apart is None:
            apart = {i: (set(), set()) for i in range(len(ours))}
        for i, (theirs, mine) in list(apart.items()):
            theirs.add(kernel[i])
            mine.add(ours[i])
            if theirs & mine:
                del apart[i]
        if not apart:
            break
    return ['part %d, line %d: kernel %s, skiff %s' % (part, i + 1, ' or '.join(theirs), ' or '.join(mine))
            for i, (theirs, mine) in sorted(apart.items())]


def test_answered_alike():
    if not os.path.exists(TWIN):
        raise Skip('%s is not built' % TWIN)
    # Nearly all the time is waiting, each part in a namespace of its own.
    with concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
        found = [line for part in pool.map(difference, range(1, PARTS + 1)) for line in part]
    assert not found, '\n'.join(found)


if __name__ == '__main__':
    if sys.argv[1:] == ['record']:
        open(RECORDED, 'w').write(kernel_answers())
    else:
        main([v for k, v in list(globals().items()) if k.startswith('test_')])
