"""The garbage collector runs inside hot loops, with callbacks and collected cycles.

Breaks objects held only by compiled code that the collector cannot see, and loops in which it never runs.
"""

import gc
import weakref


class Node:
    def __init__(self):
        self.me = self


def make_cycles(count):
    for _ in range(count):
        node = Node()
        node.items = [node]
    return True


def automatic(limit):
    """Loops until the collector has run by itself."""
    turns = 0
    kept = []
    while runs[0] == 0 and turns < limit:
        turns += 1
        kept.append([turns, [turns]])
    return turns < limit, sum(item[0] for item in kept) == turns * (turns + 1) // 2


def callback(phase, info):
    if phase == "start":
        runs[0] += 1
    else:
        log.append(hot(20))


def hot(count):
    items = [[i] for i in range(count)]
    total = 0
    for item in items:
        total += item[0]
    return total


def collect_inside(count):
    total = 0
    for i in range(count):
        items = [i, [i], (i, [i])]
        if i % 50 == 0:
            gc.collect()
        total += items[0] + items[1][0] + items[2][1][0]
    return total


def survivors(count):
    references = []
    keep = []
    for i in range(count):
        node = Node()
        references.append(weakref.ref(node))
        if i % 10 == 0:
            keep.append(node)
            gc.collect(0)
    node = None
    gc.collect()
    return sum(reference() is not None for reference in references), len(keep)


runs, log = [0], []
gc.callbacks.append(callback)
print(automatic(300000), runs[0] >= 1, log[0])
print(make_cycles(500), gc.collect() > 0, collect_inside(200), survivors(100))
gc.callbacks.remove(callback)
before = runs[0]
print(collect_inside(100), runs[0] == before, gc.garbage)
gc.freeze()
print(hot(100), collect_inside(60))
gc.unfreeze()
