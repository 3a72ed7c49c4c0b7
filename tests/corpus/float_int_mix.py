"""Ints and floats mixed: a sum that becomes a float midway, comparisons that must be exact, huge ints. # carried

Breaks code that converts an int to a double to compare it, or that mistypes a loop variable after a type change.
"""

import traceback


def accumulate(items):
    total = 0
    for item in items:
        total += item
    return total


def compare(a, b):
    return a < b, a <= b, a == b, a > b


def average(count, switch):
    total = 0
    for i in range(count):
        if i == switch:
            total = total / 2
        total += i
    return total, type(total).__name__


def harmonic(count):
    total = 0
    sign = 1
    for i in range(1, count):
        total += sign / i
        sign = -sign
    return total


def back_to_int(count):
    value = 1.5
    for i in range(count):
        value = value + 1 if i < count // 2 else int(value) + 1
    return value


def attempt(function, *args):
    try:
        return repr(function(*args))
    except (ArithmeticError, TypeError):
        return traceback.format_exc()


for i in range(40):
    compare(i, i + 0.5)
    compare(i + 0.5, i)
print(
    accumulate(range(1000)),
    accumulate([*range(500), 0.5, *range(500)]),
    accumulate([0.1] * 300),
    accumulate([2**62, 2**62, 0.5]),
)
print(
    accumulate([2**53, 1, 1.0]), accumulate([2.0**53, 1, 1]), accumulate([True, 1.5, 2**70]), accumulate([1, 2.5, 1j])
)
for a, b in (
    (2**53 + 1, 2.0**53),
    (2**63, 2.0**63),
    (2**63 - 1, 2.0**63),
    (-(2**63), -(2.0**63)),
    (10**400, float("inf")),
    (-(10**400), float("-inf")),
    (10**400, 1e308),
    (1, float("nan")),
    (2**62 + 1, float(2**62)),
    (0, -0.0),
    (True, 1.0),
):
    print(a % 1000, b, compare(a, b), compare(b, a), hash(a) == hash(b))
print(average(100, 50), average(100, 1000), harmonic(1000), back_to_int(100))
print(attempt(accumulate, [0.5] * 30 + [10**400]), attempt(accumulate, [1] * 30 + ["a"]), attempt(compare, 1.0, "a"))
print(
    attempt(lambda: 10**400 * 1.0),
    attempt(lambda: float(10**400)),
    attempt(lambda: 10**400 // 1.0),
    attempt(lambda: 0.5 - 10**400),
)
