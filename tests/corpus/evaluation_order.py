"""The order of evaluation in swaps, subscript stores, augmented assignments, calls and displays. # carried

Breaks a compiler that moves a load across a store, or evaluates a target before its value.
"""

log = []


def f(name, value=None):
    log.append(name)
    return value


def swap_items(items, count):
    for k in range(count):
        i = k % len(items)
        j = (k * 7 + 3) % len(items)
        items[i], items[j] = items[j], items[i]
    return items


def index_then_use(items):
    i = 0
    for _ in range(len(items) - 1):
        i, items[i] = i + 1, i * 10
    return items, i


def item_first(items):
    i = 0
    for _ in range(len(items) - 1):
        items[i], i = i * 10, i + 1
    return items, i


def chained(count):
    items = [0] * 10
    for k in range(count):
        i = items[i] = k % 10 if k else (i := 0)
    return items, i


def grow_and_return(items):
    items.append(len(items))
    return 100


def augmented(count):
    items = [0]
    for k in range(count):
        items[0] += grow_and_return(items)
        items[-1] += items[0]
    return items[0], len(items), items[-1]


def replaced(items):
    items[0] = 50
    return 1


def read_before_call(count):
    items = [0]
    for _ in range(count):
        items[0] = 0
        items[0] += replaced(items)
    return items[0]


def observed():
    log.clear()
    target = {}
    f("target", target)[f("key", "k")] = f("value", 1)
    f("aug", target)[f("aug key", "k")] += f("aug value", 2)
    pair = f("a"), f("b")
    (f("c"), f("d", [0]))[1][f("e", 0)] = f("g")
    f("function", max)(f("x", 1), *f("star", [2]), key=f("keyword", abs))
    {f("k1"): f("v1"), f("k2"): f("v2")}
    f("l", 1) < f("m", 0) < f("never")
    f("yes", 1) if f("condition", 0) else f("no", 2)
    f("or", 0) or f("second", 0) and f("never")
    a = b = f("once", pair)
    del a, b
    return list(log)


print(swap_items(list(range(13)), 300), index_then_use(list(range(60)))[0][-3:], item_first(list(range(60)))[0][-3:])
print(chained(99), augmented(100), read_before_call(100))
for _ in range(30):
    result = observed()
print(result)
