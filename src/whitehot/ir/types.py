"""Types of SSA values.

A value is either a machine value (`i64`, `f64`, `bool`) or a reference to a Python object. Of an object the compiler may
know its *exact* Python type, by name: `object[list]` is a list and no subclass. Machine values stand for exact `int`s
that fit in a machine word, exact `float`s and `bool`s whose box has not been made (or is no longer needed). A `row` is no Python value: it
is where the items of a list lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Kind(Enum):
    """How a value lies in a register."""

    # Members are looked up in tables all the time: by identity, not by a Python function that hashes their names.
    __hash__ = object.__hash__

    OBJECT = "object"
    I64 = "i64"
    F64 = "f64"
    BOOL = "bool"
    ROW = "row"


class Type:
    """A machine representation and, for objects, the exact Python type if it is known (`python`, a type's name).

    Types that say the same are one object, so comparing them is comparing identities.
    """

    __slots__ = ("is_object", "kind", "nullable", "python")
    __match_args__ = ("kind", "python", "nullable")

    kind: Kind
    python: str | None
    #: Whether a reference may be NULL (an unbound local, an exhausted iterator's item).
    nullable: bool
    is_object: bool

    def __new__(cls, kind: Kind, python: str | None = None, nullable: bool = False) -> Type:  # noqa: PYI034 - nothing derives from it
        key = kind, python, nullable
        found = _types.get(key)
        if found is None:
            found = object.__new__(cls)
            found.kind, found.python, found.nullable = key
            found.is_object = kind is Kind.OBJECT
            found = _types.setdefault(key, found)
        return found

    def __reduce__(self) -> tuple[type[Type], tuple[Kind, str | None, bool]]:
        return Type, (self.kind, self.python, self.nullable)

    def __str__(self) -> str:
        if self.nullable:
            return "object?"
        return f"object[{self.python}]" if self.kind is Kind.OBJECT and self.python else self.kind.value

    def __repr__(self) -> str:
        return f"Type({self})"

    def join(self, other: Type) -> Type | None:
        """The least type that holds both, or None where a machine and an object representation meet."""
        if self is other:
            return self
        if self.kind is not Kind.OBJECT or other.kind is not Kind.OBJECT:
            return None
        return NULLABLE if self.nullable or other.nullable else OBJECT

    def accepts(self, other: Type) -> bool:
        """Whether a value of type `other` may stand where this type is asked for."""
        if self is other:
            return True
        if self.kind is not other.kind or (other.nullable and not self.nullable):
            return False
        return self.python is None or self.python == other.python


_types: dict[tuple[Kind, str | None, bool], Type] = {}

OBJECT = Type(Kind.OBJECT)
NULLABLE = Type(Kind.OBJECT, nullable=True)
I64 = Type(Kind.I64, "int")
F64 = Type(Kind.F64, "float")
BOOL = Type(Kind.BOOL, "bool")
#: The address of a list's items. No frame state holds one.
ROW = Type(Kind.ROW)


def object_of(python: str) -> Type:
    """A reference to an object whose exact type has this name."""
    return Type(Kind.OBJECT, python)


#: Exact builtin types whose objects hold no references and run no code when they die: nobody can observe when that is.
UNOBSERVED = frozenset({"int", "float", "bool", "NoneType", "str", "bytes", "ellipsis", "range_iterator"})


def is_unobserved(type: Type) -> bool:
    """Whether the death of an object of this type can be observed by nobody."""
    return not type.is_object or type.python in UNOBSERVED


def parse_type(text: str) -> Type:
    """The inverse of `str`. Raises ValueError for anything else."""
    if text.startswith("object[") and text.endswith("]"):
        return object_of(text[7:-1])
    for type in (OBJECT, NULLABLE, I64, F64, BOOL, ROW):
        if str(type) == text:
            return type
    raise ValueError(f"not a type: {text!r}")


def abi_order(types: Sequence[Type]) -> list[int]:
    """The order in which units pass arguments of these types to each other: what lies in general registers first, then floats.

    So the code that passes arguments depends on how many there are of each sort only, on every platform.
    """
    return sorted(range(len(types)), key=lambda index: types[index].kind is Kind.F64)
