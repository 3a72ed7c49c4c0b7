"""Items that `enumerate` and `zip` gave, which die as the loop's variable gets the next one, also where native code takes over in the middle of the loop.

Breaks native code that leaves the last item in the tuple of an iterator that it has taken apart.
"""

log = []


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)


def numbered(items):
    total = 0
    for i, x in enumerate(items):
        items[i] = 0
        total += i
        log.append("round")
    return total


def zipped(items):
    total = 0
    for x, i in zip(items, range(100)):
        items[i] = 0
        total += i
        log.append("round")
    return total


def once(items):
    total = 0
    for i, x in enumerate(items):
        items[i] = 0
        for k in range(30):
            total += k
        log.append(i)
    return total


def pairs(items):
    kept = []
    for pair in enumerate(items):
        items[pair[0]] = 0
        if pair[0] % 2:
            kept.append(pair)
    return len(kept)


for work in (numbered, zipped, once, pairs):
    seen = []
    for turn in range(60):
        log.clear()
        items = [Loud(i) for i in range(6)] if turn % 3 == 0 else [1] * 6
        found = work(items)
        if (found, log) not in seen:
            seen.append((found, log[:]))
    print(work.__name__, seen)
    log.clear()
    work([Loud(-1)] + [2] * 600 if work is not zipped else [Loud(-1)] + [2] * 90)
    print(log.index(-1))
