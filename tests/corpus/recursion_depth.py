"""RecursionError at the exact depth, for direct, mutual and C-mediated recursion, hot and cold. # carried

Breaks native recursion that does not count frames, counts inlined ones differently, or cannot recover.
"""

import sys
import traceback


def direct(n):
    global deepest
    deepest = n
    return direct(n + 1) + 1


def ping(n):
    global deepest
    deepest = n
    return pong(n + 1)


def pong(n):
    global deepest
    deepest = n
    return ping(n + 1)


def leaf(n):
    return n


def with_leaf(n):
    global deepest
    deepest = leaf(n)
    return with_leaf(n + 1)


def through_map(n):
    global deepest
    deepest = n
    return list(map(through_map, [n + 1]))


def many_locals(n, a=1, b=2.5, c=3):
    global deepest
    deepest = n
    d = a + b
    e = d * c
    return many_locals(n + 1, a, b, c) + d + e


def bounded(n):
    return 0 if n == 0 else 1 + bounded(n - 1)


class Adder:
    def __add__(self, n):
        global deepest
        deepest = n
        return self + (n + 1)


def probe(function, *arguments):
    try:
        function(*arguments)
    except RecursionError as error:
        print(getattr(function, "__name__", "operator"), deepest, error)
        return
    print("no error")


deepest = 0
for _ in range(3):
    probe(direct, 0)
    probe(ping, 0)
    probe(with_leaf, 0)
    probe(many_locals, 0)
    probe(through_map, 0)
    probe(lambda: Adder() + 0)
for _ in range(30):
    bounded(50)
low, high = 0, 5000
while low + 1 < high:
    middle = (low + high) // 2
    try:
        bounded(middle)
        low = middle
    except RecursionError:
        high = middle
print("deepest that works:", low, sys.getrecursionlimit())
try:
    direct(0)
except RecursionError:
    text = traceback.format_exc()
    print(text)
