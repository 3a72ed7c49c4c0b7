"""sys._getframe from callees of hot code: names, lines, offsets, locals of every caller. # carried

Breaks frames that are missing, out of date, or show another line while compiled code runs.
"""

import sys


def where(depth):
    frame = sys._getframe(depth)
    return frame.f_code.co_name, frame.f_lineno, frame.f_lasti


def caller_locals():
    return {name: value for name, value in sys._getframe(1).f_locals.items() if name != "out"}


def small(i):
    return stack() if i == 70 else i


def stack():
    frame = sys._getframe(1)
    out = []
    while frame is not None:
        out.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return out


def loop(count):
    out = None
    total = 0
    for i in range(count):
        total += i
        if i == 80:
            out = where(1), where(1), [where(1) for _ in range(2)][-1]
        if i == 90:
            out = *out, caller_locals()
    return out


def inlined(count):
    out = None
    for i in range(count):
        value = small(i)
        if i == 70:
            out = value
    return out


def every_time(count):
    lines = set()
    total = 0
    for i in range(count):
        total += where(1)[1]
        half = i * 0.5
        lines.add(where(1)[1:])
        total += len(caller_locals()) + (1 if half > 20.0 else 2)
    return sorted(lines), total


def own(count):
    frame = sys._getframe()
    out = []
    for i in range(count):
        if i % 25 == 0:
            out.append((frame.f_lineno, frame.f_locals["i"], frame.f_locals.get("later")))
        later = i
    return out, later


def kept(count):
    frames = []
    for i in range(count):
        frames.append(sub(i))
    return [frame.f_locals for frame in frames[-2:]], frames[-1].f_lineno, frames[-1].f_back is sys._getframe()


def sub(i):
    double = i * 2
    return sys._getframe() if double >= 0 else None


print(loop(100), inlined(100), every_time(80), own(100), kept(60))
print([(sys._getframe().f_code is own.__code__, sys._getframe().f_globals is globals()) for _ in range(30)][-1])
