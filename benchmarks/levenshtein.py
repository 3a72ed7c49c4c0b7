"""Edit distances between strings, two rows of the table at a time."""

import random

from _protocol import benchmark


def levenshtein(first, second):
    """The least number of insertions, deletions and substitutions that turn one string into the other."""
    if len(first) < len(second):
        first, second = second, first
    previous = list(range(len(second) + 1))
    for i, a in enumerate(first):
        current = [i + 1]
        for j, b in enumerate(second):
            insertion = previous[j + 1] + 1
            deletion = current[j] + 1
            substitution = previous[j] + (a != b)
            current.append(min(insertion, deletion, substitution))
        previous = current
    return previous[-1]


def make_texts(count, length):
    generator = random.Random(17)
    return ["".join(generator.choice("abcdefgh") for _ in range(length)) for _ in range(count)]


def all_distances(size):
    """The sum of the distances between all pairs of eight random texts of `size` letters."""
    texts = make_texts(8, size)
    total = 0
    for i, text in enumerate(texts):
        for other in texts[i + 1 :]:
            total += levenshtein(text, other)
    return total


def main():
    benchmark(all_distances, 380)


if __name__ == "__main__":
    main()
