#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What make install leaves behind is enough for a user: headers, libraries, pkg-config, names."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

from check import TOP, Skip, run_cases

CC = os.environ.get('CC', 'gcc')
BUILD = os.environ.get('SKIFF_RELEASE_BUILD', os.path.join(TOP, 'build', 'release'))
PROGRAM = '''
#include <stdio.h>
#include <skiff/kernel.h>
#include <skiff/list.h>
int main(void)
{
	LIST_HEAD(list);

	if (!list_empty(&list))
		skiff_panic("a new list is not empty");
	puts("works");
	return 0;
}
'''
BREAKS = '#include <skiff/kernel.h>\nint main(void) { skiff_panic("marker %d", 42); }\n'


class Installed:
    """An installation in a directory of its own, made once for all cases."""
    root = None
    prefix = ''

    @classmethod
    def get(cls):
        if cls.root is None:
            cls.root = tempfile.mkdtemp(prefix='skiff-install-')
            options = json.loads(subprocess.check_output(
                ['meson', 'introspect', '--buildoptions', BUILD]))
            cls.prefix = [o['value'] for o in options if o['name'] == 'prefix'][0]
            subprocess.run(['meson', 'install', '--quiet', '--no-rebuild', '-C', BUILD,
                            '--destdir', cls.root], check=True, stdout=subprocess.DEVNULL)
        return cls

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.get().root + cls.prefix, *parts)

    @classmethod
    def find(cls, name):
        for folder, _, files in os.walk(cls.path()):
            if name in files:
                return os.path.join(folder, name)
        raise AssertionError(name + ' is not installed')


def pkg_config(*args):
    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=Installed.get().root,
               PKG_CONFIG_PATH=os.path.dirname(Installed.find('skiff.pc')))
    return subprocess.check_output(['pkg-config'] + list(args) + ['skiff'], env=env,
                                   text=True).split()


def build_and_run(source, flags, **run_args):
    with tempfile.TemporaryDirectory() as tmp:
        with open(tmp + '/user.c', 'w') as f:
            f.write(source)
        subprocess.run([CC, '-Wall', '-Wextra', '-Werror', tmp + '/user.c', '-o', tmp + '/user'] +
                       flags, check=True)
        env = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(Installed.find('libskiff.so.0')))
        return subprocess.run([tmp + '/user'], env=env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **run_args)


def shared_library_serves_a_program():
    p = build_and_run(PROGRAM, pkg_config('--cflags', '--libs'))
    assert p.returncode == 0 and p.stdout == 'works\n', p


def shared_library_exports_what_headers_declare():
    p = build_and_run(BREAKS, pkg_config('--cflags', '--libs'))
    assert p.returncode < 0 and 'marker 42' in p.stderr, p


def static_library_serves_a_program():
    flags = pkg_config('--cflags') + [Installed.find('libskiff.a'), '-lpthread']
    p = build_and_run(PROGRAM, flags)
    assert p.returncode == 0 and p.stdout == 'works\n', p


def examples_serve_as_they_are():
    """Each with the flags of pkg-config alone, as their readers compile them."""
    names = sorted(glob.glob(os.path.join(TOP, 'examples', '*.c')))
    assert len(names) >= 6, names
    for name in names:
        with open(name) as f:
            p = build_and_run(f.read(), pkg_config('--cflags', '--libs'), timeout=60)
        assert p.returncode == 0, (name, p)


def headers_work_in_strict_c():
    for std in ('c11', 'gnu11', 'gnu17'):
        p = build_and_run('#include <skiff/netdevice.h>\n#include <skiff/drivers.h>\n'
                          '#include <skiff/sysctl.h>\n' + PROGRAM,
                          ['-std=' + std] + pkg_config('--cflags', '--libs'))
        assert p.stdout == 'works\n', (std, p)


def static_library_serves_another_compiler():
    if not shutil.which('clang') or CC == 'clang':
        raise Skip('no second compiler')
    with tempfile.TemporaryDirectory() as tmp:
        with open(tmp + '/user.c', 'w') as f:
            f.write(BREAKS)
        subprocess.run(['clang', tmp + '/user.c', '-o', tmp + '/user'] + pkg_config('--cflags') +
                       [Installed.find('libskiff.a'), '-lpthread'], check=True)


def soname_is_right():
    out = subprocess.check_output(['readelf', '-d', Installed.find('libskiff.so.0')], text=True)
    assert '[libskiff.so.0]' in out, out


def library_needs_libc_only():
    out = subprocess.check_output(['readelf', '-d', Installed.find('libskiff.so.0')], text=True)
    needed = [line.split('[')[1].rstrip(']') for line in out.splitlines() if '(NEEDED)' in line]
    others = [n for n in needed if not n.startswith(('libc.so', 'ld-linux', 'libpthread'))]
    assert not others, others


def version_agrees():
    version = pkg_config('--modversion')
    assert version == ['0.1.0'], version


def all_headers_are_installed():
    for base, where in (('skiff', 'include/skiff'), ('kernel', 'include/skiff-kernel')):
        for folder, _, files in os.walk(os.path.join(TOP, 'include', base)):
            inside = os.path.relpath(folder, os.path.join(TOP, 'include', base))
            for f in files:
                path = Installed.path(where, inside, f)
                assert os.path.exists(path), path


def kernel_headers_are_found():
    where = pkg_config('--variable=kernel_includedir')[0]
    p = build_and_run('#include <linux/list.h>\n' + PROGRAM,
                      ['-I' + where] + pkg_config('--cflags', '--libs'))
    assert p.stdout == 'works\n', p


def exported_names_are_those_of_the_headers():
    p = subprocess.run([sys.executable, os.path.join(TOP, 'scripts', 'symbols.py'), '--check',
                        Installed.find('libskiff.so.0')], text=True, stdout=subprocess.PIPE)
    assert p.returncode == 0, '\n' + p.stdout


def command_and_manual_are_installed():
    command = Installed.path('bin', 'skiff')
    p = subprocess.run([command, '--help'], text=True, stdout=subprocess.PIPE)
    assert p.returncode == 0 and 'skiff' in p.stdout, p
    Installed.find('skiff.1')


if __name__ == '__main__':
    try:
        status = run_cases([shared_library_serves_a_program,
                            shared_library_exports_what_headers_declare,
                            static_library_serves_a_program, examples_serve_as_they_are,
                            headers_work_in_strict_c,
                            static_library_serves_another_compiler, soname_is_right,
                            library_needs_libc_only, version_agrees, all_headers_are_installed,
                            kernel_headers_are_found, exported_names_are_those_of_the_headers,
                            command_and_manual_are_installed])
    finally:
        if Installed.root:
            shutil.rmtree(Installed.root)
    sys.exit(status)
