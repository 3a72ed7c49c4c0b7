"""Items that change places: a store takes the reference that the interpreter's would, and exits find it where it was. # carried

Breaks a JIT that hands a reference over to a list and lets go of it once more, or keeps one: objects that die too early, or never.
"""

import sys


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def swap_all(items):
    low = 0
    high = len(items) - 1
    while low < high:
        items[low], items[high] = items[high], items[low]
        low += 1
        high -= 1


def rotate(items, times):
    for _ in range(times):
        first = items[0]
        for i in range(len(items) - 1):
            items[i] = items[i + 1]
        items[len(items) - 1] = first


def move_out_of_range(items, others, start):
    for i in range(start, start + 40):
        others[i - start], items[i] = items[i], others[i - start]


def replace_one(items, other, place):
    for i in range(len(items)):
        if i == place:
            items[i] = other
            other = None
        else:
            items[i] = items[i]


def counts(items):
    return list(map(sys.getrefcount, items))


def main():
    things = [Thing(number) for number in range(31)]
    before = counts(things)
    for _ in range(60):
        swap_all(things)
    print([thing.name for thing in things] == list(range(31)), counts(things) == before)
    rotate(things, 62)
    print([thing.name for thing in things] == list(range(31)), counts(things) == before)
    numbers = [10**20 + i for i in range(50)]
    before = counts(numbers)
    for _ in range(30):
        swap_all(numbers)
        rotate(numbers, 50)
    print(sum(numbers), counts(numbers) == before)
    others = [Thing(-number) for number in range(1, 41)]
    for start in (0, 1, 0, 1, 20):
        try:
            move_out_of_range(numbers, others, start)
        except IndexError as error:
            print(error, start)
    print(set(counts(others)) | set(counts(numbers)) == set(before) | set(counts([Thing("counted")])))
    print(sum(isinstance(other, Thing) for other in others), sum(isinstance(number, Thing) for number in numbers))
    replace_one(things, Thing("new"), 7)
    replace_one(things, Thing("newer"), 30)
    print([thing.name for thing in things])
    del things[3:]
    print("end")


main()
