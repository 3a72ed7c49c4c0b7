"""`benchmarks/sieve.py` for Numba: the list of bools is an array."""

import numpy as np
from numba import njit

from _protocol import benchmark


@njit
def primes_below(limit):
    is_prime = np.ones(limit, np.bool_)
    is_prime[0] = is_prime[1] = False
    number = 2
    while number * number < limit:
        if is_prime[number]:
            for multiple in range(number * number, limit, number):
                is_prime[multiple] = False
        number += 1
    return np.nonzero(is_prime)[0]


def sieve(size):
    primes = primes_below(size)
    return len(primes), int(primes.sum())


if __name__ == "__main__":
    benchmark(sieve, 5_000_000)
