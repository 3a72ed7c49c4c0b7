"""Objects that die at an assignment and look at the frame that let them go: its line and instruction, and warnings about files.

Breaks native code that lets go of an object when its frame already stands at the next instruction.
"""

import sys
import warnings

log = []


class Looks:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe(1)
        log.append((self.name, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_lasti))


class Adds:
    def __radd__(self, other):
        return other


def replaced(n, items):
    total = 0
    for i in range(n):
        x = items[i]
        items[i] = 0
        x = i

        if i >= n - 1:
            total += 1
            log.append("last")
    return total


def popped(n, items):
    total = 0
    for i in range(n):
        x = items.pop()
        x = i

        total += x
    return total


def straight(items, y):
    x = items.pop()
    t = y + 1
    x = y

    return t + x


def deleted(items):
    for item in items:
        x = item
        item = None
        items[0] = 1
        del x

        log.append("behind")


def none(items, n):
    found = 0
    for i in range(n):
        if items.pop() is None:
            found += 1

        elif items:
            found += 2
    return found


def unpacked(items, n):
    for i in range(n):
        a, b = items[i], i
        items[i] = None

        a, b = b, a
    return a


def outer(items, n):
    total = 0
    for i in range(n):
        total += straight([items[i]], i)
        items[i] = 0

        total += 1
    return total


def files(n, items):
    total = 0
    for i in range(n):
        x = items[i]
        items[i] = 0
        x = i

        if i >= n - 1:
            total += 1
    return total


def shown(message, category, filename, lineno, file=None, line=None):
    print(category.__name__, lineno - files.__code__.co_firstlineno)


warnings.simplefilter("always", ResourceWarning)
warnings.showwarning = shown
for _ in range(4):
    replaced(40, [1] * 40)
    replaced(40, [1] * 39 + [Looks("replaced")])
    replaced(40, [1] * 20 + [Looks("replaced early")] + [1] * 19)
    popped(40, [1] * 40)
    popped(40, [Looks("popped")] + [1] * 39)
    for _ in range(40):
        straight([1], 2)
    straight([Looks("straight")], 2.5)
    straight([Looks("large")], 2**70)
    deleted([1] * 30)
    deleted([Looks("deleted")] * 1 + [2] * 10)
    print(none([1, None] * 20, 30), none([1] * 5 + [Looks("compared")] + [None] * 5 + [Looks("again")], 12))
    unpacked([1] * 30, 30)
    unpacked([1] * 20 + [Looks("unpacked")] + [1] * 9, 30)
    outer([1] * 30, 30)
    outer([1] * 20 + [Looks("within")] + [1] * 9, 30)
    files(40, [1] * 40)
    files(40, [1] * 39 + [open("/dev/null")])
    print(log)
    log.clear()
