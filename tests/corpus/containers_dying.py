"""Lists, tuples and dicts that die in hot loops, with and without objects in them that tell of their death. # carried

Breaks native code that lets a container die when somebody notices: through nested containers, through items that are there twice,
through dicts, iterators and weak references; or that gives up on loops whose containers nobody watches.
"""

import weakref


class Noisy:
    def __init__(self, name):
        self.name = name

    def __add__(self, other):
        return other

    def __del__(self):
        log.append(f"{self.name} dies at {where[0]}")


class Watched:
    pass


def replace(makers, count):
    """Bind the same name to one container after the other."""
    held = None
    for i in range(count):
        where[0] = i
        held = makers[i % len(makers)](i)
        where[0] = -i
    return type(held).__name__


def numbers(i):
    return [i, 1.5 * i, str(i), None, True, 2**70 + i]


def nested(i):
    return [[i, [i + 0.5, (i, [str(i)])]], (i,)]


def mapping(i):
    return {"a": i, i: [i], (i, "b"): {"c": 2.5 * i}}


def deep(i):
    found = [i]
    for _ in range(8):
        found = [found]
    return found


def noisy_once(i):
    return [1, Noisy(f"once {i}")]


def noisy_twice(i):
    return [Noisy(f"twice {i}")] * 2


def noisy_in_both(i):
    item = Noisy(f"both {i}")
    return [[item], [item]]


def noisy_in_dict(i):
    return {"key": [Noisy(f"dict {i}")]}


def noisy_below(i):
    return [i, [i, (i, Noisy(f"below {i}"))]]


def noisy_iterator(i):
    return iter([Noisy(f"iterator {i}"), 2])


def noisy_method(i):
    return [Noisy(f"method {i}")].append


def noisy_bound(i):
    return Noisy(f"bound {i}").__add__


def weak_method(i):
    method = [i].append
    weakref.finalize(method, lambda: log.append(f"weak method {i} at {where[0]}"))
    return method


def methods(i):
    found = []
    for j in range(5):
        found.append(i + j)
        found.extend([j])
    return found.index


def kept_alive(i):
    return [kept, kept]


def weak(i):
    item = Watched()
    weakref.finalize(item, lambda: log.append(f"weak {i} at {where[0]}"))
    return (item, [item])


def many(i):
    return [float(i)] * 5000 + [i] * 5000


def swap_rows(n):
    rows = [[i * j for j in range(n)] for i in range(n)]
    total = 0
    for i in range(n):
        rows = [row[1:] + row[:1] for row in rows]
        total += rows[i][0]
    return total


def halves(items):
    """Recursion that makes and drops lists all the time."""
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right = halves(items[:middle]), halves(items[middle:])
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    merged.extend(left[i:])
    merged.extend(right[j:])
    return merged


log, where = [], [0]
kept = Noisy("kept")
quiet = [numbers, nested, mapping, deep, many, methods]
print(replace(quiet, 100), log)
for maker in (noisy_once, noisy_twice, noisy_in_both, noisy_in_dict, noisy_below, noisy_iterator, noisy_method, noisy_bound, weak_method, kept_alive, weak):
    print(maker.__name__, replace([maker], 60), replace([*quiet, maker], 60))
    print(log)
    log.clear()
print(swap_rows(30), halves([(i * 7919) % 1009 for i in range(300)])[:5])
