#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The test runner believes nobody: crashes, silence, hangs and bad exits are failures."""
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

from check import TOP, Skip, run_cases

spec = importlib.util.spec_from_file_location('runner', os.path.join(TOP, 'scripts/run-tests.py'))
runner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runner)

CASES = '''
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
static void good(void **state) { (void)state; assert_int_equal(1, 1); }
static void skipped(void **state) { (void)state; skip(); }
static void bad(void **state) { (void)state; assert_int_equal(1, 2); }
static void dies(void **state) { (void)state; abort(); }
static void hangs(void **state) { (void)state; for (;;) pause(); }
int main(int argc, char **argv)
{
	const struct CMUnitTest one[] = { cmocka_unit_test(good), cmocka_unit_test(skipped) };
	const struct CMUnitTest wrong[] = { cmocka_unit_test(good), cmocka_unit_test(bad) };
	const struct CMUnitTest death[] = { cmocka_unit_test(good), cmocka_unit_test(dies) };
	const struct CMUnitTest sleep[] = { cmocka_unit_test(hangs) };
	const char *how = argc > 1 ? argv[1] : "good";

	if (!strcmp(how, "silent"))
		return 0;
	if (!strcmp(how, "good"))
		return cmocka_run_group_tests(one, NULL, NULL);
	if (!strcmp(how, "twice"))
		return cmocka_run_group_tests_name("g", one, NULL, NULL) +
		       cmocka_run_group_tests_name("g", one, NULL, NULL);
	if (!strcmp(how, "leak"))
		return cmocka_run_group_tests(one, NULL, NULL) + 23;
	if (!strcmp(how, "bad"))
		return cmocka_run_group_tests(wrong, NULL, NULL);
	if (!strcmp(how, "death"))
		return cmocka_run_group_tests(death, NULL, NULL);
	return cmocka_run_group_tests(sleep, NULL, NULL);
}
'''
work = tempfile.mkdtemp(prefix='skiff-runner-')


def program():
    path = work + '/cases'
    if not os.path.exists(path):
        if subprocess.call(['pkg-config', '--exists', 'cmocka']):
            raise Skip('cmocka is not installed')
        with open(path + '.c', 'w') as f:
            f.write(CASES)
        subprocess.run([os.environ.get('CC', 'gcc'), path + '.c', '-o', path, '-lcmocka'],
                       check=True)
    return path


def unit(how, passed, failed, skipped, *words, timeout=60):
    r = runner.run_unit('x', [program(), how], dict(os.environ), timeout)
    got = (r.passed, r.failed, len(r.skipped))
    assert got == (passed, failed, skipped), '%s: %s %s' % (how, got, r.text)
    for w in words:
        assert w in r.text, '%r is not in %r' % (w, r.text)


def script(text, passed, failed, skipped):
    r = runner.run_script('x', ['sh', '-c', text], dict(os.environ), 60)
    got = (r.passed, r.failed, len(r.skipped))
    assert got == (passed, failed, skipped), '%r: %s' % (text, got)
    return r


def cases_are_counted():
    unit('good', 1, 0, 1)


def two_groups_of_one_name_are_counted():
    unit('twice', 2, 0, 2)


def failure_is_counted_and_shown():
    unit('bad', 1, 1, 0, 'bad: 0x1 != 0x2')


def death_is_a_failure_and_named():
    unit('death', 0, 1, 0, 'killed by signal 6')


def silence_is_a_failure():
    unit('silent', 0, 1, 0, 'without a report')


def bad_exit_after_good_cases_is_a_failure():
    unit('leak', 1, 1, 1, 'exit status 23')


def hang_is_a_failure():
    unit('hang', 0, 1, 0, 'stopped after 1 s', timeout=1)


def absent_program_is_a_failure():
    r = runner.run_unit('x', ['/nonexistent/test'], dict(os.environ), 5)
    assert (r.passed, r.failed) == (0, 1), r.text


def script_counts_are_believed():
    script('echo "SKIP a: why"; echo "3 passed, 0 failed, 1 skipped"', 3, 0, 1)


def script_without_counts_fails():
    script('echo fine', 0, 1, 0)


def script_with_failures_fails():
    script('echo "3 passed, 2 failed, 0 skipped"; exit 1', 3, 2, 0)


def script_that_exits_badly_fails():
    script('echo "3 passed, 0 failed, 0 skipped"; exit 1', 3, 1, 0)


def script_that_checked_nothing_fails():
    script('echo "0 passed, 0 failed, 0 skipped"', 0, 1, 0)


def script_status_77_is_a_skip_with_reason():
    r = script('echo "no TAP here"; exit 77', 0, 0, 1)
    assert 'no TAP here' in r.skipped[0], r.skipped


# A test of its kind each, in a script like those of tests/netns.
LEAVES = '''
import sys
sys.path.insert(0, %r)
from peer import *
def test_passes(): open(own_folder('skiff-other-') + '/file', 'w').close()
def test_fails(): assert open(WORK + '/file', 'w').close()
def test_is_skipped(): raise Skip('so')
def test_ends(): sys.exit('so')
main([globals()[name] for name in sys.argv[1:]])
'''


def scripts_leave_no_folders():
    tmp = work + '/tmp'
    os.mkdir(tmp)
    for tests, passed, failed, skipped in ((['passes', 'is_skipped'], 1, 0, 1), (['passes', 'fails'], 1, 1, 0),
                                           (['passes', 'ends'], 0, 1, 0)):
        cmd = [sys.executable, '-c', LEAVES % os.path.join(TOP, 'tests/netns')] + ['test_' + t for t in tests]
        r = runner.run_script('x', cmd, dict(os.environ, TMPDIR=tmp, PYTHONDONTWRITEBYTECODE='1'), 60)
        assert (r.passed, r.failed, len(r.skipped)) == (passed, failed, skipped), (tests, r.text)
        assert not os.listdir(tmp), (tests, os.listdir(tmp))


if __name__ == '__main__':
    try:
        status = run_cases([
            cases_are_counted, two_groups_of_one_name_are_counted, failure_is_counted_and_shown,
            death_is_a_failure_and_named, silence_is_a_failure,
            bad_exit_after_good_cases_is_a_failure, hang_is_a_failure, absent_program_is_a_failure,
            script_counts_are_believed, script_without_counts_fails, script_with_failures_fails,
            script_that_exits_badly_fails, script_that_checked_nothing_fails,
            script_status_77_is_a_skip_with_reason, scripts_leave_no_folders])
    finally:
        shutil.rmtree(work)
    sys.exit(status)
