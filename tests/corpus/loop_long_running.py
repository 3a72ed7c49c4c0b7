"""One call with one long loop, long enough to be compiled in the background while it runs. # carried

Breaks the change from interpreted to compiled code in the middle of a loop, at whatever iteration it happens.
"""


def lcg(count):
    state = 12345
    low = 0
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        if state < 0x40000000:
            low += 1
    return state, low


def alternating(count):
    total = 0.0
    sign = 1.0
    i = 0
    while i < count:
        total += sign / (2 * i + 1)
        sign = -sign
        i += 1
    return total * 4


def sieve(limit):
    flags = [True] * limit
    flags[0] = flags[1] = False
    i = 2
    while i * i < limit:
        if flags[i]:
            for j in range(i * i, limit, i):
                flags[j] = False
        i += 1
    count = 0
    for flag in flags:
        if flag:
            count += 1
    return count


def late_change(count):
    total = 0
    step = 1
    for i in range(count):
        if i == count - 1000:
            step = 0.5
        if i == count - 500:
            step = 2**70
        total += step
    return total


print(lcg(300000), alternating(200000), sieve(60000), late_change(200000))
