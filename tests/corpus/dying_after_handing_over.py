"""Containers that die right after something taken from them was handed to a list.

Breaks the counting of references where a value is let go of that a store has taken over: what else dies there must not be forgotten.
"""

import sys


class Thing:
    def __init__(self):
        self.value = 3

    def method(self):
        return 4


def item(x, n):
    kept = []
    for i in range(n):
        pair = (x, i)
        kept.append(pair[1])
        pair = None
        if len(kept) > 50:
            kept = []
    return len(kept)


def computed(x, n):
    kept = []
    for i in range(n):
        pair = (x, i + 1)
        kept.append(x.value + pair[1])
        del pair
        triple = [x, i, x]
        kept.append(triple[0] == x)
        triple = i
        if len(kept) > 50:
            kept = []
    return len(kept)


def called(x, n):
    kept = []
    for i in range(n):
        pair = (x, i)
        kept.append(x.method())
        pair = None
        pair = {"x": x}
        kept.append(str(i))
        pair = None
        pair = [(x, x), i]
        kept.append(isinstance(x, Thing))
        pair = None
        if len(kept) > 50:
            kept = []
    return len(kept)


x = Thing()
for work in (item, computed, called):
    for n in (5, 100, 1000, 3000):
        before = sys.getrefcount(x)
        found = work(x, n)
        print(work.__name__, n, found, sys.getrefcount(x) - before)
