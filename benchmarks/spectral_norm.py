"""The spectral norm of an infinite matrix, by the power method on its first rows and columns."""

import math

from _protocol import benchmark


def element(i, j):
    """The matrix element in row i and column j."""
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(vector):
    """matrix x vector"""
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(i, j) * vector[j]
        result.append(total)
    return result


def multiply_transposed(vector):
    """transposed matrix x vector"""
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(j, i) * vector[j]
        result.append(total)
    return result


def spectral_norm(size):
    """The norm, to nine places, after six steps on a size x size corner."""
    u = [1.0] * size
    v = u
    for _ in range(6):
        v = multiply_transposed(multiply(u))
        u = multiply_transposed(multiply(v))
    products = 0.0
    squares = 0.0
    for a, b in zip(u, v):
        products += a * b
        squares += b * b
    return f"{math.sqrt(products / squares):.9f}"


def main():
    benchmark(spectral_norm, 360)


if __name__ == "__main__":
    main()
