"""Floats stored into lists, while others hold the float that was there. # carried

Breaks a compiler that writes a new value into a float object which somebody else can still see: a variable, another list, a tuple, an
iterator, the same list at another index, a constant of the code.
"""


def held_by_variable(items, rounds):
    kept = items[0]
    total = 0.0
    for i in range(rounds):
        before = items[1]
        items[1] = before * 0.5 + i
        total += before
        items[0] = items[0] + 1.0
    return kept, items, total


def held_by_other_list(items, rounds):
    other = items[:]
    for i in range(rounds):
        items[0] = items[0] + 1.0
        items[1] = items[1] - 1.0
        if i % 700 == 0:
            other = items[:]
    return items, other


def held_by_same_list(items, rounds):
    for i in range(rounds):
        items[0] = items[0] + 1.0
        items[1] = items[0]
        items[0] = items[0] * 1.0
        if items[1] != items[0]:
            return "differs", i
        items[0] = items[0] + 0.5
        if items[1] == items[0]:
            return "is the same", i
    return items


def held_by_tuple(items, rounds):
    snapshots = []
    for i in range(rounds):
        items[0] = items[0] + 1.5
        if i % 500 == 499:
            snapshots.append((items[0], items[1]))
    return items, snapshots


def held_by_iteration(items, rounds):
    total = 0.0
    for _ in range(rounds):
        for i, item in enumerate(items):
            items[i] = item + 1.0
            total += item
    return items, total


def held_by_argument(items, rounds):
    def use(value, i):
        items[0] = value + i
        return value

    total = 0.0
    for i in range(rounds):
        total += use(items[0], i)
    return items, total


def rotated(items, rounds):
    for _ in range(rounds):
        first = items[0]
        items[0] = items[1] + 1.0
        items[1] = items[2] + 1.0
        items[2] = first
    return items


def constants(rounds):
    items = [0.0] * 3
    total = 0.0
    for i in range(rounds):
        items[i % 3] = 0.25
        total += items[0] + items[1] + items[2]
        items[i % 3] = items[i % 3] + 1.0
    return items, total, 0.25, [0.0] * 3


class Own(float):
    def __del__(self):
        deaths.append(float(self))


deaths = []


def other_kinds(items, rounds):
    for i in range(rounds):
        items[0] = i * 0.5
        if i == rounds - 100:
            items[0] = Own(3.5)
        elif i == rounds - 90:
            items[0] = "text"
        elif i == rounds - 80:
            items[0] = i
        elif i == rounds - 70:
            items[0] = None
        elif i == rounds - 60:
            items[-1] = float("nan")
        elif i == rounds - 50:
            items[-2] = -0.0
    return items


def outside(items, rounds):
    try:
        for i in range(rounds):
            items[i] = items[i] + 1.0
    except IndexError as error:
        return items[-1], error.args


def main():
    n = 4000
    print(held_by_variable([1.5, 2.5], n))
    print(held_by_other_list([1.5, 2.5], n))
    print(held_by_same_list([1.5, 2.5], n))
    print(held_by_tuple([1.5, 2.5], n))
    print(held_by_iteration([0.5, 1.5, 2.5], n))
    print(held_by_argument([0.5], n))
    print(rotated([0.5, 1.5, 2.5], n))
    print(constants(n))
    print(other_kinds([0.5, 1.5, 2.5], n), deaths)
    print(outside([float(i) for i in range(n)], n + 1))
    shared = [1.5] * 4
    print(held_by_iteration(shared, n), shared)


main()
