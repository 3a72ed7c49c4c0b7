"""Powers of floats and ints: negative bases, complex results, overflow, and zero. # carried

Breaks a ** compiled to pow(): negative base with a fractional exponent is complex, overflow raises.
"""

import traceback


def power(a, b):
    return a**b


def squares(count, exponent):
    total = 0
    for i in range(1, count):
        total += i**exponent
    return total


def root_sum(items):
    total = 0.0
    for item in items:
        total += item**0.5
    return total


def grow(base):
    value = base
    for i in range(100):
        value = value**1.5
    return value


for i in range(1, 50):
    power(i * 0.5, 2.0)
for a in (2.0, -2.0, 0.0, -0.0, 0.5, float("inf"), float("-inf"), float("nan"), 1.0, 1e200, 2, -2, 0, True):
    row = []
    for b in (2, 0.5, -1, -0.5, 3.0, 0, 0.0, 1e3, float("nan"), float("-inf")):
        try:
            row.append(repr(power(a, b)))
        except (OverflowError, ZeroDivisionError) as error:
            row.append(f"{type(error).__name__}: {error}")
    print(repr(a), *row)
for exponent in (0, 1, 2, 10, -1, 0.5, 2.0, True):
    print(exponent, squares(200, exponent))
print(root_sum(range(500)), root_sum([1.0] * 50 + [-1]), type(root_sum([1.0] * 50 + [-1])).__name__)
print(grow(1.0), grow(0.5))
try:
    grow(1.5)
except OverflowError:
    print(traceback.format_exc())
