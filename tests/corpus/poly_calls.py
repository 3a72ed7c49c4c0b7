"""One call site that meets functions, builtins, classes, bound methods, partials and callables in turn.

Breaks call caches: the wrong target, a missing self, keyword arguments lost.
"""

import functools
import operator
import traceback


class Thing:
    def __init__(self, x=0):
        self.x = x

    def __call__(self, x):
        return ("call", x)

    def method(self, x):
        return self.x + x

    @classmethod
    def of_class(cls, x):
        return cls.__name__, x

    @staticmethod
    def static(x):
        return x * 2

    def __repr__(self):
        return f"Thing({self.x})"


def plain(x):
    return x + 1


def defaults(x, y=10):
    return x + y


def star(*args, **kwargs):
    return args, kwargs


def site(function, x):
    return function(x)


def keyword(function, x):
    return function(x=x)


def many(functions, count):
    out = []
    for i in range(count):
        out.append(site(functions[i % len(functions)], i))
    return out[-len(functions) :]


FUNCTIONS = [
    plain,
    defaults,
    star,
    abs,
    float,
    str,
    Thing,
    Thing(5),
    Thing(7).method,
    Thing.of_class,
    Thing.static,
    functools.partial(plain),
    functools.partial(defaults, y=1),
    operator.neg,
    [1].__contains__,
    lambda x: -x,
    "abc".__mul__,
    type,
    functools.lru_cache(plain),
    int.bit_length,
]
print(many([plain], 50), many([plain, plain, abs], 60), many(FUNCTIONS, 200))
for function in FUNCTIONS:
    try:
        for _ in range(12):
            result = keyword(function, 3)
        print(result)
    except TypeError as error:
        print(error)
for bad in (None, 5, "text", [], lambda: 0, lambda a, b: 0, Thing().x):
    try:
        many([plain] * 50 + [bad], 60)
    except TypeError:
        print(traceback.format_exc())
