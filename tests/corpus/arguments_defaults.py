"""Positional, keyword, default and keyword-only arguments, and every wrong call, in hot loops. # carried

Breaks argument binding by compiled entry points, and the messages of its errors.
"""

import traceback


def plain(a, b):
    return a * 10 + b


def defaults(a, b=2, c=3):
    return a, b, c


def keyword_only(a, *, b, c=7):
    return a, b, c


def positional_only(a, b=5, /, c=6):
    return a, b, c


def mutable(item, items=[]):
    items.append(item)
    return len(items)


def loop(count):
    total = 0
    for i in range(count):
        total += plain(i, 1) + plain(b=i, a=1) + plain(i, b=2)
        total += sum(defaults(i)) + sum(defaults(i, c=i)) + sum(defaults(1, 2, 3)) + sum(defaults(c=1, a=i))
        total += (
            sum(keyword_only(i, b=1))
            + sum(keyword_only(c=i, b=2, a=3))
            + sum(positional_only(i, c=1))
            + sum(positional_only(1, 2, 3))
        )
    return total


CALLS = [
    lambda: plain(),
    lambda: plain(1),
    lambda: plain(1, 2, 3),
    lambda: plain(1, a=2),
    lambda: plain(1, c=2),
    lambda: plain(b=1),
    lambda: defaults(),
    lambda: defaults(1, 2, 3, 4),
    lambda: defaults(1, d=4),
    lambda: keyword_only(1),
    lambda: keyword_only(1, 2),
    lambda: keyword_only(b=1),
    lambda: positional_only(a=1),
    lambda: positional_only(),
    lambda: positional_only(1, 2, 3, 4, 5),
    lambda: plain(*[1, 2], **{"b": 3}),
    lambda: plain(**{"a": 1, "x": 2}),
    lambda: plain(*5),
    lambda: plain(**5),
    lambda: plain(**{1: 2}),
    lambda: positional_only(1, b=2),
    lambda: keyword_only(1, b=2, d=3, e=4),
]
print(loop(100), [mutable(i) for i in range(100)][-1], mutable(0, []), mutable.__defaults__[0][-1])
for call in CALLS:
    for _ in range(12):
        try:
            call()
        except TypeError:
            text = traceback.format_exc()
    print(text)
