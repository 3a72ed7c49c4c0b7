"""locals(), vars(), eval, exec, dir and zero-argument super() inside hot functions. # carried

Breaks functions whose locals are read by name from code the compiler does not see.
"""

import traceback


def by_eval(count):
    total = 0
    for i in range(count):
        half = i * 0.5
        if i % 10 == 0:
            total += eval("half + i")
        if i == 95:
            snapshot = dict(locals())
    return total, snapshot


def snapshots(count):
    out = []
    for i in range(count):
        if i % 30 == 0:
            out.append(locals())
        name = i
    return [(entry["i"], entry.get("name"), len(entry)) for entry in out], name


def by_exec(count):
    value = 1
    for i in range(count):
        exec("value = 100")
        if i == 50:
            space = {"value": value}
            exec("value += 5", space)
    return value, space["value"]


def generated(count):
    space = {}
    exec("def made(n):\n    total = 0\n    for i in range(n):\n        total += i * scale\n    return total\n", space)
    space["scale"] = 2
    first = space["made"](count)
    space["scale"] = 0.5
    return first, space["made"](count)


class Base:
    def value(self, i):
        return i


class Child(Base):
    def value(self, i):
        return super().value(i) * 2 + len(vars(self))

    def loop(self, count):
        total = 0
        for i in range(count):
            total += self.value(i)
            total += __class__.__name__ == "Child"
        return total


def names(count):
    for i in range(count):
        found = dir()
    return found, sorted(vars())


exec(
    compile(
        "result = 0\nfor k in range(300):\n    result += k\n    if k == 200:\n        result = 0.5\n", "<made>", "exec"
    )
)
print(result, k, by_eval(100), snapshots(100), by_exec(100), generated(100), Child().loop(100), names(40))
print(eval("sum(i * j for i in range(20) for j in range(20))"), eval("[x for x in range(30) if x % 7 == 0]"))
try:
    exec(compile("def f(n):\n    for i in range(n):\n        1 // (50 - i)\nf(100)\n", "<made>", "exec"))
except ZeroDivisionError:
    print(traceback.format_exc())
