"""The sieve of Eratosthenes on a list of bools."""

from _protocol import benchmark


def primes_below(limit):
    """The primes less than `limit`."""
    is_prime = [True] * limit
    is_prime[0] = is_prime[1] = False
    number = 2
    while number * number < limit:
        if is_prime[number]:
            for multiple in range(number * number, limit, number):
                is_prime[multiple] = False
        number += 1
    return [number for number in range(limit) if is_prime[number]]


def sieve(size):
    """How many primes there are below `size`, and their sum."""
    primes = primes_below(size)
    return len(primes), sum(primes)


def main():
    benchmark(sieve, 1_000_000)


if __name__ == "__main__":
    main()
