#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs every fuzz target of a build directory for some seconds each, two at a time.

    scripts/run-fuzz.py [--only TEXT] BUILD SECONDS

What a target learns stays in BUILD/corpus/<target>; an input that breaks it, in BUILD/findings.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys


def fuzz(target, seconds, build):
    """Returns (executions, finding): the text of the report, empty if nothing was found."""
    name = os.path.basename(target)
    corpus = os.path.join(build, 'corpus', name)
    findings = os.path.join(build, 'findings', name)
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    cmd = [target, '-max_total_time=%d' % seconds, '-timeout=10', '-rss_limit_mb=2048',
           '-print_final_stats=1', '-artifact_prefix=%s/' % findings, corpus]
    p = subprocess.run(cmd, text=True, errors='replace', stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    m = re.search(r'number_of_executed_units:\s*(\d+)', p.stdout)
    return int(m.group(1)) if m else 0, p.stdout[-6000:] if p.returncode else ''


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--only', default='')
    parser.add_argument('build')
    parser.add_argument('seconds', type=int)
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    targets = [t for t in sorted(glob.glob(os.path.join(build, 'fuzz', 'fuzz-*')))
               if os.path.isfile(t) and os.access(t, os.X_OK) and args.only in t]
    if not targets:
        print('no fuzz targets in %s' % build, file=sys.stderr)
        return 1
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda t: fuzz(t, args.seconds, build), targets)
        for target, (units, finding) in zip(targets, runs):
            failed += bool(finding)
            print('%-28s %12d runs  %s' % (os.path.basename(target), units,
                                           'FOUND:\n' + finding if finding else 'no finding'))
            sys.stdout.flush()
    print('%d passed, %d failed, 0 skipped' % (len(targets) - failed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
