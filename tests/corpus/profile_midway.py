"""sys.setprofile and cProfile switched on in the middle of hot loops: calls of Python and of C functions. # carried

Breaks inlined callees and builtins that no longer show up as calls.
"""

import cProfile
import pstats
import sys


def callee(x):
    return abs(x) + len("ab")


def profiler(frame, event, argument):
    name = argument.__name__ if event.startswith("c_") else frame.f_code.co_name
    counts[event, name] = counts.get((event, name), 0) + 1


def loop(count, on):
    total = 0
    for i in range(count):
        if i == on:
            sys.setprofile(profiler)
        total += callee(-i) + max(i, 5)
    sys.setprofile(None)
    return total


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def errors(count):
    caught = 0
    for i in range(count):
        try:
            ord("a" * (i % 2 + 1))
        except TypeError:
            caught += 1
    return caught


def calls(statistics):
    return sorted(
        (name, value[0], value[1])
        for (_, _, name), value in statistics.stats.items()
        if name in ("fib", "callee", "loop")
    )


counts = {}
print(loop(200, 1000), loop(200, 150), sorted(counts.items()))
counts.clear()
fib(12)
sys.setprofile(profiler)
fib(10)
errors(20)
sys.setprofile(None)
print(sorted(counts.items()))
profile = cProfile.Profile()
profile.enable()
fib(11)
errors(50)
profile.disable()
print(calls(pstats.Stats(profile)))
print(fib(14), loop(100, 1000), errors(60))
