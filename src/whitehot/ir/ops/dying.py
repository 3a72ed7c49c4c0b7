"""Pieces of bodies that find out whether anybody would notice when an object dies. No operations are declared here.

A death is noticed where a finalizer or a weak reference's callback runs. Neither exists for numbers, strings and the like, nor for lists, tuples,
dicts and slices (`tp_weaklistoffset` is 0), so these die quietly if all dies quietly that they alone keep alive; so does a bound method to which
there is no weak reference.
"""

from __future__ import annotations

from whitehot.cpython.capi import PyDict_Next
from whitehot.ir.ops.memory import IMMORTAL
from whitehot.lowlevel.intrinsics import (
    address_of,
    cast,
    element_address,
    field_address,
    inline,
    load,
    routine,
    side_exit,
    stack_array,
    unlikely,
)
from whitehot.lowlevel.types import (
    Array,
    BuiltinObject,
    ListIterObject,
    ListObject,
    MethodObject,
    Object,
    Pointer,
    SliceObject,
    TupleIterObject,
    TupleObject,
    i64,
)

#: How deep containers in containers are looked at.
DEPTH = 4

#: Items of a container for which it is worth while to count how often each of them is in there.
FEW_ITEMS = 64


@inline
def leave_if_observed(value: Object) -> None:
    """Leave if this is the last reference to an object whose death somebody may notice."""
    if unlikely(value.ob_refcnt == 1):
        if not whitehot_dies_quietly(value):
            side_exit()


@inline
def dies_unobserved(value: Object) -> bool:
    """Whether the object's exact type is one whose objects die without anybody noticing; immortal ones do not die."""
    kind = value.ob_type
    return (
        value.ob_refcnt >= IMMORTAL
        or kind is address_of("PyFloat_Type")
        or kind is address_of("PyLong_Type")
        or kind is address_of("PyUnicode_Type")
        or kind is address_of("PyBytes_Type")
    )


@routine
def whitehot_dies_quietly(value: Object) -> bool:
    """Whether nobody notices when an object dies whose last reference goes."""
    return whitehot_quiet_within(value, DEPTH, True)


@routine
def whitehot_quiet_within(value: Object, depth: i64, alone: bool) -> bool:
    """Whether an object dies quietly, and all that it may be the last to keep alive. `alone`: no other object dies with it that may share its parts."""
    if dies_unobserved(value):
        return True
    kind = value.ob_type
    quiet = False
    if depth == 0:
        quiet = False
    elif kind is address_of("PyList_Type"):
        items = cast(ListObject, value)
        quiet = items_die_quietly(items.ob_item, items.ob_size, depth, alone)
    elif kind is address_of("PyTuple_Type"):
        row = cast(TupleObject, value)
        quiet = items_die_quietly(cast(Array[Object], field_address(row, "ob_item")), row.ob_size, depth, alone)
    elif kind is address_of("PyDict_Type"):
        quiet = entries_die_quietly(value, depth)
    elif kind is address_of("PyListIter_Type"):
        quiet = part_dies_quietly(cast(Object, cast(ListIterObject, value).it_seq), depth, alone)
    elif kind is address_of("PyTupleIter_Type"):
        quiet = part_dies_quietly(cast(Object, cast(TupleIterObject, value).it_seq), depth, alone)
    elif kind is address_of("PySlice_Type"):
        bounds = cast(Array[Object], field_address(cast(SliceObject, value), "start"))
        quiet = items_die_quietly(bounds, 3, depth, alone)
    elif kind is address_of("PyMethod_Type"):
        method = cast(MethodObject, value)
        if method.im_weakreflist is None:
            quiet = items_die_quietly(cast(Array[Object], field_address(method, "im_func")), 2, depth, alone)
    elif kind is address_of("PyCFunction_Type"):
        builtin = cast(BuiltinObject, value)
        if builtin.m_weakreflist is None:
            quiet = items_die_quietly(cast(Array[Object], field_address(builtin, "m_self")), 2, depth, alone)
    elif kind is address_of("PyRange_Type") or kind is address_of("PyRangeIter_Type"):
        quiet = True
    return quiet


@inline
def part_dies_quietly(part: Object | None, depth: i64, alone: bool) -> bool:
    """`whitehot_quiet_within` for the only object, if any, that a dying one refers to."""
    quiet = True
    if part is not None:
        quiet = dies_unobserved(part) or alone
        if part.ob_refcnt == 1:
            quiet = whitehot_quiet_within(part, depth - 1, alone)
    return quiet


@inline
def items_die_quietly(items: Array[Object], count: i64, depth: i64, alone: bool) -> bool:
    """Whether nobody notices when these references are given up. An item lives on if it has more references than those in here."""
    quiet = True
    index = 0
    while quiet and index < count:
        item = items[index]
        if item is not None:
            if not dies_unobserved(item):
                if item.ob_refcnt == 1:
                    quiet = whitehot_quiet_within(item, depth - 1, False)
                else:
                    quiet = alone and count <= FEW_ITEMS and item.ob_refcnt > occurrences(items, count, item)
        index += 1
    return quiet


@inline
def occurrences(items: Array[Object], count: i64, item: Object) -> i64:
    """How often an object is among the items."""
    found = 0
    index = 0
    while index < count:
        if items[index] is item:
            found += 1
        index += 1
    return found


@inline
def entry_dies_quietly(part: Object, depth: i64) -> bool:
    """`whitehot_quiet_within` for one of many parts, which may be there twice."""
    return dies_unobserved(part) or (part.ob_refcnt == 1 and whitehot_quiet_within(part, depth - 1, False))


@inline
def entries_die_quietly(entries: Object, depth: i64) -> bool:
    """Whether nobody notices when an exact dict gives its keys and values up."""
    position = stack_array(i64, 1)
    pair = stack_array(Object, 2)
    position[0] = 0
    quiet = True
    while quiet:
        more = PyDict_Next(
            entries,
            cast(Pointer, position),
            cast(Pointer, element_address(pair, 0)),
            cast(Pointer, element_address(pair, 1)),
        )
        if more == 0:
            break
        key = load(Object, element_address(pair, 0))
        value = load(Object, element_address(pair, 1))
        quiet = entry_dies_quietly(key, depth) and entry_dies_quietly(value, depth)
    return quiet
