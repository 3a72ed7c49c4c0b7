"""Decimal, Fraction, complex and numpy-like user types through functions hot with ints and floats.

Breaks arithmetic specialised on builtin numbers when other numbers arrive.
"""

import decimal
import fractions
import traceback


class Matrix:
    def __init__(self, rows):
        self.rows = rows

    def __matmul__(self, other):
        return Matrix(
            [
                [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*other.rows, strict=True)]
                for row in self.rows
            ]
        )

    def __repr__(self):
        return repr(self.rows)


def polynomial(x, coefficients):
    result = 0
    for coefficient in coefficients:
        result = result * x + coefficient
    return result


def power(matrix, n):
    result = matrix
    for _ in range(n - 1):
        result = result @ matrix
    return result


def mean(items):
    total = 0
    for item in items:
        total += item
    return total / len(items)


COEFFICIENTS = list(range(40))
for _ in range(30):
    polynomial(3, COEFFICIENTS)
    polynomial(0.5, COEFFICIENTS)
for x in (2, 0.5, 1 + 2j, fractions.Fraction(1, 3), decimal.Decimal("0.1"), True, -1, 2**40):
    print(polynomial(x, COEFFICIENTS))
print(
    power(Matrix([[1, 1], [1, 0]]), 60),
    mean([fractions.Fraction(1, i) for i in range(1, 30)]),
    mean([decimal.Decimal(i) / 7 for i in range(60)]),
)
for x in (decimal.Decimal(1), "a", [1], None):
    try:
        print(polynomial(x, [1, 0.5]))
    except (TypeError, decimal.InvalidOperation):
        print(traceback.format_exc())
for i in range(60):
    z = complex(i, -i) * 1j + 2 - 1j / (i + 1)
print(z, abs(z), z.conjugate(), z == z.real, -z, z**2, 1j**2 == -1)
