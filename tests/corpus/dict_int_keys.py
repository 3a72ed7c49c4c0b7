"""Dicts with int, bool and float keys that are equal, huge keys, and changes during iteration. # carried

Breaks code that treats keys of another type as different, or misses the size check of the iterator.
"""

import traceback


def count(items):
    counts = {}
    for item in items:
        if item in counts:
            counts[item] += 1
        else:
            counts[item] = 1
    return counts


def memo(n, cache):
    if n < 2:
        return n
    if n in cache:
        return cache[n]
    value = memo(n - 1, cache) + memo(n - 2, cache)
    cache[n] = value
    return value


def iterate(table):
    total = 0
    for key, value in table.items():
        total += key * value
    for key in table:
        total -= key
    for value in table.values():
        total ^= int(value)
    return total


def grow(table):
    for key in table:
        if key == 70:
            table[1000] = 1
    return len(table)


def same_size(table):
    for key in table:
        if key == 70:
            del table[0]
            table["new"] = 1
    return list(table)[-1]


def missing(table, keys):
    found = 0
    for key in keys:
        found += table[key]
    return found


def dijkstra(graph, start):
    distance = {start: 0}
    todo = [start]
    while todo:
        node = min(todo, key=lambda n: distance[n])
        todo.remove(node)
        for other, weight in graph[node].items():
            new = distance[node] + weight
            if other not in distance or new < distance[other]:
                distance[other] = new
                if other not in todo:
                    todo.append(other)
    return distance


print(
    count([1, True, 1.0, 0, False, -0.0, 2**61 - 2, -1, -2, 2**70, float(2**70)] * 20),
    count(i % 7 for i in range(1000)),
)
print(memo(80, {}), iterate({i: i * 2 for i in range(200)}), len([0]))
print(dijkstra({i: {(i * 3 + 1) % 20: i % 5 + 1, (i + 1) % 20: 4} for i in range(20)}, 0))
for function, arguments in (
    (grow, ({i: 1 for i in range(100)},)),
    (same_size, ({i: 1 for i in range(100)},)),
    (missing, ({i: 1 for i in range(100)}, range(200))),
    (missing, ({1: 1}, [1] * 60 + [[]])),
    (missing, ({1: 1}, [1] * 60 + ["key"])),
):
    try:
        print(function(*arguments))
    except (RuntimeError, KeyError, TypeError):
        print(traceback.format_exc())
print(hash(-1), hash(2**61 - 1), hash(2**61), hash(1.5), hash(True), {1: "a"} | {True: "b"}, {**{1: 2}, **{1.0: 3}})
