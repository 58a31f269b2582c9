#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The list of differences for programs: it is read well, and doc/programs.md says what it says."""
import os
import subprocess
import sys

from check import TOP, run_cases

sys.path.insert(0, os.path.join(TOP, 'tests', 'program'))
import differences


def document_up_to_date():
    done = subprocess.run([sys.executable, os.path.join(TOP, 'scripts', 'differences.py')],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def paragraph(*places):
    return differences.Difference('\n'.join(('Name', 'a reason') + places))


def explained_by_place():
    kernel, ours = {'a/b | c': ['1 EINVAL']}, {'a/b | c': ['1 EPIPE']}
    for place, seen in [('- a/*', 0), ('- a/b | c: EINVAL -> EPIPE', 0), ('- a/b', 1),
                        ('- a/*: EINVAL -> ESRCH', 1), ('-? b/*', 1), ('- a?b | c', 1)]:
        found = differences.unexplained(kernel, ours, [paragraph(place)])
        assert len(found) == seen, (place, found)


def one_everywhere_beside_another():
    listed = [paragraph('- *: poll 1 -> poll 3', '- b: EINVAL -> EPIPE')]
    kernel = {'a': ['EINVAL poll 1'], 'b': ['EINVAL poll 1'], 'c': ['EINVAL poll 1']}
    ours = {'a': ['EINVAL poll 3'], 'b': ['EPIPE poll 3'], 'c': ['EPIPE poll 3']}
    found = differences.unexplained(kernel, ours, listed)
    assert len(found) == 1 and found[0].startswith('c'), found
    assert not differences.never_seen(listed)


def unseen_is_told():
    listed = [paragraph('- a/*', '-? b')]
    assert not differences.unexplained({'a': ['1']}, {'a': ['1']}, listed)
    assert differences.never_seen(listed) == ['Name: a/*']


def missing_lines_differ():
    assert len(differences.unexplained({'a': ['1', '2']}, {'a': ['1']}, [])) == 1
    assert len(differences.unexplained({}, {'a': ['1']}, [])) == 1
    assert len(differences.unexplained({'a': ['1']}, {}, [])) == 1


def real_list_reads():
    differences.read()


if __name__ == '__main__':
    sys.exit(run_cases([document_up_to_date, explained_by_place, one_everywhere_beside_another,
                        unseen_is_told,
                        missing_lines_differ, real_list_reads]))
