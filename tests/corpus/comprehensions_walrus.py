"""Comprehensions, which are inlined in the bytecode, nested and with conditions, walrus targets and lambdas inside. # carried

Breaks the isolation of comprehension variables and locals that share a name with one.
"""

import traceback


def squares(count):
    i = "outer"
    out = [i * i for i in range(count)]
    return out[-1], i


def nested(count):
    return [[row * column for column in range(row)] for row in range(count) if row % 2][-1]


def sets_and_dicts(count):
    return (
        sorted({i % 7 for i in range(count)}),
        {i: i * i for i in range(count) if i > count - 3},
        len({(i, j) for i in range(9) for j in range(i)}),
    )


def walrus(values):
    out = []
    while (value := values.pop() if values else None) is not None:
        if (half := value // 2) > 5 and (rest := value - half) % 2:
            out.append((half, rest))
    picked = [last for item in range(50) if (last := item * 3) % 4 == 0]
    return out[-2:], picked[-1], last


def functions(count):
    return [f() for f in [lambda: i for i in range(count)]][0], [f() for f in [lambda i=i: i for i in range(count)]][3]


def unbound(count):
    for _ in range(count):
        [hidden for hidden in range(3)]
    return hidden


def raising(count):
    x = "kept"
    for i in range(count):
        try:
            [1 // (x - 2) for x in range(5)]
        except ZeroDivisionError:
            if x != "kept":
                return "leaked", x
    return x


def flat(matrix):
    return [cell for row in matrix for cell in row if cell], sum(cell for row in matrix for cell in row)


total = [k for k in range(300) if k % 3 == 0]
print(
    squares(200),
    nested(30),
    sets_and_dicts(100),
    walrus(list(range(100))),
    functions(40),
    raising(60),
    flat([[i, 0, i * 0.5] for i in range(40)])[1],
)
print(sum(total), "k" in globals(), [[y for y in range(x)] for x in range(20)][-1][-1])
for function in (
    lambda: unbound(50),
    lambda: [1 // (70 - i) for i in range(100)],
    lambda: [[] for i in range(60)][60],
    lambda: {i: [][i] for i in range(3)},
):
    try:
        function()
    except (NameError, ZeroDivisionError, IndexError):
        print(traceback.format_exc())
