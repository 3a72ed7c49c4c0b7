"""Lines and columns of tracebacks from long, multi-line expressions in hot functions. # carried

Breaks the instruction pointer an exception is raised at: a traceback that marks another operation of the line.
"""

import traceback


# fmt: off
def expression(a, b, c, d):
    return (a + b) * (c - d) / (a - c) + (b // (d - a)) % (c - b) + [a, b][c] - (a, b, c)[d]


def multi_line(a, b, c):
    return (
        a * 2
        + b // (
            c - 1
        )
        + [1, 2, 3][
            a
        ]
    )


def statements(items, n):
    total = 0; other = 1
    for i in range(n): total += items[i]; other = 10 // (n - i - 1) if n == 61 else 1
    return total, other


def arguments(f, a, b):
    return f(a, f(b, a // b), f(a, b))
# fmt: on


def comparison(a, b):
    return a < b < a + b < [a, b][b - a]


def unpack(value):
    first, (second, third) = value
    return first + second + third


def target(items, key, value):
    items[key][value] = items[value][key] = value // key
    return items


def augmented(items, i):
    items[i][i + 1] += items[i + 1][i] / items[i][i]
    return items


def run(function, good, bad):
    for _ in range(30):
        try:
            function(*good)
        except (IndexError, TypeError):
            pass
    try:
        print(function(*bad))
    except Exception:
        print(traceback.format_exc())


EXPRESSION = (
    (1, 2, 0, 2),
    (1, 2, 1, 0),
    (1, 2, 0, 1),
    (2, 1, 1, 5),
    (1, 2, 9, 3),
    (1, 2, 0, 9),
    ("a", 1, 1, 1),
    (1, 2, 3, None),
    (1, 3, 0.0, 2),
)
for bad in EXPRESSION:
    run(expression, (1, 2, 0, 2), bad)
for bad in ((1, 2, 1), (9, 2, 3), ("a", 1, 2), (1, "b", 2), (1, 2, "c")):
    run(multi_line, (1, 2, 3), bad)
for bad in ((list(range(60)), 61), (list(range(61)), 61), (["a"], 1)):
    run(statements, (list(range(60)), 60), bad)
run(arguments, (lambda *args: 1, 1, 2), (lambda *args: 1, 1, 0))
run(arguments, (lambda *args: 1, 1, 2), (lambda a, b: a, 1, 2))
run(comparison, (1, 2), (1, "x"))
run(comparison, (1, 2), (1, 5))
for bad in ((1, 2), (1, (2,)), (1, (2, "x")), 7):
    run(unpack, ((1, (2, 3)),), (bad,))
for bad in (([[1, 2], [3, 4]], 0, 1), ([[1, 2], [3, 4]], 1, 5), ([[1, 2], 5], 1, 0), ([[1, 2], (3, 4)], 1, 0)):
    run(target, ([[1, 2], [3, 4]], 1, 0), bad)
for bad in (([[0, 1], [2, 3]], 0), ([[1, 2], [3, 4]], 1), ([[1, "x"], [3, 4]], 0)):
    run(augmented, ([[1, 2], [3, 4]], 0), bad)
