"""Fibonacci numbers, recursively."""

from _protocol import benchmark


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main():
    benchmark(fib, 30)


if __name__ == "__main__":
    main()
