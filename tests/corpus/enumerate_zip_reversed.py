"""enumerate, zip and reversed: huge starts, uneven and strict zips, kept result tuples, mutation below them. # carried

Breaks inlined iterators: state that the program can look at, tuples reused though someone kept them.
"""

import traceback


def indexed(items, start):
    out = []
    for index, item in enumerate(items, start):
        out.append(index * 2 + item)
    return out


def kept(items):
    pairs = []
    for pair in enumerate(items):
        if pair[0] % 10 == 0:
            pairs.append(pair)
    for pair in zip(items, items):
        if pair[0] % 10 == 0:
            pairs.append(pair)
    return pairs


def dot(a, b):
    total = 0
    for x, y in zip(a, b):
        total += x * y
    return total


def uneven(a, b):
    """zip takes one item too many from the first iterator when the second one ends."""
    first, second = iter(a), iter(b)
    count = 0
    for _ in zip(first, second):
        count += 1
    return count, list(first)[:2], list(second)[:2]


def strict(a, b, c):
    count = 0
    for x, y, z in zip(a, b, c, strict=True):
        count += x + y + z
    return count


def backwards(items):
    out = []
    for item in reversed(items):
        out.append(item)
        if len(items) < 150:
            items.append(item)
    return out[:2], out[-2:], len(items)


def pairwise(items):
    rising = 0
    for a, b in zip(items, items[1:]):
        rising += a < b
    return rising


def same_iterator(items):
    numbers = iter(items)
    return [a * b for a, b in zip(numbers, numbers)][-3:]


def stopped(items):
    numbers = enumerate(items)
    for index, item in numbers:
        if index == 70:
            break
    return next(numbers), next(numbers)


print(
    indexed([1] * 100, 0)[-2:],
    indexed([1] * 100, 2**63 - 50)[45:55],
    indexed([0.5] * 60, -30)[-1],
    indexed(range(60), 10**20)[-1],
)
print(kept(list(range(60))), dot(range(200), [0.5] * 300), dot([1, 2], [3, True]), dot([], [1]))
print(
    uneven(range(100), range(60)),
    uneven(range(60), range(100)),
    uneven([], range(3)),
    pairwise([i * 7 % 11 for i in range(300)]),
)
print(backwards(list(range(100))), same_iterator(range(201)), stopped("x" * 100), list(zip()), list(zip([1])))
for arguments in (
    (range(50), range(50), range(50)),
    (range(50), range(50), range(49)),
    (range(50), range(51), range(50)),
    ([1], 5, [2]),
):
    try:
        print(strict(*arguments))
    except (ValueError, TypeError):
        print(traceback.format_exc())
for bad in (5, None, {1}, 1.5):
    try:
        print(backwards(bad))
    except (TypeError, AttributeError):
        print(traceback.format_exc())
