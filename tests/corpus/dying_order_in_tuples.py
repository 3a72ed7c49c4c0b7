"""Objects that die together: the items of tuples, of tuples in tuples, and the locals of functions that are copied into their caller.

Breaks native code that takes tuples apart and lets go of the items in an order of its own.
"""


class Loud:
    log: list = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Loud.log.append(self.name)


def flat(n, log):
    count = 0
    for i in range(1, n):
        pair = (Loud(i), Loud(-i), i)
        pair = None
        count += 1000 * len(log) + (log[-1] if log else 0)
        for k in range(20):
            count += k
    return count


def three(n, log):
    for i in range(1, n):
        row = (Loud(i), Loud(i + 0.25), Loud(i + 0.5))
        row = None
    return len(log)


def nested(n, log):
    for i in range(1, n):
        row = ((Loud(i), Loud(i + 0.25)), Loud(i + 0.5))
        row = None
    return len(log)


def twice_in_one(n, log):
    """An object dies with the item that is let go of last."""
    for i in range(1, n):
        one = Loud(i)
        row = (one, Loud(i + 0.25), one)
        one = None
        row = None
    return len(log)


def one_by_one(n, log):
    count = 0
    for i in range(1, n):
        a, b, c = Loud(i), Loud(i + 0.25), Loud(i + 0.5)
        pair = (a, b)
        a = b = None
        row = (pair, c)
        c = pair = None
        row = 3
        for k in range(30):
            count += k
    return count + len(log)


def ignore(x, y):
    return 3


def in_callee(n, log):
    count = 0
    for i in range(1, n):
        count += ignore(Loud(i), Loud(-i))
        count += ignore((Loud(i + 0.25), Loud(-i - 0.25)), Loud(-i + 0.5))
    return count + len(log)


def returned_early(rows, log):
    row = (rows.pop(), rows.pop())
    other = (row, rows.pop(), row)
    total = 0
    for k in range(10):
        total += k
    row = 1
    return total + len(other) + len(log)


def main():
    for function in flat, three, nested, twice_in_one, one_by_one, in_callee:
        for n in (50, 50, 50, 500):
            Loud.log = []
            print(function.__name__, function(n, Loud.log), Loud.log[:12], Loud.log[-12:], hash(tuple(Loud.log)))
    Loud.log = []
    rows = [Loud(i) for i in range(3000)]
    total = 0
    while rows:
        total += returned_early(rows, Loud.log)
    print(total, hash(tuple(Loud.log)), Loud.log[:12])


main()
