"""Indexes that count: lists too short for all rounds, negative and huge steps, lists that change on the way. # carried

Breaks checks of an index that are made before the loop for all rounds at once: they must not pass where a round would fail, nor make
the rounds before it disappear.
"""


def total(items, start, stop, step):
    seen = 0
    for i in range(start, stop, step):
        seen += items[i]
    return seen


def fill(items, start, stop, step):
    for i in range(start, stop, step):
        items[i] = i
    return items


def how_far(items, count):
    """Rounds before the one that fails show in the list and in the variable."""
    i = -1
    try:
        for i in range(count):
            items[i] = items[i] + 1
    except IndexError as error:
        return i, str(error), items
    return i, "all", items


def pairs(left, right):
    found = 0
    for i in range(len(left)):
        found += left[i] * right[i]
    return found


def until(items, limit):
    """Ends before the list does, most of the time."""
    count = 0
    for i in range(1000):
        if i >= limit:
            break
        count += items[i]
    return count


def counted_by_hand(items, n):
    i = 0
    seen = 0
    while i < n:
        seen += items[i]
        i += 1
    return seen, i


def down(items, n):
    seen = 0
    while n > 0:
        n -= 1
        seen += items[n]
    return seen


def shrinking(items):
    seen = []
    for i in range(len(items)):
        seen.append(items[i])
        if i % 3 == 0:
            items.pop()
    return seen


def growing(items, count):
    for i in range(count):
        items.append(items[i] + 1)
    return len(items), items[-1]


def table(rows, columns):
    """The inner index is looked at before the outer loop, and the rows differ in length."""
    seen = 0
    for i in range(len(rows)):
        for j in range(columns):
            seen += rows[i][j]
    return seen


def reused(items, count):
    """The last value of the variable remains, also that of a loop that did not go round."""
    i = "none"
    for i in range(count):
        items[i] += 1
    for j in range(0):
        items[j] += 1
    return i, items[:3]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error), error.__traceback__.tb_next.tb_lineno


def main():
    row = list(range(100))
    for _ in range(40):
        results = [
            attempt(total, row, 0, 100, 1),
            attempt(total, row, 0, 101, 1),
            attempt(total, row, -100, 100, 1),
            attempt(total, row, -101, 5, 1),
            attempt(total, row, -3, 3, 1),
            attempt(total, row, 99, -1, -1),
            attempt(total, row, 99, -101, -1),
            attempt(total, row, 99, -102, -3),
            attempt(total, row, 0, 2**62, 2**61),
            attempt(total, row, 2**63 - 20, 2**63 - 1, 5),
            attempt(total, row, -(2**63), 2**63 - 1, 2**62),
            attempt(total, row, 0, 2**70, 2**69),
            attempt(total, row, 5, 5, 1),
            attempt(total, [], 0, 0, 1),
            attempt(total, [], 0, 1, 1),
            attempt(fill, [0] * 8, 0, 8, 3),
            attempt(fill, [0] * 8, 7, -1, -2),
            attempt(fill, [0] * 8, 0, 9, 1),
            how_far([0] * 50, 50),
            how_far([0] * 50, 51),
            how_far([0] * 50, 75)[:2],
            how_far([], 3),
            attempt(pairs, row, row),
            attempt(pairs, row, row[:70]),
            attempt(pairs, row[:70], row),
            until(row, 60),
            until(row, 100),
            attempt(until, row, 101),
            counted_by_hand(row, 100),
            attempt(counted_by_hand, row, 105),
            counted_by_hand(row, -5),
            down(row, 100),
            attempt(down, row, 103),
            attempt(shrinking, row[:]),
            growing([1], 120),
            table([row, row, row], 100),
            attempt(table, [row, row[:99], row], 100),
            attempt(table, [row, [], row], 1),
            reused(row[:], 100),
            reused(row[:], 0),
            attempt(reused, row[:], 130),
        ]
    for result in results:
        print(result)


main()
