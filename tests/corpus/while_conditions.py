"""Loop and branch conditions: and, or, not, conditional expressions, truth of every type, comparisons with None. # carried

Breaks short circuits, the value (not only the truth) of and/or, and conditions with side effects.
"""


def short(values):
    out = []
    for a in values:
        for b in values:
            out.append((a and b, a or b, not a and b, a or not b, (a and b) or (b and a), a if b else not a))
    return out[::9]


def sides(count):
    log = 0

    def true():
        nonlocal log
        log += 1
        return True

    def false():
        nonlocal log
        log += 1000
        return False

    hits = 0
    for i in range(count):
        if (i % 2 and true()) or (i % 3 and false()) or i % 5 == 0:
            hits += 1
        while true() and false():
            hits += 10**6
        hits += (true() if i % 4 else false()) * 2
    return hits, log


def collatz(n):
    steps = 0
    while n != 1 and steps < 1000:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def truthy(items):
    count = 0
    while items:
        count += items.pop() and 1 or 2
    return count


def linked(count):
    node = None
    for i in range(count):
        node = (i, node)
    total = 0
    while node is not None:
        value, node = node
        total += value
    return total


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def search(items, wanted):
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(items) and items[low] == wanted else None


VALUES = [0, 1, "", "a", None, 0.0, -0.0, float("nan"), [], [0], False, True, 2**70]
print(short(VALUES), sides(100))
print([collatz(i) for i in range(1, 60)], truthy([0, 1, None, "x", 0.0] * 30), linked(500))
print([gcd(i, 360) for i in range(1, 50)], gcd(0.75, 0.5), gcd(2**70, 2**65 * 3), gcd(True, 0), gcd(-12, 18))
items = [i * 3 for i in range(200)]
print(
    [search(items, i) for i in range(0, 600, 37)], search([], 1), search(["a", "b", "c"], "b"), search([0.5, 1.5], 1.5)
)
