#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What hping3 can send, to the kernel and to a host: both give the same answers."""
from twins import *

# Nobody chooses by chance, so that two runs send the same but for the id of an echo.
COMMON = ['-n', '-q', '-I', '{dev}', '-c', '1', '-N', '4660']
CLOSED = ['-2', '-s', '2000', '-k', '-p', '9999']
OPEN = ['-2', '-s', '2000', '-k', '-p', str(DISCARDING)]
ECHO_REQUEST = ['-1', '-C', '8']
SYN = ['-S', '-s', '2000', '-k', '-p', '81', '-M', '1', '-L', '0']

ICMP_TYPES = [ECHO_REQUEST, ECHO_REQUEST + ['-d', '1'], ECHO_REQUEST + ['-d', '1400'],
              ['-1', '--icmp-ts'], ['-1', '--icmp-addr'], ['-1', '-C', '0']]
ICMP_CODES = [ECHO_REQUEST + ['-K', '1'], ECHO_REQUEST + ['-K', '255'], ['-1', '-C', '13', '-K', '7']]
ICMP_OTHERS = [['-1', '-C', str(t), '--force-icmp', '-d', '30'] for t in
               (1, 2, 6, 7, 9, 10, 15, 16, 19, 42, 43, 200, 255)]
# Errors that quote what nobody sent.
ICMP_ERRORS = [['-1', '-C', str(t), '-K', str(c)] for t in (3, 11) for c in (0, 1, 4, 15, 16)] + \
              [['-1', '-C', '3', '-K', '3'] + bad for bad in (
                  ['--icmp-ipver', '6'], ['--icmp-iphlen', '2'], ['--icmp-iphlen', '15'],
                  ['--icmp-iplen', '1'], ['--icmp-iplen', '65535'], ['--icmp-ipproto', '17'],
                  ['--icmp-ipproto', '200'], ['--icmp-ipid', '0'], ['--icmp-cksum', '0'])] + \
              [['-1', '-C', '5', '-K', str(c), '--icmp-gw', '192.0.2.77'] for c in (0, 1, 3, 4)] + \
              [['-1', '-C', '4']]
BAD_SUMS = [ECHO_REQUEST + ['--icmp-cksum', '4660'], CLOSED + ['-b'], OPEN + ['-b'],
            ['-0', '-H', '200', '-b'], SYN + ['-b']]
UDP = [CLOSED, OPEN, CLOSED + ['-d', '1'], OPEN + ['-d', '500'], CLOSED + ['-d', '500'],
       CLOSED + ['-d', '547'], CLOSED + ['-d', '548'], CLOSED + ['-d', '549'],
       CLOSED + ['-d', '1400'], ['-2', '-s', '0', '-k', '-p', '9999'], ['-2', '-s', '2000', '-k', '-p', '0']]
# 1 and 17 would want a header that is none; 2 has no answer, TCP is no raw protocol.
RAW = [['-0', '-H', str(p), '-d', str(d)] for p, d in (
    (0, 0), (0, 20), (3, 20), (41, 20), (47, 20), (50, 20), (51, 20), (89, 8), (132, 20), (200, 0),
    (200, 7), (253, 1400), (255, 20), (1, 0), (1, 3), (1, 7), (1, 8), (17, 0), (17, 7), (17, 8),
    (2, 0), (2, 7), (2, 8), (2, 12))]
HEADERS = [what + how for what in (ECHO_REQUEST, CLOSED) for how in (
    ['-t', '1'], ['-t', '255'], ['-o', '8'], ['-o', 'ff'], ['-o', 'b8'], ['-o', '3'], ['-y'],
    ['-N', '1'], ['-N', '65535'], ['-N', '0'])]
FRAGMENTS = [what + how for what, how in (
    (ECHO_REQUEST, ['-f', '-d', '100']), (CLOSED, ['-f', '-d', '100']), (OPEN, ['-f', '-d', '100']),
    (['-0', '-H', '200'], ['-f', '-d', '100']), (ECHO_REQUEST, ['-m', '40', '-d', '200']),
    (ECHO_REQUEST, ['-m', '576', '-d', '4000']), (CLOSED, ['-m', '576', '-d', '4000']),
    (ECHO_REQUEST, ['-d', '4000']), (CLOSED, ['-d', '2000']), (ECHO_REQUEST, ['-x']),
    (ECHO_REQUEST, ['-x', '-y', '-d', '16']), (CLOSED, ['-x', '-d', '16']),
    (CLOSED, ['-g', '8', '-d', '16']), (ECHO_REQUEST, ['-g', '8', '-d', '16']),
    (ECHO_REQUEST, ['-x', '-g', '8', '-d', '16']), (ECHO_REQUEST, ['-g', '65528', '-d', '16']),
    (ECHO_REQUEST, ['-g', '65520', '-d', '100']), (CLOSED, ['-f', '-y', '-d', '100']),
    (SYN, ['-f', '-d', '100']))]
STOPS = ('192.0.2.1', '192.0.2.1/192.0.2.1', '192.0.2.77')
OPTIONS = [what + how for what in (ECHO_REQUEST, CLOSED, ['-1', '--icmp-ts'], ['-0', '-H', '200'])
           for how in (['-G'], ['-G', '-d', '200'], ['-G', '-d', '600'])]
ROUTES = [what + [kind, stops] for what in (ECHO_REQUEST, CLOSED) for kind in ('--lsrr', '--ssrr')
          for stops in STOPS]
TCP = [SYN, SYN + ['-d', '100'], SYN[1:] + ['-A'], SYN[1:] + ['-F'], SYN[1:] + ['-R'],
       SYN[1:] + ['-F', '-P', '-U'], SYN[1:], SYN + ['-O', '15'], SYN + ['-O', '1'],
       SYN[:2] + ['0'] + SYN[3:]]


def relative(answer, sent):
    """An answer by what it has of the packet that was sent, whose id is not the same in two runs."""
    what = describe(answer)
    if not isinstance(what, dict) or what['proto'] != 1 or not sent:
        return what
    if 'type' not in what:
        # The first fragment has the id.
        if int(what['frag'], 16) == 0x2000:
            what['data'] = what['data'][:4] + what['data'][12:]
        return what
    packet = sent[0][14:]
    packet = packet[:10] + b'\0\0' + packet[12:]
    head = (packet[0] & 15) * 4
    if what['type'] in (0, 14, 18):
        whole = packet[head:] + b''.join(f[34:] for f in sent[1:])
        if what['rest'] == whole[4:8].hex():
            what['rest'] = 'the same'
        data = bytes.fromhex(what['data'])
        if data == whole[8:8 + len(data)]:
            what['data'] = '%d bytes, the same' % len(data)
    elif what['type'] in (3, 11, 12):
        quote = bytes.fromhex(what['data'])
        packet = without_times(packet)
        whole = packet + b''.join(f[14 + (f[14] & 15) * 4:] for f in sent[1:])
        what['data'] = '%d bytes quoted, changed: %s' % (len(quote), [
            (i, '%02x' % b) for i, b in enumerate(quote) if i >= len(whole) or b != whole[i]])
    return what




def run(twin, command, packets=1):
    """Returns (frames sent, frames that came back)."""
    twin.captured(0)
    proc = subprocess.Popen([tool('hping3')] + [a.format(dev=twin.dev) for a in COMMON + command] +
                            (['-c', str(packets)] if packets > 1 else []) + [HOST],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    sent, answers, end = [], [], time.monotonic() + 10
    mark, ended = None, False
    try:
        while True:
            frames = twin.captured(0.05)
            ended = ended or (proc.poll() is not None and not frames)
            for ours, frame in frames:
                if frame[12:14] != b'\x08\0':
                    continue
                if mark and frame[38:42] == mark:
                    if not ours:
                        return sent, answers
                elif ours:
                    sent.append(frame)
                else:
                    answers.append(frame)
            assert time.monotonic() < end, '%s: %s: no answer any more, or nothing sent' % (twin, command)
            enough = len(sent) >= packets and not sent[-1][20] & 0x20 or len(sent) >= packets and \
                not frames
            if not mark and (enough or ended):
                mark = b'\x4d\x4c\0\x01'
                twin.send(ip_frame(1, icmp(8, 0, mark)))
    finally:
        proc.kill()
        proc.communicate()


def answers_to(twin, commands):
    tool('hping3')
    twin.take_address()
    sh('ping', '-c', '1', '-W', '5', HOST)
    found = []
    for command in commands:
        sent, answers = run(twin, command)
        assert sent, 'nothing was sent: hping3 %s' % ' '.join(command)
        found.append(([len(f) for f in sent], [relative(a, sent) for a in answers]))
    twin.drop_address()
    return found


def is_tcp(command):
    return command[0] not in ('-0', '-1', '-2')


def has_no_tcp(what):
    """A host without TCP says that it has none; then nothing else can be compared."""
    return isinstance(what, dict) and what['proto'] == 1 and (what['type'], what['code']) == (3, 2)


def compare(commands, **settings):
    with Twins(settings=dict(SETTINGS, **settings)) as (kernel, skiff):
        theirs, ours = answers_to(kernel, commands), answers_to(skiff, commands)
    bad = []
    for command, (sent, o), (sent2, t) in zip(commands, ours, theirs):
        assert sent == sent2, '%s: hping3 sent %s and %s' % (' '.join(command), sent, sent2)
        if is_tcp(command) and len(o) == 1 and has_no_tcp(o[0]):
            continue
        if len(o) != len(t):
            bad.append('%s: skiff %s, kernel %s' % (' '.join(command), o, t))
            continue
        bad += ['%s: %s' % (' '.join(command), differences(a, b)) for a, b in zip(o, t) if a != b]
    assert not bad, '%d of %d commands:\n%s' % (len(bad), len(commands), '\n'.join(bad))
    return ours


def test_icmp_types():
    assert all(answers for _, answers in compare(ICMP_TYPES)[:4])
    compare(ICMP_CODES + ICMP_OTHERS)


def test_icmp_errors_about_nothing():
    compare(ICMP_ERRORS)


def test_bad_checksums():
    compare(BAD_SUMS)


def test_udp_to_open_and_closed_ports():
    answers = compare(UDP)
    assert answers[0][1] and not answers[1][1], answers


def test_protocols_that_nobody_knows():
    compare(RAW)


def test_ttl_tos_and_ids():
    compare(HEADERS)


def test_fragments():
    compare(FRAGMENTS)


def test_ip_options():
    answers = compare(OPTIONS)
    assert all(a[0]['options'] for _, a in answers), answers


def test_source_routes():
    compare(ROUTES)


def test_source_routes_that_are_followed():
    compare(ROUTES, **{'net.ipv4.conf.all.accept_source_route': 1})


def test_tcp_to_where_nobody_listens():
    answers = compare(TCP)
    assert len(answers[0][1]) == 1, answers[0]


def count_answers(twin, command, packets):
    twin.take_address()
    sh('ping', '-c', '1', '-W', '5', HOST)
    sent, answers = run(twin, command, packets)
    twin.drop_address()
    return len(sent), collections.Counter((describe(a)['proto'], describe(a).get('type')) for a in answers)


def test_short_floods():
    packets = 500
    for command in (ECHO_REQUEST, CLOSED, ['-0', '-H', '200', '-d', '8']):
        with Twins() as (kernel, skiff):
            theirs = count_answers(kernel, command + ['-i', 'u1'], packets)
            ours = count_answers(skiff, command + ['-i', 'u1'], packets)
        assert ours == theirs and sum(ours[1].values()) == packets, (command, ours, theirs)


if __name__ == '__main__':
    main([v for k, v in list(globals().items()) if k.startswith('test_')])
