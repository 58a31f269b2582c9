#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks that every name of Linux's sk_buff interface is there, or is left out for a reason.

    scripts/check-skb-api.py [--build DIR]

tests/unit/skb/api-names.txt has the names. Each has to be a macro, or something whose address can
be taken in a program that includes the public headers and, with --build, links with DIR's library;
or it stands in doc/skb.md, in the table under "Left out". Never both. Prints one line per problem
and at the end `N passed, N failed, N skipped`.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAMES = os.path.join(TOP, 'tests', 'unit', 'skb', 'api-names.txt')
PAGE = os.path.join(TOP, 'doc', 'skb.md')
HEADERS = ['skbuff.h', 'netdevice.h', 'sock.h', 'dst.h', 'if_vlan.h', 'route.h', 'mpls.h']
CC = os.environ.get('CC', 'gcc')


def wanted():
    return [line.strip() for line in open(NAMES) if line.strip() and not line.startswith('#')]


def left_out():
    """Names in the first column of the table; each row has to give a reason in its second."""
    section = open(PAGE).read().split('\n## Left out\n', 1)[1].split('\n## ')[0]
    names = {}
    for first, reason in re.findall(r'^\| (`[^|]*`) \| ([^|]*) \|$', section, re.M):
        for name in re.findall(r'`(\w+)`', first):
            names[name] = reason.strip()
    return names


def program(names):
    lines = ['#include <skiff/%s>' % h for h in HEADERS]
    for n in names:
        lines += ['#ifndef ' + n,
                  'void *ref_%s(void); void *ref_%s(void) { return (void *)(size_t)&%s; }' % (n, n, n),
                  '#endif']
    return '\n'.join(lines + ['int main(void) { return 0; }', ''])


def absent(names, build):
    """Names that the compiler, or the linker, does not know."""
    with tempfile.TemporaryDirectory() as tmp:
        source, obj = os.path.join(tmp, 'names.c'), os.path.join(tmp, 'names.o')
        unknown = set()
        while True:
            with open(source, 'w') as f:
                f.write(program([n for n in names if n not in unknown]))
            r = subprocess.run([CC, '-std=gnu11', '-D_GNU_SOURCE', '-w', '-fmax-errors=0',
                                '-I' + os.path.join(TOP, 'include'), '-c', source, '-o', obj],
                               stderr=subprocess.PIPE, text=True)
            found = set(re.findall(r"error: .(\w+). undeclared", r.stderr))
            if r.returncode == 0:
                break
            if not found:
                sys.exit('check-skb-api.py: the names do not compile:\n' + r.stderr)
            unknown |= found
        if build:
            r = subprocess.run([CC, obj, os.path.join(build, 'src', 'libskiff.a'), '-lpthread',
                                '-o', os.path.join(tmp, 'names')],
                               stderr=subprocess.PIPE, text=True)
            found = set(re.findall(r"undefined reference to .(\w+)'", r.stderr))
            if r.returncode and not found & set(names):
                sys.exit('check-skb-api.py: the names do not link:\n' + r.stderr)
            unknown |= found & set(names)
        return unknown


def problems(names, build):
    unknown, reasons = absent(names, build), left_out()
    for n in names:
        if n in unknown and n not in reasons:
            yield n + ': neither in the library nor in doc/skb.md under "Left out"'
        elif n not in unknown and n in reasons:
            yield n + ': in the library, and in doc/skb.md under "Left out"'
        elif n in reasons and not reasons[n]:
            yield n + ': left out in doc/skb.md without a reason'
    for n in sorted(set(reasons) - set(names)):
        yield n + ': left out in doc/skb.md, but no name of the interface'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build')
    names, failed = wanted(), list(problems(wanted(), parser.parse_args().build))
    if failed:
        print('\n'.join(failed))
    print('%d passed, %d failed, 0 skipped' % (len(names) - len(failed), len(failed)))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
