"""sys.settrace switched on and off in the middle of hot loops: every later event is seen, with its line. # carried

Breaks compiled code that keeps running untraced, callees that are inlined, or line events that are lost.
"""

import sys


def callee(x):
    y = x * 2
    return y + 1


def tracer(frame, event, argument):
    events.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer


def loop(count, on, off):
    total = 0
    for i in range(count):
        if i == on:
            sys.settrace(tracer)
        total += callee(i)
        if i == off:
            sys.settrace(None)
    return total


def local_trace(count):
    """Setting f_trace on the running frame gives line events in the very loop."""
    total = 0
    for i in range(count):
        if i == count - 4:
            sys._getframe().f_trace = tracer
            sys.settrace(tracer)
        total += i
        half = callee(total)
    sys.settrace(None)
    return total, half


def raising(i):
    if i % 3 == 0:
        raise ValueError(i)
    return i


def exceptions(count, on):
    caught = 0
    for i in range(count):
        if i == on:
            sys.settrace(tracer)
        try:
            raising(i)
        except ValueError:
            caught += 1
    sys.settrace(None)
    return caught


def whole(count):
    total = 0
    for i in range(count):
        total += i if i % 2 else callee(i)
    return total


def summary():
    counts = {}
    for event in events:
        counts[event] = counts.get(event, 0) + 1
    events.clear()
    return sorted(counts.items())


def changes_local(frame, event, argument):
    if event == "line" and frame.f_code.co_name == "whole" and frame.f_locals.get("i") == 50:
        frame.f_locals["total"] = 0
    return changes_local


events = []
print(loop(200, 1000, 1000), loop(200, 150, 180), summary())
print(local_trace(100), summary())
print(exceptions(100, 80), summary())
print(whole(300))
sys.settrace(tracer)
whole(20)
sys.settrace(None)
print(summary())
sys.settrace(changes_local)
result = whole(100)
sys.settrace(None)
print(result, whole(100), sys.gettrace())
for _ in range(30):
    sys.settrace(lambda *arguments: None)
    whole(10)
    sys.settrace(None)
print(whole(300), len(events))
