"""Exceptions that leave small hot callees, which a compiler inlines, for handlers one to three callers up. # carried

Breaks tracebacks of inlined frames: missing entries, wrong lines, wrong columns.
"""

import traceback


def divide(a, b):
    return a / b


def middle(a, b):
    result = divide(a, b)
    return result + 1


def outer(values):
    total = 0
    for value in values:
        total += middle(
            10,
            value,
        )
    return total


def handled(values):
    total = 0
    texts = []
    for value in values:
        try:
            total += middle(10, value)
        except ZeroDivisionError:
            texts.append(traceback.format_exc())
    return total, len(texts), texts[-1] if texts else None


def raiser(i):
    if i == 77:
        raise ValueError(f"bad {i}")
    return i


def loop(count):
    total = 0
    for i in range(count):
        total += raiser(i)
    return total


def pick(items, index):
    return items[index]


def chain(items, count):
    return [pick(items, i) for i in range(count)]


def recursive(n):
    if n == 0:
        return 1 // n
    return recursive(n - 1) * 2


def reraise(count):
    try:
        return loop(count)
    except ValueError as error:
        error.add_note("noted by reraise")
        raise


def wrap(count):
    try:
        return loop(count)
    except ValueError as error:
        raise RuntimeError("wrapped") from error


print(outer(range(1, 100)), handled([1, 2, 4] * 40))
for function, argument in (
    (outer, [1] * 80 + [0]),
    (outer, [1] * 80 + ["x"]),
    (loop, 100),
    (reraise, 100),
    (wrap, 100),
    (recursive, 4),
):
    for _ in range(12):
        try:
            function(argument)
        except Exception:
            text = traceback.format_exc()
    print(text)
try:
    chain(list(range(90)), 100)
except IndexError:
    print(traceback.format_exc())
print(handled([1, 2, 0] * 40)[1:][-1])
