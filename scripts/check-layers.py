#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Refuses calls and includes that go upwards between the folders of src/.

    scripts/check-layers.py [--source DIR] [--build DIR]

src/meson.build lists the folders bottom-up; each folder's meson.build declares in <folder>_needs
what it calls. A folder may use itself and whatever lies transitively below it. Checked are the
declarations, every #include "folder/file.h" and, with --build, every symbol by which the static
library of one folder refers to another.
"""
import argparse
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read_list(path, variable):
    """The strings of `variable = [...]` in a meson file, comments left out."""
    text = re.sub(r'#.*', '', open(path).read())
    m = re.search(r'^%s\s*=\s*\[(.*?)\]' % variable, text, re.S | re.M)
    return re.findall(r"'([^']+)'", m.group(1)) if m else None


class Layers:
    def __init__(self, source):
        self.src = os.path.join(source, 'src')
        self.problems = []
        listed = read_list(os.path.join(self.src, 'meson.build'), 'folders')
        self.folders = [f for f in listed if os.path.exists(self.meson(f))]
        self.below = {}
        for position, f in enumerate(self.folders):
            self.declare(f, self.folders[:position])
        for d in sorted(os.listdir(self.src)):
            if os.path.isdir(os.path.join(self.src, d)) and d not in listed:
                self.problems.append('src/%s is not listed in src/meson.build' % d)

    def meson(self, folder):
        return os.path.join(self.src, folder, 'meson.build')

    def declare(self, folder, earlier):
        needs = read_list(self.meson(folder), folder + '_needs')
        if needs is None:
            self.problems.append('src/%s/meson.build does not declare %s_needs' % (folder, folder))
            needs = []
        allowed = set()
        for n in needs:
            if n not in earlier:
                self.problems.append('src/%s needs %s, which is not below it' % (folder, n))
                continue
            allowed |= {n} | self.below[n]
        self.below[folder] = allowed

    def may_use(self, folder, other):
        return other == folder or other in self.below[folder]

    def check_includes(self):
        for f in self.folders:
            for path in sorted(glob.glob(os.path.join(self.src, f, '**', '*.[ch]'), recursive=True)):
                text = open(path).read()
                for other in re.findall(r'^\s*#\s*include\s+"([^"/]+)/[^"]*"', text, re.M):
                    if other in self.folders and not self.may_use(f, other):
                        self.problems.append('%s includes a header of %s, which %s does not need' %
                                             (os.path.relpath(path, self.src), other, f))

    def check_symbols(self, build):
        defined, wanted = {}, {}
        for f in self.folders:
            archive = os.path.join(build, 'src', 'libskiff-%s.a' % f)
            for name, kind in symbols(archive):
                if kind in 'Uw':
                    wanted.setdefault(f, set()).add(name)
                else:
                    defined.setdefault(name, f)
        for f in self.folders:
            for name in sorted(wanted.get(f, ())):
                owner = defined.get(name)
                if owner and not self.may_use(f, owner):
                    self.problems.append('%s calls %s() of %s, which it does not need' %
                                         (f, name, owner))


def symbols(archive):
    """(name, kind) of each external symbol that an archive defines or refers to."""
    out = subprocess.run(['nm', '-g', archive], text=True, check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    for line in out.splitlines():
        m = re.match(r'[0-9a-f ]* ([A-Za-z]) (\S+)$', line)
        if m:
            yield m.group(2), m.group(1)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--source', default=TOP)
    parser.add_argument('--build')
    args = parser.parse_args()
    layers = Layers(args.source)
    layers.check_includes()
    if args.build:
        layers.check_symbols(args.build)
    for p in layers.problems:
        print('layers: ' + p)
    return 1 if layers.problems else 0


if __name__ == '__main__':
    sys.exit(main())
