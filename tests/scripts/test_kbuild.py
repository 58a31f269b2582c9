#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The files of examples/kernel build as kernel modules and against skiff, without a warning."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import check  # noqa: E402

EXAMPLES = os.path.join(check.TOP, 'examples', 'kernel')
MODULES = ('skiffnull', 'skiffecho')
HEADERS = ('/lib/modules/*/build', '/usr/src/linux-headers-*')
# What Kbuild says of the machine and not of the sources.
NOISE = ('the compiler differs from the one used to build the kernel', 'Skipping BTF')


def kernel_build():
    """A directory that modules can be built against: one with the kernel's configuration."""
    found = [d for pattern in HEADERS for d in sorted(glob.glob(pattern))
             if os.path.exists(os.path.join(d, 'include', 'config', 'auto.conf'))]
    if not found:
        raise check.Skip('no kernel headers here (Debian: linux-headers-amd64)')
    if not shutil.which('make'):
        raise check.Skip('no make here')
    return found[0]


def warnings(text):
    return [line for line in text.splitlines()
            if ('warning' in line.lower() or 'error' in line.lower()) and
            not any(noise in line for noise in NOISE)]


def run(cmd, where):
    # Kbuild takes what a make above it exports for its own.
    env = {k: v for k, v in os.environ.items()
           if k not in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'CC')}
    p = subprocess.run(cmd, cwd=where, env=env, text=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if p.returncode:
        raise AssertionError('%s failed:\n%s' % (' '.join(cmd), p.stdout))
    return p.stdout


def modules_build_with_kbuild():
    build = kernel_build()
    with tempfile.TemporaryDirectory() as tmp:
        where = os.path.join(tmp, 'kernel')
        shutil.copytree(EXAMPLES, where)
        said = warnings(run(['make', 'KDIR=' + build, 'W=1', 'modules'], where))
        assert not said, '\n'.join(said)
        for name in MODULES:
            with open(os.path.join(where, name + '.ko'), 'rb') as f:
                module = f.read()
            assert module.startswith(b'\x7fELF'), name
            assert b'license=Dual BSD/GPL\0' in module, name
        run(['make', 'KDIR=' + build, 'clean'], where)
        left = sorted(os.listdir(where))
        assert left == sorted(os.listdir(EXAMPLES)), left


def the_same_files_build_against_skiff():
    """With the one option that README.md names besides the library's own."""
    with tempfile.TemporaryDirectory() as tmp:
        for name in MODULES:
            run([os.environ.get('CC', 'gcc'), '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror',
                 '-I' + os.path.join(check.TOP, 'include', 'kernel'),
                 '-I' + os.path.join(check.TOP, 'include'), '-c',
                 os.path.join(EXAMPLES, name + '.c'), '-o', os.path.join(tmp, name + '.o')], tmp)


if __name__ == '__main__':
    sys.exit(check.run_cases([modules_build_with_kbuild, the_same_files_build_against_skiff]))
