"""math functions in hot loops: domain errors, overflow, ints that must not become floats, conversions. # carried

Breaks math calls compiled to the C library's without the errors of Python's.
"""

import math
import traceback
from math import sin, sqrt

SAMPLES = [
    0,
    1,
    -1,
    0.5,
    -0.5,
    2.0,
    1e308,
    -1e308,
    float("inf"),
    float("-inf"),
    float("nan"),
    -0.0,
    2**53 + 1,
    10**400,
    True,
    "x",
    None,
]


def call(function, value):
    return function(value)


def wave(count):
    total = 0.0
    for i in range(count):
        total += (
            sin(i) * math.cos(i)
            + sqrt(i)
            + math.exp(-i)
            + math.log(i + 1)
            + math.atan2(i, 3)
            + math.fabs(-i)
            + math.hypot(i, 2)
        )
    return total


def whole(count):
    total = 0
    for i in range(count):
        total += (
            math.floor(i / 3)
            + math.ceil(i / 3)
            + math.trunc(i / -3)
            + math.isqrt(i)
            + math.gcd(i, 36)
            + math.comb(i % 20, 3)
        )
    return total


def roots(items):
    total = 0.0
    for item in items:
        total += math.sqrt(item)
    return total


class Float:
    def __float__(self):
        return 16.0


print(wave(300), whole(300), roots(range(100)), roots([True, 2.5, 10**300, Float()]))
for name in (
    "sqrt",
    "exp",
    "log",
    "log2",
    "sin",
    "floor",
    "ceil",
    "trunc",
    "fabs",
    "isnan",
    "isfinite",
    "isqrt",
    "degrees",
    "gamma",
    "atan",
):
    function = getattr(math, name)
    for _ in range(20):
        call(function, 4)
    row = []
    for value in SAMPLES:
        try:
            row.append(repr(call(function, value))[:40])
        except (ValueError, OverflowError, TypeError) as error:
            row.append(f"{type(error).__name__}: {error}"[:70])
    print(name, *row, sep=" | ")
for bad in (-1, -0.5, float("-inf"), "a", 10**400, None):
    try:
        roots([4.0] * 60 + [bad])
    except (ValueError, OverflowError, TypeError):
        print(traceback.format_exc())
for arguments in ((0.0, -1), (-8, 1 / 3), (2, 1e10), (float("nan"), 0), (1, float("nan")), (-0.0, 3)):
    try:
        for _ in range(20):
            math.pow(2, 3)
        print(math.pow(*arguments))
    except (ValueError, OverflowError) as error:
        print(type(error).__name__, error)
print(
    math.fmod(-7, 3),
    math.copysign(3, -0.0),
    math.fsum([0.1] * 10),
    math.prod(range(1, 30)),
    math.dist([1, 2], [4, 6]),
    math.nextafter(1, 2),
)
