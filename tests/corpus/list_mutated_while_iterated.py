"""Lists that grow, shrink, clear and change while a hot loop iterates over them. # carried

Breaks an iteration that read the length or the storage once, and an exhausted iterator that comes back to life.
"""


def grow(items, limit):
    steps = 0
    for item in items:
        steps += 1
        if len(items) < limit:
            items.append(item + 1)
    return steps, len(items), items[-1]


def shrink(items):
    seen = []
    for item in items:
        seen.append(item)
        if item % 2 == 0:
            items.remove(item)
    return seen[-5:], len(seen), len(items)


def clear_midway(items, when):
    seen = 0
    for item in items:
        seen += 1
        if item == when:
            items.clear()
            items.extend([1, 2, 3])
    return seen, items


def replace(items):
    total = 0
    for i, item in enumerate(items):
        total += item
        if i + 1 < len(items):
            items[i + 1] = total if i % 50 == 0 else items[i + 1]
    return total


def rebind(items):
    total = 0
    for item in items:
        total += item
        items = [1000]
    return total, items


def exhausted(items):
    iterator = iter(items)
    count = 0
    for _ in iterator:
        count += 1
    items.append("late")
    for _ in iterator:
        count += 1000
    return count, next(iterator, "stays exhausted")


def pop_all(items):
    total = 0
    while items:
        total += items.pop() - (items.pop(0) if items else 0)
    return total


def deleted(items):
    seen = 0
    for item in items:
        seen += 1
        del items[-1:]
    return seen, len(items)


def insert_front(items, limit):
    seen = []
    for item in items:
        seen.append(item)
        if len(items) < limit:
            items.insert(0, -item)
    return seen[-3:], items[:3]


for _ in range(3):
    print(grow([0], 1000), shrink(list(range(300))), clear_midway(list(range(200)), 150), replace(list(range(300))))
    print(rebind(list(range(100))), exhausted(list(range(100))), pop_all(list(range(101))), deleted(list(range(100))))
    print(insert_front([1, 2, 3], 60))
