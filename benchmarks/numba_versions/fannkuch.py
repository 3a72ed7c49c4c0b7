"""`benchmarks/fannkuch.py` for Numba: the lists are arrays."""

import numpy as np
from numba import njit

from _protocol import benchmark


@njit
def count_flips(permutation):
    flipped = permutation.copy()
    flips = 0
    first = flipped[0]
    while first:
        low = 0
        high = first
        while low < high:
            flipped[low], flipped[high] = flipped[high], flipped[low]
            low += 1
            high -= 1
        flips += 1
        first = flipped[0]
    return flips


@njit
def fannkuch(size):
    permutation = np.arange(size)
    count = np.zeros(size, np.int64)
    checksum = 0
    most_flips = 0
    sign = 1
    while True:
        flips = count_flips(permutation)
        if flips > most_flips:
            most_flips = flips
        checksum += sign * flips
        if sign == 1:
            permutation[0], permutation[1] = permutation[1], permutation[0]
            sign = -1
            continue
        permutation[1], permutation[2] = permutation[2], permutation[1]
        sign = 1
        place = 2
        while count[place] == place:
            count[place] = 0
            place += 1
            if place == size:
                return checksum, most_flips
            first = permutation[0]
            for i in range(place):
                permutation[i] = permutation[i + 1]
            permutation[place] = first
        count[place] += 1


if __name__ == "__main__":
    benchmark(fannkuch, 9)
