#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How many ICMP errors a host sends, and how it numbers packets: as the kernel does both."""
from twins import *

N = 60
# So long that the time that a test takes gives nobody another token; a peer that is new to the
# kernel has 60 seconds' worth of them.
AGES = {'net.ipv4.icmp_ratelimit': 10000}
OTHER = '192.0.2.3'


def closed(src=KERNEL, ident=1):
    udp_head = struct.pack('!HHHH', 2000, 9999, 8, 0)
    return ip_frame(17, udp_head, src=src, ident=ident)


def stamp():
    return ip_frame(1, icmp(13, 0, b'\0\1\0\1', bytes(12)))


def alien():
    return ip_frame(200, b'12345678')


def answered(twin, frames):
    """How many answers of which type, and to whom."""
    found = collections.Counter()
    for frame in twin.ask(*frames):
        what = describe(frame)
        if isinstance(what, dict):
            found[what['dst'], what['type']] += 1
    return found


def both(frames, **settings):
    with Twins(settings=dict(SETTINGS, **settings)) as (kernel, skiff):
        for twin in (kernel, skiff):
            twin.own.add(OTHER)
            # Neighbours are known, or the first ones wait for them and are forgotten.
            twin.ask(ip_frame(1, icmp(8, 0, b'\0\0\0\0'), src=OTHER))
        return answered(skiff, frames), answered(kernel, frames)


def test_limit_for_each_peer():
    ours, theirs = both([closed()] * N, **AGES)
    assert ours == theirs == {(KERNEL, 3): 6}, (ours, theirs)


def test_peers_have_their_own():
    ours, theirs = both([closed(src) for src in (KERNEL, OTHER)] * N, **AGES)
    assert ours == theirs == {(KERNEL, 3): 6, (OTHER, 3): 6}, (ours, theirs)


def test_what_is_sent_of_all_kinds_counts_together():
    ours, theirs = both([closed(), alien()] * N, **AGES)
    assert ours == theirs == {(KERNEL, 3): 6}, (ours, theirs)


def test_limit_of_zero_is_none():
    ours, theirs = both([closed()] * N)
    assert ours == theirs == {(KERNEL, 3): N}, (ours, theirs)


def test_mask_says_which():
    mask = {'net.ipv4.icmp_ratemask': 1 << 14}
    ours, theirs = both([closed()] * N + [stamp()] * N, **AGES, **mask)
    assert ours == theirs == {(KERNEL, 3): N, (KERNEL, 14): 6}, (ours, theirs)
    # Echo, and answers to timestamps, are not limited by default.
    ours, theirs = both([stamp()] * N, **AGES)
    assert ours == theirs == {(KERNEL, 14): N}, (ours, theirs)


def test_limit_for_the_host():
    """Each message takes none, one or two of the burst, so that nobody can count them."""
    limit = {'net.ipv4.icmp_msgs_per_sec': 40, 'net.ipv4.icmp_msgs_burst': 40}
    counts = [[], []]
    for _ in range(6):
        with Twins(settings=dict(SETTINGS, **limit)) as twins:
            time.sleep(1.1)
            for twin, found in zip(twins, counts):
                found.append(answered(twin, [closed()] * 3 * N)[KERNEL, 3])
    for found in counts:
        assert all(20 <= n <= 80 for n in found), counts
        assert len(set(found)) > 1, counts


def test_nothing_a_second_is_nothing():
    ours, theirs = both([closed()] * N, **{'net.ipv4.icmp_msgs_per_sec': 0})
    assert ours == theirs == {}, (ours, theirs)
    # What the mask does not name goes on.
    ours, theirs = both([stamp()] * N, **{'net.ipv4.icmp_msgs_per_sec': 0})
    assert ours == theirs == {(KERNEL, 14): N}, (ours, theirs)


# Identifications

def ids(twin, how, size=10, count=8):
    """Of packets that are sent, those of one packet's fragments once."""
    twin.udp(how, 5000, 9999, size, count)
    found = []
    for frame in twin.ask():
        what = describe(frame)
        if isinstance(what, dict) and what['proto'] == 17 and not int(what['frag'], 16) & 0x1fff:
            found.append((int.from_bytes(frame[18:20], 'big'), int(what['frag'], 16) & 0x4000))
    assert len(found) == count, (str(twin), how, found)
    return found


def kind(found, how):
    numbers = [i for i, _ in found]
    steps = {(b - a) & 0xffff for a, b in zip(numbers, numbers[1:])}
    df = {d for _, d in found}
    assert len(df) == 1, found
    if not any(numbers):
        return 'zero', df
    if 'c' in how:
        assert steps == {1}, (how, found)
    # Where flows share a row, time that passes skips some.
    assert all(1 <= s <= 1024 for s in steps), (how, found)
    return 'counted', df


def test_identifications():
    """The letters are told_host.c's; sizes with and without fragments."""
    with Twins() as (kernel, skiff):
        for size in (10, 3000):
            for how in ('n', 'w', 'o', 'p', 'cn', 'cw', 'co', 'cp'):
                if size > 1472 and ('o' in how or 'p' in how):
                    continue
                theirs, ours = [kind(ids(t, how, size), how) for t in (kernel, skiff)]
                assert ours == theirs, '%s, %d bytes: skiff %s, kernel %s' % (how, size, ours, theirs)


def test_sockets_do_not_share_their_numbers():
    with Twins() as twins:
        for twin in twins:
            first = {ids(twin, 'cw', count=1)[0][0] for _ in range(8)}
            assert len(first) > 5, (str(twin), first)
            # Nor does one start where the last one ended.
            assert len({b - a for a, b in zip(sorted(first), sorted(first)[1:])}) > 3, first


def test_identifications_of_answers():
    """By peer, and never two the same soon."""
    with Twins() as twins:
        for twin in twins:
            twin.ask()
            frames = twin.ask(*[stamp() for _ in range(200)])
            numbers = [int.from_bytes(f[18:20], 'big') for f in frames if f[12:14] == b'\x08\0']
            assert len(numbers) == 200 == len(set(numbers)), (str(twin), numbers)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
