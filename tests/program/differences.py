# SPDX-License-Identifier: BSD-2-Clause
"""The list of what is different for programs on skiff: reads it, and holds what was seen against it."""
import itertools
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'differences.txt')

# A change happens in one place of a line and not in another one; more places than this are not told apart.
PLACES_MAX = 6
# Lines that may come of one by changes; a list that allows more says too little.
LINES_MAX = 4096


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
            self.kernel = re.compile(self.kernel)
            self.skiff = '' if self.skiff == '(nothing)' else self.skiff
        # Only "*" is special in a name, and "{this;that}".
        self.regex = re.compile(''.join(self.part(p) for p in re.split(r'(\*|\{[^}]*\})', self.pattern)) + r'\Z')
        self.used = False

        # It shows in all scenarios, beside whatever else does.
        self.everywhere = self.pattern == '*' and self.kernel is not None

    @staticmethod
    def part(text):
        if text == '*':
            return '.*'
        if text.startswith('{'):
            return '(?:%s)' % '|'.join(map(re.escape, text[1:-1].split(';')))
        return re.escape(text)

    def changed(self, theirs):
        """Everywhere in the line."""
        return self.kernel.sub(self.skiff, theirs)

    def variants(self, theirs):
        """The line with the change in any of its places, or in none."""
        found = list(self.kernel.finditer(theirs))[:PLACES_MAX]
        for chosen in itertools.product((False, True), repeat=len(found)):
            line, at = [], 0
            for there, match in zip(chosen, found):
                line += [theirs[at:match.start()], match.expand(self.skiff) if there else match.group()]
                at = match.end()
            yield ''.join(line) + theirs[at:]


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
    # What may have become of the line, and by which places.
    lines = {theirs: ()}
    for place in places:
        if not place.regex.match(name):
            continue
        if place.kernel is None:
            place.used = True
            return True
        for line, by in list(lines.items()):
            variants = [place.changed(line)] if place.everywhere else place.variants(line)
            for new in variants:
                lines.setdefault(new, by + (place,))
        assert len(lines) < LINES_MAX, name
    # What shows everywhere may be hidden by something else.
    if ours not in lines:
        return False
    for place in lines[ours]:
        place.used = True
    return True


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
