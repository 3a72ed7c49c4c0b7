"""Fannkuch: the most prefix reversals ("pancake flips") over all permutations."""

from _protocol import benchmark


def count_flips(permutation):
    """How often the first permutation[0] + 1 items are reversed until the first item is 0."""
    flipped = permutation[:]
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


def fannkuch(size):
    """The checksum and the greatest number of flips over the permutations of `size` items."""
    permutation = list(range(size))
    count = [0] * size
    checksum = 0
    most_flips = 0
    sign = 1
    while True:
        flips = count_flips(permutation)
        if flips > most_flips:
            most_flips = flips
        checksum += sign * flips
        # The next permutation in an order that changes the sign at each step.
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


def main():
    benchmark(fannkuch, 9)


if __name__ == "__main__":
    main()
