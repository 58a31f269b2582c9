# SPDX-License-Identifier: BSD-2-Clause
"""The list of what is different for programs on skiff: reads it, and holds what was seen against it."""
import fnmatch
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'differences.txt')


class Place:
    """Scenarios in which a difference shows."""

    def __init__(self, text):
        mark, rest = text.split(' ', 1)
        assert mark in ('-', '-?'), text
        self.text, self.sometimes = rest, mark == '-?'
        self.pattern, colon, change = rest.partition(': ')
        self.kernel = self.skiff = None
        if colon:
            self.kernel, arrow, self.skiff = change.partition(' -> ')
            assert arrow, 'no arrow in "%s"' % text
        # Only "*" is special in a name.
        self.regex = re.compile('.*'.join(map(re.escape, self.pattern.split('*'))) + r'\Z')
        self.used = False

        # It shows in all scenarios, beside whatever else does.
        self.everywhere = self.pattern == '*' and self.kernel is not None

    def changed(self, theirs):
        return re.sub(self.kernel, self.skiff, theirs)

    def explains(self, name, theirs, ours):
        if not self.regex.match(name):
            return False
        return self.kernel is None or self.changed(theirs) == ours


class Difference:
    def __init__(self, paragraph):
        lines = paragraph.split('\n')
        places = [i for i, l in enumerate(lines) if l.startswith(('- ', '-? '))]
        assert places and places[0] >= 2, 'a name, a reason, places: ' + paragraph
        self.name = lines[0]
        self.reason = ' '.join(lines[1:places[0]])
        self.places = [Place(l) for l in lines[places[0]:]]


def read(path=PATH):
    text = '\n'.join(l for l in open(path).read().split('\n') if not l.startswith('#'))
    return [Difference(p.strip('\n')) for p in re.split(r'\n\n+', text) if p.strip()]


def scenarios(lines):
    """Lines by scenario, in order."""
    found = {}
    for line in lines:
        name, _, rest = line.partition(': ')
        found.setdefault(name.rstrip(':'), []).append(rest)
    return found


def line_pairs(theirs, ours):
    """Lines that belong together; what is missing is "(nothing)"."""
    for i in range(max(len(theirs), len(ours))):
        a = theirs[i] if i < len(theirs) else '(nothing)'
        b = ours[i] if i < len(ours) else '(nothing)'
        if a != b:
            yield a, b


def explain(places, name, theirs, ours):
    """Whether it is on the list; marks by what."""
    changed = theirs
    for place in places:
        if place.everywhere and place.changed(changed) != changed:
            changed = place.changed(changed)
            place.used = True
    if changed == ours:
        return True
    fits = [p for p in places if p.explains(name, changed, ours) or p.explains(name, theirs, ours)]
    for place in fits:
        place.used = True
    return bool(fits)


def unexplained(kernel, ours, listed):
    """What differs, of scenarios by name, and is on no list; marks what is."""
    found = []
    places = [p for d in listed for p in d.places]
    for name in list(kernel) + [n for n in ours if n not in kernel]:
        for a, b in line_pairs(kernel.get(name, []), ours.get(name, [])):
            if not explain(places, name, a, b):
                found.append('%s\n\tkernel: %s\n\tskiff:  %s' % (name, a, b))
    return found


def never_seen(listed):
    return ['%s: %s' % (d.name, p.text) for d in listed for p in d.places
            if not p.used and not p.sometimes]
