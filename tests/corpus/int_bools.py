"""Bools in arithmetic, as indexes, as counters, and the operators that keep them bools. # carried

Breaks code that mixes up the types bool and int: True + True is 2, True & True is True.
"""


def count_true(flags):
    total = 0
    for flag in flags:
        total += flag
    return total


def combine(a, b):
    return a & b, a | b, a ^ b, a + b, a - b, a * b, a == b, a < b, a is b, a and b, a or b


def accumulate(flags):
    """Starts as a bool, and stays one until the first addition."""
    state = False
    kinds = []
    for flag in flags:
        state = state ^ flag
        kinds.append(type(state).__name__)
    state = state + 1
    kinds.append(type(state).__name__)
    return state, kinds.count("bool"), kinds[-1]


def select(pair, items):
    out = []
    for item in items:
        out.append(pair[item > 3])
    return out


def turn(flag, count):
    for i in range(count):
        flag = i if i == count - 5 else not flag
    return flag


print(count_true([i % 3 == 0 for i in range(1000)]))
for a in (True, False, 0, 1, 2):
    for b in (True, False, 0, 1, 2):
        for _ in range(10):
            result = combine(a, b)
        print(repr(a), repr(b), result)
print(accumulate([i % 7 == 0 for i in range(500)]))
print(select(("low", "high"), list(range(8)) * 20)[-8:])
print(turn(True, 100), turn(False, 101), sum([True] * 10), True + 2**63, -True, True / 2, True // True, True << 63)
for i in range(200):
    last = [i == 199, i > 3, 1 if i else 0, bool(i), not i]
print(last, repr(1 == True), {True: "a", 1: "b", 1.0: "c"})
