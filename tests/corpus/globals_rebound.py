"""Globals rebound, deleted and retyped by callees and by the loop itself while the loop is hot. # carried

Breaks globals treated as constants: every change must be seen by the next read.
"""

import traceback

scale = 2
table = [1, 2, 3]


def helper(x):
    return x * scale


def loop(count, change_at, new):
    global scale
    total = 0
    for i in range(count):
        total = total + helper(i)
        if i == change_at:
            scale = new
    return total


def change(i):
    global scale, table
    if i == 80:
        scale = 3
    if i == 120:
        table = (10, 20, 30)
    if i == 160:
        table = "abc"


def callee_changes(count):
    out = []
    for i in range(count):
        change(i)
        out.append(table[i % 3])
    return out[79], out[121], out[161], scale


def disappears(count):
    global temporary
    temporary = 1
    total = 0
    for i in range(count):
        if i == 150:
            del temporary
        total += temporary
    return total


def comes_and_goes(count):
    misses = 0
    for i in range(count):
        if i % 3 == 0:
            globals()["flicker"] = i
        elif i % 3 == 1:
            del globals()["flicker"]
        try:
            flicker
        except NameError:
            misses += 1
    return misses


print(loop(100, 1000, None), loop(200, 100, 5), loop(200, 100, 0.5), scale)
scale = 1
print(loop(200, 150, True), scale)
try:
    loop(200, 150, None)
except TypeError:
    print(traceback.format_exc())
scale = 2
print(callee_changes(200))
try:
    disappears(200)
except NameError:
    print(traceback.format_exc())
print(comes_and_goes(300))
scale = "ab"
try:
    print(loop(5, 100, 0))
except TypeError:
    print(traceback.format_exc())
exec("scale = 7", globals())
print(loop(100, 1000, 0))
globals().update(scale=8)
print(loop(100, 1000, 0))
globals()[type("Key", (str,), {})("scale")] = 9
print(loop(100, 1000, 0))
