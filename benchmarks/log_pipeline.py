"""Generators: a stream of log records through a chain of filters, windows and `yield from`."""

from _protocol import benchmark

LEVELS = ("debug", "info", "warning", "error")


def records(count):
    """(second, level, service, milliseconds), as a server would write them."""
    state = 1
    for number in range(count):
        state = (state * 69069 + 1) % 4294967296
        yield number // 20, LEVELS[state >> 30], state >> 20 & 15, state >> 8 & 1023


def at_least(level, stream):
    wanted = LEVELS[LEVELS.index(level) :]
    return (record for record in stream if record[1] in wanted)


def batches(stream, seconds):
    """The records of each period of so many seconds, as lists."""
    batch = []
    end = seconds
    for record in stream:
        if record[0] >= end:
            yield batch
            batch = []
            end += seconds
        batch.append(record)
    if batch:
        yield batch


def slowest(batch, count):
    yield from sorted(batch, key=lambda record: record[3], reverse=True)[:count]


def alarms(stream):
    """The three slowest records of each minute."""
    for batch in batches(stream, 60):
        yield from slowest(batch, 3)


def running_mean():
    """A coroutine in the old style: send it numbers, it yields their mean so far."""
    total = 0
    count = 0
    mean = None
    while True:
        number = yield mean
        total += number
        count += 1
        mean = total / count


def walk(tree):
    """All the leaves of a tree of nested tuples, left to right."""
    for child in tree:
        if isinstance(child, tuple):
            yield from walk(child)
        else:
            yield child


def make_tree(depth):
    return (depth,) if depth == 0 else (make_tree(depth - 1), depth, make_tree(depth - 1))


def summary(size):
    """What is left of `size` records, and of a tree walked recursively."""
    mean = running_mean()
    next(mean)
    count = 0
    last = None
    for _, _, service, milliseconds in alarms(at_least("info", records(size))):
        last = mean.send(milliseconds + service)
        count += 1
    leaves = sum(walk(make_tree(14)))
    return f"{count} alarms, mean {last:.6f}, leaves {leaves}"


def main():
    benchmark(summary, 700_000)


if __name__ == "__main__":
    main()
