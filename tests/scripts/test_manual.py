#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The manual page: it can be formatted as it is, and has all commands and options that there are."""
import os
import re
import shutil
import subprocess
import sys

from check import TOP, Skip, run_cases

PAGE = os.path.join(TOP, 'doc/skiff.1')


def output(*cmd):
    return subprocess.run(cmd, capture_output=True, text=True, check=True).stdout


def formatted(width):
    """The page as text, without a warning."""
    if not shutil.which('groff'):
        raise Skip('groff is not installed')
    done = subprocess.run(['groff', '-ww', '-man', '-Tutf8', '-P-cbou', '-rLL=%dn' % width, PAGE], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, 'of %d columns: %s' % (width, done.stderr)
    return done.stdout


def formatting_warns_of_nothing():
    for width in 70, 78, 80, 100, 130:
        formatted(width)


def every_command_and_option_is_there():
    skiff = os.environ.get('SKIFF')
    if not skiff:
        raise Skip('SKIFF does not name the command')
    text = formatted(100).replace('‐', '-').replace('−', '-')
    synopsis = text[text.index('SYNOPSIS'):text.index('DESCRIPTION')]
    commands = re.findall(r'^  (\w+) ', output(skiff, '--help').split('Commands:')[1], re.M)
    assert 'run' in commands, commands
    for command in commands + ['help']:
        assert re.search(r'^ +skiff %s\b' % command, synopsis, re.M), command
        assert re.search(r'^   %s$' % command, text, re.M), command
    for command in commands:
        for option in re.findall(r'(?<![\w-])(--[a-z][\w-]+)', output(skiff, command, '--help')):
            assert option in text, '%s of %s' % (option, command)


if __name__ == '__main__':
    sys.exit(run_cases([formatting_warns_of_nothing, every_command_and_option_is_there]))
