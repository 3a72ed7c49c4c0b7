"""Exact tuples. Their items never change, so that reading them is pure. Source: `Objects/tupleobject.c`."""

from __future__ import annotations

from whitehot.cpython.capi import PyTuple_GetSlice, PyTuple_New, _PyTuple_FromArray
from whitehot.ir.effects import ALLOCATES, WRITES_HEAP
from whitehot.ir.operation import op
from whitehot.ir.ops.memory import checked, existing, within
from whitehot.lowlevel.intrinsics import cast, select, side_exit, unsigned
from whitehot.lowlevel.types import Array, Object, TupleObject, i64
from whitehot.reasons import Reason


@op()
def tuple_len(items: TupleObject) -> i64:
    """`len(items)`."""
    return items.ob_size


@op()
def tuple_is_true(items: TupleObject) -> bool:
    """`bool(items)`."""
    return items.ob_size != 0


@op(exits=Reason.INDEX)
def tuple_item(items: TupleObject, index: i64) -> Object:
    """`items[index]`; leaves when the index is outside."""
    size = items.ob_size
    place = select(index < 0, i64(index + size), index)
    if unsigned(place) >= size:
        side_exit()
    return items.ob_item[place]


@op(effects=ALLOCATES, raises=True, new_reference=True, attributes=("size",))
def tuple_new(size: i64) -> TupleObject:
    """A tuple of `size` NULLs, to be filled by `tuple_init` before anything else sees it. Raises MemoryError."""
    return cast(TupleObject, checked(PyTuple_New(size)))


@op(effects=WRITES_HEAP, consumes=("value",), attributes=("index",))
def tuple_init(items: TupleObject, value: Object, index: i64) -> None:
    """Fill an item of a tuple that `tuple_new` made."""
    items.ob_item[index] = value


@op(effects=ALLOCATES, new_reference=True, lazy=True, variadic=True)
def make_tuple(items: Array[Object], count: i64) -> TupleObject:
    """A tuple of the operands."""
    return cast(TupleObject, existing(_PyTuple_FromArray(items, count)))


@op(effects=ALLOCATES, raises=True, new_reference=True)
def tuple_slice(items: TupleObject, start: i64, stop: i64) -> TupleObject:
    """`items[start:stop]`. Raises MemoryError."""
    size = items.ob_size
    return cast(TupleObject, checked(PyTuple_GetSlice(items, within(start, size), within(stop, size))))
