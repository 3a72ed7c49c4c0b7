"""What a program sees of its hot functions: code bytes, disassembly, attributes, pickles, types, signatures. # carried

Breaks the disguise: a hot function must look, compare and pickle as it did when cold.
"""

import dis
import hashlib
import inspect
import io
import pickle
import types


def hot(count, step=2, *rest, scale: float = 1.0, **options) -> float:
    """Adds."""
    total = 0
    for i in range(count):
        total += i * step * scale
    return total


def generator(count):
    for i in range(count):
        yield i


def describe(function):
    code = function.__code__
    text = io.StringIO()
    dis.dis(function, file=text)
    return (
        hashlib.sha256(code.co_code).hexdigest()[:16],
        hashlib.sha256(text.getvalue().encode()).hexdigest()[:16],
        code.co_names, code.co_varnames, code.co_stacksize, code.co_flags, list(code.co_lines())[:4], code.co_consts,
        function.__name__, function.__qualname__, function.__module__, function.__doc__, function.__defaults__, function.__kwdefaults__,
        type(function) is types.FunctionType, sorted(function.__dict__), str(inspect.signature(function)),
    )  # fmt: skip


cold = describe(hot), describe(generator), hash(hot.__code__), [name for name in dir(hot) if not name.startswith("__")]
for i in range(100):
    hot(i)
    hot(i, scale=0.5)
    sum(generator(i))
warm = describe(hot), describe(generator), hash(hot.__code__), [name for name in dir(hot) if not name.startswith("__")]
print(cold == warm, *cold[:2], cold[3])
print(
    pickle.loads(pickle.dumps(hot)) is hot,
    hot == hot,
    callable(hot),
    hot.__call__(10),
    hot.__get__(5)(2),
    hot.__code__ == hot.__code__.replace(),
)
copy = types.FunctionType(hot.__code__, globals(), "copy", (3,))
print([copy(100, scale=1) for _ in range(20)][-1], copy.__name__, repr(hot).partition(" at ")[0], hot.__annotations__)
print(
    isinstance(hot, types.FunctionType),
    inspect.isfunction(hot),
    inspect.getsource(generator),
    inspect.getsourcelines(hot)[1],
)
