#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A program's sockets: scenario.c does on skiff what it does on the kernel, but for what is listed.

`test_scenario.py record` writes down what the kernel here does; `test_scenario.py differences`
prints what is different on skiff and on no list.
"""
import sys
import os

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'netns'))

from peer import *
import differences

SCENARIO = os.path.join(os.path.dirname(SKIFF), 'tests', 'scenario')
RECORDED = os.path.join(HERE, 'scenario.txt')
# Groups that take seconds.
QUICK = ('sockets/', 'epoll/', 'signals/', 'processes/', 'moving/', 'ends/')
# On a host also some of the states times the calls, one of each kind.
SOME = QUICK + (
    'table/new |', 'table/one to accept |', 'table/with data |', 'table/peer reset |', 'table/udp connected |',
    'table/udp refused, data |')
# Whatever takes so long on a machine with other things to do has not hung.
TIMEOUT = 540
# How many times as long as on the kernel is waited for what is under way.
SETTLE = 4


def built():
    if not os.path.exists(SCENARIO):
        raise Skip('%s is not built' % SCENARIO)


def run_it(*prefix, args=()):
    done = subprocess.run(list(prefix) + [SCENARIO] + list(args), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=TIMEOUT)
    assert_no_report(done.stderr)
    assert done.returncode == 0, 'exit status %d\n%s' % (done.returncode, done.stderr)
    return done.stdout.splitlines()


def allow_ping():
    """Its range of groups is that of a new namespace: nobody's."""
    for groups in ('0 2147483647', '0 0'):
        try:
            with open('/proc/sys/net/ipv4/ping_group_range', 'w') as f:
                f.write(groups)
            return
        except OSError:
            pass


def on_the_kernel(args=()):
    allow_ping()
    return run_it(args=args)


def on_skiff(args=()):
    # Most of it is waiting.
    return run_it(SKIFF, 'run', '--',
                  args=['--jobs', '24', '--settle', str(SETTLE)] + list(args))


def recorded():
    return differences.scenarios(open(RECORDED).read().splitlines())


def compare(names, here, listed):
    """Run scenarios and hold them against the record; `names` begin so, all if none."""
    record = {n: v for n, v in recorded().items() if not names or n.startswith(tuple(names))}
    ours = differences.scenarios(here(list(names)))
    # What came out otherwise once more, fewer at a time, and then with more patience: there are other things
    # to do here.
    for options in (['--jobs', '4'], ['--jobs', '1', '--settle', str(4 * SETTLE)]):
        wrong = [n for n in record
                 if differences.unexplained({n: record[n]}, {n: ours.get(n, [])}, listed)]
        if wrong:
            ours.update(differences.scenarios(here(options + wrong)))
    return differences.unexplained(record, ours, listed)


def all_of_them():
    """The states times the calls take minutes, and are for who asks for them."""
    return os.environ.get('SKIFF_SCENARIOS')


def test_as_recorded():
    """The record is this kernel's as well, and does not depend on chance."""
    built()
    found = compare(() if all_of_them() else QUICK, on_the_kernel, [])
    assert not found, 'here (as "skiff") and there (as "kernel"):\n' + '\n'.join(found)


def test_on_skiff():
    """What is alike but for the list, all of which happens."""
    built()
    listed = differences.read()
    found = compare(() if all_of_them() else SOME, on_skiff, listed)
    assert not found, '%d differences:\n%s' % (len(found), '\n'.join(found))
    missing = differences.never_seen(listed) if all_of_them() else []
    assert not missing, 'listed, and not different:\n' + '\n'.join(missing)


if __name__ == '__main__':
    if sys.argv[1:] == ['record']:
        open(RECORDED, 'w').write('\n'.join(on_the_kernel()) + '\n')
    elif sys.argv[1:] == ['differences']:
        print('\n'.join(compare((), on_skiff, differences.read())))
    else:
        main([v for k, v in list(globals().items()) if k.startswith('test_')])
