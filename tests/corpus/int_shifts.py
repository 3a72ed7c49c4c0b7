"""Shifts by zero, by the word size, by more, by negative and by huge counts, in hot loops. # carried

Breaks code that uses the machine's shift, which takes the count modulo the word size.
"""

import traceback


def left(value, count):
    return value << count


def right(value, count):
    return value >> count


def powers(limit):
    out = []
    value = 1
    for i in range(limit):
        out.append(value << i)
        value = value | 1 << (i & 7)
    return out


def checksum(data):
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            if state & 1:
                state = (state >> 1) ^ 0xEDB88320
            else:
                state >>= 1
    return state ^ 0xFFFFFFFF


def attempt(operation, value, count):
    try:
        return operation(value, count)
    except (ValueError, OverflowError, TypeError):
        return traceback.format_exc()


for value in (0, 1, -1, 5, -5, 2**30, 2**62, -(2**62), 2**63 - 1, -(2**63), 2**63, 10**30):
    for count in (0, 1, 2, 29, 30, 31, 32, 61, 62, 63, 64, 65, 127, 200):
        for _ in range(3):
            results = left(value, count), right(value, count)
        print(value, count, *results)
print(powers(80))
print(checksum(b"123456789" * 30))
for count in (-1, -(2**63)):
    print(attempt(left, 1, count), attempt(right, 1, count), attempt(left, 0, count))
print(attempt(right, 12345, 2**70), attempt(right, -12345, 2**70), attempt(left, 0, 2**70))
print(attempt(left, 1.0, 1), attempt(right, "a", 1))
