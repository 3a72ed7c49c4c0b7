"""Structures: layout rules of C, and the declarations against what Python itself says of its objects."""

from __future__ import annotations

import types
from typing import Annotated

import pytest

from whitehot.cpython import capi, layout
from whitehot.cpython.structure import (
    STRUCTURES,
    Array,
    InlineArray,
    Pointer,
    Structure,
    f64,
    i8,
    i16,
    i64,
    layout_of,
    offset_of,
    size_of,
    u32,
)
from whitehot.lowlevel import types as lowlevel_types


class Base(Structure):
    """A structure for tests."""

    first: i8
    second: i16
    third: i8


class Derived(Base):
    """One that goes on."""

    row: Annotated[InlineArray[i16], 3]
    pointer: Array[Base]
    flag: bool
    last: f64
    open: InlineArray[u32]


def test_alignment_and_inheritance() -> None:
    """Fields lie where a C compiler puts them; a base keeps its padding."""
    assert [offset_of(Base, name) for name in ("first", "second", "third")] == [0, 2, 4]
    assert size_of(Base) == 6
    assert {name: offset_of(Derived, name) for name in ("row", "pointer", "flag", "last", "open")} == {
        "row": 6,
        "pointer": 16,
        "flag": 24,
        "last": 32,
        "open": 40,
    }
    assert size_of(Derived) == 40
    assert (size_of(Pointer), size_of(i64), size_of(bool)) == (8, 8, 1)
    with pytest.raises(AttributeError, match="it has first, second, third"):
        offset_of(Base, "fourth")


@pytest.mark.parametrize(
    ("structure", "python"),
    [
        (layout.Object, object),
        (layout.FloatObject, float),
        (layout.IntObject, int),
        (layout.ListObject, list),
        (layout.TupleObject, tuple),
        (layout.DictObject, dict),
        (layout.FunctionObject, types.FunctionType),
        (layout.MethodObject, types.MethodType),
        (layout.CodeObject, types.CodeType),
        (layout.CellObject, types.CellType),
        (layout.SliceObject, slice),
        (layout.RangeObject, range),
        (layout.RangeIterObject, type(iter(range(1)))),
        (layout.ListIterObject, type(iter([]))),
        (layout.ListReverseIterObject, type(reversed([]))),
        (layout.ReversedObject, reversed),
        (layout.TupleIterObject, type(iter(()))),
        (layout.StrIterObject, type(iter("é"))),
        (layout.EnumerateObject, enumerate),
        (layout.ZipObject, zip),
    ],
)
def test_sizes_of_objects(structure: type[Structure], python: type) -> None:
    """A structure is as large as CPython says its objects are."""
    assert size_of(structure) in {python.__basicsize__, python.__basicsize__ - python.__basicsize__ % 8}


def test_every_declaration_can_be_read() -> None:
    """Each structure has a layout, each C function a signature, each type a name to import."""
    for structure in STRUCTURES.values():
        assert layout_of(structure).size >= 6
    for function in capi.FUNCTIONS.values():
        assert all(parameter is not None for parameter in function.signature.parameters)
    declared = {name for name, s in STRUCTURES.items() if s.__module__ == layout.__name__}
    assert declared <= set(lowlevel_types.__all__)
