"""Exceptions from __next__, __iter__, generators and StopIteration inside hot for loops.

Breaks loops that take any exception for the end, or StopIteration for an error.
"""

import traceback


class Counter:
    def __init__(self, stop, error):
        self.value = 0
        self.stop = stop
        self.error = error

    def __iter__(self):
        return self

    def __next__(self):
        self.value += 1
        if self.value > self.stop:
            raise self.error
        return self.value


class OldStyle:
    def __getitem__(self, index):
        if index >= 100:
            raise IndexError("end")
        return index


class NoIter:
    pass


class BadIter:
    def __iter__(self):
        return 5


def consume(items):
    total = 0
    for item in items:
        total += item
    return total


def stop_inside(items):
    total = 0
    for item in items:
        try:
            next(iter(()))
        except StopIteration:
            total += item
    return total


def leaks(items):
    for item in items:
        if item == 60:
            next(iter(()))


def generator(count, bad):
    try:
        for i in range(count):
            yield 100 // (bad - i)
    finally:
        log.append("closed")


def partly(count):
    for value in generator(count, 1000):
        if value < 0 or len(log) > 1000:
            break
        if value == 100 * 2:
            break
    else:
        log.append("ran out")


log = []
print(
    consume(range(100)),
    consume(Counter(100, StopIteration)),
    consume(OldStyle()),
    stop_inside(range(100)),
    consume(iter(Counter(50, StopIteration).__next__, 30)),
)
print(consume(generator(50, 100)), log)
partly(50)
print(log)
for bad in (
    Counter(60, ValueError("from next")),
    Counter(60, StopIteration("value")),
    Counter(60, KeyError),
    NoIter(),
    BadIter(),
    None,
    5,
    [1] * 60 + [None],
):
    try:
        print(consume(bad))
    except (ValueError, KeyError, TypeError):
        print(traceback.format_exc())
for function, argument in ((leaks, range(100)), (consume, generator(100, 70)), (consume, iter([1] * 70 + ["s"]))):
    try:
        function(argument)
    except (StopIteration, ZeroDivisionError, TypeError):
        print(traceback.format_exc())
print(log)
