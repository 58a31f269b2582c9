#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the benchmark programs, prints a table and writes their results as one JSON list.

    scripts/run-bench.py [--only TEXT] BUILD FILE.json

They are BUILD/bench/bench-* and bench/bench_*.py, which are told BUILD; TEXT is in the name of the file.

A program prints one JSON object per line and measurement: name, value, unit, better ("lower" or
"higher"), peer, peer_value, ratio (above 1 where skiff is better; null without a peer). Any other
line is for the reader. Exit status 77 says that the program can not measure here.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CAN_NOT = 77
KEYS = ['name', 'value', 'unit', 'better', 'peer', 'peer_value', 'ratio']


def number(value):
    return '-' if value is None else '%.4g' % value


def show(row):
    print('%-32s %10s %-10s %-28s %10s %8s' % (
        row['name'], number(row['value']), row['unit'], row['peer'] or '-',
        number(row['peer_value']), number(row['ratio'])))
    sys.stdout.flush()


def programs_of(build, only):
    """The commands, each in a list of words."""
    built = [p for p in sorted(glob.glob(os.path.join(build, 'bench', 'bench-*')))
             if os.path.isfile(p) and os.access(p, os.X_OK)]
    scripts = sorted(glob.glob(os.path.join(HERE, '..', 'bench', 'bench_*.py')))
    commands = [[p] for p in built] + [[sys.executable, p, build] for p in scripts]
    return [c for c in commands if only in os.path.basename(c[-2 if len(c) > 1 else 0])]


def results(command, failed):
    """The measurements of one program, as they come."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proc:
        for line in proc.stdout:
            if line.startswith('{'):
                row = json.loads(line)
                yield {k: row.get(k) for k in KEYS}
            else:
                print(line, end='')
    if proc.returncode not in (0, CAN_NOT):
        failed.append('%s: exit status %d' % (' '.join(command), proc.returncode))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--only', default='')
    parser.add_argument('build')
    parser.add_argument('json')
    args = parser.parse_args()
    programs = programs_of(args.build, args.only)
    if not programs:
        print('no benchmark programs in %s' % args.build, file=sys.stderr)
        return 1
    print('%-32s %10s %-10s %-28s %10s %8s' % ('name', 'skiff', 'unit', 'peer', 'peer', 'ratio'))
    rows, failed = [], []
    for program in programs:
        for row in results(program, failed):
            rows.append(row)
            show(row)
    with open(args.json, 'w') as f:
        json.dump(rows, f, indent=1)
        f.write('\n')
    print('%d results in %s' % (len(rows), args.json))
    # What the others have measured is there all the same.
    for reason in failed:
        print(reason, file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
