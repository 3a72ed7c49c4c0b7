"""Loops that only look at a list variable, and loops that bind it anew in some rounds. # carried

Breaks a compiler that takes a variable for the one that came into the loop because its guards seem to pass it on, where another path
through the loop binds something else: another list, a list of another type of items, no list at all.
"""


def only_looked_at(rows, column, rounds):
    total = 0.0
    for _ in range(rounds):
        for k in range(len(rows)):
            total += rows[k][column]
    return total


def bound_anew(first, second, rounds):
    items = first
    total = 0
    for i in range(rounds):
        total += items[i % 3]
        if i % 701 == 700:
            items = second
        elif i % 997 == 996:
            items = first
    return total, items


def inner_binds(first, second, rounds):
    items = first
    total = 0
    for i in range(rounds):
        for j in range(3):
            total += items[j]
            if i % 501 == 500 and j == 1:
                items = second
        if i % 503 == 502:
            items = first
    return total, items


def becomes_a_tuple(items, rounds):
    total = 0
    for i in range(rounds):
        total += items[i % 3]
        if i == rounds - 50:
            items = tuple(items)
    return total, items


def swapped(first, second, rounds):
    total = 0
    for i in range(rounds):
        total += first[i % 3] * 3 - second[i % 3]
        if i % 777 == 776:
            first, second = second, first
    return total, first, second


def item_replaced(rows, rounds):
    total = 0
    row = rows[0]
    for i in range(rounds):
        total += row[i % 3]
        if i % 900 == 899:
            rows[0] = [total % 7, 1, 2]
            row = rows[0]
    return total, rows


def main():
    rows = [[float(i + j) for j in range(4)] for i in range(5)]
    print(only_looked_at(rows, 2, 3000))
    print(bound_anew([1, 2, 3], [40, 50, 60], 5000))
    print(inner_binds([1, 2, 3], [40, 50, 60], 5000))
    print(becomes_a_tuple([1, 2, 3], 5000))
    print(swapped([1, 2, 3], [5, 7, 11], 5000))
    print(item_replaced([[1, 2, 3]], 5000))


main()
