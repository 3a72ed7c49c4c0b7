"""Functions with hundreds of statements, locals, constants and branches, and long jumps. # carried

Breaks fixed sizes: instruction offsets, EXTENDED_ARG, frames with many slots, time spent compiling.
"""

import traceback


def source(statements):
    lines = ["def big(n, x):", "    total = 0", "    for i in range(n):"]
    for k in range(statements):
        lines.append(f"        v{k} = i * {k + 1000} + x")
        lines.append(f"        if v{k} % {k + 2} == 0: total += v{k}")
    lines.append("        total += " + " + ".join(f"v{k}" for k in range(statements)))
    lines.append("        1 // (n - i - limit)")
    lines.append("    return total")
    return "\n".join(lines)


def branches(count):
    lines = ["def branch(i):"]
    for k in range(count):
        lines.append(f"    {'if' if k == 0 else 'elif'} i == {k}: return {k} * {k}.5 + {10**20 + k}")
    lines.append("    return -1")
    return "\n".join(lines)


def deep_expression(depth):
    return "def deep(x): return " + "(x + " * depth + "1" + ")" * depth


limit = 1000
exec(source(150))
print([big(60, x) for x in (0, 1, 2.5, 2**62, True)])
limit = 5
try:
    big(60, 1)
except ZeroDivisionError:
    print(traceback.format_exc())
exec(branches(400))
print(sum(branch(i) for i in range(450)), branch(399), branch(400), branch(3.0))
exec(deep_expression(80))
print([deep(i) for i in range(30)][-1], deep(0.5), deep(2**70))
exec("def many(" + ", ".join(f"a{i}=1" for i in range(200)) + "): return " + " + ".join(f"a{i}" for i in range(200)))
print([many(i, 2.5, a150=i) for i in range(30)][-1])
