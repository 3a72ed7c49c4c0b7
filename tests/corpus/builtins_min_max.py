"""min and max: ties, mixed types, NaN, keys, defaults, errors, and objects with their own comparison. # carried

Breaks an inlined min that returns the wrong one of equals, loses the type, or orders NaN differently.
"""

import traceback


class Ordered:
    def __init__(self, name, rank):
        self.name = name
        self.rank = rank

    def __lt__(self, other):
        log.append(f"{self.name}<{other.name}")
        return self.rank < other.rank

    def __gt__(self, other):
        log.append(f"{self.name}>{other.name}")
        return self.rank > other.rank

    def __repr__(self):
        return self.name


def two(a, b):
    return min(a, b), max(a, b)


def three(a, b, c):
    return min(a, b, c), max(a, b, c)


def clamp(items, low, high):
    total = 0
    for item in items:
        total += max(low, min(item, high))
    return total


log = []
for i in range(60):
    two(i, 30)
    three(i, 2.5, -i)
NAN = float("nan")
for a, b in (
    (1, 1.0),
    (1.0, 1),
    (True, 1),
    (1, True),
    (0.0, -0.0),
    (-0.0, 0.0),
    (0, -0.0),
    (NAN, 1.0),
    (1.0, NAN),
    (1, NAN),
    ("a", "b"),
    ([1], [0, 5]),
    (2**63, 2**63 - 1),
    (2**53 + 1, 2.0**53),
    (10**400, float("inf")),
    ((1, 2), (1, 1, 9)),
):
    print(repr(two(a, b)), repr(three(a, b, a)))
print(
    three(1, 1.0, True),
    three(NAN, 0.5, 1),
    three(0.5, NAN, 1),
    three(1, 0.5, NAN),
    clamp(range(-50, 150), 0, 100),
    clamp([0.5, 2**70, -5], 1, 2),
)
print(three(Ordered("a", 2), Ordered("b", 1), Ordered("c", 1)), log)
for _ in range(20):
    row = (
        min([3, 1, 2]),
        max((3, 1)),
        min("hello"),
        min([], default="none"),
        max([1, -5], key=abs),
        min({3: 0, 1: 0}),
        max(range(5)),
        min(4, 2, key=lambda x: -x),
        min([NAN, 1]),
        max(x * 2 for x in range(5)),
        min(*[5, 4]),
        max(1, 2, *[3]),
    )
print(row)
for function, arguments in (
    (min, ([],)),
    (max, (5,)),
    (min, (1, "a")),
    (max, (1, None, 2)),
    (min, ()),
    (three, (1, 2)),
    (two, (1j, 2)),
    (two, ({}, {})),
):
    try:
        for _ in range(20):
            two(1, 2)
        print(function(*arguments))
    except (TypeError, ValueError):
        print(traceback.format_exc())
