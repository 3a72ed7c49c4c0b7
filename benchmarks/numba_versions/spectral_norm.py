"""`benchmarks/spectral_norm.py` for Numba: the vectors are arrays."""

import math

import numpy as np
from numba import njit

from _protocol import benchmark


@njit
def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


@njit
def multiply(vector):
    result = np.empty(len(vector))
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(i, j) * vector[j]
        result[i] = total
    return result


@njit
def multiply_transposed(vector):
    result = np.empty(len(vector))
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += element(j, i) * vector[j]
        result[i] = total
    return result


def spectral_norm(size):
    u = np.ones(size)
    v = u
    for _ in range(6):
        v = multiply_transposed(multiply(u))
        u = multiply_transposed(multiply(v))
    return f"{math.sqrt(u.dot(v) / v.dot(v)):.9f}"


if __name__ == "__main__":
    benchmark(spectral_norm, 360)
