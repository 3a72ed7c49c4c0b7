"""Slices read, assigned and deleted with every kind of bound and step, in hot functions. # carried

Breaks slice arithmetic: clamping, negative steps, lengths that must match, slices of other types.
"""

import traceback


def cut(items, a, b):
    return items[a:b]


def cut_step(items, a, b, step):
    return items[a:b:step]


def rotate(items, count):
    for i in range(count):
        items = items[1:] + items[:1]
    return items


def reverse_prefix(items, n):
    items[:n] = items[n - 1 :: -1] if n else []
    return items


def fannkuch(n):
    perm = list(range(n))
    counts = [0] * n
    best = 0
    r = n
    while True:
        while r != 1:
            counts[r - 1] = r
            r -= 1
        copy = perm[:]
        flips = 0
        k = copy[0]
        while k:
            copy[: k + 1] = copy[k::-1]
            flips += 1
            k = copy[0]
        best = max(best, flips)
        while True:
            if r == n:
                return best
            perm.insert(r, perm.pop(0))
            counts[r] -= 1
            if counts[r] > 0:
                break
            r += 1


def windows(items, size):
    total = 0
    for i in range(len(items) - size + 1):
        for item in items[i : i + size]:
            total += item
    return total


BOUNDS = [None, 0, 1, 3, 10, -1, -3, -20, 2**70, -(2**70), True]
for items in (list(range(6)), tuple(range(6)), "abcdéf", range(6), b"abcdef"):
    results = []
    for a in BOUNDS:
        for b in BOUNDS:
            results.append(cut(items, a, b))
            for step in (1, 2, -1, -2, 2**70, None):
                results.append(cut_step(items, a, b, step))
    print(len(results), results[::37])
print(
    rotate(list(range(10)), 103), rotate("abcdef", 20), rotate((1, 2, 3), 50), fannkuch(6), windows(list(range(100)), 7)
)
print([reverse_prefix(list(range(8)), n) for n in range(9)])
for i in range(50):
    items = list(range(10))
    items[2:5] = [i] * (i % 6)
    items[::3] = [-1] * len(items[::3])
    del items[1:3]
    items[len(items) :] = (7, 8)
    items[-1:0:-2] = items[1::2]
print(items)
for step, value in ((2, [1]), (0, [1]), (1, 5), (-1, [1, 2]), (1.5, [1])):
    try:
        for i in range(20):
            items = list(range(10))
            items[0 : 4 : 2 if i < 15 else step] = [0, 0] if i < 15 else value
        print(items)
    except (ValueError, TypeError):
        print(traceback.format_exc())
