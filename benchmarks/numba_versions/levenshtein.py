"""`benchmarks/levenshtein.py` for Numba: strings as arrays of code points, the two rows as arrays."""

import numpy as np
from numba import njit

from _protocol import benchmark
from levenshtein import make_texts


@njit
def levenshtein(first, second):
    if len(first) < len(second):
        first, second = second, first
    previous = np.arange(len(second) + 1)
    current = np.empty(len(second) + 1, np.int64)
    for i in range(len(first)):
        current[0] = i + 1
        for j in range(len(second)):
            insertion = previous[j + 1] + 1
            deletion = current[j] + 1
            substitution = previous[j] + (first[i] != second[j])
            current[j + 1] = min(insertion, deletion, substitution)
        previous, current = current, previous
    return previous[-1]


def all_distances(size):
    texts = [np.array([ord(char) for char in text]) for text in make_texts(8, size)]
    total = 0
    for i, text in enumerate(texts):
        for other in texts[i + 1 :]:
            total += levenshtein(text, other)
    return total


if __name__ == "__main__":
    benchmark(all_distances, 380)
