"""Functions replaced while their callers are hot, by def, by assignment, by patching, and by themselves. # carried

Breaks direct calls and inlining that do not notice that the callee is another function now.
"""

import traceback


def step(x):
    return x + 1


def caller(count, swap_at=None):
    global step
    total = 0
    for i in range(count):
        total += step(i)
        if i == swap_at:

            def step(x):
                return x * 100

    return total


def other(x, y=1000):
    return x + y


def one_shot(x):
    """Replaces itself when called with a large argument."""
    global one_shot
    if x > 150:
        one_shot = lambda value: -1
    return x


def use_one_shot(count):
    return sum([one_shot(i) for i in range(count)])


def recursive(n):
    global recursive
    if n == 20:
        recursive = replacement
    return 0 if n == 0 else 1 + recursive(n - 1)


def replacement(n):
    return 1000000


def passed(function, count):
    total = 0
    for i in range(count):
        total += function(i)
    return total


class Callable:
    def __call__(self, x):
        return x * 3


print(caller(100), caller(200, 100))
for new in (other, abs, int, lambda x: x - 1, Callable(), Callable().__call__, "no function", None, lambda: 0):
    step = new
    try:
        print(caller(60))
    except TypeError:
        print(traceback.format_exc())
print(use_one_shot(200), use_one_shot(100))
print([recursive(i) for i in range(15)], recursive(30), recursive(5))
for function in (abs, lambda x: x, other, Callable(), float, str):
    try:
        print(passed(function, 60))
    except TypeError as error:
        print(error)
