"""try/finally in hot loops: normal ends, exceptions, return, break and continue through finally blocks.

Breaks cleanup that runs twice or not at all, and results replaced by the finally block.
"""

import traceback
import warnings


def loops(count):
    log = 0
    for i in range(count):
        try:
            if i % 3 == 0:
                continue
            if i == count - 2:
                break
            log += 1
        finally:
            log += 1000
    return i, log


def returns(count):
    for i in range(count):
        try:
            if i == count - 5:
                return "from try", i
        finally:
            seen.append(i)
    return "end"


def nested(count):
    total = 0
    for i in range(count):
        try:
            try:
                try:
                    total += 10 // (i % 5)
                finally:
                    total += 1
            except ZeroDivisionError:
                total += 100
                if i % 25 == 0:
                    raise KeyError(i)
            finally:
                total += 10
        except KeyError as error:
            total += error.args[0]
    return total


def raising(count):
    for i in range(count):
        try:
            if i == 70:
                raise ValueError(i)
        finally:
            seen.append(-i)


def double(count):
    for i in range(count):
        try:
            1 // (70 - i)
        finally:
            if i == 70:
                [][i]


SWALLOW = """
def swallow(count):
    total = 0
    for i in range(count):
        for _ in (1,):
            try:
                total += 10 // (i % 3)
            finally:
                break
    return total

def override(count):
    for i in range(count):
        try:
            1 // (50 - i)
        finally:
            if i == 50:
                return "finally wins", i
"""
seen = []
print(loops(200), returns(100), len(seen), nested(200))
for function in (raising, double):
    seen.clear()
    try:
        function(100)
    except (ValueError, IndexError):
        print(len(seen), traceback.format_exc())
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    exec(SWALLOW)
print([swallow(100) for _ in range(20)][-1], [override(100) for _ in range(20)][-1])
