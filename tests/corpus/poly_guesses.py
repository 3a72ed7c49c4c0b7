"""Operators that have only seen floats, or only ints, when the call that makes them hot brings the other. # carried

Breaks a compiler that decides by one guess what an operator gives and by another what its operands are: the sum of two ints
is then a float, and the conjunction of two truth values an int.
"""


def looked_at(*anything):
    return len(anything)


def combined(a, b):
    looked_at(a)
    total = 0
    for i in range(4):
        total = total * 3 + i * i - 1
    c = a + b
    return total, c, c - a, c * b, a // b, a % b


def joined(a, b):
    looked_at(a)
    total = 0
    for i in range(4):
        total = total * 3 + i * i - 1
    return total, a & b, a | b, a ^ b


INTS, FLOATS, TRUTHS, MIXED = (7, 2), (7.5, 2.5), (True, True), (7.5, 2)

for function, one, other in (
    (combined, FLOATS, INTS),
    (combined, FLOATS, TRUTHS),
    (combined, INTS, FLOATS),
    (combined, INTS, TRUTHS),
    (combined, MIXED, INTS),
    (joined, INTS, TRUTHS),
    (joined, TRUTHS, INTS),
):
    # Code of its own for each case, so that each becomes hot by itself.
    fresh = type(function)(function.__code__.replace(co_firstlineno=1), globals())
    seen = []
    for pair in [one] * 4 + [other] * 6 + [one, other] * 3:
        outcome = repr(fresh(*pair))
        if outcome not in seen:
            seen.append(outcome)
    print(function.__name__, one, other, *seen)
