"""Comprehensions entered in the middle, beside unfinished calls and variables of the same name, and left again. # carried

Breaks entering a loop while the evaluation stack holds NULLs (beside a callable; for a name that a comprehension hides), or with
something where NULL was.
"""


def doubled(n):
    return [i * 2 + 1 for i in range(n)]


def hidden(n):
    x = 5
    found = sum([x * x for x in range(n)], sum([y for y in range(n)]))
    return found, x


def hidden_sometimes(n, bind):
    if bind:
        x = "before"
    total = sum([x + 1 for x in range(n)])
    try:
        return total, x
    except UnboundLocalError as error:
        return total, str(error)


def parted(items, pivot):
    return [x for x in items if x < pivot] + [x for x in items if x >= pivot]


def nested(n):
    rows = [[i * j for j in range(n)] for i in range(n)]
    return rows[3][4], sum([sum([v + 1 for v in row]) for row in rows])


def failing(n):
    i = "outer"
    try:
        found = [10 // (50 - i) for i in range(n)]
    except ZeroDivisionError as error:
        return str(error), i
    return len(found), i


def growing(n):
    """Leaves in the middle: the numbers outgrow a machine word."""
    x = 1
    found = [(x := x * 3) for _ in range(n)]
    return found[-1], max([abs(v) for v in found], key=lambda v: v % 1000)


def of_pairs(n):
    pairs = [(i, i + 0.5) for i in range(n)]
    return {a: b for a, b in pairs if a % 7 == 0}.get(14), len({a % 3 for a, _ in pairs}), [b for a, b in pairs][-1]


for n in (4, 300, 600):
    print(doubled(n)[-1], hidden(n), hidden_sometimes(n, n > 300), hidden_sometimes(n, False))
    print(parted(list(range(n)), n // 2)[:2], nested(n // 4 + 5), failing(n // 10), failing(n), growing(n // 3), of_pairs(n))
