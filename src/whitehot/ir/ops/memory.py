"""Pieces of bodies about reference counts and allocation, translated in place. No operations are declared here.

Source: `Include/refcount.h` of CPython 3.14 (default build). A count of 2**31 or more belongs to an immortal object; adding stops
at 3 * 2**30, so that counts of immortal objects that code without that knowledge changed stay immortal.
"""

from __future__ import annotations

from whitehot.cpython.capi import Py_FatalError, _Py_Dealloc
from whitehot.lowlevel.intrinsics import (
    address_of,
    c_string,
    cast,
    field_address,
    inline,
    raise_exit,
    routine,
    select,
    side_exit,
    unreachable,
)
from whitehot.lowlevel.types import Array, ListObject, Object, TupleObject, i64

IMMORTAL = 2**31
IMMORTAL_LIMIT = 3 * 2**30

#: Items of a dying container that are looked at.
MOST_ITEMS = 4096


@inline
def retain(value: Object) -> None:
    """`Py_INCREF`."""
    count = value.ob_refcnt
    if count < IMMORTAL_LIMIT:
        value.ob_refcnt = count + 1


@inline
def let_go(value: Object) -> None:
    """`Py_DECREF`: the object may die, and then run any code."""
    count = value.ob_refcnt
    if count < IMMORTAL:
        value.ob_refcnt = count - 1
        if count == 1:
            _Py_Dealloc(value)


@inline
def let_go_shared(value: Object) -> None:
    """`Py_DECREF` of an object that somebody else holds too."""
    count = value.ob_refcnt
    if count < IMMORTAL:
        value.ob_refcnt = count - 1


@inline
def dies_unobserved(value: Object) -> bool:
    """Whether the object's exact type is one whose objects die without anybody noticing (`UNOBSERVED`, without the immortal ones)."""
    kind = value.ob_type
    return (
        kind is address_of("PyFloat_Type")
        or kind is address_of("PyLong_Type")
        or kind is address_of("PyUnicode_Type")
        or kind is address_of("PyBytes_Type")
    )


@routine
def whitehot_dies_quietly(value: Object) -> bool:
    """Whether nobody notices when an object dies: its type says so, or it is a list or tuple whose items nobody would notice either."""
    if dies_unobserved(value):
        return True
    kind = value.ob_type
    quiet = False
    if kind is address_of("PyList_Type"):
        quiet = items_die_quietly(cast(ListObject, value).ob_item, cast(ListObject, value).ob_size)
    elif kind is address_of("PyTuple_Type"):
        quiet = items_die_quietly(
            cast(Array[Object], field_address(cast(TupleObject, value), "ob_item")), cast(TupleObject, value).ob_size
        )
    return quiet


@inline
def items_die_quietly(items: Array[Object], count: i64) -> bool:
    """Whether nobody notices when these references are given up. Only so many are looked at."""
    quiet = count <= MOST_ITEMS
    index = 0
    while quiet and index < count:
        item = items[index]
        if item is not None:
            if item.ob_refcnt == 1:
                quiet = dies_unobserved(item)
        index += 1
    return quiet


@inline
def leave_if_observed(value: Object) -> None:
    """Leave if this is the last reference to an object whose death somebody may notice."""
    if value.ob_refcnt == 1 and not whitehot_dies_quietly(value):
        side_exit()


@inline
def existing(made: Object | None) -> Object:
    """A small new object. Without memory for it nothing can go on, the interpreter's frame included: the process ends."""
    if made is None:
        Py_FatalError(c_string("whitehot: no memory for a small object"))
        unreachable()
    return made


@inline
def checked(made: Object | None) -> Object:
    """The result of a C function, which is NULL when it has raised."""
    if made is None:
        raise_exit()
    return made


@inline
def within(index: i64, size: i64) -> i64:
    """A slice bound as `PySlice_AdjustIndices` makes it for step 1: from 0 to `size`."""
    counted = select(index < 0, i64(index + size), index)
    return select(counted < 0, 0, select(counted > size, size, counted))
