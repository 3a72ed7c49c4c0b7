"""Loops whose values change type midway: int, float, str, list, tuple, and an object with __add__. # carried

Breaks code that trusts the types seen at compile time, at each of the places where they can change.
"""

import traceback


class Vector:
    def __init__(self, *items):
        self.items = items

    def __add__(self, other):
        return Vector(*self.items, other)

    def __radd__(self, other):
        return Vector(other, *self.items)

    def __repr__(self):
        return f"Vector{self.items[-3:]}/{len(self.items)}"


def total(items, start):
    result = start
    for item in items:
        result = result + item
    return result


def local_changes(count):
    value = 0
    kinds = []
    for i in range(count):
        value = value + 1
        if i == 50:
            value = 0.5
        elif i == 100:
            value = True
        elif i == 150:
            value = 2**70
        elif i == 200:
            value = 1 + 2j
        elif i == 250:
            value = Vector()
        if i % 50 == 25:
            kinds.append(value)
    return kinds


def parameter(a, b):
    if a < b:
        return a + b
    return b * 2


def results(count):
    out = []
    for i in range(count):
        out.append(kinds(i))
    return out[::20]


def kinds(i):
    if i < 40:
        return i
    if i < 80:
        return i * 0.5
    if i < 120:
        return None
    return str(i)


def none_or_int(items):
    best = None
    for item in items:
        if best is None or item > best:
            best = item
    return best


print(
    total(range(100), 0),
    total([1] * 50 + [0.5] * 50, 0),
    total(["a"] * 60, ""),
    total([[1]] * 60, []),
    total([(1,)] * 60, ()),
)
print(total([1] * 50 + [Vector(7)] + [2] * 5, 0), total([True] * 60, False), total([1j] * 60, 0.5), local_changes(300))
for bad in ("a", None, [1], {}):
    try:
        print(total([1] * 60 + [bad], 0))
    except TypeError:
        print(traceback.format_exc())
SAMPLES = [(1, 2), (1.5, 2.5), (1, 2.5), ("a", "b"), ([1], [2]), ((2,), (1,)), (2**70, 1), (True, False), ({1}, {1, 2})]
for a, b in SAMPLES * 3:
    try:
        last = parameter(a, b)
    except TypeError as error:
        last = error
    print(last, end="; ")
print(results(160), none_or_int([3, 1, 4.5, True] * 20), none_or_int([]), none_or_int("hello"))
