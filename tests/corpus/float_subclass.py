"""Subclasses of float in functions that are hot with floats.

Breaks guards that take a subclass for a float where its own operator must run, or results that keep the subclass.
"""


class Plain(float):
    pass


class Metres(float):
    def __add__(self, other):
        return Metres(float.__add__(self, other))

    __radd__ = __add__

    def __repr__(self):
        return f"{float(self)}m"

    def __float__(self):
        return 99.0

    def __gt__(self, other):
        return "greater"


def work(a, b):
    return a + b, a * b, a > b, -a, a / b


def total(items):
    result = 0.0
    for item in items:
        result += item
    return result


for i in range(100):
    work(i + 0.5, 2.5)
    total([0.5, 1.5])
for value in (Plain(1.5), Metres(1.5)):
    print(
        work(value, 2.5),
        work(2.5, value),
        total([1.0] * 60 + [value] + [1.0] * 5),
        float(value),
        int(value),
        value == 1.5,
    )
    print(
        type(value + 1).__name__,
        type(1 + value).__name__,
        type(value * 1).__name__,
        type(abs(value)).__name__,
        type(+value).__name__,
    )
    print(max(value, 1.0), min([2.0, value]), sum([value, value]), round(value), {1.5: "found"}[value])
