#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs every test of the given build directories and adds up what they say.

    scripts/run-tests.py [--only TEXT] [--programs | --more] BUILD...

--only runs what has TEXT in its name, --programs leaves out the scripts; --more runs instead of all
that the scripts tests/netns/more_*.py, which want programs that are large or rare. The last line is
`N passed, N failed, N skipped`. Counted are
  - each cmocka case of each unit test, in each build; an emulator runs those that are for another
    machine (scripts/cross),
  - each example (exit status 77: skipped),
  - the script checks in tests/scripts, tests/netns and tests/program, which print such a line themselves.

Scripts find in their environment: SKIFF, the command with sanitizers (from the first build);
SKIFF_RELEASE, the command of the last build; SKIFF_BUILD and SKIFF_RELEASE_BUILD, those build
directories; SKIFF_SOURCE, the source tree; CC. A script in tests/netns or tests/program runs in a network
namespace of its own in which a TAP can be opened; where that can't be had, it is skipped by name.
"""
import argparse
import ast
import concurrent.futures
import configparser
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COUNTS = re.compile(r'(\d+) passed, (\d+) failed, (\d+) skipped')
SKIPPED = 77


class Result:
    """What one program or script said: counts, names of what was skipped, text of failures."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.skipped = []
        self.text = ''
        self.seconds = 0.0

    def fail(self, text):
        self.failed += 1
        self.text += text.rstrip() + '\n'

    def line(self):
        return '%-44s %4d passed, %d failed, %d skipped  (%.1f s)' % (
            self.name, self.passed, self.failed, len(self.skipped), self.seconds)


def how_it_ended(status):
    return 'killed by signal %d' % -status if status < 0 else 'exit status %d' % status


def run(cmd, env, timeout, cwd=TOP):
    """Returns (status, output); a test that hangs is killed with all it has started."""
    with tempfile.TemporaryFile() as out:
        try:
            proc = subprocess.Popen(cmd, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True)
        except OSError as e:
            return 127, str(e)
        try:
            status = proc.wait(timeout)
            late = ''
        except subprocess.TimeoutExpired:
            os.killpg(proc.pid, 9)
            status = proc.wait()
            late = '\nstopped after %d s\n' % timeout
        out.seek(0)
        return status, out.read().decode(errors='replace') + late


def read_cmocka(result, xml_texts):
    """Adds the cases of cmocka's XML reports to @result; returns how many there were."""
    cases = 0
    # Groups of one name share a file, one document after the other.
    for suite in re.findall(r'<testsuite .*?</testsuite>', '\n'.join(xml_texts), re.S):
        for case in ET.fromstring(suite).iter('testcase'):
            cases += 1
            failures = [e for e in case if e.tag in ('failure', 'error')]
            if failures:
                result.fail('%s: %s: %s' % (result.name, case.get('name'),
                                            (failures[0].text or '').strip()))
            elif case.find('skipped') is not None:
                result.skipped.append(case.get('name'))
            else:
                result.passed += 1
    return cases


def run_unit(name, cmd, env, timeout):
    result = Result(name)
    with tempfile.TemporaryDirectory() as tmp:
        report = dict(env, CMOCKA_MESSAGE_OUTPUT='XML', CMOCKA_XML_FILE=tmp + '/%g.xml')
        status, out = run(cmd, report, timeout)
        texts = [open(f, errors='replace').read() for f in sorted(glob.glob(tmp + '/*.xml'))]
        try:
            # What can't be written to its file is printed.
            cases = read_cmocka(result, texts + [out])
        except ET.ParseError as e:
            result.fail('%s: unreadable report: %s' % (name, e))
            cases = 1
    if cases == 0:
        # It died before it could write a report: once more, to name the case.
        plain_status, plain = run(cmd, env, timeout)
        result.fail('%s: %s without a report\n%s\nonce more, %s:\n%s' % (
            name, how_it_ended(status), out[-8000:], how_it_ended(plain_status), plain[-8000:]))
    elif status != 0 and result.failed == 0:
        result.fail('%s: all cases passed, then %s\n%s' % (name, how_it_ended(status), out[-8000:]))
    return result


def run_example(name, cmd, env, timeout):
    result = Result(name)
    status, out = run(cmd, env, timeout)
    if status == SKIPPED:
        result.skipped.append(out.strip().splitlines()[-1] if out.strip() else name)
    elif status:
        result.fail('%s: %s\n%s' % (name, how_it_ended(status), out[-8000:]))
    else:
        result.passed = 1
    return result


def run_script(name, cmd, env, timeout):
    result = Result(name)
    status, out = run(cmd, env, timeout)
    counts = COUNTS.findall(out)
    skips = re.findall(r'^SKIP (.*)$', out, re.M)
    if status == SKIPPED:
        result.skipped.append(name + ': ' + (out.strip().splitlines() or ['no reason'])[-1])
        return result
    if not counts:
        result.fail('%s: %s without a result\n%s' % (name, how_it_ended(status), out[-8000:]))
        return result
    result.passed, result.failed, skipped = map(int, counts[-1])
    result.skipped = (skips + [name] * skipped)[:skipped]
    if result.failed:
        result.text = '%s:\n%s\n' % (name, out[-16000:])
    elif status:
        result.fail('%s: no failure, then %s\n%s' % (name, how_it_ended(status), out[-8000:]))
    elif result.passed + skipped == 0:
        result.fail('%s: checked nothing' % name)
    return result


def sanitizer_env():
    env = dict(os.environ)
    env.update(SKIFF_PANIC_ON_WARN=env.get('SKIFF_PANIC_ON_WARN', '0'),
               ASAN_OPTIONS='detect_stack_use_after_return=1:strict_string_checks=1',
               UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1',
               TSAN_OPTIONS='exitcode=66:halt_on_error=0')
    return env


# What an emulated machine can't show: programs, and a suite.
NOT_EMULATED = {
    'i686 host-fork': 'qemu-user can not fork while other threads run',
    's390x host-fork': 'qemu-user can not fork while other threads run',
    's390x drivers-tap': 'the kernel below writes virtio headers in another byte order',
}
NO_FILTER = 'there is no filter for programs of that machine'
NOT_EMULATED.update({'%s program-%s' % (machine, suite): NO_FILTER for machine in ('i686', 's390x')
                     for suite in ('control', 'launch', 'pump', 'readiness')})
NO_THREADS = 'qemu-user can not fork beside threads, and makes stress take minutes'


def emulator(label):
    """The command in front of programs for another machine, as its cross file names it."""
    ini = configparser.ConfigParser()
    ini.read(os.path.join(TOP, 'scripts', 'cross', label + '.ini'))
    return ast.literal_eval(ini.get('binaries', 'exe_wrapper', fallback='[]'))


def skip(what, reason):
    result = Result(what)
    result.skipped.append('%s: %s' % (what, reason))
    return result


def programs(build, env):
    """(function, name, argument...) for each test program of a build directory."""
    label = os.path.basename(build)
    missing = os.path.join(build, 'missing')
    if os.path.exists(missing):  # from scripts/build-cross.sh
        yield skip, label, open(missing).read().strip()
        return
    tests = json.loads(subprocess.check_output(['meson', 'introspect', '--tests', build]))
    emulated = emulator(label)
    prefix = emulated
    # TSan needs its shadow memory where a randomised layout may put something else.
    if 'tsan' in label and shutil.which('setarch'):
        prefix = ['setarch', '-R']
    for t in tests:
        suite = t['suite'][0].split(':')[-1]
        name = label + ' ' + t['name']
        if 'tsan' in label and suite != 'threads':
            continue
        if emulated and suite in ('examples', 'threads'):
            continue
        if name in NOT_EMULATED:
            yield skip, name, NOT_EMULATED[name]
            continue
        func = run_example if suite == 'examples' else run_unit
        yield func, name, prefix + t['cmd'], env, t['timeout']
    if emulated:
        yield skip, label + ' threads', NO_THREADS


def scripts(folder, prefix='test_'):
    found = glob.glob(os.path.join(TOP, 'tests', folder, prefix + '*.sh'))
    found += glob.glob(os.path.join(TOP, 'tests', folder, prefix + '*.py'))
    for path in sorted(found):  # a name without test_ in front is a helper
        yield os.path.relpath(path, TOP), [path] if path.endswith('.sh') else [sys.executable, path]


def command_of(build):
    return os.path.join(build, 'skiff')


def timed(func, *args):
    start = time.monotonic()
    result = func(*args)
    result.seconds = time.monotonic() - start
    return result


# Scripts that measure nothing, and mostly wait: one beside the other.
PATIENT = ('test_programs.py', 'test_program_failures.py', 'test_run.py', 'test_devices.py',
           'test_hping3.py', 'test_image.py', 'test_program_signals.py')


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--only', default='')
    parser.add_argument('--programs', action='store_true')
    parser.add_argument('--more', action='store_true')
    parser.add_argument('builds', nargs='+')
    args = parser.parse_args()
    # A shell that has started us in the background lets nobody be interrupted, and tests interrupt programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    builds = [os.path.abspath(b) for b in args.builds]
    env = sanitizer_env()
    env.update(SKIFF=command_of(builds[0]), SKIFF_RELEASE=command_of(builds[-1]),
               SKIFF_BUILD=builds[0], SKIFF_RELEASE_BUILD=builds[-1], SKIFF_SOURCE=TOP,
               CC=env.get('CC', 'gcc'))

    jobs = [job for b in builds for job in programs(b, env)] if not args.more else []
    if not args.programs and not args.more:
        jobs += [(run_script, name, cmd, env, 600) for name, cmd in scripts('scripts')]
    in_netns = os.path.join(TOP, 'scripts', 'in-netns.sh')
    # These measure and wait for real time: one after the other, when nothing else runs.
    alone = [(run_script, name, [in_netns] + cmd, env, 1200 if 'program' in name else 600)
             for folder in ('netns', 'program') for name, cmd in scripts(folder)
             if not args.programs and not args.more]
    if args.more:
        alone = [(run_script, name, [in_netns] + cmd, env, 1800)
                 for name, cmd in scripts('netns', 'more_')]

    results = []

    def report(result):
        results.append(result)
        print(result.line())
        for what in result.skipped:
            print('    skipped: ' + what)
        if result.failed:
            print(result.text)
        sys.stdout.flush()

    with concurrent.futures.ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        futures = [pool.submit(timed, *j) for j in jobs if args.only in j[1]]
        for f in concurrent.futures.as_completed(futures):
            report(f.result())
    alone = [j for j in alone if args.only in j[1]]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(timed, *j) for j in alone if j[1].endswith(PATIENT)]
        for f in concurrent.futures.as_completed(futures):
            report(f.result())
    for j in alone:
        if not j[1].endswith(PATIENT):
            report(timed(*j))

    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    if failed:
        print('failed: ' + ', '.join(r.name for r in results if r.failed))
    print('%d passed, %d failed, %d skipped' % (passed, failed,
                                               sum(len(r.skipped) for r in results)))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
