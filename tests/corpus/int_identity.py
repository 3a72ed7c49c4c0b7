"""`is` on ints: the cached small ones, a name and itself, objects that only pass through lists, tuples and calls. # carried

Breaks a compiler that unboxes a value and boxes it twice, so that a name stops being identical to itself. A number outside
the cache is followed no further than from name to name: in a list or a call it may be another object of the same value.
"""


def same_name(start, count):
    agree = 0
    for i in range(count):
        value = start + i
        other = value
        agree += value is other
    return agree


def through_list(items):
    """Objects that nobody computes with stay themselves on their way through lists, names, tuples and calls."""
    agree = 0
    kept = []
    for item in items:
        kept.append(item)
        pair = (item, kept[-1])
        agree += pair[0] is item
        agree += kept[-1] is item
        agree += passed(item) is pair[1]
    return agree


def passed(value):
    return value


def small(limit):
    """Ints from -5 to 256 exist once; computed ones outside are new objects."""
    found = []
    for i in range(-20, limit):
        left = i + 1
        right = i + 1
        if left is right:
            found.append(left)
    return found[0], found[-1], len(found)


def nothing(items):
    counts = 0
    for item in items:
        if item is None:
            counts += 1
        elif item is not True and item is not ...:
            counts += 10
    return counts


def floats(start, count):
    agree = 0
    kept = []
    for i in range(count):
        value = start + i
        other = value
        kept.append(other)
        agree += (other is value) + kept.count(value)
    return agree


for start in (0, 250, 1000, 2**30, 2**62, 2**63 - 50, 2**70):
    print(start, same_name(start, 300))
print(through_list([str(i) for i in range(300)]), through_list([(i, i) for i in range(300)]))
print(through_list([i % 200 for i in range(300)]), through_list([2**80 + i for i in range(300)]))
print(small(400))
print(nothing([None, 1, True, ..., 0, None] * 50))
print(floats(0.5, 200), floats(float("inf"), 200))
