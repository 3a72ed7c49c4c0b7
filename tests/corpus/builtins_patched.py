"""builtins and module attributes replaced while hot: builtins.len, builtins.min, math.sqrt, and back again. # carried

Breaks watched constants that are not invalidated, or not within the running loop.
"""

import builtins
import math


def lengths(items):
    total = 0
    for item in items:
        total += len(item)
    return total


def smallest(items):
    result = 10**9
    for item in items:
        result = min(result, item)
    return result


def roots(count):
    total = 0.0
    for i in range(count):
        total += math.sqrt(i)
        if i == count // 2:
            patch()
    return total


def patch():
    if patching:
        math.sqrt = lambda value: 1.0


def patched_within(count):
    total = 0
    original = builtins.ord
    for i in range(count):
        total += ord("a")
        if i == count // 3:
            builtins.ord = lambda character: 1
        if i == count * 2 // 3:
            builtins.ord = original
    return total


def kinds(items):
    total = 0
    for item in items:
        if isinstance(item, int):
            total += 1
        total += int(item) + len([item])
    return total


words = ["a", "bb", "ccc"] * 30
original_len, original_min, original_sqrt = builtins.len, builtins.min, math.sqrt
print(lengths(words), smallest(range(5, 100)))
builtins.len = lambda item: 100
builtins.min = lambda a, b: a + b
print(lengths(words), smallest(range(5, 100)))
builtins.len, builtins.min = original_len, original_min
print(lengths(words), smallest(range(5, 100)))
patching = False
print(roots(100))
patching = True
print(roots(100))
math.sqrt = original_sqrt
patching = False
print(roots(100), patched_within(90), ord("a"))
print(kinds([1, 2.5, True] * 30))
original_int, original_isinstance = builtins.int, builtins.isinstance


class Fake(int):
    def __new__(cls, value=0):
        return original_int.__new__(cls, 50)


builtins.int = Fake
print(kinds([1, 2.5, True] * 10))
builtins.isinstance = lambda item, kind: True
print(kinds([1, 2.5, True] * 10))
builtins.int, builtins.isinstance = original_int, original_isinstance
print(kinds([1, 2.5, True] * 10))
builtins.brand_new = 5
print([brand_new for _ in range(20)][-1])
del builtins.brand_new
try:
    brand_new
except NameError as error:
    print(error)
