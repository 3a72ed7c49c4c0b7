"""Exception groups and except* in hot loops, and assert statements.

Breaks the matching of groups, and assertion messages.
"""

import traceback


def split(count):
    values = types = 0
    for i in range(count):
        try:
            raise ExceptionGroup("group", [ValueError(i), TypeError(i)] if i % 2 else [ValueError(i)])
        except* ValueError as group:
            values += sum(error.args[0] for error in group.exceptions)
        except* TypeError as group:
            types += len(group.exceptions)
    return values, types


def check(value):
    assert value < 80, f"value is {value}"
    assert value >= 0
    return value


def asserts(start, count):
    total = 0
    for i in range(start, count):
        total += check(i)
    return total


def unhandled(count):
    for i in range(count):
        try:
            raise ExceptionGroup("outer", [ExceptionGroup("inner", [KeyError(i)]), OSError(i)])
        except* KeyError:
            pass
        except* ValueError:
            pass


print(split(60))
for function, arguments in ((asserts, (0, 100)), (asserts, (-1, 100)), (unhandled, (3,))):
    try:
        print(function(*arguments))
    except (AssertionError, ExceptionGroup):
        print(traceback.format_exc())
print(asserts(0, 80))
