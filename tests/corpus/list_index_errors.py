"""List and tuple indexing: negative, out of range in a hot loop, caught there and by the caller. # carried

Breaks a bounds check that forgets negatives, or an IndexError with the wrong text or line.
"""

import traceback


def gather(items, indexes):
    total = 0
    errors = 0
    for index in indexes:
        try:
            total += items[index]
        except IndexError:
            errors += 1
    return total, errors


def walk_off(items):
    total = 0
    i = 0
    while True:
        total += items[i]
        i += 1


def walk_back(items, start):
    total = 0
    i = start
    while True:
        total += items[i]
        i -= 1


def store(items, count):
    for i in range(count):
        items[i] = items[i - 1] + 1
    return items


def stencil(items):
    out = []
    for i in range(len(items)):
        out.append(items[i - 1] + items[i] + items[i - 2])
    return out


print(gather(list(range(50)), range(-60, 60)), gather(tuple(range(50)), range(-60, 60)), gather([], range(20)))
for kind in (list, tuple):
    for function, arguments in ((walk_off, ()), (walk_back, (-1,)), (walk_back, (99,))):
        try:
            function(kind(range(100)), *arguments)
        except IndexError:
            print(traceback.format_exc())
data = [0] * 50
try:
    store(data, 100)
except IndexError:
    print(traceback.format_exc())
print(data[:4], data[-2:], stencil(list(range(100)))[:5], stencil((1.5, 2, True)))
for bad in (50, -51, 2**63, -(2**63) - 1, 2**31, -(2**31)):
    try:
        for i in range(60):
            last = data[i if i < 50 else bad]
    except IndexError:
        print(bad, i, traceback.format_exc())
