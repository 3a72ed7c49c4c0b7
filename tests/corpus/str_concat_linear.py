"""Building strings with += in a loop stays linear: locals, and through a conditional. # carried

Breaks reference counting that keeps a second reference to the string, so that every append copies all of it.
"""

import time


def build(count):
    text = ""
    for _ in range(count):
        text += "0123456789abcdef"
    return text


def build_mixed(count):
    text = ""
    for i in range(count):
        text += "é" if i % 1000 == 7 else "xyz-xyz-xyz-xyz-"
        if i % 5000 == 0:
            text = text + "\u4e00" if i == count // 2 else text + "."
    return text


def build_while(count):
    i = 0
    out = ""
    while i < count:
        out = out + "abcdefghijklmnop"
        i += 1
    return out


def best_time(function, count):
    """Seconds of this thread's processor time, best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.thread_time()
        function(count)
        best = min(best, time.thread_time() - started)
    return best


for function in (build, build_mixed, build_while):
    function(500)
    result = function(12345)
    print(function.__name__, len(result), hash(result) == hash(function(12345)), ascii(result[6170:6180]))
    small = best_time(function, 5000)
    large = best_time(function, 80000)
    print(
        function.__name__,
        "linear"
        if large < 90 * small + 0.02
        else f"not linear: 16 times the work took {large / small:.0f} times as long",
    )
