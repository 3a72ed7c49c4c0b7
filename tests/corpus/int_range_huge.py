"""Ranges around and beyond the machine word, and with steps that jump over its end. # carried

Breaks a compiled range loop whose counter wraps, or that computes the length in a word.
"""

import traceback


def walk(items):
    total = 0
    count = 0
    last = None
    for i in items:
        total += i
        count += 1
        last = i
    return count, total, last


def bounds(start, stop, step):
    total = 0
    for i in range(start, stop, step):
        total ^= i
    return total


RANGES = [
    range(2**63 - 50, 2**63 - 1),
    range(2**63 - 50, 2**63),
    range(2**63 - 50, 2**63 + 50),
    range(-(2**63), -(2**63) + 50),
    range(-(2**63) - 50, -(2**63) + 50),
    range(-(2**63) + 20, -(2**63) - 20, -1),
    range(2**62, 2**63 - 1, 2**58),
    range(0, 2**63 - 1, 2**62),
    range(2**63 - 1, -(2**63), -(2**60)),
    range(10**30, 10**30 + 60),
    range(10**30, 10**30 - 60, -3),
    range(2**63 - 1, 0, -(2**63) + 1),
    range(5, 5),
    range(5, 0),
]
for _ in range(10):
    walk(range(30))
for item in RANGES:
    print(item, walk(item), bounds(item.start, item.stop, item.step))
for item in (range(2**63), range(-(2**63), 2**63 - 1), range(10**30)):
    try:
        print(len(item))
    except OverflowError:
        print(traceback.format_exc())
    for i in item:
        if i != 7 and i != -(2**63) + 7:
            continue
        print(item, i)
        break
    print(item[-1], item[3], 2**62 in item)
