#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps the symbol map equal to the public headers.

    scripts/symbols.py --write        rewrites src/libskiff.map
    scripts/symbols.py --check SO     compares headers, map and what SO really exports
"""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAP = os.path.join(TOP, 'src', 'libskiff.map')
VERSION = 'SKIFF_0.1'


def strip_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def declared_name(declaration):
    """The name in what follows SKIFF_API up to the semicolon: a function's or a variable's."""
    text = re.sub(r'__attribute__\s*\(\(.*?\)\)', ' ', declaration, flags=re.S)
    text = re.sub(r'__(printf|aligned)\s*\([^)]*\)', ' ', text)
    function = re.search(r'\(\s*\*\s*(\w+)\s*\(|(\w+)\s*\(', text)
    if function:
        return function.group(1) or function.group(2)
    return re.findall(r'(\w+)\s*(?:\[[^\]]*\]\s*)*$', text.split('=')[0].strip())[0]


def inlined():
    """What the headers inline and src/*/exports.c offers as symbols all the same."""
    lists = glob.glob(os.path.join(TOP, 'src', '*', 'exports.c'))
    return {name for path in lists
            for name in re.findall(r'^EXPORT\w*\([^,]+, (\w+),', open(path).read(), re.M)}


def declared():
    """What a user of the release build sees: the preprocessor decides, not the text."""
    headers = sorted(glob.glob(os.path.join(TOP, 'include', 'skiff', '**', '*.h'), recursive=True))
    source = ''.join('#include "%s"\n' % h for h in headers)
    text = subprocess.run([os.environ.get('CC', 'gcc'), '-E', '-P', '-x', 'c', '-std=gnu11',
                           '-I' + os.path.join(TOP, 'include'), '-'], input=source, text=True,
                          check=True, stdout=subprocess.PIPE).stdout
    return inlined() | {declared_name(m.group(1)) for m in re.finditer(
        r'__attribute__\(\(visibility\("default"\)\)\)([^;]*);', text)}


def mapped():
    text = strip_comments(open(MAP).read())
    return set(re.findall(r'(\w+);', text.split('global:')[1].split('local:')[0]))


def exported(so):
    out = subprocess.check_output(['nm', '-D', '--defined-only', so], text=True)
    names = [line.split()[-1].split('@')[0] for line in out.splitlines()]
    # The version's own name is a symbol too. Sanitizers' names belong to them.
    return {n for n in names if n != VERSION and not n.startswith(('__asan', '__odr_asan'))}


def write():
    with open(MAP, 'w') as f:
        f.write('/* SPDX-License-Identifier: BSD-2-Clause */\n')
        f.write('/* What libskiff.so exports: the SKIFF_API names of include/skiff. '
                'Written by scripts/symbols.py. */\n')
        f.write(VERSION + ' {\nglobal:\n')
        f.writelines('\t%s;\n' % n for n in sorted(declared()))
        f.write('local:\n\t*;\n};\n')


def differences(so):
    heads, in_map, out = declared(), mapped(), exported(so)
    for n in sorted(heads - in_map):
        yield n + ': SKIFF_API in a header, but not in src/libskiff.map (symbols.py --write)'
    for n in sorted(in_map - heads):
        yield n + ': in src/libskiff.map, but SKIFF_API in no header (symbols.py --write)'
    for n in sorted(heads - out):
        yield n + ': declared SKIFF_API (or in an exports.c), but the library does not export it'
    for n in sorted(out - heads):
        yield n + ': exported, but SKIFF_API in no header'


def main():
    if sys.argv[1:] == ['--write']:
        write()
        return 0
    if len(sys.argv) == 3 and sys.argv[1] == '--check':
        problems = list(differences(sys.argv[2]))
        print('\n'.join(problems))
        return 1 if problems else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
