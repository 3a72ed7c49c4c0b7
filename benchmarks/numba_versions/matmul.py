"""`benchmarks/matmul.py` for Numba: the same three loops, over arrays."""

import numpy as np
from numba import njit

from _protocol import benchmark
from matmul import make_matrix


@njit
def matmul(a, b):
    rows, inner, columns = len(a), len(b), b.shape[1]
    product = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += a[i, k] * b[k, j]
            product[i, j] = total
    return product


@njit
def sums(product):
    trace = 0.0
    total = 0.0
    for i in range(len(product)):
        trace += product[i, i]
        for value in product[i]:
            total += value
    return trace, total


def trace_of_product(size):
    product = matmul(np.array(make_matrix(size, 13)), np.array(make_matrix(size, 29)))
    return sums(product)


if __name__ == "__main__":
    benchmark(trace_of_product, 190)
