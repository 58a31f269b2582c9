#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The layer check passes this tree, and finds each kind of mistake in a tree made to have it."""
import os
import subprocess
import sys
import tempfile

from check import TOP, Skip, run_cases

CHECKER = os.path.join(TOP, 'scripts', 'check-layers.py')
CC = os.environ.get('CC', 'gcc')

# Three folders, bottom-up; every call and include goes down by a declared way.
GOOD = {
    'src/meson.build': "folders = [\n  'low', # the lowest\n  'mid',\n  'high',\n]\n",
    'src/low/meson.build': "low_src = files('low.c')\nlow_needs = []\n",
    'src/mid/meson.build': "mid_src = files('mid.c')\nmid_needs = ['low']\n",
    'src/high/meson.build': "high_src = files('high.c')\nhigh_needs = ['mid']\n",
    'src/low/low.h': 'int low(void);\n',
    'src/mid/mid.h': 'int mid(void);\n',
    'src/high/high.h': 'int high(void);\n',
    'src/low/low.c': '#include "low/low.h"\nint low(void) { return 1; }\n',
    'src/mid/mid.c': '#include "low/low.h"\n#include "mid/mid.h"\nint mid(void) { return low(); }\n',
    'src/high/high.c': '#include "high/high.h"\n#include "low/low.h"\n#include "mid/mid.h"\n'
                       'int high(void) { return mid() + low(); }\n',
}


def verdict(changes):
    """The checker's exit status and words about GOOD with some files replaced or added."""
    with tempfile.TemporaryDirectory() as tree:
        for name, text in dict(GOOD, **changes).items():
            path = os.path.join(tree, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as f:
                f.write(text)
        os.makedirs(os.path.join(tree, 'build/src'))
        for folder in ('low', 'mid', 'high'):
            obj = '%s/build/%s.o' % (tree, folder)
            subprocess.run([CC, '-Isrc', '-c', 'src/%s/%s.c' % (folder, folder), '-o', obj],
                           check=True, cwd=tree)
            subprocess.run(['ar', 'rc', '%s/build/src/libskiff-%s.a' % (tree, folder), obj],
                           check=True)
        p = subprocess.run([sys.executable, CHECKER, '--source', tree, '--build', tree + '/build'],
                           stdout=subprocess.PIPE, text=True)
        return p.returncode, p.stdout


def refused(changes, *words):
    status, said = verdict(changes)
    assert status == 1, 'accepted: %r' % said
    for w in words:
        assert w in said, '%r is not in %r' % (w, said)


def good_tree_passes():
    status, said = verdict({})
    assert status == 0 and said == '', said


def upward_include_is_found():
    refused({'src/low/low.c': '#include "high/high.h"\nint low(void) { return 1; }\n'},
            'low/low.c includes a header of high')


def upward_include_in_a_header_is_found():
    refused({'src/mid/mid.h': '# include "high/high.h"\nint mid(void);\n'},
            'mid/mid.h includes a header of high')


def upward_call_without_include_is_found():
    refused({'src/low/low.c': 'int high(void);\nint low(void) { return high(); }\n'},
            'low calls high() of high')


def undeclared_sideways_call_is_found():
    refused({'src/mid/meson.build': "mid_src = files('mid.c')\nmid_needs = []\n",
             'src/mid/mid.c': 'int low(void);\nint mid(void) { return low(); }\n'},
            'mid calls low() of low')


def upward_reference_to_data_is_found():
    refused({'src/high/high.c': 'int table = 1;\n',
             'src/low/low.c': 'extern int table;\nint low(void) { return table; }\n'},
            'low calls table() of high')


def need_of_a_later_folder_is_found():
    refused({'src/low/meson.build': "low_src = files('low.c')\nlow_needs = ['mid']\n"},
            'src/low needs mid, which is not below it')


def missing_declaration_is_found():
    refused({'src/mid/meson.build': "mid_src = files('mid.c')\n"}, 'does not declare mid_needs')


def unlisted_folder_is_found():
    refused({'src/stray/stray.c': 'int stray;\n'}, 'src/stray is not listed')


def this_tree_passes():
    build = os.environ.get('SKIFF_BUILD')
    if not build:
        raise Skip('SKIFF_BUILD names no build directory')
    p = subprocess.run([sys.executable, CHECKER, '--build', build], stdout=subprocess.PIPE,
                       text=True)
    assert p.returncode == 0, p.stdout


if __name__ == '__main__':
    sys.exit(run_cases([good_tree_passes, upward_include_is_found,
                        upward_include_in_a_header_is_found, upward_call_without_include_is_found,
                        undeclared_sideways_call_is_found, upward_reference_to_data_is_found,
                        need_of_a_later_folder_is_found, missing_declaration_is_found,
                        unlisted_folder_is_found, this_tree_passes]))
