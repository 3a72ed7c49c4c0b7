"""Lists made by `*` and `+`, and what `min` and `max` make of operands that nothing is known of beside ints and floats.

Breaks native code that takes the result of an operator for a list where a subclass has a say, or that takes an operand for a number because the other one is.
"""


class Items(list):
    def __add__(self, other):
        return "added"

    def __radd__(self, other):
        return ("radd", len(other))

    def __mul__(self, count):
        return "repeated"

    def __rmul__(self, count):
        return ("rmul", count)


class Count(int):
    def __rmul__(self, other):
        return ("counted", len(other))

    def __mul__(self, other):
        return ("counts", len(other))


class Plain(list):
    pass


def table(n, fill):
    made = [fill] * (n + 1)
    total = 0
    for i in range(n):
        made[i] = made[i] + i
    for i in range(n):
        total = total + max(made[i + 1], made[i])
    return total, type(made).__name__


def repeated(items, count):
    left, right = items * count, count * items
    return type(left).__name__, left, type(right).__name__, right


def added(first, second):
    both = first + second
    return type(both).__name__, both


def grown(items, more):
    kept = items
    items += more
    items *= 2
    return kept is items, type(items).__name__, items


def paths(text, other):
    before = [0] * (len(other) + 1)
    for a in text:
        row = [0]
        for j, b in enumerate(other):
            if a == b:
                row.append(before[j] + 1)
            else:
                row.append(max(before[j + 1], row[j]))
        before = row
    return before


def least(row, bound, n):
    found = []
    for i in range(n):
        x = row[i % len(row)]
        found.append(min(x, bound, i))
        found.append(max(i, x))
    return found[-6:]


def floats(row, n):
    top = 0.5
    for i in range(n):
        top = max(top, row[i % len(row)])
    return top


def aliases(n):
    row = [[0, 1]] * n
    row[0].append(2)
    total = 0
    for item in row:
        total += len(item)
    return total, row[0] is row[-1]


for _ in range(3):
    print(table(40, 0), table(40, 0.5), table(40, True))
    for items in ([1, "a"], (1, 2.5), "ab", [], Items([1]), Plain([1, 2])):
        for count in (0, 1, 2, -1, True, Count(2)):
            try:
                print(repeated(items, count))
            except TypeError as error:
                print(error)
    for first in ([1], (1,), "a", Items([1]), Plain([1])):
        for second in ([2], (2,), "b", Items([2]), Plain([2]), 3):
            try:
                print(added(first, second))
            except TypeError as error:
                print(error)
    print(
        grown([1], [2]), grown((1,), (2,)), grown("a", "b"), grown(Plain([1]), [2]), grown([1], (2,)), grown([], "xy")
    )
    print(paths("ACGTTGCAAGCT" * 3, "TGCATGCCGATA" * 3))
    print(
        least([1, 2, 3], 7, 60), least([1.5, 2], 7, 60), least([True, 1, 0], 1, 60), least([10**30, -(10**30)], 5, 60)
    )
    print(floats([0.25, 1.5], 60), floats([1, 2], 60), floats([float("nan"), 0.75], 60), floats([0.5, True], 60))
    print(aliases(5))
    for wrong in (["x"], [None]):
        try:
            print(least(wrong, 7, 5))
        except TypeError as error:
            print(error)
