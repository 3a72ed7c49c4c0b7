"""A global NaN in lists and tuples: containers find it by what it is, since it is not equal to itself.

Breaks native code that makes a new box for each use of a constant.
"""

nan = float("nan")
inf = float("inf")


def found(items, n):
    total = 0
    for i in range(n):
        for j in range(20):
            total += items[j] * j % 7
        total += (1, nan) == (1, nan)
        total += [nan] == [nan]
        if nan in (nan, i):
            total += 1
        if nan in [i, nan]:
            total += [i, nan].index(nan)
        total += [nan, nan].count(nan)
    return total


def numbers(n):
    total = 0.0
    for i in range(n):
        if nan != nan and not nan < i:
            total += 1.5
        if inf in (inf, i):
            total += inf * 0 == nan
        value = nan + i
        total += value != value
    return total, max(nan, 1.0), min(1.0, nan), nan


def kept(n):
    items = []
    for i in range(n):
        items.append(nan)
    return all(item is nan for item in items), nan in items, items.index(nan)


for size in (3, 60, 2000):
    print(found([3] * 20, size), numbers(size), kept(size))
