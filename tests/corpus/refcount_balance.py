"""sys.getrefcount before and after hot functions: every path gives back what it took. # carried

Breaks leaks and double releases on the exits, handlers and early returns of compiled code.
"""

import sys

SHARED = object()
ITEMS = [SHARED] * 5
BIG = 10**30
TEXT = "".join(["a", "long", "text"])
FLOAT = float("2.5")
PAIR = (SHARED, BIG)


def loop(count):
    found = None
    for i in range(count):
        item = ITEMS[i % 5]
        other = item
        found = other
    return found is SHARED


def early(count):
    for i in range(count):
        item, number = PAIR
        if i == 60:
            return item, number
    return None


def errors(count):
    caught = 0
    for i in range(count):
        held = SHARED
        try:
            ITEMS[i]
            held = ITEMS[i + 1]
        except IndexError:
            caught += held is SHARED
    return caught


def numbers(count):
    total = 0
    for i in range(count):
        total = BIG if i % 3 else FLOAT
        if total < 5:
            total = BIG
    return total


def strings(count):
    text = TEXT
    for i in range(count):
        text = TEXT
        if text == TEXT and len(text[0]) == 1:
            text = TEXT + "x" if i == 5 else TEXT
    return text


def passing(a, b):
    c = a
    a = b
    b = c
    return a if b is None else b


def calls(count):
    last = None
    for i in range(count):
        last = passing(SHARED, BIG)
        last = passing(a=last, b=SHARED)
    return last


def rebuild(count):
    items = []
    for i in range(count):
        items.append(SHARED)
        items[0] = SHARED
        if len(items) > 10:
            items = [SHARED, *items[:3]]
    return len(items)


def raising(count):
    for i in range(count):
        held = [SHARED, BIG, TEXT, FLOAT]
        if i == 70:
            return held[i]
    return held


def snapshot():
    return [sys.getrefcount(item) for item in (SHARED, BIG, TEXT, FLOAT, PAIR, ITEMS)]


def repeat(function):
    for _ in range(200):
        try:
            function(100)
        except IndexError:
            pass


def balance(before, after):
    """Native code keeps the constants and globals that it uses alive, so it may come and go while we count.

    What a path forgets or gives back twice, it does in each of the calls.
    """
    return ["even" if abs(b - a) < 100 else b - a for a, b in zip(before, after, strict=True)]


for function in (loop, early, errors, numbers, strings, calls, rebuild, raising):
    for attempt in range(3):
        before = snapshot()
        repeat(function)
        print(function.__name__, balance(before, snapshot()))
