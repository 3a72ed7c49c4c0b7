"""Subscripts that are bools, int subclasses, objects with __index__, huge ints, floats, slices. # carried

Breaks an index path that accepts too much or too little once it has seen ints.
"""

import traceback


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __repr__(self):
        return f"Index({self.value!r})"


class Number(int):
    def __index__(self):
        return 0


def get(items, index):
    return items[index]


def put(items, index, value):
    items[index] = value
    return items


def scan(items, indexes):
    out = []
    for index in indexes:
        out.append(items[index])
    return out


for i in range(100):
    get([1, 2, 3], i % 3)
    put([1, 2, 3], i % 3, i)
SUBSCRIPTS = [
    True,
    False,
    Index(2),
    Index(-1),
    Index(7),
    Number(2),
    1.0,
    "1",
    None,
    2**70,
    -(2**70),
    slice(0, 2),
    slice(None, None, -1),
    (0, 1),
    Index(2**70),
    Index("x"),
]
for items in ([10, 20, 30], (10, 20, 30), "abc", b"abc", range(5, 8), {True: "yes", 1.0: "one"}, 5, None):
    for index in SUBSCRIPTS:
        try:
            print(get(items, index), end=" ")
        except (TypeError, IndexError, KeyError) as error:
            print(f"[{type(error).__name__}: {error}]", end=" ")
    print()
for items in ([10, 20, 30], (10, 20, 30), "abc", bytearray(b"abc"), 5):
    for index in SUBSCRIPTS[:12]:
        try:
            print(
                put(items[:] if not isinstance(items, int) else items, index, [7] if isinstance(index, slice) else 7),
                end=" ",
            )
        except (TypeError, IndexError, ValueError) as error:
            print(f"[{type(error).__name__}: {error}]", end=" ")
    print()
print(scan([1, 2, 3], [0, 1, 2] * 30 + [True, Index(1), Number(2), -1])[-4:])
try:
    scan([1, 2, 3], [0, 1, 2] * 30 + [1.0])
except TypeError:
    print(traceback.format_exc())
