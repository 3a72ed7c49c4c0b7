"""Loops first hot on the inside, then on the outside, three deep, with values carried between the levels. # carried

Breaks entering compiled code at an inner back edge while outer iterators and temporaries are live.
"""


def deep(a, b, c):
    total = 0
    for i in range(a):
        row = i * 2
        for j in range(b):
            cell = row + j
            for k in range(c):
                total += cell ^ k
            total -= cell
        total += row
    return total


def ragged(rows):
    out = []
    for index, row in enumerate(rows):
        weight = index + 1
        for item in row:
            for repeat in range(item):
                weight += repeat
        out.append(weight)
    return out


def in_expression(n):
    """An inner loop runs while values of the outer statement wait on the stack."""
    out = []
    for i in range(n):
        out.append(i + sum([j * i for j in range(i % 50)]) + len([j for j in range(60) if j % 3 == 0]))
    return out[-3:]


def while_in_for(n):
    steps = 0
    best = 0
    for start in range(1, n):
        value = start
        length = 1
        while value != 1:
            value = value // 2 if value % 2 == 0 else 3 * value + 1
            length += 1
            steps += 1
        if length > best:
            best = length
    return best, steps


def for_in_while(n):
    total = rounds = 0
    while rounds < n:
        for a, b in zip(range(rounds), range(rounds, 0, -1)):
            total += a * b
        rounds += 1
    return total


def matmul(a, b):
    size = len(a)
    out = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(size):
            total = 0
            for k in range(size):
                total += a[i][k] * b[k][j]
            out[i][j] = total
    return out


print(deep(1, 1, 3000), deep(1, 300, 3), deep(300, 2, 2), deep(12, 12, 12))
print(ragged([list(range(i % 9)) for i in range(60)])[-5:])
print(in_expression(80), while_in_for(200), for_in_while(60))
square = [[i * j % 10 for j in range(10)] for i in range(10)]
print(matmul(square, square)[3], matmul([[0.5, 1], [2, 3]], [[1, 2.5], [2**63, 4]]))
