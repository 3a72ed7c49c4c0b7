"""What the builder's abstract frame holds in a local or on the stack, and how entries from several paths merge.

An entry is None (an unbound local, a NULL on the stack), an SSA `Value`, or a `Virtual`: an object that has not been made
because nobody needs it yet, held as its parts. A `for` loop over a range thus keeps its iterator in registers, and only a
path that leaves to the interpreter makes the real one.

A `Shape` describes an entry without its values; the entries that meet at a block are brought to one shape, and the
block gets one parameter for each `Value` in it:

    path 1: int 3         path 2: i64 %7            shape i64         b4(%9: i64)
    path 1: unbound       path 2: f64 %8            shape maybe f64   b4(%10: bool, %11: f64)
    path 1: range_iterator(%1, %2, %3)  path 2: range_iterator(%4, %2, %5)    b4(%12: i64, %13: i64)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whitehot.ir.graph import Value
from whitehot.ir.types import NULLABLE, OBJECT, Kind, Type
from whitehot.record import dataclass, field


@dataclass(eq=False, slots=True)
class Virtual:
    """An object known by its parts. `made` caches the value that stands for the real object on leaving paths."""

    kind: str
    parts: tuple[Entry, ...]
    made: dict[object, Value] = field(default_factory=dict)
    #: Where states were last made that hold it, and the value that stands for it there.
    recorded_in: object = None
    recorded_as: Value | None = None


type Entry = Value | Virtual | None


@dataclass(frozen=True, slots=True)
class Same:
    """The very same entry on all paths: no parameter."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Plain:
    """One value of a type."""

    type: Type


@dataclass(frozen=True, slots=True)
class Compound:
    """A virtual object of this kind with parts of these shapes."""

    kind: str
    parts: tuple[Shape, ...]


type Shape = Same | Plain | Compound

UNBOUND = Same(None)

#: The kind of a virtual entry that is bound on some paths only: parts are a bool and the unboxed value.
MAYBE = "maybe"


def shape_of(entry: Entry) -> Shape:
    """The shape that fits this entry, None included."""
    if entry is None:
        return UNBOUND
    if isinstance(entry, Virtual):
        return Compound(entry.kind, tuple(shape_of(part) for part in entry.parts))
    return Plain(entry.type)


def join_shapes(left: Shape, right: Shape) -> Shape:
    """The least shape that both fit (after boxing or making objects, where they differ)."""
    if left == right:
        return left
    if isinstance(left, Same) and left.entry is not None:
        return join_shapes(shape_of(left.entry), right)
    if isinstance(right, Same) and right.entry is not None:
        return join_shapes(left, shape_of(right.entry))
    if left == UNBOUND:
        return _maybe(right)
    if right == UNBOUND:
        return _maybe(left)
    if isinstance(left, Compound) and isinstance(right, Compound):
        if left.kind == right.kind and len(left.parts) == len(right.parts):
            parts = tuple(join_shapes(a, b) for a, b in zip(left.parts, right.parts, strict=True))
            if left.kind != MAYBE or not (isinstance(parts[1], Plain) and parts[1].type.is_object):
                return Compound(left.kind, parts)
        return Plain(NULLABLE) if MAYBE in (left.kind, right.kind) else Plain(OBJECT)
    if isinstance(left, Plain) and isinstance(right, Plain):
        nullable = left.type.nullable or right.type.nullable
        return Plain(left.type.join(right.type) or (NULLABLE if nullable else OBJECT))
    compound, plain = (left, right) if isinstance(left, Compound) else (right, left)
    assert isinstance(compound, Compound)
    if compound.kind == MAYBE:
        return compound if compound.parts[1] == plain else Plain(NULLABLE)
    return Plain(NULLABLE) if isinstance(plain, Plain) and plain.type.nullable else Plain(OBJECT)


def _maybe(shape: Shape) -> Shape:
    from whitehot.ir.types import BOOL

    if isinstance(shape, Plain) and not shape.type.is_object:
        return Compound(MAYBE, (Plain(BOOL), shape))
    if isinstance(shape, Compound) and shape.kind == MAYBE:
        return shape
    return Plain(NULLABLE)


def instantiate(shape: Shape, parameter: Callable[[Type], Value]) -> Entry:
    """An entry of this shape whose values are made by `parameter`, in order."""
    if isinstance(shape, Same):
        return shape.entry
    if isinstance(shape, Plain):
        return parameter(shape.type)
    return Virtual(shape.kind, tuple(instantiate(part, parameter) for part in shape.parts))


_ONLY_VALUES = frozenset({Value})


def values_of(entry: Entry) -> Sequence[Value]:
    """The SSA values in an entry."""
    if entry is None:
        return ()
    if isinstance(entry, Virtual):
        if _ONLY_VALUES.issuperset(map(type, entry.parts)):
            return entry.parts  # type: ignore[return-value]  # they are values
        return [value for part in entry.parts for value in values_of(part)]
    return (entry,)


def replace_in(entry: Entry, old: Value, new: Value) -> Entry:
    """The entry with one value replaced."""
    if entry is old:
        return new
    if entry.__class__ is Virtual:
        if old not in entry.parts and Virtual not in map(type, entry.parts):
            return entry
        parts = tuple([replace_in(part, old, new) for part in entry.parts])
        # Entries are compared by identity.
        return entry if parts == entry.parts else Virtual(entry.kind, parts)
    return entry


def replace_among(entries: list[Entry], old: Value, new: Value) -> None:
    """Replace a value in each of the entries."""
    if Virtual in map(type, entries):
        entries[:] = [entry if entry is None else replace_in(entry, old, new) for entry in entries]
    elif old in entries:
        entries[:] = [new if entry is old else entry for entry in entries]


def is_machine(type: Type, kind: Kind) -> bool:
    return type.kind is kind
