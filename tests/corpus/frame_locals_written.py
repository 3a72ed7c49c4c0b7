"""Writes to the locals of a hot caller through frame.f_locals take effect at once. # carried

Breaks locals kept in registers across a call that may write them.
"""

import sys


def poke(name, value):
    sys._getframe(1).f_locals[name] = value


def loop(count, when, new):
    step = 1
    total = 0
    for i in range(count):
        total += step
        if i == when:
            poke("step", new)
        if total == 50:
            poke("total", 1000)
    return total


def loop_counter(count):
    i = 0
    turns = 0
    while i < count:
        turns += 1
        if turns == 60:
            poke("i", count - 5)
        i += 1
    return turns, i


def through_helper(value):
    return deeper(value)


def deeper(value):
    frame = sys._getframe(2)
    if value == 70:
        frame.f_locals["bonus"] = 0.5
    return value


def two_up(count):
    bonus = 0
    total = 0
    for i in range(count):
        total += through_helper(i) + bonus
    return total


def list_variable(count):
    items = [1, 2, 3]
    total = 0
    for i in range(count):
        total += items[i % 3]
        if i == 80:
            poke("items", (10, 20, 30))
    return total


def cell_variable(count):
    base = 1

    def get():
        return base

    total = 0
    for i in range(count):
        total += get()
        if i == 60:
            poke("base", 100)
    return total, base


def new_names(count):
    for i in range(count):
        poke("invented", i)
    return "invented" in locals(), sys._getframe().f_locals.get("invented"), sorted(name for name in locals())


def parameter(value, count):
    for i in range(count):
        if i == 40:
            poke("value", "changed")
    return value


print(
    loop(100, 60, 10),
    loop(100, 60, 2.5),
    loop(100, 99, None),
    loop_counter(500),
    two_up(100),
    list_variable(100),
    cell_variable(100),
)
print(new_names(60), parameter(1, 100))
try:
    loop(100, 60, "text")
except TypeError as error:
    print(error, error.__traceback__.tb_next.tb_frame.f_locals["total"])
