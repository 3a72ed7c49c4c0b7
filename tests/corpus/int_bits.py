"""Bit operations on positive, negative and huge ints, with masks that come and go. # carried

Breaks code that treats negative ints as sign and magnitude, or that narrows a mask.
"""


def popcount(value):
    count = 0
    while value:
        value &= value - 1
        count += 1
    return count


def xorshift(state, rounds):
    for _ in range(rounds):
        state ^= (state << 13) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= (state << 17) & 0xFFFFFFFFFFFFFFFF
    return state


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value ^= byte
        value = value * 0x100000001B3 % 2**64
    return value


def masks(values, mask):
    low = high = both = 0
    for value in values:
        low ^= value & mask
        high |= value & ~mask
        both ^= value | mask
    return low, high, both


def queens(n, columns=0, left=0, right=0):
    if columns == (1 << n) - 1:
        return 1
    total = 0
    free = ~(columns | left | right) & ((1 << n) - 1)
    while free:
        bit = free & -free
        free ^= bit
        total += queens(n, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return total


print([popcount(i) for i in range(200)], popcount(2**200 - 1))
print(xorshift(88172645463325252, 1000), xorshift(1, 3))
print(fnv(b"hello world" * 20))
for mask in (0, 1, -1, 255, 2**31, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)):
    print(mask, masks(range(-300, 300), mask), masks([2**62, -(2**62), 2**63, -(2**64), 10**25], mask))
print([queens(n) for n in range(1, 7)])
