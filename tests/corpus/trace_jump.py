"""A trace function that sets f_lineno, and one that asks for opcode events, in functions that are hot. # carried

Breaks compiled code entered again after a jump, and instruction offsets in opcode events.
"""

import sys


def work(count):
    total = 0
    for i in range(count):
        total += 1
        total += 10
        total += 100
    return total


def jumper(frame, event, argument):
    if frame.f_code is not work.__code__:
        return None
    if event == "line" and frame.f_lineno == first + 4 and frame.f_locals["i"] % 2:
        frame.f_lineno = first + 5
    return jumper


def opcodes(frame, event, argument):
    if frame.f_code is not work.__code__:
        return None
    frame.f_trace_opcodes = True
    if event == "opcode":
        offsets.append(frame.f_lasti)
    return opcodes


def leave(frame, event, argument):
    if frame.f_code is not work.__code__:
        return None
    if event == "line" and frame.f_locals.get("i") == 7:
        frame.f_lineno = first + 6
    return leave


first = work.__code__.co_firstlineno
offsets = []
print(work(300))
for tracer in (jumper, opcodes, leave):
    sys.settrace(tracer)
    result = work(20)
    sys.settrace(None)
    print(tracer.__name__, result, len(offsets), offsets[:20], offsets[-5:])
print(work(300))
