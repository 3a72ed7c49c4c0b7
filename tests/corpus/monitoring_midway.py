"""sys.monitoring tools switched on, restricted and off in the middle of hot loops. # carried

Breaks events of other tools while compiled code runs: calls, lines, jumps, branches, returns, raises.
"""

import sys

monitoring = sys.monitoring
events = monitoring.events
TOOL = 3


def callee(x):
    if x % 2:
        return x + 1
    return x


def loop(count, on=-1, selected=0):
    total = 0
    for i in range(count):
        if i == on:
            monitoring.set_events(TOOL, selected)
        total += callee(i)
        total ^= i
    monitoring.set_events(TOOL, 0)
    return total


def raising(count):
    caught = 0
    for i in range(count):
        try:
            [][i]
        except IndexError:
            caught += 1
    return caught


def note(name):
    def callback(code, *arguments):
        key = name, code.co_name
        counts[key] = counts.get(key, 0) + 1
        if name in disabling and code is not loop.__code__:
            return monitoring.DISABLE
        return None

    return callback


def summary():
    result = sorted(counts.items())
    counts.clear()
    return result


counts = {}
disabling = set()
NAMES = [
    "PY_START",
    "PY_RETURN",
    "CALL",
    "C_RETURN",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
]
monitoring.use_tool_id(TOOL, "corpus")
print(loop(300), raising(100))
for name in NAMES:
    monitoring.register_callback(TOOL, getattr(events, name), note(name))
for name in NAMES[:9]:
    if name == "C_RETURN":
        continue
    loop(100, 80, getattr(events, name))
    print(name, summary())
loop(100, 50, events.LINE | events.CALL | events.PY_RETURN)
print(summary())
monitoring.set_events(TOOL, events.RAISE | events.EXCEPTION_HANDLED)
raising(60)
monitoring.set_events(TOOL, 0)
print(summary())
monitoring.set_local_events(TOOL, callee.__code__, events.LINE | events.PY_START)
print(loop(60), summary(), monitoring.get_local_events(TOOL, callee.__code__) == events.LINE | events.PY_START)
disabling.update(["LINE", "PY_START"])
print(loop(60), summary(), loop(60), summary())
monitoring.restart_events()
print(loop(60), summary())
monitoring.set_local_events(TOOL, callee.__code__, 0)
print(loop(300), summary())
monitoring.free_tool_id(TOOL)
print(raising(100), monitoring.get_tool(TOOL))
