"""int(), float(), bool(), str(), abs(), len(), list() of every kind of object, in hot functions.

Breaks inlined constructors: calls of __int__, __float__, __bool__, __len__, __abs__, and their type errors.
"""

import traceback


class Everything:
    def __int__(self):
        return 41

    def __float__(self):
        return 2.25

    def __bool__(self):
        return False

    def __len__(self):
        return 5

    def __abs__(self):
        return "abs"

    def __str__(self):
        return "str"

    def __index__(self):
        return 3

    def __hash__(self):
        return 12


class Wrong:
    def __int__(self):
        return "no int"

    def __float__(self):
        return 1

    def __bool__(self):
        return 1

    def __len__(self):
        return 2.5

    def __str__(self):
        return 5

    def __hash__(self):
        return "no"


class Raises:
    def __int__(self):
        raise KeyError("inside")

    __float__ = __bool__ = __len__ = __abs__ = __str__ = __hash__ = __int__


def apply(function, value):
    return function(value)


def total(items):
    result = 0
    for item in items:
        result += int(item) + len(str(item)) + bool(item)
    return result


def zero_arguments(count):
    for _ in range(count):
        result = int(), float(), bool(), str(), list(), tuple()
    return result


print(total([1, 2.5, True, "7"] * 40), zero_arguments(50))
for function in (int, float, bool, str, abs, len, hash, list, tuple, round, repr):
    for i in range(30):
        apply(function, "1" if function in (int, float, len) else i if function in (abs, round) else (i,))
    for value in (Everything(), Wrong(), Raises(), 2**70, -2.75, "12", None, [1], True):
        if function is repr and not isinstance(value, (int, float, str)):
            continue
        try:
            print(function.__name__, type(value).__name__, repr(apply(function, value)))
        except (TypeError, ValueError, KeyError):
            print(traceback.format_exc())
