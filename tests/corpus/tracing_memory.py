"""A program that begins to trace its memory when it has been compiled, goes on, and ends with it switched on.

Breaks interpreters for the compiler that end while tracemalloc remembers names of theirs.
"""

import tracemalloc


def squares(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def halves(n):
    total = 0.0
    for i in range(n):
        total += i * 0.5
    return total


for _ in range(30):
    found = squares(3000)
print(found)
tracemalloc.start()
texts = [str(i) for i in range(1000)]
print(tracemalloc.get_traced_memory()[0] > 0)
for _ in range(30):
    found = halves(3000), squares(3000)
print(found, tracemalloc.is_tracing())
