"""An exception that nobody catches ends the program: its traceback on stderr, status 1, exit handlers run. # carried

Breaks the end of the process when the failing frames were compiled.
"""

import atexit


def leaf(items, i):
    return items[i]


def loop(items, count):
    total = 0
    for i in range(count):
        total += leaf(items, i)
    return total


def last_words():
    print("exit handler", loop(list(range(50)), 50))


atexit.register(last_words)
print(loop(list(range(200)), 200))
try:
    loop([], 1)
except IndexError as error:
    print(error)
    error.add_note("seen once")
    kept = error
try:
    loop(list(range(100)), 101)
except IndexError as error:
    raise RuntimeError("in a hot program") from error
