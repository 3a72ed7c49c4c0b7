"""Global counters changed by several functions, across overflow and type changes. # carried

Breaks globals kept in registers across calls, or written back late.
"""

count = 0
events = []


def tick():
    global count
    count += 1
    return count


def ticks(rounds):
    total = 0
    for _ in range(rounds):
        before = count
        tick()
        if count != before + 1:
            return "lost an update"
        total += count
    return total


def run(rounds, step):
    global count
    for i in range(rounds):
        count += step
        if count > 2**63 + 5 and i % 50 == 0:
            events.append(count)
    return count


def through_dict(rounds):
    global count
    space = globals()
    for _ in range(rounds):
        count += 1
        space["count"] += 10
        if count != space["count"]:
            return "disagree"
    return count


def two_names(rounds):
    global low, high
    for i in range(rounds):
        low -= i
        high = low * -2
        low, high = high, low
    return low % 1000003, high % 1000003


low = high = 0
print(ticks(500), count)
count = 2**63 - 300
print(run(600, 1), events)
print(through_dict(100))
count = 0.5
print(run(100, 1), run(100, 0.25))
count = "s"
try:
    run(100, "t")
except TypeError as error:
    print(count, error)
print(two_names(100))
