"""Code run with its own globals and its own __builtins__, from one code object. # carried

Breaks compiled code that takes builtins from the wrong place: they belong to the function's globals.
"""

import builtins
import traceback
import types

SOURCE = """
def work(items):
    total = 0
    for item in items:
        total += len(item) + abs(-1)
    return total
"""
code = compile(SOURCE, "<work>", "exec")


def space(**names):
    out = {"__builtins__": {**vars(builtins), **names}}
    exec(code, out)
    return out


plain = space()
loud = space(len=lambda item: 1000)
empty = {"__builtins__": {}}
exec(code, empty)
words = ["a", "bb"] * 40
print(plain["work"](words), loud["work"](words), plain["work"](words))
try:
    empty["work"](words)
except NameError:
    print(traceback.format_exc())
empty["__builtins__"]["len"] = lambda item: 5
empty["abs"] = lambda value: 0
print(empty["work"](words))
plain["__builtins__"]["len"] = lambda item: 7
print(plain["work"](words))
plain["__builtins__"] = vars(builtins)
print(plain["work"](words))
shared = plain["work"].__code__
copies = [types.FunctionType(shared, {"len": lambda item, n=n: n, "abs": abs}) for n in range(30)]
print([copy(words) for copy in copies][-3:], shared is loud["work"].__code__)
print(types.FunctionType(shared, {"__builtins__": {"len": len, "abs": lambda value: 9}})(words))


def module_loop():
    total = 0
    for i in range(100):
        total += __builtins__.len("abc") if not isinstance(__builtins__, dict) else 3
    return total


print(module_loop(), eval("len('ab') + x", {"x": 1}), [eval("x * 2", {"x": i}) for i in range(40)][-1])
