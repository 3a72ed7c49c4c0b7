"""Floor division and modulo with all sign combinations in hot loops. # carried

Breaks code that uses the machine's truncating division, or that forgets -2**63 // -1.
"""

import traceback


def check(low, high, divisor):
    quotients = remainders = 0
    for value in range(low, high):
        q = value // divisor
        r = value % divisor
        if q * divisor + r != value:
            return "identity broken", value, q, r
        quotients += q
        remainders += r
    return quotients, remainders


def digits(value):
    out = []
    while value:
        out.append(value % 10)
        value //= 10
    return out


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def divide_all(items, divisor):
    result = []
    for item in items:
        result.append((item // divisor, item % divisor))
    return result


for divisor in (1, -1, 2, -2, 3, -3, 7, -7, 64, -64, 1000, -1000):
    print(divisor, check(-500, 500, divisor))
print(digits(2**64), digits(10**40 + 7), collatz(27), collatz(837799))
LARGE = [2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**25, -(10**25)]
for divisor in (1, -1, 2, -3, 2**62, -(2**63), 10**24):
    for _ in range(20):
        result = divide_all(LARGE, divisor)
    print(divisor, result)
for divisor in (0, False):
    for name in ("//", "%"):
        try:
            for value in range(100):
                if name == "//":
                    value // (divisor if value == 60 else 3)
                else:
                    value % (divisor if value == 60 else 3)
        except ZeroDivisionError:
            print(value, traceback.format_exc())
