"""sum, any, all, map, filter and sorted over generators and lambdas in hot loops.

Breaks generators resumed from C code inside compiled loops, and early exits of any and all.
"""

import functools
import traceback


def totals(count):
    out = 0
    for i in range(count):
        out += sum(j * j for j in range(i % 20))
        out += any(j > 5 for j in range(i % 10))
        out += all(j < 5 for j in range(i % 10))
    return out


def early(count):
    seen = []
    for i in range(count):
        any(seen.append((i, j)) or j == i % 3 for j in range(10))
    return len(seen), seen[-1]


def sums(items):
    out = None
    for _ in range(20):
        out = sum(items)
    return out


def keyed(items):
    return (
        sorted(items, key=lambda item: (-item % 7, item)),
        sorted(items, reverse=True)[:3],
        sorted(items, key=functools.cmp_to_key(lambda a, b: b - a))[:3],
    )


def lazy(items):
    total = 0
    for item in map(lambda x: x * 3, filter(lambda x: x % 2, items)):
        total += item
    return total


def broken(items):
    return sum(100 // item for item in items)


print(
    totals(100),
    early(50),
    sums([1, 2.5, True]),
    sums([0.1] * 10),
    sums([2**63, -1]),
    sums([]),
    sums([1e100, 1.0, -1e100]),
)
print(
    keyed([5, 3, 8, 1, 9, 2] * 5), lazy(range(500)), functools.reduce(lambda a, b: a * 31 + b & 0xFFFFFF, range(1000))
)
print(sum([[1], [2]], []), sum((x for x in ()), 5.5), any([]), all([]), max(map(len, ["a", "bbb"])))
for bad in (["a"], [1, None], [[1]]):
    try:
        sums(bad)
    except TypeError:
        print(traceback.format_exc())
try:
    broken([*range(1, 60), 0])
except ZeroDivisionError:
    print(traceback.format_exc())
try:
    sorted([3, 1, 2] * 20, key=lambda item: 1 // (item - 2))
except ZeroDivisionError:
    print(traceback.format_exc())
