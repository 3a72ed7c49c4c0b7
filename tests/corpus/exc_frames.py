"""What a caught exception's traceback objects show: frames, their locals, line numbers, instruction offsets. # carried

Breaks frames rebuilt without their locals, or with stale ones, when compiled code raises.
"""

import sys


def inner(a, b):
    c = a * 2
    d = [a, c]
    return c // b + len(d)


def outer(count, zero_at):
    total = 0
    last = None
    for i in range(count):
        factor = i * 0.5
        total += inner(i, zero_at - i)
        last = factor
    return total, last


def entries(error):
    out = []
    entry = error.__traceback__
    while entry is not None:
        frame = entry.tb_frame
        names = (
            {name: value for name, value in frame.f_locals.items() if not name.startswith("_")}
            if frame.f_code.co_name != "<module>"
            else {}
        )
        out.append((frame.f_code.co_name, entry.tb_lineno, entry.tb_lasti, frame.f_lineno, names))
        entry = entry.tb_next
    return out


def own_frame(count):
    out = []
    for i in range(count):
        square = i * i
        try:
            square // (i - 80)
        except ZeroDivisionError as error:
            frame = error.__traceback__.tb_frame
            out.append((frame is sys._getframe(), frame.f_locals["square"], error.__traceback__.tb_lineno))
    return out


def kept(count):
    """Exceptions kept alive keep their frames' locals alive."""
    errors = []
    for i in range(count):
        value = [i]
        try:
            value[i + 1]
        except IndexError as error:
            errors.append(error)
    return sum(error.__traceback__.tb_frame.f_locals["i"] for error in errors), len(errors)


print(outer(100, 1000))
for zero_at in (3, 60, 99):
    try:
        outer(100, zero_at)
    except ZeroDivisionError as error:
        for entry in entries(error):
            print(entry)
print(own_frame(100), kept(50))
try:
    outer(100, "x")
except TypeError as error:
    for entry in entries(error):
        print(entry)
    error.__traceback__.tb_next.tb_frame.clear()
    print(error.__traceback__.tb_next.tb_frame.f_locals)
