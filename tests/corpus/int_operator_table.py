"""Every binary operator on every pair of edge integers, each in its own hot function. # carried

Breaks wrong overflow checks, rounding of // and % for negatives, shifts past the word, and bit operations on huge ints.
"""

EDGES = [
    0,
    1,
    -1,
    2,
    -2,
    7,
    -7,
    255,
    256,
    -5,
    -6,
    2**30 - 1,
    2**30,
    -(2**30),
    2**31,
    2**32 - 1,
    2**60,
    2**62,
    -(2**62) - 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    10**30,
    -(10**30),
]


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def truediv(a, b):
    return a / b


def and_(a, b):
    return a & b


def or_(a, b):
    return a | b


def xor(a, b):
    return a ^ b


def compare(a, b):
    return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (a > b) + 32 * (a >= b)


def table(operation):
    for a in EDGES:
        row = []
        for b in EDGES:
            try:
                row.append(repr(operation(a, b)))
            except ArithmeticError as error:
                row.append(f"{type(error).__name__}: {error}")
        print(operation.__name__, a, "|", *row)


for operation in (add, sub, mul, floordiv, mod, truediv, and_, or_, xor, compare):
    for i in range(30):
        operation(i, i + 1)
    table(operation)
