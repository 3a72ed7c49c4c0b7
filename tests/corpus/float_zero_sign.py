"""The sign of zero through arithmetic, loops, conversions and comparisons. # carried

Breaks algebra that holds for ints only: x + 0 is not x for -0.0, 0 - x is not -x, x * 0 is not 0.
"""

import math


def identities(x):
    return (
        x + 0,
        x - 0,
        x * 1,
        x / 1,
        0 + x,
        0 - x,
        -x,
        x * 0,
        0.0 - x,
        x + 0.0,
        x + -0.0,
        x - x,
        x // 1,
        x % 1,
        abs(x),
        +x,
        x * -1,
    )


def running(items):
    total = -0.0
    for item in items:
        total += item
    return total


def product(items):
    value = 1.0
    for item in items:
        value *= item
    return value


def flip(count):
    value = 0.0
    signs = 0
    for _ in range(count):
        value = -value
        signs += math.copysign(1.0, value) < 0
    return value, signs


def negate_mixed(items):
    out = []
    for item in items:
        out.append(-item)
    return out


for _ in range(50):
    identities(1.5)
for x in (0.0, -0.0, 1.0, -1.0, float("inf"), float("nan"), 0, 1, -5e-324):
    print(repr(x), *map(repr, identities(x)))
print(running([-0.0] * 100), running([-0.0] * 99 + [0.0]), running([]), running([0] * 50), running([-0.0, 0]))
print(product([0.0] + [-1.0] * 101), product([-1.0] * 100 + [0.0]), product([1.0] * 20 + [-0.0]), product([0, -1.0]))
print(flip(1001), flip(1000))
print(negate_mixed([0.0, -0.0, 0, -1, 1.0, False] * 20)[:6])
for _ in range(30):
    extremes = (
        min(0.0, -0.0),
        min(-0.0, 0.0),
        max(0.0, -0.0),
        max(-0.0, 0.0),
        min(0, -0.0),
        max(-0.0, 0),
        min(-0.0, 0),
    )
print(
    extremes, 0.0 == -0.0, 0.0 < -0.0, str(-0.0), int(-0.0), round(-0.4), round(-0.4, 0), -0.0 // 5, -0.0 % 5, 5 % -0.5
)
print(
    repr(0.0 * -3),
    repr(-1e-200 * 1e-200),
    {0.0: "zero"}[-0.0],
    f"{-0.0:.2f} {-0.0:+} {-0.0:z.1f}",
    math.atan2(-0.0, -1.0),
)
