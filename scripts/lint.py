#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Looks at the sources without running them.

    scripts/lint.py [format|tidy|sparse|headers|spdx|layers|size|reasons]...

format   clang-format in the style of .clang-format
tidy     clang-tidy with the checks of .clang-tidy, on src/ and tools/
sparse   wire order against host order, on src/ (the C library's socket addresses, which the
         command uses, do not say which is which)
headers  every public header alone, in C and C++ (scripts/check-headers.py)
spdx     each file starts with its licence, C files also with a sentence on what they are
layers   includes between folders (scripts/check-layers.py)
size     no file of more than 800 lines
reasons  src/ drops no packet without saying why

A check whose program is not installed is named and skipped.
"""
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LICENCE = 'SPDX-License-Identifier: BSD-2-Clause'
FORMATTER = '14'
COMMENTED = ('.c', '.h', '.py', '.sh', '.build', '.map', '.1', '.md', '.cc', '.yml')
ALSO = ('Makefile', 'meson_options.txt', '.clang-format', '.clang-tidy', '.ci/run')


def run(cmd):
    p = subprocess.run(cmd, cwd=TOP, text=True, errors='replace', stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout


def tracked():
    """The project's own files: what git knows or would add."""
    status, out = run(['git', 'ls-files', '-co', '--exclude-standard'])
    if status == 0:
        names = out.splitlines()
    else:
        names = [os.path.relpath(os.path.join(d, f), TOP) for d, dirs, files in os.walk(TOP)
                 for f in files if not d.startswith(os.path.join(TOP, 'build'))]
    return sorted(n for n in names if os.path.isfile(os.path.join(TOP, n)))


def sources(suffixes, *folders):
    return [n for n in tracked() if n.endswith(suffixes) and n.startswith(folders)]


def each(function, items):
    """Runs function(item) on all processors; yields the non-empty complaints."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [text for text in pool.map(function, items) if text]


def complaint(cmd):
    status, out = run(cmd)
    return out if status else ''


def format_one(path):
    """What clang-format would change in a file, as the head of a diff."""
    text = open(os.path.join(TOP, path)).read()
    status, formatted = run(['clang-format', path])
    if status == 0 and formatted == text:
        return ''
    diff = list(difflib.unified_diff(text.splitlines(), formatted.splitlines(), path,
                                     path + ' as make format writes it', n=0, lineterm=''))
    return '\n'.join(diff[:12] + (['... and %d lines more' % (len(diff) - 12)]
                                  if len(diff) > 12 else []))


def format_some(paths):
    """The same of several files, which for one program are as quick as one where all is well."""
    status, _ = run(['clang-format', '--dry-run', '--Werror'] + paths)
    return '\n'.join(filter(None, map(format_one, paths))) if status else ''


def lint_format():
    version = re.search(r'version (\d+)', run(['clang-format', '--version'])[1])
    if not version or version.group(1) != FORMATTER:
        # Each release formats some things differently; one of them has to be the judge.
        print('lint format   skipped: the sources are in the format of clang-format %s, not %s' % (
            FORMATTER, version.group(1) if version else 'unknown'))
        return []
    files = sources(('.c', '.h'), '')
    return each(format_some, [files[i:i + 50] for i in range(0, len(files), 50)])


def lint_tidy():
    status, out = run(['scripts/configure.sh', 'lint'])
    if status:
        return [out]
    files = sources('.c', 'src/', 'tools/')
    # The analyzer's default depth takes ten seconds for some files; nearly all that it finds, it
    # finds early.
    depth = ['--extra-arg=' + a for a in ('-Xclang', '-analyzer-config', '-Xclang',
                                          'max-nodes=40000')]
    return each(lambda f: complaint(['clang-tidy', '-p', 'build/lint', '--quiet',
                                     '--warnings-as-errors=*'] + depth + [f]), files)


def sparse_one(path):
    # It does not know vectors, neither as intrinsics nor as types.
    if re.search('<immintrin.h>|vector_size', open(os.path.join(TOP, path)).read()):
        return ''
    status, out = run(['sparse', '-std=gnu11', '-Wbitwise', '-Wno-non-pointer-null',
                       '-Wno-decl', '-Wno-cast-truncate', '-D__has_include(x)=0',
                       '-Wno-external-function-has-definition',
                       '-D_GNU_SOURCE=', '-Iinclude', '-Isrc', path])
    # A fault in the system's headers is not ours to mend; notes about it come along.
    ours = [line for line in out.splitlines() if not line.startswith('/usr/')]
    found = any(re.match(r'[^ :]+:\d+:\d+: (warning|error)', line) for line in ours)
    return '\n'.join(ours) if status or found else ''


def lint_sparse():
    return each(sparse_one, sources('.c', 'src/'))


def lint_headers():
    status, out = run([sys.executable, 'scripts/check-headers.py'])
    return [out] if status else []


def lint_spdx():
    problems = []
    for name in tracked():
        if not name.endswith(COMMENTED) and name not in ALSO:
            continue
        head = open(os.path.join(TOP, name), errors='replace').read(600).splitlines()[:3]
        if not any(LICENCE in line for line in head[:2]):
            problems.append('%s: no "%s" in the first two lines' % (name, LICENCE))
        elif name.endswith(('.c', '.h')) and not (len(head) > 1 and
                                                  re.match(r'/\*.*\w', ' '.join(head[1:3]))):
            problems.append('%s: the second line does not say what the file is' % name)
    return problems


def lint_layers():
    status, out = run([sys.executable, 'scripts/check-layers.py'])
    return [out] if status else []


def lint_reasons():
    # Those of src/skb/exports.c are the functions themselves.
    plain = re.compile(r'\bkfree_skb(_list)?\(')
    return ['%s:%d: dropped without a reason: kfree_skb_reason(), or consume_skb()' % (name, i)
            for name in sources('.c', 'src/') if not name.endswith('/exports.c')
            for i, line in enumerate(open(os.path.join(TOP, name), errors='replace'), 1)
            if plain.search(line)]


def lint_size():
    problems = []
    for name in sources(('.c', '.h'), 'src/', 'include/', 'tools/', 'tests/', 'bench/', 'fuzz/'):
        lines = open(os.path.join(TOP, name), errors='replace').read().count('\n')
        if lines > 800:
            problems.append('%s: %d lines, at most 800' % (name, lines))
    return problems


CHECKS = {
    'format': (lint_format, 'clang-format'),
    'tidy': (lint_tidy, 'clang-tidy'),
    'sparse': (lint_sparse, 'sparse'),
    'headers': (lint_headers, None),
    'spdx': (lint_spdx, None),
    'layers': (lint_layers, None),
    'size': (lint_size, None),
    'reasons': (lint_reasons, None),
}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [w for w in wanted if w not in CHECKS]
    if unknown:
        print('lint.py: unknown check %s: accepted are %s' % (
            ', '.join(unknown), ', '.join(CHECKS)), file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        function, program = CHECKS[name]
        if program and not shutil.which(program):
            print('lint %-8s skipped: %s is not installed' % (name, program))
            continue
        start = time.monotonic()
        problems = function()
        if problems:
            failed.append(name)
            print('\n'.join(problems))
        print('lint %-8s %s  (%.1f s)' % (name, 'FAILED' if problems else 'ok',
                                          time.monotonic() - start))
        sys.stdout.flush()
    print('lint: failed: ' + ', '.join(failed) if failed else 'lint: ok')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
