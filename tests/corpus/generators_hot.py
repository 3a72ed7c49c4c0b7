"""Generators with send, throw, close, yield from and return values, iterated by hot loops and hot themselves.

Breaks frames that are suspended and resumed while the code around them is compiled.
"""

import sys
import traceback


def count_up(limit):
    i = 0
    while i < limit:
        yield i
        i += 1
    return "finished"


def averager():
    total = 0
    count = 0
    average = None
    while True:
        value = yield average
        if value is None:
            return total, count
        total += value
        count += 1
        average = total / count


def delegate(limit):
    result = yield from count_up(limit)
    yield result


def resilient():
    caught = 0
    while True:
        try:
            yield caught
        except ValueError:
            caught += 1
        finally:
            events.append("f")


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


def total(items):
    result = 0
    for item in items:
        result += item
    return result


def primes():
    yield 2
    found = [2]
    candidate = 3
    while True:
        for prime in found:
            if candidate % prime == 0:
                break
        else:
            found.append(candidate)
            yield candidate
        candidate += 2


def self_iterating():
    def inner():
        next(generator)
        yield 1

    generator = inner()
    return next(generator)


def locals_seen(limit):
    for i in range(limit):
        yield i, sys._getframe().f_back.f_code.co_name, sys._getframe().f_lineno


events = []
print(total(count_up(1000)), list(delegate(60))[-2:], total(tree(8)), [p for _, p in zip(range(80), primes())][-1])
coroutine = averager()
next(coroutine)
for i in range(200):
    last = coroutine.send(i if i < 150 else i * 0.5)
try:
    coroutine.send(None)
except StopIteration as stop:
    print(last, stop.value)
generator = resilient()
next(generator)
for _ in range(60):
    last = generator.throw(ValueError)
generator.close()
print(last, len(events), [entry for entry in locals_seen(40)][-1])
half = count_up(100)
for value in half:
    if value == 60:
        break
print(half.gi_frame.f_locals, half.gi_running, sum(half), half.gi_frame)
for function in (
    self_iterating,
    lambda: total(1 // (60 - x) for x in range(100)),
    lambda: resilient().throw(KeyError("cold")),
):
    try:
        function()
    except (ValueError, ZeroDivisionError, KeyError):
        print(traceback.format_exc())
print(total(x * y for x in range(30) for y in count_up(x)), sum((lambda: (yield i))() is not None for i in range(40)))
