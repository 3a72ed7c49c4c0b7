"""break, continue and else in nested while and for loops. # carried

Breaks control flow at loop exits: an else run after break, or skipped after an exhausted or never-run loop.
"""


def primes(limit):
    found = []
    for candidate in range(2, limit):
        for divisor in range(2, candidate):
            if divisor * divisor > candidate:
                found.append(candidate)
                break
            if candidate % divisor == 0:
                break
        else:
            found.append(-candidate)
    return found


def whiles(limit):
    log = []
    i = 0
    while i < limit:
        i += 1
        if i % 5 == 0:
            continue
        j = 0
        while j < i:
            j += 2
            if j == 8:
                break
        else:
            log.append((i, j))
            if i > 40:
                break
    else:
        log.append("finished")
    return log


def skip(items):
    kept = []
    for item in items:
        if item % 3:
            if item % 2:
                continue
            kept.append(item)
        else:
            continue
        if item > 150:
            break
    else:
        kept.append("else")
    return kept


def forever(limit):
    i = total = 0
    while True:
        i += 1
        if i & 1:
            continue
        total += i
        if total > limit:
            break
    return i, total


def triple(n):
    count = 0
    for a in range(n):
        for b in range(a, n):
            for c in range(b, n):
                if (a + b + c) % 7 == 0:
                    continue
                if c - a > 12:
                    break
                count += a * b * c
            else:
                count += 1
                continue
            count += 1000000
    return count


def empty_loops():
    log = []
    for _ in []:
        log.append("never")
    else:
        log.append("for else")
    while False:
        log.append("never")
    else:
        log.append("while else")
    return log


print(primes(300))
print(whiles(30), whiles(100))
print(skip(range(100)), skip(range(300)))
print(forever(5000), triple(25), [empty_loops() for _ in range(30)][-1])
