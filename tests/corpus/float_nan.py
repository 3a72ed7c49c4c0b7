"""NaN in comparisons, min and max, sorting, containers, dict keys and loop conditions. # carried

Breaks inverted comparisons (not a < b is not a >= b), and code that forgets that containers test identity first.
"""

NAN = float("nan")


def both_ways(a, b):
    out = 0
    if a < b:
        out += 1
    if not a < b:
        out += 2
    if a >= b:
        out += 4
    if not a >= b:
        out += 8
    if a == b:
        out += 16
    if not a != b:
        out += 32
    return out


def until(value, limit):
    """A loop condition that NaN makes false at once, and one it never makes true."""
    steps = 0
    while value < limit:
        value *= 2.0
        steps += 1
        if steps == 50:
            value = NAN
    return steps, value


def never_reaches(value, limit):
    steps = 0
    while not value >= limit:
        value += 1.0
        steps += 1
        if steps == 60:
            value = NAN
        if steps == 120:
            break
    return steps, value


def smallest(items):
    best = items[0]
    for item in items:
        if item < best:
            best = item
    return best


def extremes(items):
    low = high = items[0]
    for item in items:
        low = min(low, item)
        high = max(item, high)
    return low, high


for i in range(60):
    both_ways(i * 0.5, 10.0)
for a in (1.0, NAN, float("inf"), 1, 10**400):
    for b in (1.0, NAN, 2, -(10**400)):
        print(both_ways(a, b), end=" ")
print(until(1.0, 1e300), until(1.0, 1e3), never_reaches(0.0, 30.0), never_reaches(0.0, 1e9))
print(smallest([3.0, NAN, 1.0]), smallest([NAN, 1.0]), smallest([3.0] * 50 + [NAN] + [1.0]))
print(extremes([1.0, NAN, 2.0]), extremes([NAN, 1.0, 2.0]), extremes([1.0] * 40 + [NAN, 0.5]), extremes([1, NAN, 0]))
other = float("nan")
print(
    NAN in [NAN], other in [NAN], [NAN] == [NAN], [NAN] == [other], (NAN,) == (NAN,), NAN == NAN, NAN is NAN, NAN != NAN
)
made = []
for i in range(100):
    value = float("inf") - float("inf") if i % 10 == 0 else float(i)
    copy = value
    made.append(value in [copy])
print(all(made), {NAN: 1, other: 2}.get(NAN), len({NAN, NAN, other}), sorted([3.0, NAN, 1.0, 2.0]), bool(NAN), NAN or 1)
