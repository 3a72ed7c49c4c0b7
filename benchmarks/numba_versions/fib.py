"""`benchmarks/fib.py` for Numba: the function as it is, decorated."""

from numba import njit

from _protocol import benchmark


@njit
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


if __name__ == "__main__":
    benchmark(fib, 30)
