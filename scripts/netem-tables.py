#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes src/device/netem_tables.c: the distributions of delays as tables of quantiles.

Tables rather than a formula in the library: floating point differs between machines in its last
bit, and a simulation has to send the same packets on each of them.
"""
import os
import statistics

SCALE, STEPS = 8192, 1024
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The ends of the table stand for the outermost eighth of a step: a quantile of 0 or 1 is infinite.
EDGE = 1 / (8 * STEPS)

HEAD = '''// SPDX-License-Identifier: BSD-2-Clause
/* The distributions of delays, written by scripts/netem-tables.py. */
#include "device/netem.h"

/* Quantiles in steps of 1/%d; mean 0, standard deviation %d. */
''' % (STEPS, SCALE)


def table(quantile):
    """Points at equal steps of probability, of mean 0 and standard deviation 1 once connected."""
    p = [quantile(min(max(i / STEPS, EDGE), 1 - EDGE)) for i in range(STEPS + 1)]
    mean = sum((a + b) / 2 for a, b in zip(p, p[1:])) / STEPS
    p = [x - mean for x in p]
    square = sum((a * a + a * b + b * b) / 3 for a, b in zip(p, p[1:])) / STEPS
    return [round(x / square ** 0.5 * SCALE) for x in p]


def text(name, values):
    lines = ['const s32 netem_%s[NETEM_TABLE_STEPS + 1] = {' % name]
    for i in range(0, len(values), 12):
        lines.append('\t' + ' '.join('%d,' % v for v in values[i:i + 12]))
    return '\n'.join(lines + ['};\n'])


def main():
    normal = table(statistics.NormalDist().inv_cdf)
    # Shape 3: the heaviest tail that still has a variance and a whole exponent.
    pareto = table(lambda q: (1 - q) ** (-1 / 3))
    with open(os.path.join(TOP, 'src/device/netem_tables.c'), 'w') as f:
        f.write(HEAD + '/* clang-format off */\n' + text('normal', normal) + '\n' +
                text('pareto', pareto) + '/* clang-format on */\n')


if __name__ == '__main__':
    main()
