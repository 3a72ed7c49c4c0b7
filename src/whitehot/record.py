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
    """A class's `__init__`. Compiling it takes most of the time that a class takes, so it is compiled once for all that have as many fields and the same
    factories, and the names are replaced in the code.
    """
    space: dict[str, Any] = {"ABSENT": _ABSENT}
    shape = ""
    given = []
    for place, name in enumerate(names):
        default = defaults.get(name, _ABSENT)
        is_made = isinstance(default, _Factory)
        shape += "m" if is_made else "v"
        if is_made:
            space[f"make_{place}"] = default.make
        if default is not _ABSENT:
            given.append(_ABSENT if is_made else default)
    code = _codes.get(shape)
    if code is None:
        code = _codes[shape] = _initializer_code(shape)
    meant = {f"field_{place}": name for place, name in enumerate(names)}
    code = code.replace(
        co_varnames=tuple([meant.get(name, name) for name in code.co_varnames]),
        co_names=tuple([meant.get(name, name) for name in code.co_names]),
    )
    return _Function(code, space, "__init__", tuple(given))


#: The code of `__init__` by its shape: for each field a letter, m where a factory makes the default, else v.
_codes: dict[str, CodeType] = {}
_Function: Any = type(_initializer)


def _initializer_code(shape: str) -> CodeType:
    lines = [f"def __init__({', '.join(['self', *(f'field_{place}' for place in range(len(shape)))])}):", " pass"]
    for place, kind in enumerate(shape):
        if kind == "m":
            lines.append(f" if field_{place} is ABSENT: field_{place} = make_{place}()")
        lines.append(f" self.field_{place} = field_{place}")
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    code: CodeType = space["__init__"].__code__
    return code


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
