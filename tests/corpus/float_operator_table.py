"""Every operator on every pair of edge floats and some ints, each in its own hot function. # carried

Breaks wrong signs of zero, NaN comparisons, floor division, modulo, division by zero and int conversions.
"""

NAN = float("nan")
INF = float("inf")
EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    1e308,
    -1e308,
    5e-324,
    1e-300,
    INF,
    -INF,
    NAN,
    2.0**53,
    0,
    1,
    -3,
    2**53 + 1,
    2**63,
    10**30,
    True,
]


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def truediv(a, b):
    return a / b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def compare(a, b):
    return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a != b) + 16 * (a > b) + 32 * (a >= b)


def both(a, b):
    return divmod(a, b)


def table(operation):
    for a in EDGES:
        row = []
        for b in EDGES:
            try:
                row.append(repr(operation(a, b)))
            except ArithmeticError as error:
                row.append(f"{type(error).__name__}: {error}")
        print(operation.__name__, repr(a), "|", *row)


for operation in (add, sub, mul, truediv, floordiv, mod, compare, both):
    for i in range(30):
        operation(i + 0.5, i + 1.25)
    table(operation)
