"""Import statements, module attributes and reloading inside hot loops.

Breaks module attributes taken for constants, and modules replaced in sys.modules.
"""

import importlib
import sys
import types


def importing(count):
    total = 0
    for i in range(count):
        import math

        from math import floor as down

        total += math.ceil(i / 2) + down(i / 2)
        if i == count // 2:
            sys.modules["math"] = fake
    return total


def attributes(module, count):
    total = 0
    for i in range(count):
        total += module.value
        if i == count // 2:
            module.value = 0.5
    return total


def missing(count):
    caught = 0
    for i in range(count):
        try:
            import no_such_module_here
        except ImportError as error:
            caught += len(error.name)
        try:
            from math import no_such_name
        except ImportError as error:
            caught += error.name == "math"
    return caught


real = importlib.import_module("math")
fake = types.ModuleType("math")
fake.ceil = lambda x: 1000
fake.floor = lambda x: 1
print(importing(100))
sys.modules["math"] = real
print(importing(20))
sys.modules["math"] = real
module = types.ModuleType("made")
module.value = 3
print(attributes(module, 100), attributes(module, 100), missing(30))
module.__getattr__ = lambda name: 7
del module.value
print([module.value for _ in range(30)][-1])
