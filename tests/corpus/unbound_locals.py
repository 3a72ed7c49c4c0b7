"""Locals deleted, unbound on some paths, and unbound by except clauses, in hot loops. # carried

Breaks code that keeps a deleted local, or raises the wrong error for a missing one.
"""

import traceback


def delete_each(count):
    total = 0
    for i in range(count):
        value = i * 2
        total += value
        del value
    return total


def delete_once(count, when):
    value = 1
    total = 0
    for i in range(count):
        if i == when:
            del value
        total += value
    return total


def conditional(count, when):
    for i in range(count):
        if i == when:
            late = i
    return late


def caught(count):
    misses = 0
    for i in range(count):
        if i % 2:
            value = i
        try:
            misses += value * 0
        except UnboundLocalError:
            misses += 1
            continue
        del value
    return misses


def except_name(count):
    seen = 0
    error = "before"
    for i in range(count):
        try:
            if i % 3 == 0:
                raise ValueError(i)
        except ValueError as error:
            seen += error.args[0]
        try:
            error
        except UnboundLocalError:
            seen += 1
            error = "again"
    return seen


def twice(count):
    for i in range(count):
        value = i
        if i == count - 1:
            del value
        del value


def cell(count):
    def inner():
        return shared

    total = 0
    for i in range(count):
        shared = i
        total += inner()
        if i == count - 1:
            del shared
    return inner()


def loop_variable(count):
    for i in range(count):
        if i == count - 1:
            del i
    return i


def comprehension(count):
    for i in range(count):
        squares = [i for i in range(5)]
    return i, squares


print(delete_each(300), delete_once(100, 1000), conditional(100, 50), caught(300), except_name(200), comprehension(100))
for function, arguments in (
    (delete_once, (200, 150)),
    (conditional, (100, 200)),
    (twice, (100,)),
    (cell, (100,)),
    (loop_variable, (100,)),
    (conditional, (0, 0)),
):
    try:
        print(function(*arguments))
    except NameError:
        print(traceback.format_exc())
