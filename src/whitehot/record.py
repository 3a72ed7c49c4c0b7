"""Dataclasses that load fast: the part of the standard module that the compiler uses, with the same names and meaning.

The standard decorator compiles six methods for each class whenever a program starts, and loads `inspect`; for the compiler's
classes that takes as long as everything else in loading it, on a thread that competes with the program. Here one method is compiled and
the others are shared. Two differences: classes always have slots, and `frozen` is for type checkers (at run time it gives a hash, but
nothing stops an assignment), which makes instances several times faster to create. Fields of base classes are not looked for.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """For type checkers only."""
        return lambda decorator: decorator


class _Factory:
    """What `field` leaves in the class: how to make a default value."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


_ABSENT: Any = object()

#: The code of each `__init__` that was compiled, by its text: it is kept for the next process (runtime/ahead.py).
initializers: dict[str, CodeType] = {}


def field[T](*, default_factory: Callable[[], T]) -> T:
    """A field whose default is made anew for each instance."""
    made: Any = _Factory(default_factory)
    declared: T = made
    return declared


@dataclass_transform(field_specifiers=(field,))
def dataclass[T](
    *,
    frozen: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - as in the standard module
    slots: bool = True,
) -> Callable[[type[T]], type[T]]:
    """Give a class slots for its annotations and `__init__`, and unless told otherwise `__eq__` and `__repr__`; `__hash__` if frozen.

    What the class defines itself stays. `slots` must be true: it is there for those who know the standard decorator.
    """
    if not slots:
        raise TypeError("classes without slots are not supported")

    def remake(cls: type[T]) -> type[T]:
        names = tuple(cls.__annotations__)
        own = dict(vars(cls))
        defaults = {name: own.pop(name) for name in names if name in own}
        for name in ("__dict__", "__weakref__"):
            own.pop(name, None)
        own["__slots__"] = names
        own["__match_args__"] = names
        own.setdefault("__init__", _initializer(names, defaults))
        own["__replace__"] = replace  # for `copy.replace`
        if repr:
            own.setdefault("__repr__", _repr)
        if eq:
            _add_comparison(own, names, frozen=frozen)
        own["__qualname__"] = cls.__qualname__
        metaclass: Any = type(cls)
        made: type[T] = metaclass(cls.__name__, cls.__bases__, own)
        return made

    return remake


def replace[T](instance: T, /, **changes: Any) -> T:
    """A new instance of the same class, with some fields changed."""
    cls: Any = type(instance)
    same = {name: getattr(instance, name) for name in cls.__match_args__ if name not in changes}
    made: T = cls(**same, **changes)
    return made


def _initializer(names: tuple[str, ...], defaults: dict[str, Any]) -> object:
    space: dict[str, Any] = {"ABSENT": _ABSENT}
    parameters = ["self"]
    lines = []
    for name in names:
        default = defaults.get(name, _ABSENT)
        if default is _ABSENT:
            parameters.append(name)
        elif isinstance(default, _Factory):
            space[f"make_{name}"] = default.make
            parameters.append(f"{name}=ABSENT")
            lines.append(f" if {name} is ABSENT: {name} = make_{name}()")
        else:
            space[f"default_{name}"] = default
            parameters.append(f"{name}=default_{name}")
        lines.append(f" self.{name} = {name}")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    code = initializers.get(text)
    if code is None:
        code = initializers[text] = compile(text, "<record>", "exec")
    exec(code, space)
    return space["__init__"]


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({fields})"


def _add_comparison(own: dict[str, Any], names: tuple[str, ...], *, frozen: bool) -> None:
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or values(self) == values(other)

    def __hash__(self: Any) -> int:
        return hash(values(self))

    if "__hash__" not in own or ("__eq__" in own and own["__hash__"] is None):
        own["__hash__"] = __hash__ if frozen else None
    own.setdefault("__eq__", __eq__)
