"""Exceptions raised by operations of a hot loop and handled in the same function, at every place. # carried

Breaks handler tables: the wrong handler, values on the stack not dropped, an exception that stays set.
"""

import sys
import traceback


def arithmetic(values):
    counts = [0, 0, 0, 0]
    for value in values:
        try:
            counts[0] += 100 // value
        except ZeroDivisionError:
            counts[1] += 1
        except TypeError as error:
            counts[2] += len(str(error))
        else:
            counts[3] += 1
    return counts


def nested(values):
    log = []
    for i, value in enumerate(values):
        try:
            try:
                item = values[i + value]
            except IndexError:
                item = 10 // (value - 70)
            if item == 5:
                raise KeyError(item)
        except ZeroDivisionError:
            log.append(("zero", i))
        except KeyError as error:
            log.append((error.args[0], i))
    return len(log), log[:2], log[-2:]


def in_expression(values):
    total = 0
    for value in values:
        try:
            total = total + 1 + (2 + (3 + 10 // value) * 2) + len("ab"[value])
        except (ZeroDivisionError, IndexError):
            total = total - 1
    return total


def handler_raises(values):
    out = []
    for value in values:
        try:
            try:
                1 // value
            except ZeroDivisionError:
                values[10**6]
        except IndexError as error:
            out.append(type(error.__context__).__name__)
    return len(out), out[-1]


def clean_after(values):
    out = []
    for value in values:
        try:
            1 / value
        except ZeroDivisionError:
            out.append(sys.exception() is not None)
        out.append(sys.exception() is None)
    return all(out), len(out)


def leave_by_break(values):
    for i, value in enumerate(values):
        try:
            1 // value
        except ZeroDivisionError:
            if i > 60:
                break
            continue
    return i, sys.exception()


def raise_own(count):
    caught = 0
    for i in range(count):
        try:
            if i % 4 == 0:
                raise ValueError("four", i)
            if i % 4 == 1:
                raise ValueError
            if i % 4 == 2:
                raise LookupError("two") from None
        except ValueError as error:
            caught += len(error.args)
        except Exception:
            caught += 100
    return caught


def traces(values):
    for i, value in enumerate(values):
        try:
            if value:
                x = 1
            else:
                x = 1 // value
        except ZeroDivisionError:
            text = traceback.format_exc()
    return x, text


print(arithmetic([1, 2, 0, "a", 3.5, None, 0.0] * 40))
print(nested([1, 5, 3, 70, 2] * 30), in_expression([0, 1, -1, 2, -3] * 40), handler_raises([1, 0, 0, 2] * 30))
print(clean_after([1, 0] * 60), leave_by_break([0] * 100), raise_own(200))
print(*traces([1] * 50 + [0] + [2] * 20))
