"""Finalizers that raise, resurrect their object, and run more hot code, from inside hot loops.

Breaks an exception in flight that a finalizer overwrites, and unraisable exceptions that go astray.
"""

import gc
import sys


class Raises:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        raise ValueError(self.name)


class Lazarus:
    def __del__(self):
        risen.append(self)


class Busy:
    def __del__(self):
        results.append(hot(60))
        try:
            1 // 0
        except ZeroDivisionError:
            results.append("handled")


def hot(count):
    total = 0
    for i in range(count):
        total += i * 2
    return total


def dying(kind, count):
    total = 0
    for i in range(count):
        item = kind(i) if kind is Raises else kind()
        total += i
        item = None
    return total, item


def while_raising(count):
    caught = 0
    for i in range(count):
        try:
            held = Busy()
            caught += 1 // (i % 2)
        except ZeroDivisionError:
            caught += 100
        held = i
    return caught, held


def unraisable(info):
    message = (info.err_msg or "").partition(" at 0x")[0]
    seen.append((type(info.exc_value).__name__, str(info.exc_value), message))


seen, risen, results = [], [], []
sys.unraisablehook = unraisable
print(dying(Raises, 60), len(seen), seen[-1])
print(dying(Lazarus, 60), len(risen))
risen.clear()
print(len(risen), dying(Busy, 40), len(results), results[-2:])
results.clear()
print(while_raising(60), len(results), hot(1000))
gc.collect()
