#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What examples do with arguments; the runner runs them without."""
import os
import subprocess
import sys

from check import Skip, run_cases


def example(*args):
    path = os.path.join(os.environ.get('SKIFF_BUILD', 'build/debug'), 'examples', 'example-' + args[0])
    if not os.path.exists(path):
        raise Skip('%s is not built' % path)
    done = subprocess.run([path, *args[1:]], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def a_seed_is_a_number():
    for seed in 'abc', '', '-1', '+1', ' 1', '1x', '0', '4294967296', '99999999999999999999', '0x10':
        assert example('simulation', seed) == (1, '', "seed '%s': a number from 1 to 4294967295 is accepted\n" % seed), seed


def a_seed_makes_the_story():
    one, other = example('simulation', '1'), example('simulation', '4294967295')
    assert one[0] == other[0] == 0 and one[1] != other[1], (one, other)
    assert example('simulation') == one and example('simulation', '4294967295') == other


if __name__ == '__main__':
    sys.exit(run_cases([a_seed_is_a_number, a_seed_makes_the_story]))
