"""Sums and products that outgrow 30, 62 and 63 bits in the middle of a hot loop. # carried

Breaks a compiler that lets machine words wrap, or that loses an iteration when it leaves on overflow.
"""


def add_from(start, step, count):
    total = start
    trail = []
    for i in range(count):
        total += step
        if i % 97 == 0:
            trail.append(total)
    return total, trail


def subtract_from(start, step, count):
    total = start
    i = 0
    while i < count:
        total = total - step
        i += 1
    return total


def multiply(factor, count):
    product = 1
    crossings = []
    for i in range(count):
        before = product
        product = product * factor
        if before < 2**63 <= product or before < 2**62 <= product or before < 2**30 <= product:
            crossings.append((i, before, product))
    return product, crossings


def there_and_back(limit):
    """The value leaves the machine word and comes back into it."""
    value = limit - 50
    high = 0
    for i in range(100):
        value += 1
        if value > limit:
            high += 1
    for i in range(100):
        value -= 1
        if value > limit:
            high += 1
    return value, high


for edge in (2**30, 2**31, 2**60, 2**62, 2**63, 2**64):
    print(edge, add_from(edge - 500, 1, 1000))
    print(edge, add_from(-edge + 500, -1, 1000))
    print(edge, subtract_from(-edge + 500, 1, 1000), subtract_from(edge - 500, -1, 1000))
    print(edge, [there_and_back(edge) for _ in range(20)][-1])
for factor in (2, 3, -2, -3, 10, 2**31, -(2**32)):
    print(factor, multiply(factor, 70))
print(add_from(2**62, 2**62, 3), add_from(0, 2**63 - 1, 4), add_from(-1, -(2**63), 3))
