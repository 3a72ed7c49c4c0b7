"""int(), float(), round(), repr and parsing back, over many floats, in hot loops. # carried

Breaks float-to-int conversions that saturate or wrap, rounding half to even, and shortest repr.
"""

import math
import traceback


def truncate(items):
    out = []
    for item in items:
        out.append(int(item))
    return out


def pieces(count):
    total = 0
    for i in range(count):
        x = i * 0.37 - 50
        total += int(x) + math.floor(x) * 3 + math.ceil(x) * 5 + round(x) * 7
    return total


def round_trip(count):
    value = 1.0
    bad = 0
    for i in range(count):
        value = value * 1.1 + 1e-7
        if float(repr(value)) != value or float(str(value)) != value:
            bad += 1
    return bad, value


def to_float(items):
    out = []
    for item in items:
        out.append(float(item))
    return out


print(truncate([0.5, -0.5, 1.9, -1.9, 2.0**31, 2.0**62, 2.0**63, -(2.0**63), 2.0**64, 1e300, -1e25, 5e-324] * 10)[:12])
print(pieces(500), round_trip(2000))
print(to_float([1, 2**53 + 1, 2**53 + 3, 2**63 - 1, -(2**63), 10**25, True, " 1.5 ", "1e400", "-0", 3.5] * 10)[:11])
for bad in (float("nan"), float("inf"), float("-inf"), "x", None, 1j):
    try:
        truncate([1.5] * 50 + [bad])
    except (ValueError, OverflowError, TypeError):
        print(traceback.format_exc())
for bad in (10**400, "1.5.", None, [], b"1", b"z"):
    try:
        print(to_float([1] * 50 + [bad])[-1])
    except (ValueError, OverflowError, TypeError):
        print(traceback.format_exc())
for i in range(50):
    row = [x.is_integer() for x in (1.0, 1.5, 1e300, float("inf"))], (0.1 + 0.2).hex(), (2.5).as_integer_ratio()
print(row, [1e16, 1e15, 123456789.123456789, 1e-5, 0.0001, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])
