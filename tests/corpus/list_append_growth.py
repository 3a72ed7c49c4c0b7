"""Appending, nested lists, aliasing rows, and building up tables in hot loops. # carried

Breaks list growth, an append bound once outside the loop, and rows that are the same object.
"""


def squares(count):
    out = []
    for i in range(count):
        out.append(i * i)
    return out


def bound_append(count):
    out = []
    append = out.append
    for i in range(count):
        append(i)
        if i == count // 2:
            out = []
    return len(out), append(1)


def levenshtein(a, b):
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a):
        current = [i + 1]
        for j, y in enumerate(b):
            current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x != y)))
        previous = current
    return previous[-1]


def pascal(rows):
    triangle = [[1]]
    for _ in range(rows):
        last = triangle[-1]
        row = [1]
        for i in range(len(last) - 1):
            row.append(last[i] + last[i + 1])
        row.append(1)
        triangle.append(row)
    return triangle


def aliased(size):
    shared = [[0] * size] * size
    separate = [[0] * size for _ in range(size)]
    for i in range(size):
        shared[i][i] += i
        separate[i][i] += i
    return shared[0], separate[2], shared[0] is shared[-1]


def append_self(count):
    items = [1]
    for i in range(count):
        items.append(items)
        items.append(items[-1] is items)
    return len(items), items[-1], repr(items[:4])


def fill(count, value):
    out = [None] * count
    for i in range(count):
        out[i] = value if i % 3 else [value]
    return out


def append_result(count):
    results = []
    for i in range(count):
        results.append(results.append(i))
    return results[-4:]


print(
    sum(squares(3000)), squares(5), bound_append(101), levenshtein("kitten" * 8, "sitting" * 7), levenshtein("", "abc")
)
print(levenshtein("résumé" * 5, "resume" * 6), levenshtein([1, 2, 3], (1.0, 3)), pascal(70)[-1][30:36])
print(aliased(30)[0][:5], aliased(5), append_self(50), fill(100, 0.5)[-4:], append_result(100))
