"""Division by zero of every kind, in the middle of hot loops, caught inside, outside and not at all. # carried

Breaks code that lets the machine make inf or NaN, or raises with another message or line.
"""

import traceback


def safe(items, divisor):
    good = bad = 0
    total = 0.0
    for item in items:
        try:
            total += item / (item - divisor)
            good += 1
        except ZeroDivisionError:
            bad += 1
    return good, bad, total


def true(a, b):
    return a / b


def floor(a, b):
    return a // b


def modulo(a, b):
    return a % b


def power(a, b):
    return a**b


def divide_down(start, operation):
    out = []
    for i in range(start, -1, -1):
        out.append(
            operation(
                100.0,
                i,
            )
        )
    return out


def descend(value):
    steps = 0
    while True:
        steps += 1
        value = 1.0 / (value - 1.0)
        value = value - 1.0 if steps < 100 else 1.0


print(safe(range(200), 150), safe([i * 0.5 for i in range(200)], 33.5), safe([0.0, -0.0, 0, False], 0))
for a in (1, 0, 1.0, 0.0, float("nan"), float("inf"), True, 2**70):
    for b in (0, 0.0, -0.0, False):
        for operation in (true, floor, modulo):
            for _ in range(10):
                operation(7, 3)
                operation(7.0, 3.0)
            try:
                print(operation(a, b))
            except ZeroDivisionError as error:
                print(operation.__name__, repr(a), repr(b), error)
for operation in (true, floor, modulo):
    try:
        divide_down(60, operation)
    except ZeroDivisionError:
        print(traceback.format_exc())
for base, exponent in ((0.0, -1), (0, -1), (0.0, -0.5), (-0.0, -3), (False, -2)):
    try:
        for _ in range(20):
            power(2.0, 3)
        print(power(base, exponent))
    except ZeroDivisionError:
        print(traceback.format_exc())
try:
    descend(5.5)
except ZeroDivisionError:
    print(traceback.format_exc())
