"""Exceptions raised while ranges, iterators and tuples that nobody has made yet wait on the stack. # carried

Breaks a compiler that makes those objects on the way out while the exception is set: `range` then gives a result and an error.
"""

import traceback


def weigh(steps, weight):
    total = 0
    for step in steps:
        total = (total * 3 + step * weight) & 0xFFFFF
    return total


def ranges(text, rounds):
    total = 0
    for i in range(rounds):
        total = (total * 3 + i * i - 1) & 0xFFFFF
        total += weigh(range(i, i + 3), int(text, 10))
    return total


def caught(text, rounds):
    total = 0
    for i in range(rounds):
        total = (total * 3 + i * i - 1) & 0xFFFFF
        try:
            total += weigh(range(i, i + 3), int(text, 10))
        except ValueError as error:
            total += len(str(error))
    return total


def tuples(text, rounds):
    total = 0
    for i in range(rounds):
        total = (total * 3 + i * i - 1) & 0xFFFFF
        total += weigh((i, i + 2, (i, total)[0]), int(text, 10))
    return total


def iterators(text, rounds):
    total = 0
    for i in range(rounds):
        total = (total * 3 + i * i - 1) & 0xFFFFF
        for a, letter in enumerate("abc", i):
            total += weigh(range(a, a + len(letter)), int(text, 10))
    return total


for function in (ranges, caught, tuples, iterators):
    for text in ["7"] * 20 + ["seven"] * 8 + ["7"]:
        try:
            outcome = str(function(text, 20))
        except TypeError, ValueError:
            outcome = traceback.format_exc()
    print(function.__name__, outcome)
    for text in ("seven", None):
        try:
            print(function.__name__, function(text, 20))
        except TypeError, ValueError:
            print(traceback.format_exc())
