"""Sieve, bubble, insertion, heap and merge sorts, n-queens, knapsack and matrix determinants, as ordinary programs. # carried

Breaks anything in list-heavy integer code: the classics a user tries first.
"""


def sieve(limit):
    flags = bytearray([1]) * (limit + 1)
    flags[0:2] = b"\x00\x00"
    for i in range(2, int(limit**0.5) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, limit + 1, i)))
    return [i for i in range(limit + 1) if flags[i]]


def bubble(items):
    items = items[:]
    for end in range(len(items) - 1, 0, -1):
        swapped = False
        for i in range(end):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
                swapped = True
        if not swapped:
            break
    return items


def insertion(items):
    items = list(items)
    for i in range(1, len(items)):
        item = items[i]
        j = i - 1
        while j >= 0 and items[j] > item:
            items[j + 1] = items[j]
            j -= 1
        items[j + 1] = item
    return items


def sift(heap, start, end):
    root = start
    while True:
        child = 2 * root + 1
        if child >= end:
            return
        if child + 1 < end and heap[child] < heap[child + 1]:
            child += 1
        if heap[root] >= heap[child]:
            return
        heap[root], heap[child] = heap[child], heap[root]
        root = child


def heapsort(items):
    heap = items[:]
    for start in range(len(heap) // 2 - 1, -1, -1):
        sift(heap, start, len(heap))
    for end in range(len(heap) - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(heap, 0, end)
    return heap


def merge(items):
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right = merge(items[:middle]), merge(items[middle:])
    out = []
    i = j = 0
    while i < len(left) and j < len(right):
        if right[j] < left[i]:
            out.append(right[j])
            j += 1
        else:
            out.append(left[i])
            i += 1
    out += left[i:]
    out.extend(right[j:])
    return out


def knapsack(weights, values, capacity):
    best = [0] * (capacity + 1)
    for weight, value in zip(weights, values):
        for c in range(capacity, weight - 1, -1):
            best[c] = max(best[c], best[c - weight] + value)
    return best[-1]


def determinant(matrix):
    matrix = [row[:] for row in matrix]
    result = 1.0
    for i in range(len(matrix)):
        pivot = max(range(i, len(matrix)), key=lambda r: abs(matrix[r][i]))
        if matrix[pivot][i] == 0:
            return 0.0
        if pivot != i:
            matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
            result = -result
        result *= matrix[i][i]
        for j in range(i + 1, len(matrix)):
            factor = matrix[j][i] / matrix[i][i]
            for k in range(i, len(matrix)):
                matrix[j][k] -= factor * matrix[i][k]
    return result


def life(cells, size, steps):
    for _ in range(steps):
        cells = [[1 if (n := sum(cells[(y + dy) % size][(x + dx) % size] for dy in (-1, 0, 1) for dx in (-1, 0, 1)) - cells[y][x]) == 3 or n == 2 and cells[y][x]
                  else 0 for x in range(size)] for y in range(size)]  # fmt: skip
    return sum(map(sum, cells))


numbers = [i * 7919 % 211 for i in range(211)]
for items in (
    numbers,
    [x * 0.5 - 20 for x in numbers],
    [str(x) for x in numbers],
    numbers[:50] + [2**70, -(2**70), True, 0.25],
    [],
):
    wanted = sorted(items)
    print([sort(items) == wanted for sort in (bubble, insertion, heapsort, merge)], wanted[:3])
print(len(sieve(5000)), sieve(60), knapsack([3, 4, 5, 9, 14] * 4, [3, 4, 4, 10, 15] * 4, 100), knapsack([2], [0.5], 7))
print(
    determinant([[(i * 7 + j * 3) % 11 for j in range(8)] for i in range(8)]),
    determinant([[1, 2], [2, 4]]),
    determinant([[2**70]]),
)
print(life([[(x * y + x) % 3 == 0 for x in range(10)] for y in range(10)], 10, 6))
