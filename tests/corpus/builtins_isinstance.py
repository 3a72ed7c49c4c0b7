"""isinstance, type and issubclass in hot loops: tuples, unions, abstract classes, __class__ that lies or changes.

Breaks a folded isinstance when the class or its metaclass decides otherwise later.
"""

import abc
import numbers
import traceback


class Meta(type):
    answer = True

    def __instancecheck__(cls, instance):
        checks.append(instance)
        return Meta.answer


class Any(metaclass=Meta):
    pass


class Liar:
    __class__ = int


class A:
    pass


class B(A):
    pass


class Registry(abc.ABC):
    pass


def count(items, kind):
    total = 0
    for item in items:
        if isinstance(item, kind):
            total += 1
    return total


def dispatch(items):
    out = [0, 0, 0, 0, 0]
    for item in items:
        if isinstance(item, bool):
            out[0] += 1
        elif isinstance(item, int):
            out[1] += item
        elif isinstance(item, (float, complex)):
            out[2] += 1
        elif isinstance(item, str | bytes):
            out[3] += len(item)
        elif type(item) is list or item is None:
            out[4] += 1
    return out


def exact(items):
    total = 0
    for item in items:
        if type(item) is int:
            total += 1
        elif type(item) == float:
            total += 100
        elif item.__class__ is int:
            total += 10000
    return total


checks = []
ITEMS = [1, True, 2.5, "text", b"b", [1], None, 1j, A(), B(), Liar(), 2**70] * 20
for kind in (
    int,
    (int, str),
    object,
    A,
    B,
    (A, (float, (bytes,))),
    int | None,
    numbers.Number,
    type(None),
    Registry,
    Liar,
    (),
    abc.ABC,
):
    print(kind if not isinstance(kind, type) else kind.__name__, count(ITEMS, kind))
print(dispatch([item for item in ITEMS if type(item) is not Liar]), exact(ITEMS), count([1, 2], Any), len(checks))
Meta.answer = False
print(count([1, 2] * 20, Any), len(checks))
Registry.register(int)
print(count(ITEMS, Registry))
item = A()
changing = [item] * 100
print(count(changing, B))
item.__class__ = B
print(count(changing, B))
for bad in (5, "int", [int], (int, "str")):
    try:
        for _ in range(10):
            count([1], int)
        print(count([2.5], bad))
    except TypeError:
        print(traceback.format_exc())


def against_no_class(item):
    try:
        return isinstance(item, len)
    except TypeError as error:
        return str(error)


print({against_no_class(number) for number in range(100)})
