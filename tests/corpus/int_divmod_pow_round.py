"""divmod, ** and pow, round, and true division that must round correctly, all hot. # carried

Breaks shortcuts: int ** int by floating point, true division by converting both sides first.
"""

import traceback


def modular(base, exponent, modulus):
    result = 1
    base %= modulus
    while exponent > 0:
        if exponent & 1:
            result = result * base % modulus
        base = base * base % modulus
        exponent >>= 1
    return result


def powers(base, top):
    return [base**exponent for exponent in range(top)]


def pairs(items, by):
    out = []
    for item in items:
        out.append(divmod(item, by))
    return out


def ratio(a, b):
    return a / b


def attempt(function, *args):
    try:
        return repr(function(*args))
    except (ArithmeticError, ValueError, TypeError):
        return traceback.format_exc()


for i in range(100):
    modular(i, 10, 7)
    ratio(i, 3)
print(modular(3, 10**9, 2**61 - 1), pow(3, 10**9, 2**61 - 1), pow(3, -1, 7), modular(2**64 + 1, 12345, 10**12 + 39))
print(powers(2, 70)[-8:], powers(-3, 45)[-3:], powers(0, 3), powers(10, 25)[-1], powers(True, 3))
print(attempt(pow, 2, -3), attempt(pow, 0, -1), attempt(pow, -8, 1 / 3), attempt(pow, 3, 2, 0), attempt(pow, 2, 0.5, 3))
for by in (7, -7, 2.5, -0.75, True):
    print(by, pairs(range(-5, 6), by), pairs([2**63, -(2**63), 0.5, -1e300], by))
print(attempt(divmod, 1, 0), attempt(divmod, 1.0, 0), attempt(divmod, "a", 1))
for a, b in (
    (2**53 + 1, 1),
    (2**63 - 1, 3),
    (10**30, 10**29),
    (1, 10**400),
    (10**400, 10**399),
    (2**62 + 1, 2**62 - 1),
):
    print(attempt(ratio, a, b))
print(attempt(ratio, 10**400, 1), attempt(ratio, 1, 0))
for i in range(60):
    rounded = [round(x) for x in (0.5, 1.5, 2.5, -0.5, -1.5, i + 0.5)]
    digits = [round(x, 1) for x in (0.25, 0.35, 2.675, 1e22, -0.05)]
    tens = [round(x, -1) for x in (5, 15, 25, -5, 12345, 2**63)]
print(rounded, digits, tens)
print(attempt(round, float("nan")), attempt(round, float("inf")), attempt(round, "a"), attempt(round, float("nan"), 2))
