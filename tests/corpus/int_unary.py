"""Negation, inversion and abs at the end of the machine word, and of bools. # carried

Breaks code that negates -2**63 in a word, or keeps a bool a bool after unary minus.
"""

import warnings

warnings.simplefilter("ignore", DeprecationWarning)


def negate(value):
    return -value


def invert(value):
    return ~value


def positive(value):
    return +value


def absolute(value):
    return abs(value)


def logical(value):
    return not value


def alternate(limit):
    sign = 1
    total = 0
    for i in range(limit):
        total += sign * i
        sign = -sign
    return total


VALUES = [
    0,
    1,
    -1,
    2**30,
    -(2**30),
    2**62,
    -(2**62),
    2**63 - 1,
    -(2**63),
    -(2**63) + 1,
    2**63,
    2**64,
    True,
    False,
    0.0,
    -0.0,
    1.5,
    float("nan"),
    float("-inf"),
]
for function in (negate, invert, positive, absolute, logical):
    for i in range(-50, 50):
        function(i)
    for value in VALUES:
        try:
            print(function.__name__, repr(value), repr(function(value)), type(function(value)).__name__)
        except TypeError as error:
            print(function.__name__, repr(value), error)
print(alternate(1001))
