"""Calls hot functions over and over, and prints how much each of them keeps per hundred calls: nothing.

Counted are the memory blocks in use and the references to shared objects. `sys.gettotalrefcount` would not do: native code changes
the counts of objects, and not that total.
"""

import gc
import sys

import whitehot


class Point:
    def __init__(self, x):
        self.x = x


class Held:
    def __enter__(self):
        return self

    def __exit__(self, *what):
        return what[0] is ValueError


ITEMS = [1000, 2000.5, "text", (1, 2), Point(5)]
VALUES = (1, 2.5, "x", 2**70, True)
TABLE = {i: i * 500 for i in range(40)}


def ints(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total + 10**9


def floats(n):
    x = 0.5
    y = 1
    while n:
        x, y = x * 1.5 % 10.0, x
        n -= 1
    return x, y


def lists(n):
    kept = []
    for i in range(n):
        kept.append(i * 1000)
        kept[i // 2] = i * 2.5
    return sum(kept[3:]), [k for k in kept if k > 5]


def objects(n):
    last = None
    for i in range(n):
        item = ITEMS[i % 5]
        other = (item, last)
        last = item
        if i % 7 == 0:
            last = other[0]
    return last


def attributes(n):
    p = Point(0)
    for i in range(n):
        p.x += i
        p = Point(p.x)
    return p.x


def strings(n):
    text = ""
    for i in range(n):
        text += "ab"[i % 2]
        if text[-1] == "b":
            text = text[-20:]
    return text + str(n)


def caught(n):
    count = 0
    for i in range(n):
        held = [i]
        try:
            ITEMS[i]
            held[i]
        except IndexError as error:
            count += len(error.args)
    return count


def uncaught(n):
    held = [i * 1000 for i in range(n)]
    total = 0.5
    for i in range(n + 1):
        total += held[i]
    return total


def inner(k):
    return TABLE[k] + 1


def key_error(n):
    total = 0
    for i in range(n):
        total += inner(i)
    return total


def changing_types(n):
    total = 0
    for i in range(n):
        value = VALUES[i % 5 if i % 20 > 15 else 0]
        if value == "x":
            value = 3
        total += value * 1000
    return total


def overflow(n):
    x = 1
    for i in range(n):
        x = x * 3 + 1
        if x > 2**80:
            x = i
    return x


def add(a, b=1000):
    return a + b


def pick(items, k):
    item = items[k]
    return item if k else items


def calls(n):
    total = 0
    for i in range(n):
        total = add(total, i) + add(b=i, a=2)
        pick(ITEMS, i % 5)
    return total


def recursion(n):
    if n < 2:
        return n + 0.5
    return recursion(n - 1) + recursion(n - 2)


def take(a, b):
    a = b
    b = None
    return a


def rebound(n):
    last = None
    for i in range(n):
        last = take([i], (i, last and 5))
        last = take(last, [last])
    return len(last)


def generic(n):
    seen = {}
    for i in range(n):
        key = f"{i % 7}"
        seen[key] = seen.get(key, 0) + i
        del seen[key]
        seen = {**seen, "a": i}
    return sorted(seen.items())


def iterators(n):
    total = 0
    for i, (a, b) in enumerate(zip(range(n), reversed(range(n)))):
        total += a * b + i
        if i == n - 2:
            break
    return total


def squares(n):
    for i in range(n):
        yield i * i + 1000


def generators(n):
    total = 0
    for s in squares(n):
        total += s
    return total, sum(x for x in squares(9))


def closures(n):
    base = n * 1000

    def inner(x):
        nonlocal base
        base += x
        return base

    for i in range(n):
        inner(i)
    return base


def new_functions(n):
    def inner(x):
        total = 0.5
        for i in range(x):
            total += i
        return total

    return inner(n)


def with_(n):
    for i in range(n):
        with Held() as held:
            if i % 3 == 0:
                raise ValueError(i)
    return held


CASES = [
    (ints, 200),
    (floats, 200),
    (lists, 100),
    (objects, 100),
    (attributes, 100),
    (strings, 100),
    (caught, 50),
    (uncaught, 50),
    (key_error, 50),
    (changing_types, 60),
    (overflow, 100),
    (calls, 60),
    (recursion, 9),
    (rebound, 60),
    (generic, 60),
    (iterators, 60),
    (generators, 60),
    (closures, 60),
    (new_functions, 60),
    (with_, 60),
]


def held(function, argument):
    """The blocks and references that a hundred calls leave behind."""
    gc.collect()
    before = (
        sys.getallocatedblocks(),
        sum(sys.getrefcount(item) for item in (*ITEMS, *VALUES, *TABLE.values(), ITEMS, TABLE)),
    )
    for _ in range(100):
        try:
            function(argument)
        except LookupError:
            pass
    gc.collect()
    after = (
        sys.getallocatedblocks(),
        sum(sys.getrefcount(item) for item in (*ITEMS, *VALUES, *TABLE.values(), ITEMS, TABLE)),
    )
    return max(after[0] - before[0], abs(after[1] - before[1]))


for function, argument in CASES:
    for _ in range(4):
        held(function, argument)
    # Native code that comes meanwhile takes memory: only what is kept again and again counts.
    print(function.__name__, min(held(function, argument) for _ in range(4)))
compiled = {unit["name"] for unit in whitehot.stats().get("units", ())}
print("compiled", len(compiled & {function.__name__ for function, _ in CASES}))
