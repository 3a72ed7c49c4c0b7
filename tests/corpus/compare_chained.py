"""Chained comparisons: each operand evaluated once, in order, stopping at the first false. # carried

Breaks a compiler that loses the duplicated middle operand, or evaluates too much.
"""

calls = []


def note(value):
    calls.append(value)
    return value


def in_range(low, value, high):
    return low <= value < high


def classify(values):
    counts = [0, 0, 0, 0]
    for value in values:
        if 0 < value < 10:
            counts[0] += 1
        elif 10 <= value <= 20 != 5:
            counts[1] += 1
        elif 20 < value < 30 < 40 > value:
            counts[2] += 1
        else:
            counts[3] += 1
    return counts


def observed(a, b, c):
    calls.clear()
    result = note(a) < note(b) < note(c)
    return result, list(calls)


def while_chain(low, high):
    value = low
    while low <= value < high != 77:
        value += 3
    return value


class Odd:
    """Comparisons that return things other than bools."""

    def __init__(self, name):
        self.name = name

    def __lt__(self, other):
        return [self.name] if self.name != "empty" else []

    def __gt__(self, other):
        return self.name + " greater"


for i in range(100):
    in_range(0, i, 50)
print(
    in_range(0, 5, 10),
    in_range(0, 10, 10),
    in_range(0.5, 5, 10.5),
    in_range("a", "b", "c"),
    in_range(float("nan"), 1, 2),
)
print(classify(range(-5, 45)), classify([x * 0.5 for x in range(100)]), classify([True, False, 2**70, -(2**70)]))
for _ in range(20):
    rows = observed(1, 2, 3), observed(2, 1, 3), observed(1, 3, 2), observed(1.0, 2, 2**70)
print(rows, while_chain(0, 1000), while_chain(5, 77), while_chain(0.5, 99.5))
for _ in range(20):
    rows = (
        Odd("a") < Odd("b") < Odd("c"),
        Odd("empty") < Odd("b") < Odd("c"),
        1 < Odd("z"),
        (1 < 2) == True,
        1 < 2 == True,
    )
print(rows, in_range(0, 5, Odd("x")))
