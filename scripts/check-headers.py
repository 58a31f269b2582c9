#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compiles every public header alone, twice in one file, in C and in C++.

    scripts/check-headers.py [HEADER...]

HEADER is a path or a file's name, as include/skiff/net.h or net.h; without any, all are compiled.
Headers of include/skiff are tried as a user of the library sees them, and with include/kernel in
front as kernel-style sources do; those of include/kernel in the second way only.
"""
import argparse
import concurrent.futures
import glob
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Each language once, each family of compilers once: what one of them takes alone, the builds and
# clang-tidy show.
COMPILERS = [('gcc', 'c', 'gnu11'), ('clang++', 'c++', 'c++17')]
# What programs include after ours and would collide with the kernel's namesakes.
AFTERWARDS = ['sys/socket.h', 'netinet/in.h', 'net/if.h', 'arpa/inet.h', 'sys/uio.h', 'time.h']
PLAIN = ['-Iinclude']
KERNEL = ['-Iinclude/kernel', '-Iinclude']


def headers():
    for base, ways in (('include/skiff', [PLAIN, KERNEL]), ('include/kernel', [KERNEL])):
        for path in sorted(glob.glob(os.path.join(TOP, base, '**', '*.h'), recursive=True)):
            name = os.path.relpath(path, os.path.join(TOP, base))
            yield (name if base.endswith('kernel') else 'skiff/' + name), ways


def compile_alone(name, ways):
    """The compilers' complaints about one header, empty if there are none."""
    source = ''.join('#include <%s>\n' % h for h in [name, name] + AFTERWARDS)
    source += 'int main(void);\nint main(void) { return 0; }\n'
    complaints = ''
    for compiler, language, standard in COMPILERS:
        if not shutil.which(compiler):
            continue
        for way in ways:
            cmd = [compiler, '-x', language, '-std=' + standard, '-Wall', '-Wextra', '-Werror',
                   '-fsyntax-only'] + way + ['-']
            p = subprocess.run(cmd, input=source, text=True, cwd=TOP, stderr=subprocess.PIPE)
            if p.returncode:
                complaints += '%s\n%s' % (' '.join(cmd), p.stderr)
    return complaints


def wanted_headers(names):
    """Those of these names, or all; an unknown name ends the program."""
    found = [h for h in headers() if not names or
             os.path.basename(h[0]) in [os.path.basename(n) for n in names]]
    for name in names:
        if os.path.basename(name) not in [os.path.basename(h[0]) for h in found]:
            sys.exit('check-headers.py: %s: no public header of this name' % name)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage='%(prog)s [HEADER...]')
    parser.add_argument('header', nargs='*', help=argparse.SUPPRESS)
    wanted = wanted_headers(parser.parse_args().header)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, _), text in zip(wanted, pool.map(lambda h: compile_alone(*h), wanted)):
            if text:
                failed += 1
                print('FAIL %s does not compile alone:\n%s' % (name, text[:3000]))
    for compiler, language, _ in COMPILERS:
        if not shutil.which(compiler):
            print('SKIP headers in %s with %s: not installed' % (language, compiler))
    absent = sum(not shutil.which(c[0]) for c in COMPILERS)
    print('headers alone: %d passed, %d failed, %d skipped' % (len(wanted) - failed, failed, absent))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
