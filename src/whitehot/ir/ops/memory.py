"""Pieces of bodies about reference counts and allocation, and routines for them. No operations are declared here.

Source: `Include/refcount.h` of CPython 3.14 (default build). A count of 2**31 or more belongs to an immortal object; adding stops
at 3 * 2**30, so that counts of immortal objects that code without that knowledge changed stay immortal.
"""

from __future__ import annotations

from whitehot.cpython.capi import Py_FatalError, _Py_Dealloc
from whitehot.lowlevel.intrinsics import (
    c_string,
    inline,
    raise_exit,
    routine,
    select,
    unlikely,
    unreachable,
)
from whitehot.lowlevel.types import Object, i64

IMMORTAL = 2**31
IMMORTAL_LIMIT = 3 * 2**30


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
        if unlikely(count == 1):
            _Py_Dealloc(value)


@inline
def let_go_shared(value: Object) -> None:
    """`Py_DECREF` of an object that somebody else holds too."""
    count = value.ob_refcnt
    if count < IMMORTAL:
        value.ob_refcnt = count - 1


@routine
def whitehot_no_memory() -> None:
    """End the process: there is not even memory for a small object, and the interpreter's frame would need one."""
    Py_FatalError(c_string("whitehot: no memory for a small object"))


@inline
def existing(made: Object | None) -> Object:
    """A small new object. Without memory for it nothing can go on, the interpreter's frame included: the process ends."""
    if made is None:
        whitehot_no_memory()
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
