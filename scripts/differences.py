#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes tests/program/differences.txt into the section of doc/programs.md that is made of it.

    scripts/differences.py [--write]

Without --write it only says whether the section is up to date (exit status 1: it is not).
"""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests', 'program'))
import differences

DOCUMENT = os.path.join(TOP, 'doc', 'programs.md')
BEGIN = '<!-- made by scripts/differences.py of tests/program/differences.txt -->'
END = '<!-- until here -->'


def section():
    text = ['Held against the kernel by %d scenarios (`tests/program/scenario.c`). What follows is all that '
            'differs, and where ("*" is anything):' % count_scenarios(), '']
    listed = differences.read()
    for d in listed:
        where = dict.fromkeys(p.pattern for p in d.places)
        text += ['- **%s.** %s' % (d.name, d.reason),
                 '  In ' + ', '.join('`%s`' % w for w in where) + '.']
    if not listed:
        text += ['- nothing.']
    return '\n'.join(text)


def count_scenarios():
    path = os.path.join(TOP, 'tests', 'program', 'scenario.txt')
    return len(differences.scenarios(open(path).read().splitlines()))


def main():
    document = open(DOCUMENT).read()
    head, begin, rest = document.partition(BEGIN + '\n')
    _, end, tail = rest.partition(END)
    assert begin and end, 'no section in ' + DOCUMENT
    new = head + begin + section() + '\n' + end + tail
    if sys.argv[1:] == ['--write']:
        open(DOCUMENT, 'w').write(new)
        return 0
    if new != document:
        print('doc/programs.md is not what scripts/differences.py --write makes of '
              'tests/program/differences.txt')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
