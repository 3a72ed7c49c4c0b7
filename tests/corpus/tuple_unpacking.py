"""Unpacking of tuples, lists, strings and iterators, with the errors of wrong lengths, in hot loops. # carried

Breaks unpacking that assumes the type or length it saw first.
"""

import traceback


def sum_pairs(pairs):
    left = right = 0
    for a, b in pairs:
        left += a
        right += b
    return left, right


def nested(items):
    total = 0
    for (a, b), [c, (d, e)] in items:
        total += a * b + c * d - e
    return total


def starred(items):
    heads = []
    for head, *middle, tail in items:
        heads.append((head, len(middle), tail))
    return heads[-3:]


def fibonacci(count):
    a, b = 0, 1
    for _ in range(count):
        a, b = b, a + b
    return a


def rotate(count):
    a, b, c, d = 1, 2, 3, 4
    for _ in range(count):
        a, b, c = b, c, a
        c, d = d, c
        [a, d] = [d, a]
    return a, b, c, d


def two(value):
    a, b = value
    return b, a


def index_sum(points):
    total = 0
    for point in points:
        total += point[0] - point[1] + point[-1]
    return total


class Two:
    def __iter__(self):
        yield 1
        yield 2


print(sum_pairs([(i, i * 2) for i in range(300)]), sum_pairs([[1, 0.5]] * 50 + [(2, 2**70)]), sum_pairs({(1, 2): 0}))
print(
    nested([((1, 2), [3, (4, 5)])] * 100),
    starred([range(i) for i in range(2, 40)]),
    fibonacci(100),
    rotate(101),
    rotate(1),
)
print(index_sum([(1, 2, 3)] * 50 + [[4, 5]] * 50), index_sum([(1.5, 2)] * 30))
for i in range(60):
    two((i, 1))
for value in (
    [1, 2],
    "ab",
    {1: 0, 2: 0},
    Two(),
    range(2),
    iter((5, 6)),
    b"xy",
    (1,),
    (1, 2, 3),
    [],
    "abc",
    5,
    None,
    Two,
    iter([1, 2, 3]),
):
    try:
        print(two(value))
    except (ValueError, TypeError):
        print(traceback.format_exc())
for bad in ((1,), (1, 2, 3), 7, None):
    try:
        sum_pairs([(1, 2)] * 70 + [bad])
    except (ValueError, TypeError):
        print(traceback.format_exc())
try:
    starred([(1, 2)] * 30 + [(1,)])
except ValueError:
    print(traceback.format_exc())
