"""Small traps in hot code: try in a loop's else, nested functions with the same names, del of items, star targets, chained calls.

Breaks assumptions about bytecode shapes that ordinary programs rarely have.
"""

import traceback


def loop_else_try(count):
    total = 0
    for i in range(count):
        for j in range(i % 4):
            if j == 2:
                break
        else:
            try:
                total += 1 // (i % 4)
            except ZeroDivisionError:
                total += 1000
    return total


def same_names(x):
    def same_names(x):
        return x + 1

    return same_names(x) * 2


def delete_items(count):
    items = list(range(count))
    table = {i: i for i in range(count)}
    i = 0
    while len(items) > 3:
        del items[i % len(items)], table[i]
        i += 1
    return items, len(table)


def iterate_call(count):
    def odd():
        return iter(range(count))

    return sum(x for x in odd()) + sum([y for y in odd() if y % 2])


def chained_assignment(count):
    a = b = c = 0
    for i in range(count):
        a = b = c = a + i
        x, *y = z = (i, a, b)
    return a, b, c, x, y, z


def empty(count):
    for _ in range(count):
        pass


def constants(count):
    total = 0
    for _ in range(count):
        total += 2**10 - (3 if True else 4) + len("const") + (1, 2, 3)[1] + [4, 5][0] + {"a": 1}["a"]
    return total


def returns_many(x):
    if x < 10:
        return
    if x < 20:
        return None
    if x < 30:
        return x, x
    while True:
        if x > 50:
            return "far"
        x += 5


def swap_self(count):
    a = [1, 2]
    for _ in range(count):
        a[0], a = a, [a[1], 3]
        if isinstance(a[0], list):
            a = [1, 2]
    return a


def ellipsis_and_slices(count):
    class Echo:
        def __getitem__(self, key):
            return key

    for i in range(count):
        key = Echo()[i, ..., 1:2, ::i]
    return key


def global_function_attribute(count):
    for i in range(count):
        global_function_attribute.calls = i
    return global_function_attribute.calls


def one_line(n): return [n := n + 1 for _ in range(3)], n  # fmt: skip


print(
    loop_else_try(200),
    [same_names(i) for i in range(60)][-1],
    delete_items(60),
    iterate_call(100),
    chained_assignment(100),
    empty(1000),
)
print(
    constants(60),
    [returns_many(i) for i in range(0, 60, 7)],
    swap_self(61),
    ellipsis_and_slices(40),
    global_function_attribute(60),
)
print([one_line(i) for i in range(40)][-1], (lambda: (yield))().send(None), [*range(3), *"ab"], {**{"a": 1}}, not not 5)
for i in range(60):
    try:
        (lambda n: n if n < 55 else undefined)(i)
    except NameError:
        text = traceback.format_exc()
print(text, *(x for x in (1, 2)), sep="|", end="\n")
