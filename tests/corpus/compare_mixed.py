"""Comparisons between types: errors, reflected methods, NotImplemented, identity fallback, containers.

Breaks specialised comparisons that take the wrong path once another type arrives.
"""

import traceback


class Reflect:
    def __lt__(self, other):
        return NotImplemented

    def __gt__(self, other):
        return "reflected gt"

    def __eq__(self, other):
        return "custom eq"

    __hash__ = None


class Falsy:
    def __bool__(self):
        return False


class Sized:
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


class Broken:
    def __bool__(self):
        raise ValueError("no truth here")


def less(a, b):
    return a < b


def equal(a, b):
    return a == b


def truth(value):
    if value:
        return "true"
    return "false"


def loop_truth(items):
    count = 0
    for item in items:
        while item:
            count += 1
            break
        if not item:
            count += 100
    return count


for i in range(100):
    less(i, 5)
    less("a", "b")
    equal(i, 5)
    truth(i)
for a, b in (
    (1, 2.5),
    ("a", "b"),
    ("é", "z"),
    ("", "a"),
    ([1, 2], [1, 3]),
    ((1,), (1, 0)),
    (1, Reflect()),
    (Reflect(), 1),
    (None, 1),
    (1, "a"),
    ([1], (1,)),
    (1j, 2),
    ({1}, {1, 2}),
    (b"a", b"b"),
    (b"a", "a"),
    (1, None),
):
    for function in (less, equal):
        try:
            print(function.__name__, type(a).__name__, type(b).__name__, function(a, b))
        except TypeError:
            print(traceback.format_exc())
VALUES = [
    0,
    1,
    -1,
    0.0,
    -0.0,
    float("nan"),
    "",
    "0",
    None,
    True,
    False,
    [],
    [0],
    (),
    (0,),
    {},
    {0: 0},
    set(),
    b"",
    2**70,
    0j,
    Falsy(),
    Sized(0),
    Sized(3),
    object,
    range(0),
    range(3),
    ...,
    NotImplemented.__class__,
]
print([truth(value) for value in VALUES], loop_truth(VALUES * 5))
for bad in (Broken(), Sized(-1), Sized("x")):
    try:
        loop_truth([1, 2, 3] * 20 + [bad])
    except (ValueError, TypeError):
        print(traceback.format_exc())
