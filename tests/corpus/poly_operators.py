"""Operator methods in hot code: reflected, in place, NotImplemented, subclasses that go first, added later.

Breaks the order of __add__ and __radd__, and classes that gain operators while hot.
"""

import traceback


class Base:
    def __init__(self, name):
        self.name = name

    def __add__(self, other):
        log.append(f"{self.name}.__add__")
        return NotImplemented if isinstance(other, str) else 1

    def __radd__(self, other):
        log.append(f"{self.name}.__radd__")
        return 2

    def __iadd__(self, other):
        log.append(f"{self.name}.__iadd__")
        return NotImplemented if other == 0 else self

    def __getitem__(self, key):
        log.append(f"{self.name}[{key}]")
        return key

    def __contains__(self, item):
        return item

    def __neg__(self):
        return "negated"


class Derived(Base):
    def __radd__(self, other):
        log.append(f"{self.name}.derived")
        return 3


class Later:
    pass


def operate(a, b):
    return a + b


def in_place(a, b):
    a += b
    return a


def subscript(a, i):
    return a[i], a[i : i + 1], i in a


def loop(items, count):
    total = 0
    for i in range(count):
        for item in items:
            total = operate(total, item)
        if i == 50:
            Later.__radd__ = lambda self, other: other + 1000
    return total


log = []
for i in range(100):
    operate(i, i)
    in_place(i, 1)
    subscript([1, 2, 3], 1)
for a, b in (
    (Base("a"), 1),
    (1, Base("b")),
    (Base("a"), Base("b")),
    (Base("a"), Derived("d")),
    (Derived("d"), Base("b")),
    (Base("a"), "s"),
    ("s", Base("b")),
):
    log.clear()
    try:
        print(operate(a, b), log, end=" ")
        log.clear()
        result = in_place(a, b)
        print(result if isinstance(result, int) else type(result).__name__, log)
    except TypeError:
        print(log, traceback.format_exc())
print([subscript(Base("a"), i) for i in range(30)][-1], in_place(Base("z"), 0), -Base("n"))
try:
    loop([Later()], 60)
except TypeError:
    print(traceback.format_exc())
Later.__radd__ = lambda self, other: other + 1
print(loop([Later(), 1], 100))
del Later.__radd__
try:
    loop([Later(), 1], 100)
except TypeError as error:
    print(error)
