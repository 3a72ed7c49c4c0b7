"""__code__, __defaults__, __kwdefaults__, __name__ and __dict__ of functions changed while they are hot. # carried

Breaks code bound to a function object that is no longer what was compiled.
"""

import inspect
import traceback


def target(x, y=10, *, z=100):
    return x + y + z


def other(x, y=20, *, z=200):
    return x * y * z


def fewer(x):
    return "fewer"


def call(count, change_at, change):
    out = []
    for i in range(count):
        out.append(target(i))
        if i == change_at:
            change()
    return out[change_at], out[change_at + 1]


def changes_itself(x):
    if x == 100:
        changes_itself.__code__ = fewer.__code__
    return x


def set_code():
    target.__code__ = other.__code__


def set_defaults():
    target.__defaults__ = (0.5,)


def set_kwdefaults():
    target.__kwdefaults__ = {"z": "text"}


def drop_defaults():
    target.__defaults__ = None


def set_fewer():
    target.__code__ = fewer.__code__


def set_constant():
    target.__code__ = target.__code__.replace(
        co_consts=tuple(7 if c == 1 else c for c in target.__code__.co_consts), co_name="renamed"
    )


before = target.__code__.co_code
print(call(150, 100, set_code), target.__code__ is other.__code__)
print(call(150, 100, set_defaults), target.__defaults__)
for change in (set_kwdefaults, drop_defaults, set_fewer, set_constant):
    try:
        print(change.__name__, call(150, 100, change))
    except TypeError:
        print(traceback.format_exc())
print([changes_itself(i) for i in range(98, 103)], [changes_itself(i) for i in range(200)][-1])
print(
    target.__name__,
    target.__qualname__,
    fewer.__code__.co_name,
    inspect.signature(target),
    inspect.getsource(fewer),
    before == before,
)
other.attribute = 5
other.__name__ = "new_name"
other.__doc__ = "changed"
print([other(i, z=1) for i in range(60)][-1], other.attribute, other.__name__, other.__doc__, type(other).__name__)
try:
    other()
except TypeError:
    print(traceback.format_exc())
try:
    fewer.__code__ = (lambda: before).__code__
    print(fewer())
except (ValueError, TypeError) as error:
    print(error)


def maker():
    cell = 5
    return lambda: cell


try:
    fewer.__code__ = maker().__code__
except ValueError as error:
    print(error)
