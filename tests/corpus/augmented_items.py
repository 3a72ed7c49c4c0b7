"""Augmented assignment on list items, dict items, attributes, aliases and tuples. # carried

Breaks += that rebinds where it should change in place, or the other way round.
"""

import traceback


class Holder:
    def __init__(self):
        self.count = 0
        self.items = []


class InPlace:
    def __init__(self):
        self.log = []

    def __iadd__(self, other):
        self.log.append(other)
        return self

    def __imul__(self, other):
        return "replaced"


def histogram(data, size):
    counts = [0] * size
    for item in data:
        counts[item % size] += 1
    return counts


def prefix(items):
    for i in range(1, len(items)):
        items[i] += items[i - 1]
    return items


def dictionary(data):
    counts = {}
    for item in data:
        counts[item] = counts.get(item, 0) + 1
    for item in data:
        counts[item] <<= 1
    return counts


def attributes(count):
    holder = Holder()
    for i in range(count):
        holder.count += i
        holder.items += [i]
        holder.count ^= 3
    return holder.count, len(holder.items)


def alias(count):
    a = b = []
    for i in range(count):
        b += [i]
    c = d = ()
    for i in range(count):
        d += (i,)
    return len(a), a is b, len(c), len(d)


def every_operator(count):
    items = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    for i in range(1, count):
        items[0] += i
        items[1] -= i
        items[2] *= 3
        items[2] %= 10007
        items[3] /= 1.5
        items[4] //= 2
        items[5] **= 2
        items[5] &= 0xFFFF
        items[6] |= i
        items[7] ^= i
        items[8] <<= 1
        items[8] >>= 1
        items[9] += 0.5
        items[10] += True
    return items


def tuple_item(pair, count):
    for i in range(count):
        pair[i % 1][0] += 1
    pair[0] += [5]


def objects(kind, count):
    item = kind
    for i in range(count):
        item += i
    log = item.log[-3:]
    item *= 2
    return log, item


print(
    histogram(range(1000), 7),
    prefix(list(range(200)))[-1],
    prefix([0.5, 1, 2**63, True]),
    dictionary("abracadabra" * 20),
)
print(attributes(200), alias(100), every_operator(150), objects(InPlace(), 100))
pair = ([0], [1])
try:
    tuple_item(pair, 100)
except TypeError:
    print(pair, traceback.format_exc())
for bad in ("a", None, [1], 1.5):
    try:
        items = list(range(100))
        for i in range(100):
            items[i] += 1 if i != 80 else bad
        print(items[80])
    except TypeError:
        print(items[79:82], traceback.format_exc())
