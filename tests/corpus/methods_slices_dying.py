"""Slices and bound methods, lists and tuples that die in hot code, with what only they hold. # carried

Breaks native code that lets one of them die without looking at what dies with it (an object that is held twice and by nobody else, an
instance that only its bound method holds, the bounds of a slice, a method that a weak reference watches) or on a frame that is not up to date.
"""

import sys
import weakref

deaths = []


class Watched:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        frame = sys._getframe().f_back
        if frame is not None:
            deaths.append((self.name, frame.f_code.co_name, frame.f_locals.get("i")))

    def __index__(self):
        return 1

    def step(self, number):
        return number + 1


def held_twice(rounds):
    total = 0
    keep = None
    items = [0, 0]
    for i in range(rounds):
        if i % 1000 == 999:
            one = Watched(f"twice {i}")
            items = [one, one]
            one = None
        total += len(items)
        items = [i, i + 1]
        if i % 1000 == 999:
            keep = list(deaths)
    return total, keep


def held_twice_by_tuple(made, rounds):
    total = 0
    for i in range(rounds):
        pair = made[i % 3]
        made[i % 3] = 0.5
        total += i
        made[i % 3] = pair
    made[0] = None
    made[1] = 1
    return total


def replaced(rows):
    for i in range(len(rows)):
        rows[i] = i
    return len(deaths)


def rows_with(special):
    """Many small lists, late ones of which hold what `special` makes and nobody else does."""
    rows = [[i, str(i)] for i in range(4000)]
    for place in range(3000, 3010):
        rows[place] = special(place)
    return rows


def twice_in_list(place):
    one = Watched(place)
    return [one, one]


def often_in_tuple(place):
    one = Watched(place)
    return (one, place, one, one)


def often_in_long_list(place):
    return [Watched(place)] * 100


def as_method(place):
    return Watched(place).step


def as_slice(place):
    return slice(0, Watched(place), 2)


def held_elsewhere(place):
    return [elsewhere, elsewhere, place]


elsewhere = Watched("elsewhere")


def methods(rounds):
    watched = Watched("method")
    total = 0
    for i in range(rounds):
        total = watched.step(total)
        bound = watched.step
        total = bound(total)
        if i == rounds - 5:
            bound = Watched("only the method").step
        if i == rounds - 4:
            total += len(deaths)
    return total


def watched_method(rounds):
    watched = Watched("weak")
    seen = []
    total = 0
    for i in range(rounds):
        bound = watched.step
        if i == rounds - 3:
            reference = weakref.ref(bound, lambda _: seen.append("gone"))
        total = bound(total)
    bound = None
    return total, seen, reference()


def reversed_text(words, rounds):
    same = 0
    for i in range(rounds):
        word = words[i % len(words)]
        if word == word[::-1]:
            same += 1
    return same


def sliced_by(bounds, rounds):
    text = "abcdef"
    total = 0
    for i in range(rounds):
        low = bounds[i % len(bounds)]
        total += len(text[low:4:1])
    return total


def main():
    n = 4000
    print(held_twice(n), deaths)
    deaths.clear()
    print(held_twice_by_tuple([(1, 2), (Watched("a"),) * 2, (3,)], n), deaths)
    deaths.clear()
    for special in (twice_in_list, often_in_tuple, often_in_long_list, as_method, as_slice, held_elsewhere):
        print(special.__name__, replaced(rows_with(special)), deaths)
        deaths.clear()
    print(methods(n), deaths)
    deaths.clear()
    print(watched_method(n), deaths)
    print(reversed_text(["level", "noon", "word", "ab"], n))
    print(sliced_by([0, 1, 2, None, Watched("bound")], n))
    print(deaths)


main()
