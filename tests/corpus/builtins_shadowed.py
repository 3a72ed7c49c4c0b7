"""Names of builtins shadowed by globals, locals and parameters while the code that uses them is hot. # carried

Breaks a compiler that binds len, range, min, abs by name and never looks again.
"""

import traceback


def measure(items):
    total = 0
    for item in items:
        total += len(item)
    return total


def switch(count):
    total = 0
    for i in range(count):
        total += abs(-i)
        if i == count // 2:
            globals()["abs"] = lambda value: value * 1000
        if i == count * 3 // 4:
            del globals()["abs"]
    return total


def own_range(count):
    total = 0
    for i in range(count):
        for j in range(3):
            total += j
        if i == count // 2:
            globals()["range"] = lambda n: [100] * n
    return total


def parameter(len, items):
    total = 0
    for item in items:
        total += len(item)
    return total


def local_min(items):
    min = lambda a, b: a + b
    total = 0
    for item in items:
        total = min(total, item)
    return total


def local_later(items):
    total = 0
    for item in items:
        try:
            total += max(item, 1)
        except UnboundLocalError as error:
            message = str(error)
            total += 1
    if total < 0:
        max = None
        print(max)
    return total, message


words = ["a", "bb", "ccc"] * 40
print(measure(words))


def len(item):
    return 7


print(measure(words))
del len
print(measure(words))
len = "not callable"
try:
    measure(words)
except TypeError:
    print(traceback.format_exc())
del len
print(measure(words), parameter(lambda item: 2, words), local_min(range(100)), local_later([1, 2, 3] * 30))
print(switch(200), switch(100))
print(own_range(100))
del range
print(own_range(10))
del range
print(measure(words))
